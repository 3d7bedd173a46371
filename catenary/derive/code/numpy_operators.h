#pragma once

#include <string>
#include <vector>

#include "catenary/derive/code/writer.h"

namespace catenary::derive {

/// What NumPy code says: vectors and matrices with the samples as their first axis. Private to code/.
[[nodiscard]] CodeLanguage numpy_language();

/// The value with its whole shape and an axis of samples.
[[nodiscard]] Written numpy_spread(const CodeWriter& w, Value v);
/// "(m, n)", "(n,)".
[[nodiscard]] std::string numpy_tuple(const std::vector<std::string>& items);

}  // namespace catenary::derive
