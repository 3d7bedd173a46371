// The product kernel's ladder: plain loops, then the kernel on each Simd, as GFLOP/s and as a share of what a
// loop of nothing but fused multiply-adds reaches on this core at this moment. Each rung is checked before it
// is timed.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "bench/compare/peak.h"
#include "catenary/kernels/kernels.h"

namespace {

using bench::peak_of;
using bench::processor_seconds;
using catenary::kernels::ProductArgs;
using catenary::kernels::Simd;

// W x, W^T delta, delta x^T: the three products of a training step.
enum class Use { kForward, kBackward, kGradient };
struct Shape {
  std::string_view name;
  Use use;
  std::int64_t rows, inner, columns;
};
constexpr Shape kShapes[] = {
    {"Wx", Use::kForward, 256, 784, 64},      {"Wx", Use::kForward, 128, 256, 64},
    {"Wx", Use::kForward, 64, 64, 64},        {"Wx", Use::kForward, 10, 128, 64},
    {"Wx", Use::kForward, 1024, 1024, 64},    {"Wx", Use::kForward, 1024, 1024, 1},
    {"WTd", Use::kBackward, 784, 256, 64},    {"WTd", Use::kBackward, 256, 128, 64},
    {"WTd", Use::kBackward, 1024, 1024, 64},  {"dxT", Use::kGradient, 256, 64, 784},
    {"dxT", Use::kGradient, 128, 64, 256},    {"dxT", Use::kGradient, 64, 64, 64},
    {"dxT", Use::kGradient, 1024, 128, 1024}, {"Wx", Use::kForward, 4096, 4096, 64},
};

struct Free {
  void operator()(float* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<float[], Free>;

Memory numbers(std::int64_t count) {
  const auto bytes = static_cast<std::size_t>((count * 4 + 63) / 64 * 64);
  Memory memory(static_cast<float*>(std::aligned_alloc(64, bytes)));
  for (std::int64_t i = 0; i < count; ++i)
    memory[static_cast<std::size_t>(i)] = static_cast<float>(i * 37 % 101 - 50) / 50;
  return memory;
}

struct Problem {
  explicit Problem(const Shape& shape) {
    const auto [name, use, m, k, n] = shape;
    const bool swapped = use == Use::kBackward;
    const std::int64_t a_stride = catenary::kernels::product_stride<float>(swapped ? m : k);
    const std::int64_t stride = n == 1 ? 1 : catenary::kernels::product_stride<float>(n);
    a = numbers((swapped ? k : m) * a_stride);
    b = numbers(k * stride);
    c = numbers(m * stride);
    args = {.a = a.get(),
            .a_row_stride = swapped ? 1 : a_stride,
            .a_column_stride = swapped ? a_stride : 1,
            .b = b.get(),
            .b_row_stride = stride,
            .c = c.get(),
            .c_row_stride = stride,
            .rows = m,
            .inner = k,
            .columns = n,
            .accumulate = use == Use::kGradient};
  }
  Memory a, b, c;
  ProductArgs<float> args;
};

// The first rung: what the words of the definition say.
void multiply_plainly(const ProductArgs<float>& p) noexcept {
  for (std::int64_t i = 0; i < p.rows; ++i) {
    for (std::int64_t t = 0; t < p.columns; ++t) {
      float sum = p.accumulate ? p.c[i * p.c_row_stride + t] : 0;
      for (std::int64_t k = 0; k < p.inner; ++k) {
        sum = std::fma(p.a[i * p.a_row_stride + k * p.a_column_stride], p.b[k * p.b_row_stride + t], sum);
      }
      p.c[i * p.c_row_stride + t] = sum;
    }
  }
}

// A way to multiply, and what it could reach: GFLOP/s, or 0 where nobody knows.
struct Rung {
  std::string_view name;
  void (*product)(const ProductArgs<float>&) noexcept;
  double peak;
};

bool is_right(const Shape& shape, const Rung& rung) {
  const Problem want(shape), got(shape);
  multiply_plainly(want.args);
  rung.product(got.args);
  for (std::int64_t i = 0; i < shape.rows; ++i) {
    const std::int64_t row = i * want.args.c_row_stride;
    if (!std::equal(want.c.get() + row, want.c.get() + row + shape.columns, got.c.get() + row)) return false;
  }
  return true;
}

void time_product(benchmark::State& state, const Shape& shape, const Rung& rung) {
  const Problem problem(shape);
  const auto operations = 2e-9 * static_cast<double>(shape.rows * shape.inner * shape.columns);
  const int batch = std::max(1, static_cast<int>(0.01 / operations));
  double best = 1e9;
  for ([[maybe_unused]] auto unused : state) {
    const double start = processor_seconds();
    for (int i = 0; i < batch; ++i) rung.product(problem.args);
    best = std::min(best, (processor_seconds() - start) / batch);
  }
  state.counters["GFLOP/s"] = operations / best;
  if (rung.peak > 0) state.counters["%peak"] = 100 * operations / best / rung.peak;
}

// `wrong` is told where a rung's result is.
void add(const Shape& shape, const Rung& rung, bool& wrong) {
  const std::string size =
      std::to_string(shape.rows) + "x" + std::to_string(shape.inner) + "x" + std::to_string(shape.columns);
  const std::string name = std::string(shape.name) + "/" + size + "/" + std::string(rung.name);
  benchmark::RegisterBenchmark(name.c_str(), [=, &wrong](benchmark::State& state) {
    if (is_right(shape, rung)) return time_product(state, shape, rung);
    wrong = true;
    state.SkipWithError("wrong result");
  })->MinTime(0.1);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  bool wrong = false;
  for (const Shape& shape : kShapes) {
    if (shape.rows < 1024) add(shape, {"plain", multiply_plainly, 0}, wrong);
  }
  for (const Simd simd : catenary::kernels::supported_simd()) {
    const double peak = peak_of(simd);
    const std::string_view name = catenary::kernels::name_of(simd);
    if (peak > 0)
      std::printf("%.*s: %.1f GFLOP/s by fused multiply-adds alone\n", int(name.size()), name.data(), peak);
    for (const Shape& shape : kShapes) {
      if (peak == 0 && shape.rows >= 1024) continue;
      add(shape, {name, catenary::kernels::kernel_set<float>(simd).product, peak}, wrong);
    }
  }
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    std::fprintf(stderr, "no product's name matches the filter\n");
    return 1;
  }
  return wrong ? 1 : 0;
}
