#pragma once

#include <string>
#include <string_view>

#include "catenary/derive/code/writer.h"

namespace catenary::derive {

/// What C++ code says. Code of a batched value is that of one sample. Private to code/.
[[nodiscard]] CodeLanguage cpp_language();

/// "const TYPE NAME = CODE;"
[[nodiscard]] std::string cpp_assignment(const std::string& type, const std::string& name,
                                         const std::string& code);
/// A call of `function` with the number of samples and one sample's code.
[[nodiscard]] std::string cpp_for_each_sample(const CodeWriter& w, std::string_view function,
                                              const std::string& code);
/// The type of the value as the caller sees it.
[[nodiscard]] std::string cpp_type(const CodeWriter& w, Value v);
/// Whether some value's code calls operators on arrays.
[[nodiscard]] bool calls_cpp_arithmetic(const CodeWriter& w);

}  // namespace catenary::derive
