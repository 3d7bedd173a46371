#include "catenary/train/room.h"

#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing_support::error_of;

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

TEST(Room, IsRefusedBeyondTheMachinesMemory) {
  const Room room{.needed = 3 * kGiB, .samples = 64};
  EXPECT_EQ(error_of([&] { require_room(room, 3 * kGiB); }), "no error");
  EXPECT_EQ(
      error_of([&] { require_room(room, 2 * kGiB); }),
      "config: train.batch_size: a step of 64 samples needs 3.0 GiB of memory, found 2.0; a smaller batch "
      "needs less");
}

TEST(Room, OfSequencesHangsOnTheirStepsToo) {
  EXPECT_EQ(
      error_of([&] { require_room({.needed = kGiB, .samples = 1, .has_steps = true}, kGiB / 2); }),
      "config: train.batch_size: a step of 1 samples needs 1.0 GiB of memory, found 0.5; a smaller batch or "
      "data.sequence.steps needs less");
}

}  // namespace
}  // namespace catenary::train
