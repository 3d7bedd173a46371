#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numeric>

#include "catenary/derive/formula.h"

namespace catenary::derive {

namespace {

struct Greek {
  std::string_view name, text;
};
constexpr std::array kGreek = {
    Greek{"alpha", "α"}, Greek{"beta", "β"},  Greek{"gamma", "γ"}, Greek{"delta", "δ"}, Greek{"epsilon", "ε"},
    Greek{"zeta", "ζ"},  Greek{"eta", "η"},   Greek{"theta", "θ"}, Greek{"kappa", "κ"}, Greek{"lambda", "λ"},
    Greek{"mu", "μ"},    Greek{"nu", "ν"},    Greek{"xi", "ξ"},    Greek{"pi", "π"},    Greek{"rho", "ρ"},
    Greek{"sigma", "σ"}, Greek{"tau", "τ"},   Greek{"phi", "φ"},   Greek{"chi", "χ"},   Greek{"psi", "ψ"},
    Greek{"omega", "ω"}, Greek{"Gamma", "Γ"}, Greek{"Delta", "Δ"}, Greek{"Theta", "Θ"}, Greek{"Lambda", "Λ"},
    Greek{"Sigma", "Σ"}, Greek{"Phi", "Φ"},   Greek{"Psi", "Ψ"},   Greek{"Omega", "Ω"}};

struct Letter {
  std::string_view plain, subscript;
};
// All that Unicode has below the line and formulas use.
constexpr std::array kLetters = {
    Letter{"0", "₀"}, Letter{"1", "₁"}, Letter{"2", "₂"}, Letter{"3", "₃"}, Letter{"4", "₄"},
    Letter{"5", "₅"}, Letter{"6", "₆"}, Letter{"7", "₇"}, Letter{"8", "₈"}, Letter{"9", "₉"},
    Letter{"a", "ₐ"}, Letter{"e", "ₑ"}, Letter{"h", "ₕ"}, Letter{"i", "ᵢ"}, Letter{"j", "ⱼ"},
    Letter{"k", "ₖ"}, Letter{"l", "ₗ"}, Letter{"m", "ₘ"}, Letter{"n", "ₙ"}, Letter{"o", "ₒ"},
    Letter{"p", "ₚ"}, Letter{"r", "ᵣ"}, Letter{"s", "ₛ"}, Letter{"t", "ₜ"}, Letter{"u", "ᵤ"},
    Letter{"v", "ᵥ"}, Letter{"x", "ₓ"}, Letter{"+", "₊"}, Letter{"−", "₋"}};

constexpr std::array<std::string_view, 10> kSuperscripts = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

std::string raised_digits(const std::string& digits) {
  std::string text;
  for (const char c : digits) text += kSuperscripts[static_cast<std::size_t>(c - '0')];
  return text;
}

// A character of a name in LaTeX, where many have a meaning of their own.
std::string literal(char c) {
  switch (c) {
    case '\\': return R"(\backslash )";
    case '^': return R"(\wedge )";
    case '~': return R"(\sim )";
    case '_':
    case '#':
    case '%':
    case '&':
    case '$':
    case '{':
    case '}':
    case ' ': return {'\\', c};
    default: return {c};
  }
}

// A word of a name in LaTeX: a Greek letter by its command, several letters upright.
Formula base_symbol(std::string_view name) {
  for (const Greek& greek : kGreek) {
    if (greek.name == name) return {std::string(greek.text), "\\" + std::string(name)};
    if (greek.text == name) return {std::string(name), "\\" + std::string(greek.name)};
  }
  std::string latex;
  for (const char c : name) latex += literal(c);
  const bool single = name.size() == 1 || (name.size() < 5 && (name[0] & 0x80) != 0);
  return {std::string(name), single ? latex : R"(\mathit{)" + latex + "}"};
}

}  // namespace

std::optional<std::string> lowered(std::string_view text) {
  std::string below;
  while (!text.empty()) {
    const Letter* found = nullptr;
    for (const Letter& letter : kLetters) {
      if (text.starts_with(letter.plain)) found = &letter;
    }
    if (found == nullptr && text[0] != ' ') return std::nullopt;
    if (found != nullptr) below += found->subscript;
    text.remove_prefix(found != nullptr ? found->plain.size() : 1);
  }
  return below;
}

std::size_t superscript_at(std::string_view latex) {
  if (!latex.ends_with('}')) return std::string::npos;
  int depth = 0;
  for (std::size_t i = latex.size(); i-- > 0;) {
    if (i > 0 && latex[i - 1] == '\\') continue;  // an escaped brace
    if (latex[i] == '}') ++depth;
    if (latex[i] == '{' && --depth == 0) return i > 0 && latex[i - 1] == '^' ? i - 1 : std::string::npos;
  }
  return std::string::npos;
}

Formula symbol(std::string_view name) {
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  if (digits == 0 || digits == name.size()) return base_symbol(name);
  std::string_view stem = name.substr(0, digits);
  if (stem.size() > 1 && stem.back() == '_') stem.remove_suffix(1);
  const Formula base = base_symbol(stem);
  return {base.text + lowered(name.substr(digits)).value_or(""),
          base.latex + "_{" + std::string(name.substr(digits)) + "}"};
}

Formula with_layer(const Formula& name, int layer) {
  return {name.text + "⁽" + raised_digits(std::to_string(layer)) + "⁾",
          fmt::format("{}^{{({})}}", name.latex, layer)};
}

Formula with_index(const Formula& name, int index) {
  return {name.text + lowered(std::to_string(index)).value_or(""),
          fmt::format("{}_{{{}}}", name.latex, index)};
}

std::string raised(const std::string& latex, std::string_view exponent) {
  if (superscript_at(latex) == std::string::npos) return fmt::format("{}^{{{}}}", latex, exponent);
  return fmt::format("{}{}}}", latex.substr(0, latex.size() - 1), exponent);
}

Formula derivative(const Formula& f, const Formula& x) {
  const std::string of = x.binding == Notation::kAtom ? x.text : "(" + x.text + ")";
  const std::string latex = x.binding == Notation::kAtom ? x.latex : "(" + x.latex + ")";
  return {"∂" + f.text + "/∂" + of, R"(\frac{\partial )" + f.latex + R"(}{\partial )" + latex + "}"};
}

Formula number(double value, int digits) {
  if (value < 0) {
    const Formula positive = number(-value, digits);
    return {"−" + positive.text, "-" + positive.latex, Notation::kNegation};
  }
  if (value == 0.5) return {"½", R"(\tfrac12 )"};
  for (int q = 3; q <= 12; ++q) {
    const double p = std::round(value * q);
    const bool is_decimal = q == 4 || q == 5 || q == 8 || q == 10;  // 0.25 reads as well as 1/4
    if (is_decimal || p < 1 || p > 12 || p / q != value || std::round(value) == value) continue;
    if (std::gcd(static_cast<int>(p), q) != 1) continue;
    return {fmt::format("{}/{}", p, q), fmt::format(R"(\tfrac{{{}}}{{{}}})", p, q), Notation::kProduct};
  }
  const std::string text = fmt::format("{:.{}g}", value, digits);
  const std::size_t exponent = text.find('e');
  if (exponent == std::string::npos) return {text, text};
  const int power = std::stoi(text.substr(exponent + 1));
  return {text, fmt::format(R"({} \cdot 10^{{{}}})", text.substr(0, exponent), power), Notation::kProduct};
}

}  // namespace catenary::derive
