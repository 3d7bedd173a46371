#include <array>
#include <numeric>

#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

using Extents = std::array<std::int64_t, Shape::kMaxRank>;

// Number of elements before and after an axis: x seen as [outer, extent, inner].
std::int64_t outer_size(const Shape& shape, int axis) {
  std::int64_t product = 1;
  for (int i = 0; i < axis; ++i) product *= shape[i];
  return product;
}

std::int64_t inner_size(const Shape& shape, int axis) {
  std::int64_t product = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) product *= shape[i];
  return product;
}

Shape with_extent(const Shape& shape, int axis, std::int64_t extent) {
  std::vector<std::int64_t> extents(shape.extents().begin(), shape.extents().end());
  extents[static_cast<std::size_t>(axis)] = extent;
  return Shape(extents);
}

void require_axis(const ShapeQuery& q, std::int64_t axis) {
  if (q[0].rank() == 0)
    fail(ErrorKind::kShape, "{} needs an operand with axes, found a scalar []", q.op.name);
  if (axis < 0 || axis >= q[0].rank()) {
    fail(ErrorKind::kShape, "{} needs an axis from 0 to {} of {}, found {}", q.op.name, q[0].rank() - 1,
         q[0].str(), axis);
  }
}

// Copies elements begin .. end-1 of one axis between a whole array and the part cut from it.
template <typename Copy>
void for_each_run(const Shape& whole, const SliceRange& range, Copy copy) {
  const std::int64_t inner = inner_size(whole, range.axis);
  const std::int64_t run = (range.end - range.begin) * inner;
  for (std::int64_t i = 0; i < outer_size(whole, range.axis); ++i) {
    copy((i * whole[range.axis] + range.begin) * inner, i * run, run);
  }
}

bool repeats_to(const Shape& from, const Shape& to) {
  if (from.rank() == 0) return true;
  if (from.rank() != to.rank()) return false;
  for (int i = 0; i < from.rank(); ++i) {
    if (from[i] != to[i] && from[i] != 1) return false;
  }
  return true;
}

// Visits each element of `large`, with the place in `small` that broadcast repeats there.
template <typename Visit>
void for_each_repeated(const Shape& small, const Shape& large, Visit visit) {
  Extents index{};
  for (std::int64_t place = 0; place < large.size(); ++place) {
    std::int64_t source = 0;
    for (int i = 0; i < small.rank(); ++i) {
      source = source * small[i] + (small[i] == 1 ? 0 : index[static_cast<std::size_t>(i)]);
    }
    visit(static_cast<std::size_t>(source), static_cast<std::size_t>(place));
    for (int i = large.rank() - 1; i >= 0 && ++index[static_cast<std::size_t>(i)] == large[i]; --i) {
      index[static_cast<std::size_t>(i)] = 0;
    }
  }
}

Shape concat_shape(const ShapeQuery& q) {
  const std::int64_t axis = std::get<std::int64_t>(q.attribute);
  require_axis(q, axis);
  std::int64_t extent = 0;
  for (const Shape& part : q.inputs) {
    if (part.rank() != q[0].rank() ||
        with_extent(part, static_cast<int>(axis), 1) != with_extent(q[0], static_cast<int>(axis), 1)) {
      fail(ErrorKind::kShape, "concat needs parts that differ only along axis {}, found {} and {}", axis,
           q[0].str(), part.str());
    }
    extent += part[static_cast<int>(axis)];
  }
  return with_extent(q[0], static_cast<int>(axis), extent);
}

constexpr auto kConcatReference = [](const auto& call) {
  const int axis = static_cast<int>(std::get<std::int64_t>(call.attribute));
  std::int64_t begin = 0;
  for (std::size_t part = 0; part < call.inputs.size(); ++part) {
    const std::int64_t end = begin + call.shapes[part][axis];
    for_each_run(call.output_shape, {axis, begin, end},
                 [&](std::int64_t whole, std::int64_t cut, std::int64_t run) {
                   std::copy_n(call.inputs[part].data() + cut, run, call.output.data() + whole);
                 });
    begin = end;
  }
};

Adjoints concat_gradient(const Pullback& p) {
  const int axis = static_cast<int>(std::get<std::int64_t>(p.y.attribute()));
  Adjoints parts;
  std::int64_t begin = 0;
  for (int i = 0; i < p.y.input_count(); ++i) {
    const std::int64_t end = begin + p.x(i).shape()[axis];
    parts.push_back(slice(p.dy, axis, begin, end));
    begin = end;
  }
  return parts;
}

// dy stands where the slice was cut; zeros before and after it.
Adjoints slice_gradient(const Pullback& p) {
  const auto range = std::get<SliceRange>(p.y.attribute());
  const Shape& whole = p.x().shape();
  std::vector<Value> parts;
  const auto zeros = [&](std::int64_t extent) {
    if (extent > 0) {
      parts.push_back(p.dy.graph().constant(0, with_extent(whole, range.axis, extent), p.dy.type().dtype));
    }
  };
  zeros(range.begin);
  parts.push_back(p.dy);
  zeros(whole[range.axis] - range.end);
  return {parts.size() == 1 ? p.dy : concat(parts, range.axis)};
}

}  // namespace

constinit const Op kReshape = {
    .name = "reshape",
    .summary = "The same elements in row-major order under another shape.",
    .notation = {"reshape({0.}, {a})", R"(\operatorname{reshape}({0.}, {a}))"},
    .operands = "n m",
    .traits = {.linear = true},
    .infer = [](const ShapeQuery& q) -> Shape {
      const auto& shape = std::get<Shape>(q.attribute);
      if (shape.size() != q[0].size()) {
        fail(ErrorKind::kShape, "reshape needs as many elements as before: {} has {}, {} has {}", q[0].str(),
             q[0].size(), shape.str(), shape.size());
      }
      return shape;
    },
    .reference = each<[](auto x) { return x; }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {reshape(p.dy, p.x().shape())}; },
    .example = [](const ExampleSizes& s) -> Attribute { return Shape{s.n * s.m}; },
};

constinit const Op kSlice = {
    .name = "slice",
    .summary = "The elements begin .. end-1 along one axis.",
    .notation = {"slice({0.}, {a})", R"(\operatorname{slice}({0.}, {a}))"},
    .operands = "n m",
    .infer = [](const ShapeQuery& q) -> Shape {
      const auto& range = std::get<SliceRange>(q.attribute);
      require_axis(q, range.axis);
      if (range.begin < 0 || range.end > q[0][range.axis] || range.begin >= range.end) {
        fail(ErrorKind::kShape, "slice needs 0 <= begin < end <= {} along axis {} of {}, found {}:{}",
             q[0][range.axis], range.axis, q[0].str(), range.begin, range.end);
      }
      return with_extent(q[0], range.axis, range.end - range.begin);
    },
    .reference =
        [](const auto& call) {
          for_each_run(call.shapes[0], std::get<SliceRange>(call.attribute),
                       [&](std::int64_t whole, std::int64_t cut, std::int64_t run) {
                         std::copy_n(call.inputs[0].data() + whole, run, call.output.data() + cut);
                       });
        },
    .gradient = slice_gradient,
    .example = [](const ExampleSizes& s) -> Attribute {
      return SliceRange{0, s.n / 2, s.n};
    },
};

constinit const Op kConcat = {
    .name = "concat",
    .summary = "Parts side by side along one axis.",
    .notation = {"concat({...})", R"(\operatorname{concat}({...}))"},
    .operands = "n m...",
    .infer = concat_shape,
    .reference = kConcatReference,
    .gradient = concat_gradient,
    .example = [](const ExampleSizes&) -> Attribute { return std::int64_t{0}; },
};

constinit const Op kBroadcast = {
    .name = "broadcast",
    .summary = "A scalar, or the axes of extent 1, repeated to a shape.",
    .notation = {"{0}", "{0}"},
    .operands = "1 m",
    .traits = {.odd_operands = 1},
    .infer = [](const ShapeQuery& q) -> Shape {
      const auto& shape = std::get<Shape>(q.attribute);
      if (!repeats_to(q[0], shape)) {
        fail(ErrorKind::kShape, "broadcast repeats a scalar or axes of extent 1; {} does not fit {}",
             q[0].str(), shape.str());
      }
      return shape;
    },
    .reference =
        [](const auto& call) {
          for_each_repeated(call.shapes[0], call.output_shape, [&](std::size_t source, std::size_t place) {
            call.output[place] = call.inputs[0][source];
          });
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {sum_to(p.dy, p.x().shape())}; },
    .example = [](const ExampleSizes& s) -> Attribute {
      return Shape{s.n, s.m};
    },
};

constinit const Op kSumTo = {
    .name = "sum_to",
    .summary = "Sum over what broadcast would repeat: its adjoint.",
    .notation = {"Σ→{a} {0}", R"(\sum_{\to {a}} {0})", Notation::kBigSum},
    .operands = "n m",
    .traits = {.linear = true},
    .infer = [](const ShapeQuery& q) -> Shape {
      const auto& shape = std::get<Shape>(q.attribute);
      if (!repeats_to(shape, q[0])) {
        fail(ErrorKind::kShape, "sum_to undoes a broadcast; {} is no broadcast of {}", q[0].str(),
             shape.str());
      }
      return shape;
    },
    .reference =
        [](const auto& call) {
          std::fill(call.output.begin(), call.output.end(), 0.0);
          for_each_repeated(call.output_shape, call.shapes[0], [&](std::size_t place, std::size_t source) {
            call.output[place] += call.inputs[0][source];
          });
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {broadcast(p.dy, p.x().shape())}; },
    .example = [](const ExampleSizes& s) -> Attribute {
      return Shape{1, s.m};
    },
};

}  // namespace ops

Value reshape(Value x, const Shape& shape) {
  return x.shape() == shape ? x : x.graph().call(ops::kReshape, {x}, shape);
}
Value slice(Value x, int axis, std::int64_t begin, std::int64_t end) {
  return x.graph().call(ops::kSlice, {x}, SliceRange{axis, begin, end});
}
Value concat(std::span<const Value> parts, int axis) {
  if (parts.empty()) fail(ErrorKind::kShape, "concat needs at least 1 operand, found 0");
  return parts[0].graph().call(ops::kConcat, parts, std::int64_t{axis});
}
Value broadcast(Value x, const Shape& shape) {
  return x.shape() == shape ? x : x.graph().call(ops::kBroadcast, {x}, shape);
}
Value sum_to(Value x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return shape.rank() == 0 ? sum(x) : x.graph().call(ops::kSumTo, {x}, shape);
}

}  // namespace catenary
