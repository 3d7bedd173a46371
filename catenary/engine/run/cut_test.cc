#include "catenary/engine/run/cut.h"

#include <gtest/gtest.h>

#include <vector>

#include "catenary/engine/run/memory.h"
#include "catenary/kernels/kernels.h"

namespace catenary::engine {
namespace {

// A small network, and one whose weights come from beyond the L2 cache.
constexpr Load kSmall{.tile_elements = 300, .weight_uses = 20'000, .variable_bytes = 80'000};
constexpr Load kFar{.tile_elements = 20'000, .weight_uses = 50'000'000, .variable_bytes = 200'000'000};

std::vector<std::int64_t> sizes() {
  std::vector<std::int64_t> all;
  for (std::int64_t size = 1; size < 700; size += 7) all.push_back(size);
  for (std::int64_t size = 700; size < 9000; size += 131) all.push_back(size);
  all.insert(all.end(), {1023, 1024, 4095, 4096, 1'000'000});
  return all;
}

TEST(Cut, HasOneLaneBelow1024SamplesAndUpTo16FromThereOn) {
  EXPECT_EQ(cut(kSmall, 1).lanes, 1);
  EXPECT_EQ(cut(kSmall, 1023).lanes, 1);
  EXPECT_EQ(cut(kSmall, 1024).lanes, 4);
  EXPECT_EQ(cut(kSmall, 4096).lanes, 16);
  EXPECT_EQ(cut(kSmall, 1'000'000).lanes, 16);
  EXPECT_EQ(cut(kFar, 1'000'000).lanes, 1);
}

TEST(Cut, IsOfOneColumnForOneSample) {
  EXPECT_EQ(cut(kSmall, 1), (Cut{.lanes = 1, .lane_samples = 1, .span = 1, .tile = 1, .width = 1}));
}

TEST(Cut, CoversTheBatchByLanesOfWholeVectors) {
  for (const std::int64_t size : sizes()) {
    const Cut c = cut(kSmall, size);
    EXPECT_GE(c.lanes * c.lane_samples, size);
    EXPECT_LT((c.lanes - 1) * c.lane_samples, size);
    EXPECT_EQ(size == 1 ? 0 : c.lane_samples % kernels::kLanes, 0) << size;
  }
}

TEST(Cut, HasTheSameLanesForEveryTile) {
  for (const std::int64_t size : sizes()) {
    const Cut chosen = cut(kSmall, size);
    for (const std::int64_t tile : {16, 96, 4096}) {
      Load load = kSmall;
      load.fixed_tile = tile;
      EXPECT_EQ(cut(load, size).lanes, chosen.lanes);
      EXPECT_EQ(cut(load, size).lane_samples, chosen.lane_samples);
    }
  }
}

TEST(Cut, TakesAWholeBatchAsOneSpanWhereItsActivationsFit) {
  EXPECT_TRUE(cut(kSmall, 128).whole);
  EXPECT_TRUE(cut(kFar, 1000).whole);
  EXPECT_FALSE(cut(kFar, 2000).whole);
  EXPECT_FALSE(cut(kSmall, 2000).whole);
}

TEST(Cut, LaysSpansOutForTheNumberType) {
  Load load = kSmall;
  EXPECT_EQ(cut(load, 128).width, kernels::product_stride<float>(128));
  load.dtype = DType::kF64;
  EXPECT_EQ(cut(load, 128).width, kernels::product_stride<double>(128));
  EXPECT_NE(kernels::product_stride<float>(128), kernels::product_stride<double>(128));
}

TEST(LargestCut, HasRoomForEverySmallerBatch) {
  for (const Load& load : {kSmall, kFar}) {
    for (const std::int64_t size : sizes()) {
      Memory memory;
      memory.capacity = size;
      memory.cut = largest_cut(load, size);
      for (std::int64_t smaller = 1; smaller <= size && smaller < 9000; smaller += 61)
        EXPECT_TRUE(memory.holds(cut(load, smaller), smaller)) << smaller << " of " << size;
    }
  }
}

TEST(BlockRows, AreWholeRegisterBlocksThatFitTheL1Cache) {
  EXPECT_EQ(block_rows(DType::kF32, 0, 128), 16);
  EXPECT_EQ(block_rows(DType::kF32, 0, 192), 8);
  EXPECT_EQ(block_rows(DType::kF32, 0, 4096), 8);
  EXPECT_EQ(block_rows(DType::kF32, 1024, 192), 128);  // a long product's are worth reading its operand
  EXPECT_EQ(block_rows(DType::kF64, 300, 128), 128);
  EXPECT_EQ(block_rows(DType::kF32, 300, 128), 16);
}

}  // namespace
}  // namespace catenary::engine
