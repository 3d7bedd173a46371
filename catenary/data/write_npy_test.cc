#include "catenary/data/write_npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "catenary/data/npz.h"

namespace catenary {
namespace {

std::vector<NamedArray> parsed(const std::string& file) {
  return parse_npz(std::as_bytes(std::span(file)), "p.npy");
}

TEST(WriteNpy, WhatIsWrittenIsRead) {
  const std::vector<float> values = {0.1F, -1, 0, 3.4e38F, 1e-45F, std::numeric_limits<float>::infinity()};
  const NamedArray array = parsed(write_npy(values, 2, 3)).at(0);
  EXPECT_THAT(array.shape, ::testing::ElementsAre(2, 3));
  EXPECT_EQ(std::vector<float>(array.values.begin(), array.values.end()), values);
  EXPECT_THAT(parsed(write_npy({}, 0, 3)).at(0).shape, ::testing::ElementsAre(0, 3));
}

// So that elements can be mapped into memory where they stand.
TEST(WriteNpy, ElementsBeginAtAMultipleOf64Bytes) {
  for (const std::int64_t rows : {1, 10, 100'000}) {
    const std::vector<float> values(static_cast<std::size_t>(rows));
    const std::string file = write_npy(values, rows, 1);
    EXPECT_EQ((file.size() - values.size() * sizeof(float)) % 64, 0U) << rows;
  }
}

TEST(WriteNpy, TheHeaderIsWhatNumPyWrites) {
  const std::string file = write_npy(std::vector<float>{1}, 1, 1);
  EXPECT_EQ(file.substr(0, 10), std::string("\x93NUMPY\1\0\x76\0", 10));
  EXPECT_EQ(file.substr(10, 61), "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }  ");
  EXPECT_EQ(file.substr(127), std::string("\n\0\0\x80\x3F", 5));
}

}  // namespace
}  // namespace catenary
