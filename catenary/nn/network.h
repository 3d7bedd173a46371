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

/// What a layer ends in: nothing, which is called the identity, or an operator that by its traits is an
/// activation.
class Activation {
 public:
  constexpr Activation() = default;
  /// Throws Error{config} for an operator that is no activation.
  explicit Activation(const Op& op);

  /// Null: the identity.
  [[nodiscard]] const Op* op() const { return op_; }
  [[nodiscard]] bool operator==(const Activation&) const = default;

 private:
  const Op* op_ = nullptr;
};

/// "identity", "relu", "leaky_relu", ...
[[nodiscard]] std::string_view name_of(Activation activation);
/// The identity and all that the catalogue has.
[[nodiscard]] std::span<const Activation> activations();
/// The function of z, of z's shape; the identity answers z itself. Throws Error{shape} for softmax of what is
/// no vector.
[[nodiscard]] Value activate(Activation activation, Value z);

/// he_normal for relu and its relatives, glorot_uniform otherwise.
[[nodiscard]] Initializer default_initializer(Activation activation);

/// One layer of a network: given its input and a default name, it adds its parameters and nodes to the graph.
class Layer : public std::function<Value(Value x, const std::string& default_name)> {
 public:
  using function::function;
  using function::operator();
  /// As the one layer of sequential().
  Value operator()(Value x) const;
};

/// Of a dense layer.
struct DenseOptions {
  std::string name =
      {};  ///< of its parameters: NAME.weight [units, inputs] and NAME.bias [units]; "": dense1, dense2 ...
  std::optional<Initializer> init = {};  ///< absent: default_initializer(activation)
};

/// a = f(W·x + b), x: [inputs] -> [units], in x's number type. The biases start at 0. Each call of the layer
/// makes parameters of its own. Throws Error{shape} unless units is 1 or more and x a vector, Error{config}
/// where the graph has a layer of that explicit name.
[[nodiscard]] Layer dense(std::int64_t units, Activation activation = {}, DenseOptions options = {});
/// The activation as its operator, `dense(8, relu)`. Any other function of one value will do, too: `dense(8,
/// sin)`; its layer starts as a saturating one's does, by glorot_uniform.
[[nodiscard]] Layer dense(std::int64_t units, Value (*activation)(Value), DenseOptions options = {});
/// `dense(8, leaky_relu)` and `dense(8, elu)`, with the operators' own defaults. Throws Error{config} for
/// another function.
[[nodiscard]] Layer dense(std::int64_t units, Value (*activation)(Value, double), DenseOptions options = {});
/// `dense(8, identity)`: in this place the word means no activation, not the identity matrix.
[[nodiscard]] Layer dense(std::int64_t units, Value (*identity)(Graph&, std::int64_t, DType),
                          DenseOptions options = {});

/// The layers one after another, as a function of a value: `Value logits = sequential({dense(256, relu),
/// dense(10)})(x)`. The default name of layer i is densei, or the next number of which the graph has no
/// variables yet. So each call makes a network with parameters of its own; substitute() is for one network on
/// several inputs.
[[nodiscard]] std::function<Value(Value)> sequential(std::vector<Layer> layers);

/// What `y` is with `other` in place of `x`, from the same parameters: one network on a second input. Throws
/// Error{config} where y does not depend on x, Error{shape} and Error{dtype} where `other` does not fit.
[[nodiscard]] Value substitute(Value y, Value x, Value other);

/// The words in which networks are written, `nn::dense(128, nn::relu)`, are the operators.
using namespace activations;
using catenary::identity;

/// weight_decay/2 · Σ ‖W‖² over the weights among the parameters (those of rank 2 or more; not the biases).
/// Throws Error{config} if there is none. [Krogh and Hertz 1992]
[[nodiscard]] Value l2_penalty(std::span<const Value> parameters, double weight_decay);
/// The same of all parameters that the graph has, of whatever network.
[[nodiscard]] Value l2_penalty(Graph& graph, double weight_decay);

}  // namespace catenary::nn
