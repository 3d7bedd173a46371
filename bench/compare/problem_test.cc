#include "problem.h"

#include <gmock/gmock.h>

#include <cmath>

namespace bench {
namespace {

using testing::ElementsAre;

constexpr double kRate = 0.5;

// a = max(w x + b, 0), y = v a, half the square of y − t.
Problem one_hidden_unit(float bias) {
  return {.name = "1-1-1",
          .widths = {1, 1, 1},
          .batch = 1,
          .loss = Loss::kSquaredError,
          .inputs = {2},
          .targets = {1},
          .weights = {{1}, {3}},
          .biases = {{bias}, {0}},
          .times = {1}};
}

TEST(Reference, MovesWeightsAgainstTheirGradients) {
  const Reference reference = reference_of(one_hidden_unit(0), kRate, 1);  // a = 2, y = 6, y − t = 5
  EXPECT_THAT(reference.moves, ElementsAre(ElementsAre(-0.5F * 5 * 3 * 2), ElementsAre(-0.5F * 5 * 3),
                                           ElementsAre(-0.5F * 5 * 2), ElementsAre(-0.5F * 5)));
  EXPECT_THAT(reference.problem.biases[0], ElementsAre(0));
}

TEST(Reference, IsOfAProblemWhereNoUnitIsAtTheKink) {
  for (const float bias : {-2.F, std::nextafter(-2.F, 0.F)}) {
    const Reference reference = reference_of(one_hidden_unit(bias), kRate, 1);
    EXPECT_GT(reference.problem.biases[0][0], -1.995F);
    EXPECT_NE(reference.moves[0][0], 0);
    EXPECT_EQ(reference.problem.biases[1][0], 0);  // the last layer has no kink
  }
  EXPECT_EQ(reference_of(one_hidden_unit(-1.999F), kRate, 1).problem.biases[0][0], -1.999F);
}

}  // namespace
}  // namespace bench
