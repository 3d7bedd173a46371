#include "catenary/derive/steps/expander.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/ops/ops.h"

namespace catenary::derive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Expanding : testing::Test {
  Expanding() {
    expand.set(delta, y, 7);
    expand.set(epsilon, 2.0 * delta, 9);
  }
  Graph graph;
  Value x = graph.parameter("x", {}, {}, DType::kF64), y = square(x);
  Value delta = graph.parameter("delta", {}, {}, DType::kF64);
  Value epsilon = graph.parameter("epsilon", {}, {}, DType::kF64);
  Expander expand{graph};
};

TEST_F(Expanding, PutsInWhatSymbolsStandForDownToLeaves) {
  EXPECT_EQ(expand(epsilon + x), 2.0 * y + x);
  EXPECT_EQ(expand(y), y);
}

TEST_F(Expanding, TellsTheEquationsOfAllSymbolsOnTheWay) {
  EXPECT_THAT(expand.equations(epsilon + x), ElementsAre(7, 9));
  EXPECT_THAT(expand.equations(delta), ElementsAre(7));
  EXPECT_THAT(expand.equations(y), IsEmpty());
}

}  // namespace
}  // namespace catenary::derive
