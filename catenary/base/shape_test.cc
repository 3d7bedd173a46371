#include "catenary/base/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "catenary/base/error.h"

namespace catenary {
namespace {

std::string shape_error(const std::function<Shape()>& make) {
  try {
    return "no error: " + make().str();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kShape);
    return error.what();
  }
}

TEST(Shape, OfAScalarHasNoAxesAndOneElement) {
  const Shape scalar;
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.size(), 1);
  EXPECT_EQ(scalar.str(), "[]");
  EXPECT_EQ(scalar, Shape{});
}

TEST(Shape, KeepsItsExtentsInOrder) {
  const Shape shape{4, 1, 3};
  EXPECT_EQ(shape.rank(), 3);
  EXPECT_EQ(shape.size(), 12);
  EXPECT_EQ(shape[0], 4);
  EXPECT_EQ(shape[2], 3);
  EXPECT_THAT(shape.extents(), testing::ElementsAre(4, 1, 3));
  EXPECT_EQ(shape.str(), "[4, 1, 3]");
}

TEST(Shape, EqualsOnlyTheSameExtents) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2}), (Shape{2, 1}));
}

TEST(Shape, RejectsExtentsBelowOne) {
  EXPECT_EQ(shape_error([] { return Shape{3, 0}; }), "every extent of a shape is at least 1, found 0");
  EXPECT_EQ(shape_error([] { return Shape{-2}; }), "every extent of a shape is at least 1, found -2");
}

TEST(Shape, RejectsMoreThanFourAxes) {
  EXPECT_EQ((Shape{1, 2, 3, 4}).rank(), 4);
  EXPECT_EQ(shape_error([] { return Shape{1, 1, 1, 1, 1}; }), "a shape has at most 4 axes, found 5");
}

TEST(Shape, RejectsElementCountsThatCouldOverflow) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 40;
  EXPECT_EQ((Shape{kLargest}).size(), kLargest);
  EXPECT_EQ(shape_error([] { return Shape{kLargest, 2}; }), "a shape has at most 2^40 elements");
  EXPECT_EQ(shape_error([] { return Shape{INT64_MAX, INT64_MAX}; }), "a shape has at most 2^40 elements");
}

}  // namespace
}  // namespace catenary
