#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace catenary::derive {

/// TeX's styles: in a line of text, or on a line of its own with tall fractions and limits below sums.
enum class MathStyle : std::uint8_t { kText, kDisplay };

/// A <math> element for the LaTeX that our notations are written in, which it carries along as data-latex.
/// Throws Error{internal} at a command that no notation has, or at braces that do not match.
[[nodiscard]] std::string mathml(std::string_view latex, MathStyle style = MathStyle::kText);

}  // namespace catenary::derive
