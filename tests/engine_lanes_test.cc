// In which order a step adds over its batch (docs/adr/0008): the sums of a compiled step, bit by bit, beside
// loops that add as the record says. A lane that is lost, added in another order or not begun anew in the
// next run shows; so does a thread that writes into another's memory.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "catenary/base/philox.h"
#include "catenary/engine/step.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"

namespace catenary {
namespace {

constexpr std::int64_t kOutputs = 48, kInputs = 96;

/// Lanes of a batch: contiguous runs of so many samples, but for the last one.
struct Lanes {
  std::int64_t count, samples;
};

Lanes lanes_of(std::int64_t batch_size) {
  const std::int64_t wanted = batch_size < 1024 ? 1 : std::min<std::int64_t>(batch_size / 256, 16);
  const std::int64_t samples = ((batch_size + wanted - 1) / wanted + 15) / 16 * 16;
  return {(batch_size + samples - 1) / samples, samples};
}

/// The total of the lanes' sums: neighbours first, then neighbours of those.
template <typename T>
T by_tree(std::vector<T> sums) {
  while (sums.size() > 1) {
    std::vector<T> next;
    for (std::size_t i = 0; i < sums.size(); i += 2)
      next.push_back(i + 1 < sums.size() ? sums[i] + sums[i + 1] : sums[i]);
    sums = next;
  }
  return sums[0];
}

/// Sixteen partial sums: each with the one so many further on, then half as many.
template <typename T>
T by_halves(std::vector<T> sums) {
  for (std::size_t half = 8; half > 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) sums[j] += sums[j + half];
  }
  return sums[0];
}

/// Random rows of so many numbers, in as many batches of their own as there are runs.
class Table {
 public:
  Table(std::int64_t columns, std::int64_t rows, std::uint64_t stream) : columns_(columns) {
    const Philox random(3, RandomPurpose::kTest, stream);
    for (std::int64_t i = 0; i < rows * columns; ++i)
      numbers_.push_back(static_cast<float>(random.normal(static_cast<std::uint64_t>(i))));
  }
  [[nodiscard]] Rows rows() const { return rows_of(numbers_, columns_); }
  [[nodiscard]] float at(std::int64_t row, std::int64_t column) const {
    return numbers_[static_cast<std::size_t>(row * columns_ + column)];
  }

 private:
  std::int64_t columns_;
  std::vector<float> numbers_;
};

/// Σ 2dᵢ·xⱼ over the samples [first, first + size): in each lane a chain of fused multiply-adds.
template <typename T>
T sum_of_products(const Table& d, std::int64_t i, const Table& x, std::int64_t j, const Batch& batch) {
  const Lanes lanes = lanes_of(batch.size);
  std::vector<T> sums;
  for (std::int64_t lane = 0; lane < lanes.count; ++lane) {
    const std::int64_t end = std::min((lane + 1) * lanes.samples, batch.size);
    T& sum = sums.emplace_back(0);
    for (std::int64_t t = lane * lanes.samples; t < end; ++t)
      sum = std::fma(T(2) * static_cast<T>(d.at(batch.first + t, i)),
                     static_cast<T>(x.at(batch.first + t, j)), sum);
  }
  return by_tree(sums);
}

/// Σ 2dᵢ over the samples: in each lane sample t joins the partial sum t mod 16.
template <typename T>
T sum_of_numbers(const Table& d, std::int64_t i, const Batch& batch) {
  const Lanes lanes = lanes_of(batch.size);
  std::vector<T> sums;
  for (std::int64_t lane = 0; lane < lanes.count; ++lane) {
    const std::int64_t begin = lane * lanes.samples, end = std::min(begin + lanes.samples, batch.size);
    std::vector<T> parts(16);
    for (std::int64_t t = begin; t < end; ++t)
      parts[static_cast<std::size_t>((t - begin) % 16)] += T(2) * static_cast<T>(d.at(batch.first + t, i));
    sums.push_back(by_halves(parts));
  }
  return by_tree(sums);
}

struct Variant {
  int threads;
  std::int64_t tile;
  DType dtype;
  [[nodiscard]] std::string str() const {
    return fmt::format("{}_threads_tile_{}_{}", threads, tile, name_of(dtype));
  }
};

class LaneSums : public testing::TestWithParam<Variant> {
 protected:
  static constexpr std::int64_t kRows = 5100;

  /// Every few elements of both sums of the last run.
  template <typename T>
  void expect_sums(const Step& step, const Batch& batch) const {
    const std::vector<double> products = step.values("products"), numbers = step.values("numbers");
    for (std::int64_t k = 0; k < kOutputs * kInputs; k += 601) {
      ASSERT_EQ(products[static_cast<std::size_t>(k)],
                sum_of_products<T>(d_, k / kInputs, x_, k % kInputs, batch))
          << "element " << k << " of a batch of " << batch.size;
    }
    for (std::int64_t i = 0; i < kOutputs; i += 7)
      ASSERT_EQ(numbers[static_cast<std::size_t>(i)], sum_of_numbers<T>(d_, i, batch)) << batch.size;
  }

  const Table d_{kOutputs, kRows, 0}, x_{kInputs, kRows, 1};
};
INSTANTIATE_TEST_SUITE_P(Engine, LaneSums,
                         testing::Values(Variant{1, 0, DType::kF32}, Variant{2, 0, DType::kF32},
                                         Variant{3, 48, DType::kF32}, Variant{8, 0, DType::kF32},
                                         Variant{1, 16, DType::kF32}, Variant{4, 96, DType::kF64},
                                         Variant{1, 0, DType::kF64}),
                         [](const auto& test) { return test.param.str(); });

// Each size twice in a row, on other samples: what the first run left must not enter the second.
TEST_P(LaneSums, FollowTheRecordToTheBitInEveryRun) {
  const auto [threads, tile, dtype] = GetParam();
  Graph graph;
  const Value d = graph.input("d", {kOutputs}, dtype), x = graph.input("x", {kInputs}, dtype);
  const Value twice = d * 2;
  ThreadPool pool(threads);
  Variables variables(graph, 0);
  Step step = compile({{{"products", batch_sum(outer(twice, x))}, {"numbers", batch_sum(twice)}}, {}},
                      variables, {.pool = &pool, .tile = tile});
  step.bind("d", d_.rows());
  step.bind("x", x_.rows());
  for (const std::int64_t size :
       {1, 17, 512, 1023, 1024, 1025, 1500, 1792, 2048, 37, 2305, 4096, 1024, 4097, 5000}) {
    for (const std::int64_t first : {0, 100}) {
      const Batch batch{.size = size, .first = first};
      ASSERT_EQ(step.run(batch), Status::kOk);
      dtype == DType::kF32 ? expect_sums<float>(step, batch) : expect_sums<double>(step, batch);
      if (HasFatalFailure()) return;
    }
  }
}

/// Σ 2d(step, i)·x(step, j) over the samples and steps of a batch of one lane (docs/adr/0013), a chain of
/// fused multiply-adds: 128 samples after 128, of these segment after segment of steps (segment: how many),
/// of these 16 samples after 16, step after step.
float sum_over_steps(const Table& d, std::int64_t i, std::int64_t rows, const Table& x, std::int64_t j,
                     std::int64_t columns, std::int64_t steps, std::int64_t segment, std::int64_t samples,
                     bool from_last) {
  float sum = 0;
  const std::int64_t segments = (steps + segment - 1) / segment;
  for (std::int64_t group = 0; group < samples; group += 128) {
    for (std::int64_t k = 0; k < segments; ++k) {
      const std::int64_t begin = (from_last ? segments - 1 - k : k) * segment;
      for (std::int64_t block = group; block < std::min(group + 128, samples); block += 16) {
        for (std::int64_t step = begin; step < std::min(begin + segment, steps); ++step) {
          for (std::int64_t t = block; t < std::min(block + 16, samples); ++t)
            sum = std::fma(2 * d.at(t, step * rows + i), x.at(t, step * columns + j), sum);
        }
      }
    }
  }
  return sum;
}

// Of 16 steps and fewer there is one segment, of 40 three, of 300 some of 18; what a loop from the last step
// to the first makes is added from there on.
TEST(StepSums, FollowTheRecordToTheBit) {
  constexpr std::int64_t kRows = 3, kColumns = 5, kSamples = 300;
  for (const auto& [steps, segment] : {std::pair{12, 16}, std::pair{40, 16}, std::pair{300, 18}}) {
    const Table d(kRows * steps, kSamples, 0), x(kColumns * steps, kSamples, 1);
    for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
      Graph graph;
      const ScanOperands operands{
          .carries = {}, .sequences = {graph.input("d", {steps, kRows})}, .direction = direction};
      const Value twice = scan(operands, [](const ScanStep& step) {
                            return StepResult{{}, {step.rows[0] * 2}};
                          }).outputs[0];
      const Value sum = batch_sum(matmul(transpose(twice), graph.input("x", {steps, kColumns})));
      Variables variables(graph, 0);
      Step step = compile({{{"sum", sum}}, {}}, variables);
      step.bind("d", d.rows());
      step.bind("x", x.rows());
      for (const std::int64_t samples : {1, 20, 128, 300}) {
        ASSERT_EQ(step.run({samples}), Status::kOk);
        const std::vector<double> found = step.values("sum");
        for (std::int64_t k = 0; k < kRows * kColumns; ++k) {
          ASSERT_EQ(found[static_cast<std::size_t>(k)],
                    sum_over_steps(d, k / kColumns, kRows, x, k % kColumns, kColumns, steps, segment, samples,
                                   direction == Direction::kBackward))
              << samples << " samples of " << steps << " steps, element " << k;
        }
      }
    }
  }
}

// Whole numbers are added exactly in any order: each sample counts once, whatever the size.
TEST(LaneCounts, AreRightAtEverySize) {
  Graph graph;
  const Value x = graph.input("x", {2});
  Variables variables(graph, 0);
  Step step = compile(
      {{{"sum", batch_sum(x)}, {"outer", batch_sum(outer(x, x))}, {"mean", batch_mean(x)}}, {}}, variables);
  std::vector<float> numbers;
  for (int i = 0; i < 4500; ++i) numbers.insert(numbers.end(), {1, static_cast<float>(i % 2)});
  step.bind("x", rows_of(numbers, 2));
  std::vector<std::int64_t> sizes;
  for (std::int64_t size = 1; size <= 4500; size += size < 40 ? 1 : 41) sizes.push_back(size);
  for (std::int64_t lanes = 4; lanes <= 17; ++lanes)
    sizes.insert(sizes.end(), {lanes * 256 - 1, lanes * 256});
  for (const std::int64_t size : sizes) {
    const auto all = static_cast<double>(size), odd = static_cast<double>(size / 2);
    ASSERT_EQ(step.run({size}), Status::kOk);
    EXPECT_EQ(step.values("sum"), (std::vector<double>{all, odd})) << size;
    EXPECT_EQ(step.values("outer"), (std::vector<double>{all, odd, odd, odd})) << size;
    EXPECT_EQ(step.values("mean"),
              (std::vector<double>{1, static_cast<float>(odd) / static_cast<float>(all)}))
        << size;
  }
}

// Beyond 5 MiB of weights and gradients a batch is one lane at any size.
TEST(WideSums, AreOneLane) {
  constexpr std::int64_t kWide = 1152, kSize = 1030;
  const Table d(kWide, kSize, 0), x(kWide, kSize, 1);
  Graph graph;
  const Value sum = batch_sum(outer(graph.input("d", {kWide}), graph.input("x", {kWide})));
  Variables variables(graph, 0);
  Step step = compile({{{"sum", sum}}, {}}, variables);
  step.bind("d", d.rows());
  step.bind("x", x.rows());
  ASSERT_EQ(step.run({kSize}), Status::kOk);
  const std::vector<double> found = step.values("sum");
  for (std::int64_t k = 0; k < kWide; k += 97) {
    float expected = 0;
    for (std::int64_t t = 0; t < kSize; ++t) expected = std::fma(d.at(t, k), x.at(t, k), expected);
    EXPECT_EQ(found[static_cast<std::size_t>(k * kWide + k)], expected) << k;
  }
}

}  // namespace
}  // namespace catenary
