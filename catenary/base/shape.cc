#include "catenary/base/shape.h"

#include <fmt/ranges.h>

#include "catenary/base/error.h"

namespace catenary {

namespace {
// Far above any tensor that fits a machine, far below where products of extents could overflow int64.
constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;
}  // namespace

Shape::Shape(std::span<const std::int64_t> extents) {
  if (extents.size() > kMaxRank) {
    fail(ErrorKind::kShape, "a shape has at most {} axes, found {}", kMaxRank, extents.size());
  }
  std::int64_t product = 1;
  for (const std::int64_t extent : extents) {
    if (extent < 1) fail(ErrorKind::kShape, "every extent of a shape is at least 1, found {}", extent);
    if (extent > kMaxElements / product) fail(ErrorKind::kShape, "a shape has at most 2^40 elements");
    product *= extent;
    extents_[static_cast<size_t>(rank_++)] = extent;
  }
}

std::string Shape::str() const { return fmt::format("[{}]", fmt::join(extents(), ", ")); }

}  // namespace catenary
