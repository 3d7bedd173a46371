#pragma once

#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "catenary/kernels/simd.h"

/// What the machine can do at this moment, to compare measurements with.
namespace bench {

// Keeps the compiler from dropping a value that nobody reads.
template <typename T>
inline void keep(T& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

// Time that this thread had a core: the machine may be shared. A batch of calls is 100 us or more, its best
// run the least disturbed.
inline double processor_seconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

/// GFLOP/s of 12 independent chains: enough for 4 cycles of latency at 2 a cycle, and few enough for 16
// registers.
#define CATENARY_PROBE(isa, vector, set, fmadd, lanes)                                      \
  __attribute__((target(isa))) inline double probe_##lanes() {                              \
    double best = 1e9;                                                                      \
    for (int repeat = 0; repeat < 50; ++repeat) {                                           \
      vector sum[12];                                                                       \
      for (vector & s : sum) s = set(1.0f);                                                 \
      const vector x = set(0.999f);                                                         \
      const double start = processor_seconds();                                             \
      for (int i = 0; i < 20000; ++i) {                                                     \
        _Pragma("GCC unroll 12") for (int j = 0; j < 12; ++j) sum[j] = fmadd(sum[j], x, x); \
      }                                                                                     \
      const double time = processor_seconds() - start;                                      \
      for (vector & s : sum) keep(s);                                                       \
      best = std::min(best, time);                                                          \
    }                                                                                       \
    return 2.0 * lanes * 12 * 20000 / best * 1e-9;                                          \
  }
CATENARY_PROBE("avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps, 16)
CATENARY_PROBE("avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps, 8)
#undef CATENARY_PROBE

/// GFLOP/s of one thread by fused multiply-adds alone, f32; 0 for the scalar kernels.
inline double peak_of(catenary::kernels::Simd simd) {
  if (simd == catenary::kernels::Simd::kAvx512) return probe_16();
  return simd == catenary::kernels::Simd::kAvx2 ? probe_8() : 0;
}

/// GFLOP/s of as many threads at once, in wall-clock time: what others on this machine take is not there for
/// anybody.
inline double peak(int threads) {
  std::vector<double> each(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (double& result : each) {
    running.emplace_back([&result] {
      const double start = seconds(), used = processor_seconds();
      result = peak_of(catenary::kernels::supported_simd().back());
      result *= (processor_seconds() - used) / (seconds() - start);
    });
  }
  for (std::thread& thread : running) thread.join();
  double total = 0;
  for (const double result : each) total += result;
  return total;
}

}  // namespace bench
