// One training step beside the reference in double, at the sizes from which the engine takes another way:
// more samples than a tile, than a pass of the product kernel (512) or a lane (1023) has; inputs that are
// wider than a piece of a gradient; rows that are read where they lie, converted, or picked from all over the
// table.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "catenary/base/philox.h"
#include "catenary/data/split.h"
#include "catenary/engine/step.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "catenary/transform/gradient.h"

namespace catenary {
namespace {

// A gradient is a sum over at most 1100 samples: as many roundings of 2^-24 of what has been summed so far,
// 7e-5 of the largest element.
constexpr double kTolerance = 1e-4;
constexpr std::int64_t kFirst = 3;  // of the batch in the table

enum class Format { kPlain, kScaled, kBytes };

struct Case {
  std::int64_t features, hidden, classes, batch;
  Format format = Format::kPlain;
  bool shuffled = false;

  [[nodiscard]] std::string str() const {
    const char* formats[] = {"", "_scaled", "_bytes"};
    return fmt::format("{}_{}_{}_batch_{}{}{}", features, hidden, classes, batch,
                       formats[static_cast<int>(format)], shuffled ? "_shuffled" : "");
  }
};

const Case kCases[] = {
    {40, 20, 5, 600},                          // two passes: plain SGD may not subtract after the first
    {40, 20, 5, 1100},                         // four lanes
    {300, 8, 3, 512},                          // two columns of pieces, written straight to the weights
    {300, 8, 3, 513},                          // and through panels
    {300, 8, 3, 512, Format::kPlain, true},    // of rows that were gathered
    {40, 20, 5, 90, Format::kScaled},          // f32 rows that cannot be read as they lie
    {40, 20, 5, 90, Format::kBytes},           //
    {40, 20, 5, 90, Format::kPlain, true},     // tiles of rows from all over the table
    {40, 20, 5, 1100, Format::kScaled, true},  //
    {40, 20, 5, 1100, Format::kBytes, true},   //
};

/// Rows of bytes, or of floats, and which of them are the batch.
class Table {
 public:
  Table(const Case& c, std::int64_t columns) : case_(c), columns_(columns), rows_(c.batch + 2 * kFirst) {
    const Philox random(1, RandomPurpose::kTest, 0);
    for (std::int64_t i = 0; i < rows_ * columns; ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(random.below(256, static_cast<std::uint64_t>(i))));
      floats_.push_back(static_cast<float>(bytes_.back()) / 128 - 1);
    }
    if (c.shuffled) order_ = permutation(rows_, 1, 1);
  }
  [[nodiscard]] Rows rows() const {
    Rows rows{.data = floats_.data(), .count = rows_, .columns = columns_};
    if (case_.format == Format::kBytes) rows.data = bytes_.data(), rows.element = ElementType::kU8;
    if (case_.format != Format::kPlain) rows.scale = {&scale(), 1}, rows.shift = {&kShift, 1};
    return rows;
  }
  [[nodiscard]] Batch batch() const {
    return case_.shuffled ? Batch{.size = case_.batch, .indices = order_.data()}
                          : Batch{.size = case_.batch, .first = kFirst};
  }
  /// The row of the table that is a sample of the batch.
  [[nodiscard]] std::int64_t row_of(std::int64_t sample) const {
    return case_.shuffled ? order_[static_cast<std::size_t>(sample)] : kFirst + sample;
  }
  /// What the step is to read: x·scale + shift.
  [[nodiscard]] std::vector<double> samples() const {
    std::vector<double> all;
    for (std::int64_t sample = 0; sample < case_.batch; ++sample) {
      for (std::int64_t j = 0; j < columns_; ++j) {
        const auto i = static_cast<std::size_t>(row_of(sample) * columns_ + j);
        const double x = case_.format == Format::kBytes ? bytes_[i] : floats_[i];
        all.push_back(case_.format == Format::kPlain ? x : x * scale() + kShift);
      }
    }
    return all;
  }

 private:
  [[nodiscard]] const double& scale() const {
    static constexpr double kOfBytes = 1.0 / 64, kOfFloats = 2;
    return case_.format == Format::kBytes ? kOfBytes : kOfFloats;
  }
  static constexpr double kShift = -0.75;
  Case case_;
  std::int64_t columns_, rows_;
  std::vector<std::uint8_t> bytes_;
  std::vector<float> floats_;
  std::vector<std::int64_t> order_;
};

struct Network {
  explicit Network(const Case& c) {
    const Value x = g.input("x", {c.features}), label = g.input("label", {});
    const auto init = [](std::int64_t inputs) {
      return Init{Init::Kind::kNormal, 1 / std::sqrt(static_cast<double>(inputs))};
    };
    const Value W = g.parameter("W", {c.hidden, c.features}, init(c.features));
    const Value b = g.parameter("b", {c.hidden}, init(1));
    const Value V = g.parameter("V", {c.classes, c.hidden}, init(c.hidden));
    loss = batch_mean(softmax_cross_entropy_labels(matmul(V, relu(matmul(W, x) + b)), label));
    weights = {W, b, V};
    adjoints = gradient(loss, weights).adjoints;
  }
  Graph g;
  Value loss;
  std::vector<Value> weights, adjoints;
};

double largest_of(const std::vector<double>& numbers) {
  double largest = 0;
  for (const double number : numbers) largest = std::max(largest, std::abs(number));
  return largest;
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double error = std::abs(found[i] - expected[i]);
    worst = std::isnan(error) ? INFINITY : std::max(worst, error);
  }
  EXPECT_LE(worst, tolerance) << what;
}

class OneStep : public testing::TestWithParam<Case> {
 protected:
  OneStep() : network_(GetParam()), x_(GetParam(), GetParam().features) {
    for (std::int64_t row = 0; row < x_.rows().count; ++row)
      labels_.push_back(static_cast<float>(row % GetParam().classes));
    Bindings at{GetParam().batch, {{"x", x_.samples()}}};
    for (std::int64_t i = 0; i < GetParam().batch; ++i)
      at.leaves["label"].push_back(labels_[static_cast<std::size_t>(x_.row_of(i))]);
    const Variables start(network_.g, 1);
    for (const Value w : network_.weights) before_.push_back(at.leaves[w.name()] = start.read(w.name()));
    const Evaluation reference(network_.adjoints, at);
    for (const Value adjoint : network_.adjoints) expected_.push_back(reference[adjoint]);
  }

  /// Runs the program from the same weights, however it may run.
  template <typename Check>
  void run(const Program& program, const Check& check) {
    ThreadPool pool(2);
    std::vector<CompileOptions> all = {{}, {.pool = &pool}, {.tile = 16}, {.pool = &pool, .tile = 48}};
    // The scalar kernels are no others, and call fma() where the CPU has it not.
    for (const kernels::Simd simd : kernels::supported_simd()) {
      if (simd != kernels::Simd::kScalar) all.push_back({.simd = simd});
    }
    for (const CompileOptions& options : all) {
      Variables variables(network_.g, 1);
      Step step = compile(program, variables, options);
      step.bind("x", x_.rows());
      step.bind("label", rows_of(labels_, 1));
      ASSERT_EQ(step.run(x_.batch()), Status::kOk);
      check(step, variables);
    }
  }

  Network network_;
  Table x_;
  std::vector<float> labels_;
  std::vector<std::vector<double>> before_, expected_;
};
INSTANTIATE_TEST_SUITE_P(Sizes, OneStep, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.str(); });

TEST_P(OneStep, ComputesTheReferencesGradients) {
  Program program;
  for (std::size_t i = 0; i < expected_.size(); ++i)
    program.outputs.push_back({network_.weights[i].name(), network_.adjoints[i]});
  run(program, [&](const Step& step, const Variables&) {
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      const std::string& name = program.outputs[i].name;
      expect_near(step.values(name), expected_[i], kTolerance * largest_of(expected_[i]), name);
    }
  });
}

TEST_P(OneStep, OfSgdMovesTheWeightsByTheReferencesGradients) {
  constexpr double kRate = 0.75;  // with 1 the program were another: no factor is left
  const Program program{{}, optim::sgd({.learning_rate = kRate})(network_.weights, network_.adjoints)};
  run(program, [&](const Step&, const Variables& variables) {
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      const std::string name = network_.weights[i].name();
      std::vector<double> next = before_[i];
      for (std::size_t k = 0; k < next.size(); ++k) next[k] -= kRate * expected_[i][k];
      // The new weight is itself rounded to f32.
      const double rounding = 0x1p-24 * largest_of(next);
      expect_near(variables.read(name), next, kTolerance * largest_of(expected_[i]) + rounding, name);
    }
  });
}

// The gradient of W·slice(x) walks down columns of the caller's own rows that do not begin at the first.
TEST(Slices, OfAnInputGiveTheReferencesGradients) {
  for (const bool shuffled : {false, true}) {
    const Case c{.features = 12, .hidden = 4, .classes = 1, .batch = 40, .shuffled = shuffled};
    const Table table(c, c.features);
    Graph g;
    const Value x = g.input("x", {c.features}), W = g.parameter("W", {c.hidden, 5}, {Init::Kind::kNormal, 1});
    const Value z = matmul(W, slice(x, 0, 4, 9));
    const std::vector<Value> weights = {W}, slopes = gradient(batch_mean(sum(square(z))), weights).adjoints;
    Variables variables(g, 1);
    const Evaluation reference(slopes, {c.batch, {{"x", table.samples()}, {"W", variables.read("W")}}});
    const std::vector<double>& expected = reference[slopes[0]];
    for (const std::int64_t tile : {0, 16}) {
      Step step = compile({{{"slope", slopes[0]}}, {}}, variables, {.tile = tile});
      step.bind("x", table.rows());
      for (int i = 0; i < 3; ++i) ASSERT_EQ(step.run(table.batch()), Status::kOk);
      expect_near(step.values("slope"), expected, kTolerance * largest_of(expected), "slope");
    }
  }
}

}  // namespace
}  // namespace catenary
