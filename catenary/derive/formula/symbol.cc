#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>
#include <numbers>
#include <optional>

#include "catenary/derive/formula/formula.h"

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
    if (greek.name != name && greek.text != name) continue;
    const bool looks_as_sum = greek.name == "Sigma";  // Σ x
    return {std::string(looks_as_sum ? greek.name : greek.text), "\\" + std::string(greek.name)};
  }
  // W_f is W of the gate f.
  constexpr std::size_t kMostLettersBelow = 3;
  const std::size_t mark = std::min(name.find('_'), name.size());
  const std::string_view after = name.substr(std::min(mark + 1, name.size()));
  const bool has_letter_below =
      mark > 0 && !after.empty() && after.size() <= kMostLettersBelow &&
      std::ranges::all_of(after, [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
  if (has_letter_below) {
    const Formula stem = base_symbol(name.substr(0, mark));
    const std::string below(after), set = below.size() == 1 ? below : R"(\mathit{)" + below + "}";
    return {stem.text + "_" + below, stem.latex + "_{" + set + "}"};
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
  const std::string index(name.substr(digits));
  const bool has_letter_below = base.text.find('_') != std::string::npos && base.latex.ends_with('}');
  return {base.text + lowered(index).value_or(""),
          has_letter_below ? base.latex.substr(0, base.latex.size() - 1) + "," + index + "}"
                           : base.latex + "_{" + index + "}"};
}

bool is_latex_function(std::string_view name) {
  constexpr std::string_view kFunctions[] = {"arccos", "arcsin", "arctan", "cos", "cosh", "det", "exp", "ln",
                                             "log",    "max",    "min",    "sin", "sinh", "tan", "tanh"};
  return std::ranges::find(kFunctions, name) != std::end(kFunctions);
}

std::size_t group_size(std::string_view latex) {
  int depth = 0;
  for (std::size_t i = 0; i < latex.size(); ++i) {
    if (latex[i] == '\\') {
      ++i;  // an escaped brace
    } else if (latex[i] == '{') {
      ++depth;
    } else if (latex[i] == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return latex.size();
}

namespace {

// A letter of several bytes is one thing, and so is in LaTeX a command with what it is applied to.
std::size_t first_letter_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  if (text[0] != '\\') return size;
  while (size < text.size() && std::isalpha(static_cast<unsigned char>(text[size])) != 0) ++size;
  if (size == 1) return 2;  // an escaped sign
  return text.substr(size).starts_with('{') ? size + group_size(text.substr(size)) : size;
}

}  // namespace

Formula with_tilde(const Formula& name) {
  const std::size_t text = first_letter_size(name.text), latex = first_letter_size(name.latex);
  return {name.text.substr(0, text) + "\u0303" + name.text.substr(text),
          R"(\tilde{)" + name.latex.substr(0, latex) + "}" + name.latex.substr(latex)};
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

Formula sum_of_samples(const std::string& letter) {
  return {"Σ" + lowered(letter).value_or(letter), R"(\sum_)" + letter};
}

Formula derivative(const Formula& f, const Formula& x) {
  const std::string of = x.binding == Notation::kAtom ? x.text : "(" + x.text + ")";
  const std::string latex = x.binding == Notation::kAtom ? x.latex : "(" + x.latex + ")";
  const std::string what = f.text.starts_with("∂") ? "(" + f.text + ")" : f.text;  // ∂(∂f/∂x)/∂y
  return {"∂" + what + "/∂" + of, R"(\frac{\partial )" + f.latex + R"(}{\partial )" + latex + "}"};
}

Formula equal(const Formula& a, const Formula& b) {
  return {a.text + " = " + b.text, a.latex + " = " + b.latex};
}

Formula adds_to(const Formula& a) { return {a.text + " ⟵", a.latex + R"( \longleftarrow)"}; }

Formula parenthesized(const Formula& a) { return {"(" + a.text + ")", "(" + a.latex + ")"}; }

namespace {

// p/q with small whole numbers p and q > 0.
struct Fraction {
  int p, q;
};

// The fraction that the value is, but for the rounding of a few operations.
std::optional<Fraction> fraction_of(double value, int largest) {
  constexpr double kRounding = 1e-15;  // 4.5 ulp
  for (int q = 1; q <= 12; ++q) {
    const double p = std::round(value * q);
    if (p < 1 || p > largest || std::abs(p / q - value) > kRounding * value) continue;
    return Fraction{static_cast<int>(p), q};
  }
  return std::nullopt;
}

Formula write_fraction(const Fraction& f) {
  return {fmt::format("{}/{}", f.p, f.q), fmt::format(R"(\tfrac{{{}}}{{{}}})", f.p, f.q), Notation::kProduct};
}

// p/q · symbol.
Formula multiple(const Fraction& f, const Formula& symbol) {
  if (f.p == 1 && f.q == 1) return symbol;
  if (f.p == 1)
    return {fmt::format("{}/{}", symbol.text, f.q), fmt::format(R"(\tfrac{{{}}}{{{}}})", symbol.latex, f.q),
            Notation::kProduct};
  const Formula factor = f.q == 1 ? Formula{std::to_string(f.p), std::to_string(f.p)} : write_fraction(f);
  return {factor.text + " " + symbol.text, factor.latex + R"(\,)" + symbol.latex, Notation::kMatrixProduct};
}

// p / (q · symbol).
Formula over(const Fraction& f, const Formula& symbol) {
  const Formula below = multiple({f.q, 1}, symbol);
  const std::string text = f.q == 1 ? below.text : "(" + below.text + ")";
  return {fmt::format("{}/{}", f.p, text), fmt::format(R"(\tfrac{{{}}}{{{}}})", f.p, below.latex),
          Notation::kProduct};
}

// 3 √2, 1/√(2 π), √2/3: of the roots that densities and activations have.
std::optional<Formula> multiple_of_root(double value) {
  constexpr int kLargest = 9;
  struct Root {
    double value;
    Formula symbol;
  };
  using std::numbers::pi;
  const std::array roots = {Root{std::numbers::sqrt2, {"√2", R"(\sqrt{2})"}},
                            Root{std::sqrt(pi), {"√π", R"(\sqrt{\pi})"}},
                            Root{std::sqrt(2 * pi), {"√(2 π)", R"(\sqrt{2\,\pi})"}}};
  for (const Root& root : roots) {
    const auto times = fraction_of(value / root.value, kLargest);
    if (times && times->q == 1) return multiple(*times, root.symbol);
    if (const auto f = fraction_of(value * root.value, kLargest)) return over(*f, root.symbol);
    if (times) return multiple(*times, root.symbol);
  }
  return std::nullopt;
}

}  // namespace

Formula number(double value, int digits) {
  if (value < 0) {
    const Formula positive = number(-value, digits);
    return {"−" + positive.text, "-" + positive.latex, Notation::kNegation};
  }
  if (std::isnan(value)) return {"nan", R"(\mathrm{nan})"};  // it has a sign that says nothing
  if (value == 0.5) return {"½", R"(\tfrac12 )"};
  const std::optional<Fraction> fraction = fraction_of(value, 99);
  // 0.25 reads as well as 1/4
  const bool is_decimal = !fraction || 40 % fraction->q == 0;
  if (!is_decimal) return write_fraction(*fraction);
  const std::string text = fmt::format("{:.{}g}", value, digits);
  const std::size_t exponent = text.find('e');
  if (exponent == std::string::npos) return {text, text};
  const int power = std::stoi(text.substr(exponent + 1));
  return {text, fmt::format(R"({} \cdot 10^{{{}}})", text.substr(0, exponent), power), Notation::kProduct};
}

Formula number_as_exponent(double value) {
  if (value < 0) {
    const Formula positive = number_as_exponent(-value);
    return {"−" + positive.text, "-" + positive.latex, Notation::kNegation};
  }
  const std::optional<Fraction> fraction = fraction_of(value, 99);
  const bool is_decimal = !fraction || fraction->q == 1 || fraction->q % 5 == 0;
  return is_decimal ? number(value) : write_fraction(*fraction);
}

Formula constant(double value) {
  if (value < 0) {
    const Formula positive = constant(-value);
    return {"−" + positive.text, "-" + positive.latex, Notation::kNegation};
  }
  struct Known {
    double value;
    Formula symbol;
  };
  using std::numbers::e, std::numbers::pi;
  for (const Known& known : {Known{pi, {"π", R"(\pi)"}},
                             Known{pi * pi, {"π²", R"(\pi^{2})", Notation::kPower}}, Known{e, {"e", "e"}}}) {
    if (const auto f = fraction_of(value / known.value, 99)) return multiple(*f, known.symbol);
    if (const auto f = fraction_of(value * known.value, 99)) return over(*f, known.symbol);
  }
  if (const auto f = multiple_of_root(value)) return *f;
  constexpr int kAllDigits = 15;  // what stands behind an equals sign is not rounded
  if (fmt::format("{:.{}g}", value, kAllDigits) == fmt::format("{:.6g}", value)) return number(value);
  const double inverse = std::round(1 / value);
  if (inverse < 1e4 && std::abs(inverse * value - 1) < 1e-15)
    return write_fraction({1, static_cast<int>(inverse)});
  return number(value, kAllDigits);
}

}  // namespace catenary::derive
