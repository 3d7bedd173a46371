#pragma once

#include <string_view>

#include "catenary/ir/graph.h"

namespace catenary::testing_support {

struct MadeUp {
  std::string_view operands = "n";
  Notation notation = {"op({...})", "op({...})"};
  BatchRule batch = BatchRule::kAsOperands;
  Attribute (*example)(const ExampleSizes&) = nullptr;
};

/// An operator for tests of the graph alone: its result has the first operand's shape; it computes nothing.
constexpr Op made_up_op(std::string_view name, const MadeUp& parts = {}) {
  return {.name = name,
          .summary = "An operator for tests.",
          .notation = parts.notation,
          .operands = parts.operands,
          .infer = [](const ShapeQuery& q) { return q.inputs.empty() ? Shape{} : q[0]; },
          .reference = [](const auto&) {},
          .gradient = not_differentiable,
          .batch = parts.batch,
          .example = parts.example};
}

}  // namespace catenary::testing_support
