#include "catenary/ops/backward.h"

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/ops/ops.h"

namespace catenary {

namespace {

// Which of the first `count` nodes depend on one of wrt: only through these do adjoints need to flow.
std::vector<bool> depends_on(Graph& graph, std::size_t count, std::span<const Value> wrt) {
  std::vector<bool> depends(count);
  for (const Value v : wrt) {
    if (static_cast<std::size_t>(v.id()) < count) depends[static_cast<std::size_t>(v.id())] = true;
  }
  for (std::size_t id = 0; id < count; ++id) {
    for (const NodeId input : graph.node(static_cast<NodeId>(id)).inputs) {
      if (depends[static_cast<std::size_t>(input)]) depends[id] = true;
    }
  }
  return depends;
}

// The one rule of mini-batch backpropagation: a shared value collects the sum of its samples' contributions.
Value match_batch(Value contribution, Value x, SharedAdjoints shared) {
  if (x.batched() && !contribution.batched()) return batch_broadcast(contribution);
  const bool is_summed = shared == SharedAdjoints::kSummed;
  if (!x.batched() && contribution.batched() && is_summed) return batch_sum(contribution);
  return contribution;
}

// A sample's loss sees its own copy of a spread value, so that the sum over the batch is left away here too.
Adjoints apply_rule(Value v, Value dv, SharedAdjoints shared) {
  if (shared == SharedAdjoints::kPerSample && v.op().batch == BatchRule::kSpreads) return {dv};
  if (shared == SharedAdjoints::kPerSample && v.op().batch == BatchRule::kReduces) {
    fail(ErrorKind::kShape,
         "{} mixes the samples of the batch: the loss of one sample has no gradient through it", v.op().name);
  }
  return v.op().gradient(Pullback{v, dv});
}

void add(Value& sum, Value summand) { sum = sum ? sum + summand : summand; }

}  // namespace

Backward backward(std::span<const Seed> seeds, std::span<const Value> wrt, SharedAdjoints shared) {
  Graph& graph = seeds[0].y.graph();
  NodeId last = 0;
  for (const Seed& seed : seeds) last = std::max(last, seed.y.id());
  const std::vector<bool> depends = depends_on(graph, static_cast<std::size_t>(last) + 1, wrt);
  Backward result;
  result.adjoint_of.resize(depends.size());
  const auto adjoint_of = [&](Value v) -> Value& {
    return result.adjoint_of[static_cast<std::size_t>(v.id())];
  };
  for (const Seed& seed : seeds) add(adjoint_of(seed.y), seed.dy);
  for (NodeId id = last; id >= 0; --id) {
    const Value v = graph.value(id);
    const Value dv = adjoint_of(v);
    if (!dv || !depends[static_cast<std::size_t>(id)] || v.input_count() == 0) continue;
    const Adjoints rules = apply_rule(v, dv, shared);
    for (int i = 0; i < v.input_count(); ++i) {
      const Value x = v.input(i);
      const Value rule = rules[static_cast<std::size_t>(i)];
      if (!rule || !depends[static_cast<std::size_t>(x.id())]) continue;
      const Value contribution = match_batch(rule, x, shared);
      add(adjoint_of(x), contribution);
      result.trace.push_back({v, i, dv, rule, contribution});
    }
  }
  return result;
}

}  // namespace catenary
