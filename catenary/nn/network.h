#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/nn/init.h"
#include "catenary/ops/ops.h"

namespace catenary::nn {

/// The elementwise functions (and softmax) that a layer can end in.
enum class Activation {
  kIdentity,
  kRelu,
  kLeakyRelu,
  kElu,
  kGelu,
  kSilu,
  kSigmoid,
  kSoftplus,
  kTanh,
  kSoftmax
};

/// "identity", "relu", "leaky_relu", ...
[[nodiscard]] std::string_view name_of(Activation activation);
/// All of them, in the enumeration's order.
[[nodiscard]] std::span<const Activation> activations();
[[nodiscard]] Value activate(Activation activation, Value z);

/// he_normal for relu and its relatives, glorot_uniform otherwise.
[[nodiscard]] Initializer default_initializer(Activation activation);

/// One layer of a network: given its input and a default name, it adds its parameters and nodes to the graph.
using Layer = std::function<Value(Value x, const std::string& default_name)>;

struct DenseOptions {
  std::string name =
      {};  ///< of its parameters: NAME.weight [units, inputs] and NAME.bias [units]; "": dense1, dense2 ...
  std::optional<Initializer> init = {};  ///< absent: default_initializer(activation)
};

/// a = f(W·x + b), x: [inputs] -> [units]. The biases start at 0.
[[nodiscard]] Layer dense(std::int64_t units, Activation activation = Activation::kIdentity,
                          DenseOptions options = {});

/// The layers one after another, as a function of a value: `Value logits = sequential({dense(256, relu),
/// dense(10)})(x)`.
[[nodiscard]] std::function<Value(Value)> sequential(std::vector<Layer> layers);

// NOLINTBEGIN(readability-identifier-naming): the words in which networks are written, `dense(128, relu)`.
inline constexpr Activation identity = Activation::kIdentity;
inline constexpr Activation relu = Activation::kRelu;
inline constexpr Activation leaky_relu = Activation::kLeakyRelu;
inline constexpr Activation elu = Activation::kElu;
inline constexpr Activation gelu = Activation::kGelu;
inline constexpr Activation silu = Activation::kSilu;
inline constexpr Activation sigmoid = Activation::kSigmoid;
inline constexpr Activation softplus = Activation::kSoftplus;
inline constexpr Activation tanh = Activation::kTanh;
inline constexpr Activation softmax = Activation::kSoftmax;
// NOLINTEND(readability-identifier-naming)

/// weight_decay/2 · Σ ‖W‖² over the graph's weights (parameters of rank 2 or more; not the biases). [Krogh
/// and Hertz 1992]
[[nodiscard]] Value l2_penalty(Graph& graph, double weight_decay);

}  // namespace catenary::nn
