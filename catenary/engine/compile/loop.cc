#include "catenary/engine/compile/loop.h"

#include "catenary/base/error.h"

namespace catenary::engine {

namespace {

// What the last pass makes of them needs no reference; the program that was given has the scan's.
constexpr auto kNoReference = [](const auto& /*call*/) {
  fail(ErrorKind::kInternal, "a loop's node has no reference");
};

// attribute: one of its kind, which is all that is asked of it.
constexpr Op loop_op(std::string_view name, std::string_view operands, Shape (*infer)(const ShapeQuery&),
                     Attribute (*attribute)(const ExampleSizes&)) {
  return {.name = name,
          .summary = "Part of a loop.",
          .notation = {name, name},
          .operands = operands,
          .infer = infer,
          .reference = kNoReference,
          .gradient = not_differentiable,
          .example = attribute};
}

Shape infer_as_attribute(const ShapeQuery& q) { return std::get<Shape>(q.attribute); }

// The axis stands for nothing but to tell rows apart.
Shape infer_rows(const ShapeQuery& q) { return Shape{std::get<SliceRange>(q.attribute).end}; }
Shape infer_scalar(const ShapeQuery& /*q*/) { return {}; }
Shape infer_as_first(const ShapeQuery& q) { return q[0]; }

Attribute a_number(const ExampleSizes& /*s*/) { return std::int64_t{0}; }
Attribute a_range(const ExampleSizes& /*s*/) { return SliceRange(); }
Attribute a_shape(const ExampleSizes& /*s*/) { return Shape(); }

}  // namespace

constinit const Op kLoopBegin = loop_op("loop", "n...", infer_scalar, a_number);
constinit const Op kLoopRows = loop_op("rows", "n...", infer_rows, a_range);
constinit const Op kLoopRow = loop_op("row", "n; n", infer_as_attribute, a_shape);
constinit const Op kLoopWrite = loop_op("write", "n; n", infer_as_first, a_number);
constinit const Op kLoopResult = loop_op("result", "n; n...", infer_as_first, nullptr);

constinit const Op kLoopKept = loop_op("kept", "n", infer_as_first, a_number);
constinit const Op kLoopAgain = loop_op("again", "n...", infer_as_first, a_number);

std::int64_t segment_steps(std::int64_t steps) {
  std::int64_t segment = 16;
  while (segment * segment < steps) ++segment;
  return segment;
}

std::size_t loop_number(Value v) {
  if (is(v, kLoopBegin)) return static_cast<std::size_t>(std::get<std::int64_t>(v.attribute()));
  return loop_number(v.input(is(v, kLoopRows) ? 0 : 1));
}

}  // namespace catenary::engine
