#include "catenary/train/run/history.h"

#include <gtest/gtest.h>

#include <limits>

namespace catenary::train {
namespace {

TEST(History, WritesWhatWasMeasuredAndLeavesTheRestEmpty) {
  const History history = {{1, {0.5, 0.75}, Score{0.25, 0.875}}, {2, {0.1, std::nullopt}, std::nullopt}};
  EXPECT_EQ(to_csv(history),
            "epoch,loss,accuracy,validation_loss,validation_accuracy\n"
            "1,0.5,0.75,0.25,0.875\n"
            "2,0.1,,,\n");
  EXPECT_EQ(to_jsonl(history),
            "{\"epoch\":1,\"loss\":0.5,\"accuracy\":0.75,\"validation\":{\"loss\":0.25,\"accuracy\":0.875}}\n"
            "{\"epoch\":2,\"loss\":0.1,\"validation\":null}\n");
}

TEST(History, ANumberThatIsNotFiniteIsNullInJson) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(to_jsonl({{1, {infinity, 1}, std::nullopt}}),
            "{\"epoch\":1,\"loss\":null,\"accuracy\":1.0,\"validation\":null}\n");
}

TEST(History, ARunOfNoEpochsHasAHeaderOnly) {
  EXPECT_EQ(to_csv({}), "epoch,loss,accuracy,validation_loss,validation_accuracy\n");
  EXPECT_EQ(to_jsonl({}), "");
}

}  // namespace
}  // namespace catenary::train
