#include <limits>

#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

constinit const Op kOneHot = {
    .name = "one_hot",
    .summary = "The unit vector of a class label: 1 at its place, else 0; all 0 if there is no such place.",
    .notation = {"one_hot({0.})", R"(e_{{0.}})"},
    .operands = "",
    .traits = {.mixes_elements = true, .nonnegative = true},
    .infer = [](const ShapeQuery& q) -> Shape {
      return require_rank(q, 0, 0), Shape{std::get<std::int64_t>(q.attribute)};
    },
    .reference =
        [](const auto& call) {
          for (std::size_t i = 0; i < call.output.size(); ++i) {
            call.output[i] = static_cast<double>(i) == std::real(call.inputs[0][0]) ? 1.0 : 0.0;
          }
        },
    .gradient = not_differentiable,
    .domain = {.kind = Domain::Kind::kLabel},
    .example = [](const ExampleSizes& s) -> Attribute { return s.n; },
};

constinit const Op kPick = {
    .name = "pick",
    .summary = "The element at a class label; NaN if there is none.",
    .notation = {"{0!}[{1.}]", "{0!}_{{1.}}", Notation::kPower},
    .operands = "n;",
    .infer = [](const ShapeQuery& q) -> Shape {
      return require_rank(q, 0, 1), require_rank(q, 1, 0), Shape{};
    },
    .reference =
        [](const auto& call) {
          call.output[0] = std::numeric_limits<double>::quiet_NaN();
          for (std::size_t i = 0; i < call.inputs[0].size(); ++i) {
            if (static_cast<double>(i) == std::real(call.inputs[1][0])) call.output[0] = call.inputs[0][i];
          }
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy * one_hot(p.x(1), p.x(0).shape()[0]), {}};
    },
    .domain2 = {.kind = Domain::Kind::kLabel},
};

}  // namespace ops

Value one_hot(Value label, std::int64_t classes) {
  return label.graph().call(ops::kOneHot, {label}, classes);
}
Value pick(Value x, Value label) { return x.graph().call(ops::kPick, {x, label}); }

}  // namespace catenary
