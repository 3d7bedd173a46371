#pragma once

#include <string>

#include "catenary/derive/derivation.h"
#include "catenary/derive/document.h"
#include "catenary/derive/valuation.h"

namespace catenary::derive {

/// The steps as data (operator, operand, rule, simplification, result, numbers), the results, the checks, and
/// the document itself. with_numbers: the values at the valuation's point, too. valuation: may be null.
[[nodiscard]] std::string render_json(const Document& document, const Derivation& derivation,
                                      const Valuation* valuation, bool with_numbers);

/// The function and the gradients as source code: `value_and_gradient(...)`. Throws Error{config} where an
/// operator has no code.
[[nodiscard]] std::string render_numpy(const Derivation& derivation);
[[nodiscard]] std::string render_cpp(const Derivation& derivation);

}  // namespace catenary::derive
