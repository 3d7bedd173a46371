#include "recurrence.h"

#include <gmock/gmock.h>

#include <cmath>

#include "check.h"

namespace bench {
namespace {

constexpr double kMultiplyAdds = 1e6;  // more than any of these needs

Problem small(Cell cell) {
  return make_problem("small", {.cell = cell, .inputs = 3, .units = 5, .steps = 4}, 6);
}

// Half the squared distance of a unit that goes through two rows, h = tanh(w x + u h + b).
double loss(double w, double b, double u) {
  const double first = std::tanh(w * 2 + b), last = std::tanh(w * -1 + u * first + b);
  return 0.5 * (last - 1) * (last - 1);
}

TEST(RecurrentReference, MovesWeightsAgainstTheDifferencesOfTheLoss) {
  Problem p = make_problem("1-1", {.cell = Cell::kTanh, .inputs = 1, .units = 1, .steps = 2}, 1);
  p.inputs = {2, -1};
  p.targets = {1};
  p.weights = {{0.25F}, {0.5F}};
  p.biases = {{0.125F}, {}};
  const Reference reference = reference_of(p, 1, 1);
  // The error of a central difference is of the order of h², that of a move as a float 1e-8.
  constexpr double h = 1e-4, kTolerance = 1e-7;
  const auto slope = [&](double dw, double db, double du) {
    return (loss(0.25 + dw, 0.125 + db, 0.5 + du) - loss(0.25 - dw, 0.125 - db, 0.5 - du)) / (2 * h);
  };
  EXPECT_NEAR(reference.moves[0][0], -slope(h, 0, 0), kTolerance);
  EXPECT_NEAR(reference.moves[1][0], -slope(0, h, 0), kTolerance);
  EXPECT_NEAR(reference.moves[2][0], -slope(0, 0, h), kTolerance);
}

TEST(RecurrentReference, MovesTheWeightsOfEachCellAsCatenaryDoes) {
  for (const Cell cell : {Cell::kLstm, Cell::kGru, Cell::kTanh}) {
    EXPECT_NO_THROW(Check(small(cell), kMultiplyAdds)(catenary_peer(), 1));
  }
}

TEST(RecurrentReference, NoticesASideThatReadsOtherRows) {
  PeerKind kind = catenary_peer();
  kind.make_recurrent = [](const Problem& p, double rate, int threads) {
    Problem other = p;
    std::swap(other.inputs.front(), other.inputs.back());
    return catenary_recurrent(other, rate, threads);
  };
  EXPECT_THROW(Check(small(Cell::kGru), kMultiplyAdds)(kind, 1), std::runtime_error);
}

TEST(RecurrentReference, IsOfABatchWithCopiesOfWholeSequencesAndTargets) {
  const Problem p =
      few_samples(make_problem("", {.cell = Cell::kLstm, .inputs = 2, .units = 3, .steps = 2}, 9), 1);
  EXPECT_EQ(p.times.size(), 8U);
  const auto copied =
      static_cast<std::size_t>(std::find(p.times.begin(), p.times.end(), 2) - p.times.begin());
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(p.inputs[8 * 4 + k], p.inputs[copied * 4 + k]);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(p.targets[8 * 3 + k], p.targets[copied * 3 + k]);
}

TEST(RecurrentProblem, CountsTheProductsOfAllGatesAndSteps) {
  const Problem p = small(Cell::kGru);
  EXPECT_EQ(p.flops(), 2 * 3 * (3 * 5 * (3 + 5)) * 4 * 6);
  EXPECT_EQ(p.parameters(), 15 * 3 + 15 + 15 * 5 + 5);
}

}  // namespace
}  // namespace bench
