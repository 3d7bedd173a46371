#pragma once

#include <string>
#include <string_view>

#include "catenary/base/cpp20.h"

namespace catenary {

/// A text as a cell of a CSV file: in quotes where RFC 4180 asks for them, where a reader would trim spaces
/// off it, and where it has what separates cells in other files.
[[nodiscard]] std::string csv_cell(std::string_view text);

/// The same of a text that is no missing cell, whatever it says: blank ones and NA, null, ? and their like
/// stand in quotes.
[[nodiscard]] std::string csv_value(std::string_view text);

}  // namespace catenary
