#include "catenary/derive/formula/factors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/ir/print.h"

namespace catenary::derive {

namespace {

// "⁻³" of a whole number.
std::string superscript(int exponent) {
  static constexpr std::array<std::string_view, 10> kDigits = {"⁰", "¹", "²", "³", "⁴",
                                                               "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "⁻" : "";
  for (const char c : std::to_string(std::abs(exponent))) text += kDigits[static_cast<std::size_t>(c - '0')];
  return text;
}

// What takes an exponent in LaTeX: a layer's number and an exponent would read as one.
std::string below_exponent(const Formula& x) {
  return superscript_at(x.latex) == std::string::npos ? x.latex : "(" + x.latex + ")";
}

// X³, X⁻², (X²)ᵀ.
Formula matrix_power(const Formula& base, int exponent, bool transposed) {
  const Formula x = tighter_than(Notation::kPower, base);
  Formula f = {x.text + superscript(exponent), fmt::format("{}^{{{}}}", below_exponent(x), exponent),
               Notation::kPower};
  if (!transposed) return f;
  return {"(" + f.text + ")ᵀ", "(" + f.latex + R"()^{\top})", Notation::kPower};
}

bool is_run(const Factor& a, const Factor& b) {
  return a.base && a.base == b.base && a.transposed == b.transposed && (a.exponent > 0) == (b.exponent > 0);
}

// \frac{a}{b} and nothing beside it.
bool is_fraction(std::string_view latex) {
  if (!latex.starts_with("\\frac{")) return false;
  int depth = 0, groups = 0;
  for (std::size_t at = 5; at < latex.size(); ++at) {
    if (latex[at] == '{') ++depth;
    if (latex[at] == '}' && --depth == 0) ++groups;
    if (groups == 2) return at + 1 == latex.size();
  }
  return false;
}

}  // namespace

Formula tighter_than(Notation::Binding outer, const Formula& f) {
  if (f.binding > outer) return f;
  Formula inside = parenthesized(f);
  // Below an exponent alone a fraction needs parentheses: its bar holds it together.
  if (outer < Notation::kPower && is_fraction(f.latex)) inside.latex = f.latex;
  return inside;
}

Formula number_factor(const Formula& number) {
  return number.binding == Notation::kNegation ? parenthesized(number) : number;
}

bool is_adjoint(const Formula& f) { return f.text.starts_with("∂"); }

bool starts_with_number(const Formula& f) {
  return std::isdigit(static_cast<unsigned char>(f.text[0])) != 0 || f.text.starts_with("½");
}

std::vector<Formula> with_powers(const std::vector<Factor>& factors) {
  std::vector<Formula> formulas;
  for (std::size_t i = 0; i < factors.size();) {
    const std::size_t begin = i;
    int exponent = 0;
    for (; i < factors.size() && (i == begin || is_run(factors[begin], factors[i])); ++i)
      exponent += factors[i].exponent;
    const Factor& first = factors[begin];
    formulas.push_back(i - begin == 1 ? first.formula
                                      : matrix_power(first.of_base, exponent, first.transposed));
  }
  return formulas;
}

Formula juxtaposed(const std::vector<Formula>& factors, End end) {
  Formula f{"", "", factors.size() == 1 ? factors[0].binding : Notation::kMatrixProduct};
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const bool open = factors[i].binding == Notation::kBigSum;
    const bool reaches = i + 1 == factors.size() && end == End::kOpen;
    const Formula factor = open && !reaches ? parenthesized(factors[i]) : factors[i];
    if (open) f.binding = reaches ? Notation::kBigSum : Notation::kMatrixProduct;
    if (i > 0) {
      const bool numbers = starts_with_number(factors[i - 1]) && starts_with_number(factor);
      f.text += numbers ? " · " : " ";
      f.latex += numbers ? R"( \cdot )" : R"(\,)";
    }
    f.text += factor.text;
    f.latex += factor.latex;
  }
  return f;
}

Formula divided(const Formula& x, const std::vector<Formula>& divisors) {
  if (divisors.empty()) return x;
  std::vector<Formula> powers;
  for (auto it = divisors.begin(); it != divisors.end(); ++it) {
    const auto same = [it](const Formula& f) { return f.text == it->text; };
    if (std::any_of(divisors.begin(), it, same)) continue;
    const auto exponent = std::count_if(it, divisors.end(), same);
    powers.push_back(exponent == 1 ? *it : power(*it, {}, static_cast<double>(exponent)));
  }
  const Formula below = juxtaposed(powers);
  const Formula above = x.binding > Notation::kBigSum ? x : parenthesized(x);
  return {above.text + " / " + tighter_than(Notation::kMatrixProduct, below).text,
          R"(\frac{)" + x.latex + "}{" + below.latex + "}", Notation::kProduct};
}

Formula power(const Formula& base, const Shape& shape, double exponent) {
  const Formula x = tighter_than(Notation::kPower, base);
  const Formula p = number_as_exponent(exponent);
  const bool elementwise = shape.rank() > 0;
  const std::string latex = below_exponent(x) + "^{" + (elementwise ? R"(\odot )" : "") + p.latex + "}";
  const bool is_digit = exponent == std::round(exponent) && exponent > 0 && exponent < 100;
  if (!elementwise && is_digit)
    return {x.text + superscript(static_cast<int>(exponent)), latex, Notation::kPower};
  const std::string text = p.binding == Notation::kAtom && exponent >= 0 ? p.text : "(" + p.text + ")";
  return {x.text + (elementwise ? "^⊙" : "^") + text, latex, Notation::kPower};
}

Formula elementwise_power(const Formula& base, const Formula& exponent) {
  const Formula x = tighter_than(Notation::kPower, base);
  const Formula p = tighter_than(Notation::kPower, exponent);
  return {x.text + "^⊙" + p.text, below_exponent(x) + R"(^{\odot )" + p.latex + "}", Notation::kPower};
}

Formula norm_of(const Formula& x, const Shape& shape) {
  const bool matrix = shape.rank() > 1;
  return {"‖" + x.text + (matrix ? "‖_F" : "‖"),
          R"(\lVert )" + x.latex + (matrix ? R"( \rVert_F)" : R"( \rVert)")};
}

Formula squared_norm_of(const Formula& x, const Shape& shape) {
  const bool matrix = shape.rank() > 1;
  return {"‖" + x.text + (matrix ? "‖²_F" : "‖²"),
          R"(\lVert )" + x.latex + (matrix ? R"( \rVert_F^2)" : R"( \rVert^2)"), Notation::kPower};
}

namespace {

// "m×n" in LaTeX.
std::string with_times(std::string attribute) {
  constexpr std::string_view kTimes = "×";
  for (std::size_t at = 0; (at = attribute.find(kTimes, at)) != std::string::npos;)
    attribute.replace(at, kTimes.size(), R"( \times )");
  return attribute;
}

}  // namespace

Formula written_call(const Notation& notation, const std::vector<Formula>& operands,
                     const std::string& attribute) {
  std::vector<Written> text, latex;
  const bool raises = notation.latex.find("}^") != std::string_view::npos;
  for (const Formula& x : operands) {
    text.push_back({x.text, x.binding});
    const bool braces = raises && superscript_at(x.latex) != std::string::npos;
    latex.push_back({braces ? "{" + x.latex + "}" : x.latex, x.binding});
  }
  const Written a = write_call(notation.text, notation.binding, text, attribute);
  const Written b = write_call(notation.latex, notation.binding, latex, with_times(attribute));
  return {a.text, b.text, a.binding};
}

}  // namespace catenary::derive
