#pragma once

#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <numeric>
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

/// The sum of what `probe()` finds on as many threads at once, by processor time, as a speed in wall-clock
/// time: what others on this machine take is not there for anybody.
template <typename Probe>
double on_threads(int threads, const Probe& probe) {
  std::vector<double> each(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (double& result : each) {
    running.emplace_back([&result, &probe] {
      const double start = seconds(), used = processor_seconds();
      result = probe();
      result *= (processor_seconds() - used) / (seconds() - start);
    });
  }
  for (std::thread& thread : running) thread.join();
  return std::accumulate(each.begin(), each.end(), 0.0);
}

/// GFLOP/s of as many threads at once.
inline double peak(int threads) {
  return on_threads(threads, [] { return peak_of(catenary::kernels::supported_simd().back()); });
}

/// Sums of `count` floats, a multiple of 128, in 8 chains: enough loads under way for any cache, since
/// additions take 4 cycles and two loads finish in one.
#define CATENARY_READ(isa, vector, zero, load, add, lanes)                                                  \
  __attribute__((target(isa))) inline void read_##lanes(const float* from, std::int64_t count) {            \
    vector sum[8];                                                                                          \
    for (vector & s : sum) s = zero();                                                                      \
    for (std::int64_t i = 0; i < count; i += 8 * lanes) {                                                   \
      _Pragma("GCC unroll 8") for (int j = 0; j < 8; ++j) sum[j] = add(sum[j], load(from + i + j * lanes)); \
    }                                                                                                       \
    for (vector & s : sum) keep(s);                                                                         \
  }
CATENARY_READ("avx512f", __m512, _mm512_setzero_ps, _mm512_load_ps, _mm512_add_ps, 16)
CATENARY_READ("avx", __m256, _mm256_setzero_ps, _mm256_load_ps, _mm256_add_ps, 8)
#undef CATENARY_READ

/// Bytes a second that one thread reads again and again from this many: from the cache that holds them, or
/// from memory. 0 for the scalar kernels.
inline double read_bandwidth_of(std::int64_t bytes) {
  using catenary::kernels::Simd;
  const Simd simd = catenary::kernels::supported_simd().back();
  if (simd != Simd::kAvx512 && simd != Simd::kAvx2) return 0;
  constexpr std::int64_t kBlock = 128;  // floats of one round of the wider loop
  const std::int64_t count = std::max<std::int64_t>(bytes / 4 / kBlock, 1) * kBlock;
  const std::unique_ptr<float, decltype(&std::free)> numbers(
      static_cast<float*>(std::aligned_alloc(64, static_cast<std::size_t>(count) * sizeof(float))),
      &std::free);
  std::fill_n(numbers.get(), count, 0.0f);
  const std::int64_t passes = std::max<std::int64_t>(1, 16'000'000 / (count * 4));
  double best = 0;
  for (int repeat = 0; repeat < 10; ++repeat) {
    const double start = processor_seconds();
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      simd == Simd::kAvx512 ? read_16(numbers.get(), count) : read_8(numbers.get(), count);
    }
    best = std::max(best, static_cast<double>(4 * count * passes) / (processor_seconds() - start));
  }
  return best;
}

/// Bytes a second of as many threads at once, each with its share of the bytes.
inline double read_bandwidth(int threads, std::int64_t bytes) {
  return on_threads(threads, [=] { return read_bandwidth_of(bytes / threads); });
}

}  // namespace bench
