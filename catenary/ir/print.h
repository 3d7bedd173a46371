#pragma once

#include <span>
#include <string>

#include "catenary/ir/graph.h"

namespace catenary {

/// The value as a formula in the operators' own notation, down to its leaves: "σ(W x + b)".
[[nodiscard]] std::string formula(Value v);

/// The program that computes `outputs`, one node a line: "%3 = matvec(%1, %2) : batched f32[5]".
[[nodiscard]] std::string listing(std::span<const Value> outputs);

}  // namespace catenary
