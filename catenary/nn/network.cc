#include "catenary/nn/network.h"

#include <array>

#include "catenary/base/error.h"

namespace catenary::nn {

namespace {

constexpr std::array kActivations = {Activation::kIdentity, Activation::kRelu,     Activation::kLeakyRelu,
                                     Activation::kElu,      Activation::kGelu,     Activation::kSilu,
                                     Activation::kSigmoid,  Activation::kSoftplus, Activation::kTanh,
                                     Activation::kSoftmax};

bool is_rectifier(Activation f) {
  return f == Activation::kRelu || f == Activation::kLeakyRelu || f == Activation::kElu ||
         f == Activation::kGelu || f == Activation::kSilu || f == Activation::kSoftplus;
}

}  // namespace

std::string_view name_of(Activation activation) {
  switch (activation) {
    case Activation::kIdentity: return "identity";
    case Activation::kRelu: return "relu";
    case Activation::kLeakyRelu: return "leaky_relu";
    case Activation::kElu: return "elu";
    case Activation::kGelu: return "gelu";
    case Activation::kSilu: return "silu";
    case Activation::kSigmoid: return "sigmoid";
    case Activation::kSoftplus: return "softplus";
    case Activation::kTanh: return "tanh";
    case Activation::kSoftmax: return "softmax";
  }
  return "";
}

std::span<const Activation> activations() { return kActivations; }

Value activate(Activation activation, Value z) {
  switch (activation) {
    case Activation::kIdentity: return z;
    case Activation::kRelu: return catenary::relu(z);
    case Activation::kLeakyRelu: return catenary::leaky_relu(z);
    case Activation::kElu: return catenary::elu(z);
    case Activation::kGelu: return catenary::gelu(z);
    case Activation::kSilu: return catenary::silu(z);
    case Activation::kSigmoid: return catenary::sigmoid(z);
    case Activation::kSoftplus: return catenary::softplus(z);
    case Activation::kTanh: return catenary::tanh(z);
    case Activation::kSoftmax: return catenary::softmax(z);
  }
  return z;
}

Initializer default_initializer(Activation activation) {
  return is_rectifier(activation) ? Initializer::kHeNormal : Initializer::kGlorotUniform;
}

Layer dense(std::int64_t units, Activation activation, DenseOptions options) {
  return [units, activation, options = std::move(options)](Value x, const std::string& default_name) {
    const std::string& name = options.name.empty() ? default_name : options.name;
    if (x.shape().rank() != 1) {
      fail(ErrorKind::kShape, "dense layer '{}' needs a vector [n] as input, found {}", name,
           x.shape().str());
    }
    const std::int64_t inputs = x.shape()[0];
    const Initializer init = options.init.value_or(default_initializer(activation));
    Graph& graph = x.graph();
    const DType dtype = x.type().dtype;
    const Value weight =
        graph.parameter(name + ".weight", {units, inputs}, initial(init, inputs, units), dtype);
    const Value bias = graph.parameter(name + ".bias", {units}, {}, dtype);
    const Value z = matmul(weight, x) + bias;
    return activate(activation, z.rename(name + ".z"));
  };
}

std::function<Value(Value)> sequential(std::vector<Layer> layers) {
  return [layers = std::move(layers)](Value x) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (!layers[i])
        fail(ErrorKind::kConfig, "sequential: needed a layer in place {}, found an empty one", i);
      x = layers[i](x, fmt::format("dense{}", i + 1));
    }
    return x;
  };
}

Value l2_penalty(Graph& graph, double weight_decay) {
  Value total;
  for (const Value w : graph.parameters()) {
    if (w.shape().rank() < 2) continue;
    const Value norm = sum(square(w));
    total = total ? total + norm : norm;
  }
  if (!total)
    fail(ErrorKind::kConfig, "l2_penalty needs at least one weight matrix in the graph, found none");
  return total * (weight_decay / 2);
}

}  // namespace catenary::nn
