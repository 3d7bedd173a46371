#pragma once

#include <span>
#include <string>
#include <string_view>

#include "catenary/ir/graph.h"

namespace catenary {

/// A formula or a part of one, and how tightly its outermost operator binds.
struct Written {
  std::string text;                             ///< or LaTeX
  Notation::Binding binding = Notation::kAtom;  ///< of the outermost operator
};

/// An operator's notation (text or LaTeX) with its placeholders filled. operands: all of the call's.
[[nodiscard]] Written write_call(std::string_view notation, Notation::Binding binding,
                                 std::span<const Written> operands, std::string_view attribute);

/// The value as a formula in the operators' own notation, down to its leaves: "σ(W x + b)".
[[nodiscard]] std::string formula(Value v);

/// A value as a message calls it, in quotes: its name, or else its formula, of four levels and cut to about
/// 60 bytes.
[[nodiscard]] std::string describe(Value v);

/// The program that computes `outputs`, one node a line: "%3 = matvec(%1, %2) : batched f32[5]".
[[nodiscard]] std::string listing(std::span<const Value> outputs);

}  // namespace catenary
