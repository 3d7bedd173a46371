#pragma once

#include <string>

#include "catenary/derive/document/document.h"

namespace catenary::derive {

/// The numbers in LaTeX: a number, or a matrix in parentheses, of at most as many rows and columns as
/// number_cells() has.
[[nodiscard]] std::string latex_matrix(const Numbers& numbers);

}  // namespace catenary::derive
