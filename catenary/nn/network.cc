#include "catenary/nn/network.h"

#include <algorithm>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/ops/catalogue.h"

namespace catenary::nn {

Activation::Activation(const Op& op) : op_(&op) {
  if (op.traits.activation == nullptr)
    fail(ErrorKind::kConfig, "an activation is needed as the end of a layer, found the operator {}", op.name);
}

std::string_view name_of(Activation activation) {
  return activation.op() == nullptr ? "identity" : activation.op()->name;
}

std::span<const Activation> activations() {
  static const std::vector<Activation> kAll = [] {
    std::vector<Activation> all(1);
    for (const Op* op : ops::catalogue()) {
      if (op->traits.activation != nullptr) all.emplace_back(*op);
    }
    return all;
  }();
  return kAll;
}

Value activate(Activation activation, Value z) {
  return activation.op() == nullptr ? z : activation.op()->traits.activation(z);
}

Initializer default_initializer(Activation activation) {
  const bool rectifies = activation.op() != nullptr && activation.op()->traits.rectifier;
  return rectifies ? Initializer::kHeNormal : Initializer::kGlorotUniform;
}

namespace {

// The layer that dense() makes: an affine function, then f.
Layer affine_then(std::int64_t units, std::function<Value(Value)> f, Initializer init, std::string own_name) {
  if (units < 1)
    fail(ErrorKind::kShape, "dense layer{} needs 1 unit or more, found {}",
         own_name.empty() ? "" : " '" + own_name + "'", units);
  return [units, init, f = std::move(f), own_name = std::move(own_name)](Value x,
                                                                         const std::string& default_name) {
    const std::string& name = own_name.empty() ? default_name : own_name;
    if (name.empty())
      fail(ErrorKind::kConfig, "dense layer needs a name, found none: DenseOptions::name or a default");
    if (x.shape().rank() != 1) {
      fail(ErrorKind::kShape, "dense layer '{}' needs a vector [n] as input, found {}", name,
           x.shape().str());
    }
    const std::int64_t inputs = x.shape()[0];
    Graph& graph = x.graph();
    const DType dtype = x.type().dtype;
    const Value weight =
        graph.parameter(name + ".weight", {units, inputs}, initial(init, inputs, units), dtype);
    const Value bias = graph.parameter(name + ".bias", {units}, {}, dtype);
    const Value z = matmul(weight, x) + bias;
    return f(z.rename(name + ".z"));
  };
}

using Function = Value (*)(Value);

// The activation that the function is; none for any other.
std::optional<Activation> activation_of(Function f) {
  for (const Op* op : ops::catalogue()) {
    if (f != nullptr && op->traits.activation == f) return Activation(*op);
  }
  return {};
}

bool has_variables(Graph& graph, const std::string& layer) {
  const std::string prefix = layer + ".";
  for (NodeId id = 0; id < graph.size(); ++id) {
    const std::string& name = graph.node(id).name;
    if (graph.node(id).op == &ops::kVariable && name.starts_with(prefix)) return true;
  }
  return false;
}

std::string free_name(Graph& graph, std::size_t number) {
  std::string name = fmt::format("dense{}", number);
  while (has_variables(graph, name)) name = fmt::format("dense{}", ++number);
  return name;
}

}  // namespace

Layer dense(std::int64_t units, Activation activation, DenseOptions options) {
  return affine_then(
      units, [=](Value z) { return activate(activation, z); },
      options.init.value_or(default_initializer(activation)), std::move(options.name));
}

Layer dense(std::int64_t units, Function activation, DenseOptions options) {
  if (const auto known = activation_of(activation)) return dense(units, *known, std::move(options));
  if (activation == nullptr) fail(ErrorKind::kConfig, "dense needs an activation, found an empty function");
  return affine_then(units, activation, options.init.value_or(Initializer::kGlorotUniform),
                     std::move(options.name));
}

Layer dense(std::int64_t units, Value (*activation)(Value, double), DenseOptions options) {
  if (activation == leaky_relu) return dense(units, Activation(ops::kLeakyRelu), std::move(options));
  if (activation == elu) return dense(units, Activation(ops::kElu), std::move(options));
  fail(ErrorKind::kConfig,
       "dense needs as activation leaky_relu, elu or a function of one value, found another function of a "
       "value and a number");
}

Layer dense(std::int64_t units, Value (*)(Graph&, std::int64_t, DType), DenseOptions options) {
  return dense(units, Activation(), std::move(options));
}

Value Layer::operator()(Value x) const { return sequential({*this})(x); }

std::function<Value(Value)> sequential(std::vector<Layer> layers) {
  return [layers = std::move(layers)](Value x) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (!layers[i])
        fail(ErrorKind::kConfig, "sequential: needed a layer in place {}, found an empty one", i);
      x = layers[i](x, free_name(x.graph(), i + 1));
    }
    return x;
  };
}

namespace {

void check_substitution(Value y, Value x, Value other) {
  if (&x.graph() != &y.graph() || &other.graph() != &y.graph())
    fail(ErrorKind::kConfig, "substitute needs values of one graph, found values of several");
  if (x.type().dtype != other.type().dtype) {
    fail(ErrorKind::kDtype, "substitute needs a value of the number type {}, found {}",
         name_of(x.type().dtype), name_of(other.type().dtype));
  }
  if (x.shape() != other.shape()) {
    fail(ErrorKind::kShape, "substitute needs a value of the shape {}, found {}", x.shape().str(),
         other.shape().str());
  }
}

// By id, whether y is computed from the node.
std::vector<bool> needed_by(Value y) {
  std::vector<bool> needed(static_cast<std::size_t>(y.id()) + 1);
  needed.back() = true;
  for (NodeId id = y.id(); id >= 0; --id) {
    if (!needed[static_cast<std::size_t>(id)]) continue;
    for (const NodeId input : y.graph().node(id).inputs) needed[static_cast<std::size_t>(input)] = true;
  }
  return needed;
}

}  // namespace

Value substitute(Value y, Value x, Value other) {
  check_substitution(y, x, other);
  if (y == x) return other;
  Graph& graph = y.graph();
  const std::vector<bool> needed = needed_by(y);
  std::vector<Value> image(needed.size());  // by id; empty: does not depend on x
  if (x.id() < y.id()) image[static_cast<std::size_t>(x.id())] = other;
  const auto place = [](NodeId id) { return static_cast<std::size_t>(id); };
  for (NodeId id = x.id() + 1; id <= y.id(); ++id) {
    const Node& node = graph.node(id);
    if (!needed[place(id)] || std::none_of(node.inputs.begin(), node.inputs.end(),
                                           [&](NodeId input) { return bool{image[place(input)]}; }))
      continue;
    std::vector<Value> inputs;
    for (const NodeId input : node.inputs)
      inputs.push_back(image[place(input)] ? image[place(input)] : graph.value(input));
    image[place(id)] = graph.call(*node.op, inputs, node.attribute);
  }
  if (!image.back())
    fail(ErrorKind::kConfig, "substitute needs a value that depends on the one to be replaced, found none");
  return image.back();
}

Value l2_penalty(std::span<const Value> parameters, double weight_decay) {
  Value total;
  for (const Value w : parameters) {
    if (w.shape().rank() < 2) continue;
    const Value norm = sum(square(w));
    total = total ? total + norm : norm;
  }
  if (!total) fail(ErrorKind::kConfig, "l2_penalty needs at least one weight matrix, found none");
  return total * (weight_decay / 2);
}

Value l2_penalty(Graph& graph, double weight_decay) { return l2_penalty(graph.parameters(), weight_decay); }

}  // namespace catenary::nn
