#include "catenary/derive/steps/differential.h"

#include <map>
#include <set>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"

namespace catenary::derive {

namespace {

Value leaf_like(Graph& graph, std::string_view name, Value v) {
  return graph.shared_input(name, v.shape(), v.type().dtype);
}

// The call as a person would write it: coefficients before differentials.
Value written_call(Graph& graph, Value x, std::vector<Value> inputs, const std::set<NodeId>& moving) {
  const auto moves = [&](Value v) { return moving.contains(v.id()); };
  if (is(x, ops::kMul) && moves(x.input(0)) && !moves(x.input(1))) std::swap(inputs[0], inputs[1]);
  return graph.call(x.op(), inputs, x.attribute());
}

// The formula in `to`, with values there in place of the leaves.
Value carried_over(Value v, Value d, Graph& to, std::map<NodeId, Value> image) {
  std::set<NodeId> moving = {d.id()};
  for (const Value x : reachable({v})) {
    for (int i = 0; i < x.input_count(); ++i) {
      if (moving.contains(x.input(i).id())) moving.insert(x.id());
    }
    if (image.contains(x.id())) continue;
    if (&x.op() == &ops::kConstant) {
      image[x.id()] = to.constant(std::get<double>(x.attribute()), x.shape(), x.type().dtype);
      continue;
    }
    if (is_leaf(x.op()))
      fail(ErrorKind::kInternal, "the rule is not linear: its transpose reads {}", x.name());
    std::vector<Value> inputs;
    for (int i = 0; i < x.input_count(); ++i) inputs.push_back(image.at(x.input(i).id()));
    image[x.id()] = written_call(to, x, std::move(inputs), moving);
  }
  return image.at(v.id());
}

}  // namespace

Value differential(Value y, int i, Value dx) {
  Graph graph;  // one of its own, as gradient() looks at all nodes
  std::map<NodeId, Value> image;
  std::vector<Value> operands;
  for (int k = 0; k < y.input_count(); ++k) {
    operands.push_back(leaf_like(graph, "x" + std::to_string(k), y.input(k)));
    image[operands.back().id()] = y.input(k);
  }
  const Value call = graph.call(y.op(), operands, y.attribute());
  const Value u = leaf_like(graph, "u", y), d = leaf_like(graph, "d", dx);
  image[d.id()] = dx;
  const Value rule = y.op().gradient(Pullback{call, u})[static_cast<std::size_t>(i)];
  if (!rule) return {};
  const Value paired = rule.shape().rank() == 0 ? rule * d : dot(rule, d);
  return carried_over(gradient(paired, {u}).adjoints[0], d, y.graph(), std::move(image));
}

}  // namespace catenary::derive
