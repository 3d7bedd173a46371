#include "catenary/transform/rewrite.h"

#include <array>

#include "catenary/base/error.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/parts.h"

namespace catenary {

namespace {

Value add_zero(Value v) {
  if (!is(v, ops::kAdd)) return {};
  if (is_number(v.input(1), 0)) return v.input(0);
  return is_number(v.input(0), 0) ? v.input(1) : Value{};
}

Value sub_zero(Value v) { return is(v, ops::kSub) && is_number(v.input(1), 0) ? v.input(0) : Value{}; }

Value mul_one(Value v) {
  if (!is(v, ops::kMul)) return {};
  if (is_number(v.input(1), 1)) return v.input(0);
  return is_number(v.input(0), 1) ? v.input(1) : Value{};
}

Value div_one(Value v) { return is(v, ops::kDiv) && is_number(v.input(1), 1) ? v.input(0) : Value{}; }

Value double_negation(Value v) {
  return is(v, ops::kNeg) && is(v.input(0), ops::kNeg) ? v.input(0).input(0) : Value{};
}

Value add_negation(Value v) {
  if (!is(v, ops::kAdd)) return {};
  if (is(v.input(1), ops::kNeg)) return v.input(0) - v.input(1).input(0);
  return is(v.input(0), ops::kNeg) ? v.input(1) - v.input(0).input(0) : Value{};
}

Value sub_negation(Value v) {
  return is(v, ops::kSub) && is(v.input(1), ops::kNeg) ? v.input(0) + v.input(1).input(0) : Value{};
}

Value double_transpose(Value v) {
  return is(v, ops::kTranspose) && is(v.input(0), ops::kTranspose) ? v.input(0).input(0) : Value{};
}

Value double_reshape(Value v) {
  return is(v, ops::kReshape) && is(v.input(0), ops::kReshape) ? reshape(v.input(0).input(0), v.shape())
                                                               : Value{};
}

Value broadcast_constant(Value v) {
  if (!is(v, ops::kBroadcast) || !is(v.input(0), ops::kConstant)) return {};
  return constant_like(v, std::get<double>(v.input(0).attribute()));
}

Value fold(Value v) {
  static constexpr std::array kFoldable = {&ops::kAdd,    &ops::kSub,  &ops::kMul, &ops::kDiv, &ops::kNeg,
                                           &ops::kSquare, &ops::kSqrt, &ops::kExp, &ops::kLog};
  return fold_constants(v, kFoldable);
}

Value mean_of_batch(Value v) {
  if (!is(v, ops::kBatchMean)) return {};
  const Value count = batch_size(v.graph(), v.type().dtype);
  return batch_sum(v.input(0)) / count;
}

Value broadcast_inwards(Value v) {
  if (!is(v, ops::kBroadcast) || !is(v.input(0), ops::kBatchBroadcast)) return {};
  return batch_broadcast(broadcast(v.input(0).input(0), v.shape()));
}

// Beside an operand that each sample has its own of, a shared value need not be spread over the samples
// first.
Value spread_beside_batched(Value v) {
  if (v.op().batch != BatchRule::kAsOperands || v.input_count() != 2) return {};
  for (int i = 0; i < 2; ++i) {
    if (!is(v.input(i), ops::kBatchBroadcast) || !v.input(1 - i).batched()) continue;
    std::array<Value, 2> inputs = {v.input(0), v.input(1)};
    inputs[static_cast<std::size_t>(i)] = v.input(i).input(0);
    return v.graph().call(v.op(), inputs, v.attribute());
  }
  return {};
}

constexpr std::array kRules = {
    RewriteRule{"x + 0 = x", add_zero},
    RewriteRule{"x − 0 = x", sub_zero},
    RewriteRule{"x · 1 = x", mul_one},
    RewriteRule{"x / 1 = x", div_one},
    RewriteRule{"−(−x) = x", double_negation},
    RewriteRule{"x + (−y) = x − y", add_negation},
    RewriteRule{"x − (−y) = x + y", sub_negation},
    RewriteRule{"(Aᵀ)ᵀ = A", double_transpose},
    RewriteRule{"reshape of a reshape", double_reshape},
    RewriteRule{"a repeated constant is a constant", broadcast_constant},
    RewriteRule{"constant folding", fold},
    RewriteRule{"batch mean = batch sum / N", mean_of_batch},
    RewriteRule{"broadcast before the batch", broadcast_inwards},
    RewriteRule{"a shared operand beside a batched one", spread_beside_batched},
    RewriteRule{"(x, 0) + (0, y) = (x, y)", side_by_side},
};

Value apply_rules(Value v) {
  // Each rule shrinks the graph or moves a broadcast outwards, so this ends; the bound turns a mistake into
  // an error.
  constexpr int kMostSteps = 1000;
  for (int step = 0; step < kMostSteps; ++step) {
    const Value before = v;
    for (const RewriteRule& rule : kRules) {
      const Value after = rule.apply(v);
      if (after && after != v && after.type() == v.type()) {
        v = after;
        break;
      }
    }
    if (v == before) return v;
  }
  fail(ErrorKind::kInternal, "the rewrite rules do not come to an end at {}", v.op().name);
}

}  // namespace

std::span<const RewriteRule> rewrite_rules() { return kRules; }

std::vector<Value> rewrite(std::span<const Value> outputs) {
  const std::vector<Value> nodes = reachable(outputs);
  if (nodes.empty()) return {};
  Graph& graph = nodes[0].graph();
  std::vector<Value> image(static_cast<std::size_t>(nodes.back().id()) + 1);
  for (const Value v : nodes) {
    Value rebuilt = v;
    if (!is_leaf(v.op())) {
      std::vector<Value> inputs;
      for (int i = 0; i < v.input_count(); ++i)
        inputs.push_back(image[static_cast<std::size_t>(v.input(i).id())]);
      rebuilt = apply_rules(graph.call(v.op(), inputs, v.attribute()));
      if (!v.name().empty() && rebuilt.name().empty() && !is_leaf(rebuilt.op())) rebuilt.rename(v.name());
    }
    image[static_cast<std::size_t>(v.id())] = rebuilt;
  }
  std::vector<Value> results;
  for (const Value v : outputs) results.push_back(image[static_cast<std::size_t>(v.id())]);
  return results;
}

}  // namespace catenary
