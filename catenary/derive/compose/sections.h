#pragma once

#include "catenary/derive/compose/context.h"
#include "catenary/derive/compose/steps.h"

/// The sections of a document, each its blocks; compose.cc puts them in order. Private to compose/.
namespace catenary::derive {

/// The title, and a table of the leaves.
[[nodiscard]] Blocks symbols_section(const Context& c);
/// A table of the notation that `document` uses; nothing if it uses none.
[[nodiscard]] Blocks notation_section(const Context& c, const Document& document);
/// The numbers that the leaves have; nothing if none are wanted.
[[nodiscard]] Blocks given_numbers_section(const Context& c);
[[nodiscard]] Blocks forward_section(const Context& c);
/// What is to be differentiated, by what.
[[nodiscard]] Blocks loss_section(const Context& c);
/// The sample's backward pass, step by step.
[[nodiscard]] Blocks backward_section(const Context& c, const Once& once);
[[nodiscard]] Blocks results_section(const Context& c);
/// The samples side by side, the batch's steps and its results.
[[nodiscard]] Blocks batch_section(const Context& c, const Once& once);
/// BP1 to BP4; nothing if the network is no chain of layers.
[[nodiscard]] Blocks recap_section(const Context& c);
/// Nothing if no second derivatives are wanted.
[[nodiscard]] Blocks hessian_section(const Context& c);
/// Nothing without a point to check at.
[[nodiscard]] Blocks check_section(const Context& c);

}  // namespace catenary::derive
