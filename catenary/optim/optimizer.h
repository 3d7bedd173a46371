#pragma once

#include <functional>
#include <span>
#include <vector>

#include "catenary/ir/program.h"

/// Optimizers as graph builders: the update of each parameter is nodes like any other, so it is
/// differentiable, fused, planned and printable.
namespace catenary::optim {

/// From parameters and their gradients (same order, same types) to the updates of parameters and optimizer
/// state. For groups of parameters with options of their own use several, and join their updates in one
/// program; a parameter that no optimizer is given keeps its value. Where a state's name is taken by another
/// optimizer it is the first free of NAME.2, NAME.3, ...
using Optimizer =
    std::function<std::vector<Update>(std::span<const Value> parameters, std::span<const Value> gradients)>;

/// Of stochastic gradient descent.
struct SgdOptions {
  double learning_rate = 0.1;  ///< η; finite, 0 or more, as in all options
  [[nodiscard]] bool operator==(const SgdOptions&) const = default;
};
/// w ← w − η g. [Robbins and Monro 1951]
[[nodiscard]] Optimizer sgd(SgdOptions options = {});

/// Of gradient descent with momentum.
struct MomentumOptions {
  double learning_rate = 0.1;  ///< η
  double momentum = 0.9;       ///< μ: the share of the velocity that is kept, below 1
  [[nodiscard]] bool operator==(const MomentumOptions&) const = default;
};
/// v ← μ v + g, w ← w − η v, state NAME.velocity. [Polyak 1964; Sutskever et al. 2013, eq. 1-2 with ε folded
/// into w's step]
[[nodiscard]] Optimizer momentum(MomentumOptions options = {});

/// Of Adam, as its authors recommend them.
struct AdamOptions {
  double learning_rate = 1e-3;  ///< η
  double beta1 = 0.9;           ///< β₁: the share of the first moment that is kept, below 1
  double beta2 = 0.999;         ///< β₂: that of the second moment, below 1
  double epsilon = 1e-8;        ///< ε beside √v̂; finite, 0 or more
  [[nodiscard]] bool operator==(const AdamOptions&) const = default;
};
/// Moments NAME.moment1 and NAME.moment2 and the step count adam.step, with bias correction. [Kingma and Ba
/// 2015, alg. 1]
[[nodiscard]] Optimizer adam(AdamOptions options = {});

/// All three read the learning rate from the shared input "learning_rate" if the graph has one, so that a
/// schedule can set it before each step; until it does, and where there is none, it is that of the options.
/// Throws Error{config} when two optimizers read one input and their options differ.

}  // namespace catenary::optim
