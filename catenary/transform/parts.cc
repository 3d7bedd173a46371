#include "catenary/transform/parts.h"

#include <algorithm>
#include <vector>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"

namespace catenary {

namespace {

// A part of a concat, with where it begins along the axis.
struct Part {
  std::int64_t begin, end;
  Value value;
};

// The parts that are not zeros.
std::vector<Part> parts_of(Value concat, int axis) {
  std::vector<Part> parts;
  std::int64_t begin = 0;
  for (int i = 0; i < concat.input_count(); ++i) {
    const Value v = concat.input(i);
    const std::int64_t end = begin + v.shape()[axis];
    if (!is_number(v, 0)) parts.push_back({begin, end, v});
    begin = end;
  }
  return parts;
}

Value zeros(Value like, int axis, std::int64_t extent) {
  std::vector<std::int64_t> extents(like.shape().extents().begin(), like.shape().extents().end());
  extents[static_cast<std::size_t>(axis)] = extent;
  return like.graph().constant(0, Shape(extents), like.type().dtype);
}

}  // namespace

Value side_by_side(Value v) {
  if (!is(v, ops::kAdd) || !is(v.input(0), ops::kConcat) || !is(v.input(1), ops::kConcat)) return {};
  const auto axis = static_cast<int>(std::get<std::int64_t>(v.input(0).attribute()));
  if (std::get<std::int64_t>(v.input(1).attribute()) != axis) return {};
  std::vector<Part> parts = parts_of(v.input(0), axis);
  for (const Part& part : parts_of(v.input(1), axis)) parts.push_back(part);
  std::ranges::sort(parts, {}, &Part::begin);
  std::vector<Value> all;
  std::int64_t end = 0;
  for (const Part& part : parts) {
    if (part.begin < end) return {};
    if (part.begin > end) all.push_back(zeros(v, axis, part.begin - end));
    all.push_back(part.value);
    end = part.end;
  }
  if (all.empty()) return {};
  if (end < v.shape()[axis]) all.push_back(zeros(v, axis, v.shape()[axis] - end));
  return all.size() == 1 ? all[0] : concat(all, axis);
}

}  // namespace catenary
