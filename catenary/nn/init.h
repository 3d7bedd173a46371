#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "catenary/ir/type.h"

namespace catenary::nn {

/// How a weight matrix [fan_out, fan_in] starts.
enum class Initializer {
  kHeNormal,       ///< σ² = 2 / fan_in [He et al. 2015, eq. 10]
  kHeUniform,      ///< the same variance, uniform
  kGlorotNormal,   ///< σ² = 2 / (fan_in + fan_out) [Glorot and Bengio 2010, eq. 12]
  kGlorotUniform,  ///< the same variance, uniform [eq. 16]
  kLecunNormal,    ///< σ² = 1 / fan_in [LeCun et al. 1998, eq. 16]
  kOrthogonal,     ///< columns of length 1 at right angles, or rows where those are fewer [Saxe et al. 2014]
  kZeros,
};

/// "he_normal", "he_uniform", ...
[[nodiscard]] std::string_view name_of(Initializer init);
/// All of them, in the enumeration's order.
[[nodiscard]] std::span<const Initializer> initializers();
/// What a variable of so many inputs and outputs starts with; of orthogonal ones, each of its blocks of
/// fan_out rows.
[[nodiscard]] Init initial(Initializer init, std::int64_t fan_in, std::int64_t fan_out,
                           std::int64_t blocks = 1);

}  // namespace catenary::nn
