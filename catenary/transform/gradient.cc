#include "catenary/transform/gradient.h"

#include "catenary/base/error.h"
#include "catenary/ops/ops.h"

namespace catenary {

namespace {

// Which nodes up to y depend on one of wrt: only through these do adjoints need to flow.
std::vector<bool> depends_on(Value y, std::span<const Value> wrt) {
  std::vector<bool> depends(static_cast<std::size_t>(y.id()) + 1);
  for (const Value v : wrt) {
    if (v.id() <= y.id()) depends[static_cast<std::size_t>(v.id())] = true;
  }
  for (NodeId id = 0; id <= y.id(); ++id) {
    for (const NodeId input : y.graph().node(id).inputs) {
      if (depends[static_cast<std::size_t>(input)]) depends[static_cast<std::size_t>(id)] = true;
    }
  }
  return depends;
}

// The one rule of mini-batch backpropagation: a shared value collects the sum of its samples' contributions.
Value match_batch(Value contribution, Value x, bool per_sample) {
  if (x.batched() && !contribution.batched()) return batch_broadcast(contribution);
  if (!x.batched() && contribution.batched() && !per_sample) return batch_sum(contribution);
  return contribution;
}

// A sample's loss sees its own copy of a spread value, so that the sum over the batch is left away here too.
Adjoints apply_rule(Value v, Value dv, bool per_sample) {
  if (per_sample && v.op().batch == BatchRule::kSpreads) return {dv};
  return v.op().gradient(Pullback{v, dv});
}

Value zero_like(Value v, bool per_sample) {
  const Value zero = v.graph().constant(0, v.shape(), v.type().dtype);
  return v.batched() || per_sample ? batch_broadcast(zero) : zero;
}

void check(Value y, std::span<const Value> wrt) {
  for (const Value v : wrt) {
    if (!v)
      fail(ErrorKind::kConfig,
           "gradient needs variables of the graph of what is differentiated, found an empty value");
    check_same_graph(y, v, "gradient");
  }
  if (y.shape().rank() != 0) {
    fail(ErrorKind::kShape, "gradient needs a scalar [], found {} of type {}; sum or mean it first",
         y.op().name, y.type().str());
  }
}

}  // namespace

Gradient gradient(Value y, std::span<const Value> wrt) {
  check(y, wrt);
  Graph& graph = y.graph();
  const bool per_sample = y.batched();
  const std::vector<bool> depends = depends_on(y, wrt);
  Gradient result;
  result.adjoint_of.resize(depends.size());
  const Value one = graph.constant(1, {}, y.type().dtype);
  result.adjoint_of.back() = per_sample ? batch_broadcast(one) : one;

  for (NodeId id = y.id(); id >= 0; --id) {
    const Value v = graph.value(id);
    const Value dv = result.adjoint_of[static_cast<std::size_t>(id)];
    if (!dv || !depends[static_cast<std::size_t>(id)] || v.input_count() == 0) continue;
    if (per_sample && v.op().batch == BatchRule::kReduces) {
      fail(ErrorKind::kShape,
           "{} mixes the samples of the batch: the loss of one sample has no gradient through it",
           v.op().name);
    }
    const Adjoints rules = apply_rule(v, dv, per_sample);
    for (int i = 0; i < v.input_count(); ++i) {
      const Value x = v.input(i);
      const Value rule = rules[static_cast<std::size_t>(i)];
      if (!rule || !depends[static_cast<std::size_t>(x.id())]) continue;
      const Value contribution = match_batch(rule, x, per_sample);
      Value& dx = result.adjoint_of[static_cast<std::size_t>(x.id())];
      dx = dx ? dx + contribution : contribution;
      result.trace.push_back({v, i, dv, rule, contribution});
    }
  }
  for (const Value v : wrt) {
    const bool reached = v.id() <= y.id() && result.adjoint_of[static_cast<std::size_t>(v.id())];
    result.adjoints.push_back(reached ? result.adjoint_of[static_cast<std::size_t>(v.id())]
                                      : zero_like(v, per_sample));
  }
  return result;
}

}  // namespace catenary
