#include <array>
#include <optional>
#include <utility>

#include "catenary/derive/proof/functions.h"
#include "catenary/derive/proof/language.h"
#include "catenary/ir/print.h"

namespace catenary::derive {

namespace {

using Kind = IndexExpression::Kind;
using Binding = Notation::Binding;

bool has_subscript(std::string_view latex) {
  for (std::size_t at = latex.find('_'); at != std::string_view::npos; at = latex.find('_', at + 1)) {
    if (at == 0 || latex[at - 1] != '\\') return true;
  }
  return false;
}

// ∂f/∂x as one fraction and nothing else: its subscripts stand below, ∂f/∂xᵢ.
bool is_derivative(std::string_view latex) {
  constexpr std::string_view kFraction = R"(\frac)";
  if (!latex.starts_with(R"(\frac{\partial )") || latex.find(kFraction, 1) != latex.npos) return false;
  const std::string_view below = latex.substr(kFraction.size() + group_size(latex.substr(kFraction.size())));
  return group_size(below) == below.size();
}

// Writes either the text or the LaTeX.
class IndexWriter {
 public:
  enum class Form : std::uint8_t { kText, kLatex };
  IndexWriter(Form form, const IndexNames& names) : latex_(form == Form::kLatex), names_(names) {}

  Written write(const IndexExpression& e) {
    switch (e.kind) {
      case Kind::kNumber: return number(e);
      case Kind::kIndex: return {index(e.name)};
      case Kind::kElement: return element(e);
      case Kind::kDelta: return subscripted(either("δ", R"(\delta)"), e.parts);
      case Kind::kBracket: return bracket(e);
      case Kind::kDerivative: return derivative(e);
      case Kind::kSum: return sum(e);
      case Kind::kMax: return bound(e, either("max", R"(\max)"));
      case Kind::kArgmax: return bound(e, either("argmax", R"(\operatorname{argmax})"));
      case Kind::kAdd: return joined(e, " + ");
      case Kind::kSub: return joined(e, either(" − ", " - "));
      case Kind::kMul: return multiplied(e);
      case Kind::kDiv: return quotient(e);
      case Kind::kPow: return power(e);
      case Kind::kNeg: return {either("−", "-") + above(Binding::kNegation, e.parts[0]), Binding::kNegation};
      case Kind::kCall: return call(e);
    }
    return {};
  }

 private:
  [[nodiscard]] std::string either(std::string_view text, std::string_view latex) const {
    return std::string(latex_ ? latex : text);
  }

  // Parentheses as tall as what they hold.
  [[nodiscard]] static std::string parenthesized(const std::string& text) {
    const bool tall = text.find(R"(\frac)") != std::string::npos || text.find(R"(\sum)") != std::string::npos;
    return tall ? R"(\left()" + text + R"(\right))" : "(" + text + ")";
  }

  // In parentheses unless it binds more tightly than `outer`.
  std::string above(Binding outer, const IndexExpression& e) {
    const Written w = write(e);
    return w.binding > outer ? w.text : parenthesized(w.text);
  }

  std::string index(const std::string& name) {
    const auto it = names_.indices.find(name);
    return it == names_.indices.end() ? name : it->second;
  }

  Written number(const IndexExpression& e) {
    if (e.name == "pi") return {either("π", R"(\pi)")};
    const Formula f = derive::number(e.number);
    return {latex_ ? f.latex : f.text, f.binding};
  }

  Written element(const IndexExpression& e) {
    const auto it = names_.arrays.find(e.name);
    const Formula name = it == names_.arrays.end() ? Formula{e.name, e.name} : it->second;
    const std::string base = latex_ ? name.latex : name.text;
    if (e.parts.empty() && !latex_ && is_derivative(name.latex)) return {base, Binding::kBigSum};
    if (e.parts.empty()) return {base, name.binding};
    if (is_derivative(name.latex) && !has_subscript(name.latex)) {
      if (!latex_) return {subscripted(base, e.parts).text, Binding::kBigSum};
      return {subscripted(base.substr(0, base.size() - 1), e.parts).text + "}"};
    }
    return subscripted(
        name.binding < Binding::kAtom || has_subscript(name.latex) ? parenthesized(base) : base, e.parts);
  }

  // xᵢⱼ, and x[2 + i, j] where Unicode has no such subscripts.
  Written subscripted(const std::string& base, const std::vector<IndexExpression>& subscripts) {
    std::string commas, letters;
    bool simple = true;
    for (const IndexExpression& subscript : subscripts) {
      const std::string text = write(subscript).text;
      commas += (commas.empty() ? "" : ", ") + text;
      letters += text;
      simple &= subscript.kind == Kind::kIndex || subscripts.size() == 1;
    }
    if (latex_) return {base + "_{" + (simple ? letters : commas) + "}"};
    const auto below = lowered(letters);
    return {simple && below ? base + *below : base + "[" + commas + "]"};
  }

  Written bracket(const IndexExpression& e) {
    const std::string comparison = e.name == "<="   ? either("≤", R"(\le)")
                                   : e.name == ">=" ? either("≥", R"(\ge)")
                                   : e.name == "!=" ? either("≠", R"(\ne)")
                                                    : e.name;
    return {"[" + write(e.parts[0]).text + " " + comparison + " " + write(e.parts[1]).text + "]"};
  }

  Written derivative(const IndexExpression& e) {
    const std::string of = above(Binding::kPower, e.parts[0]), by = above(Binding::kPower, e.parts[1]);
    if (latex_) return {R"(\frac{\partial )" + of + R"(}{\partial )" + by + "}"};
    return {"∂" + of + "/∂" + by, Binding::kBigSum};
  }

  // Sums in one another are one: Σᵢⱼ.
  Written sum(const IndexExpression& e) {
    std::string letters, commas;
    const IndexExpression* body = &e;
    for (; body->kind == Kind::kSum; body = &body->parts[0]) {
      letters += index(body->name);
      commas += (commas.empty() ? "" : ",") + index(body->name);
    }
    const std::string below =
        latex_ ? R"(\sum_{)" + commas + "} " : "Σ" + lowered(letters).value_or(letters) + " ";
    return {below + above(Binding::kNegation, *body), Binding::kBigSum};
  }

  Written bound(const IndexExpression& e, const std::string& name) {
    const std::string letter = index(e.name);
    const std::string below = latex_ ? "_{" + letter + "} " : lowered(letter).value_or(letter) + " ";
    return {name + below + above(Binding::kNegation, e.parts[0]), Binding::kBigSum};
  }

  Written joined(const IndexExpression& e, const std::string& sign) {
    return {write(e.parts[0]).text + sign + above(Binding::kNegation, e.parts[1]), Binding::kSum};
  }

  // A quotient or a big sum may stand last only, where it reaches as far as it seems to.
  Written multiplied(const IndexExpression& e) {
    const std::string left = above(Binding::kBigSum, e.parts[0]);
    const Written right = write(e.parts[1]);
    const bool open = right.binding >= Binding::kBigSum && (latex_ || e.parts[1].kind != Kind::kDiv);
    const std::string factor = open ? right.text : parenthesized(right.text);
    const bool digits = std::isdigit(static_cast<unsigned char>(factor[0])) != 0;
    const bool touches = !open && !reads_as_function(e.parts[0]);
    const std::string between = digits ? either(" · ", R"( \cdot )") : touches ? "" : either(" ", R"(\,)");
    return {left + between + factor, open ? std::min(right.binding, Binding::kProduct) : Binding::kProduct};
  }

  // y(1 − y) reads as a function's value, yᵢ(1 − yᵢ) does not.
  static bool reads_as_function(const IndexExpression& left) {
    if (left.kind == Kind::kMul) return reads_as_function(left.parts[1]);
    return left.kind != Kind::kNumber && (left.kind != Kind::kElement || left.parts.empty());
  }

  // On paper a quotient is a thing of its own; in a line of text it is open to the right like a big sum.
  Written quotient(const IndexExpression& e) {
    if (latex_)
      return {R"(\frac{)" + write(e.parts[0]).text + "}{" + write(e.parts[1]).text + "}", Binding::kProduct};
    const bool sum_below = e.parts[1].kind == Kind::kSum;
    return {above(Binding::kBigSum, e.parts[0]) + " / " +
                above(sum_below ? Binding::kNegation : Binding::kProduct, e.parts[1]),
            Binding::kBigSum};
  }

  Written power(const IndexExpression& e) {
    std::string base = above(Binding::kPower, e.parts[0]);
    const bool raised = e.parts[0].kind == Kind::kElement && base.find('^') != std::string::npos;
    const Written exponent = write(e.parts[1]);
    if (latex_) {
      // TeX takes braces around nothing but an accent as none.
      const bool has_accent = base.starts_with(R"(\tilde)");
      if (raised) base = has_accent ? "(" + base + ")" : "{" + base + "}";
      return {base + "^{" + exponent.text + "}", Binding::kPower};
    }
    if (exponent.text == "2") return {base + "²", Binding::kPower};
    return {base + "^" + above(Binding::kPower, e.parts[1]), Binding::kPower};
  }

  Written call(const IndexExpression& e) {
    const std::string x = e.parts.empty() ? "" : write(e.parts[0]).text;
    if (e.name == "exp")
      return {latex_ ? "e^{" + x + "}" : "e^" + above(Binding::kPower, e.parts[0]), Binding::kPower};
    if (e.name == "abs") return {"|" + x + "|"};
    if (e.name == "size") return {names_.size};
    if (e.name == "samples") return {"N"};
    if (e.name == "inverse") return subscripted(inverse(e.parts[0]), e.parts[0].parts);
    if (e.name == "minor") return {minor(e.parts[0])};
    if (e.name == "sqrt" && !latex_ && e.parts[0].kind == Kind::kNumber) return {"√" + x};
    if (e.name == "sqrt" && latex_) return {R"(\sqrt{)" + x + "}"};
    if (e.name == "clip") {
      const std::string limit = write(e.parts[1]).text;
      return {latex_ ? R"(\operatorname{clip}()" + x + R"(, \pm )" + limit + ")"
                     : "clip(" + x + ", ±" + limit + ")"};
    }
    std::string arguments = x;
    for (std::size_t i = 1; i < e.parts.size(); ++i) arguments += ", " + write(e.parts[i]).text;
    return {function(e.name) + parenthesized(arguments)};
  }

  std::string inverse(const IndexExpression& element) {
    return "(" + above(Binding::kPower, {Kind::kElement, element.name}) + either("⁻¹)", "^{-1})");
  }

  std::string minor(const IndexExpression& element) {
    const std::string matrix = write({Kind::kElement, element.name}).text;
    const std::string row = index(element.parts[0].name), column = index(element.parts[1].name);
    if (latex_) return R"(\det({)" + matrix + "}_{-" + row + ",-" + column + "})";
    return "det(" + matrix + "[−" + row + ", −" + column + "])";
  }

  std::string function(const std::string& name) {
    constexpr std::string_view kOperand = "({0.}";
    if (const Op* op = function_named(name)) {
      const Notation& n = op->notation;
      return either(n.text.substr(0, n.text.find(kOperand)), n.latex.substr(0, n.latex.find(kOperand)));
    }
    if (name == "max" || name == "det") return either(name, "\\" + name);
    return either(name, R"(\operatorname{)" + name + "}");
  }

  bool latex_;
  const IndexNames& names_;
};

}  // namespace

Formula write(const IndexExpression& e, const IndexNames& names) {
  const Written text = IndexWriter(IndexWriter::Form::kText, names).write(e);
  const Written latex = IndexWriter(IndexWriter::Form::kLatex, names).write(e);
  return {text.text, latex.text, text.binding};
}

Formula write_condition(const IndexExpression& bracket, const IndexNames& names) {
  Formula f = write(bracket, names);
  for (std::string* text : {&f.text, &f.latex}) *text = text->substr(1, text->size() - 2);
  f.binding = Binding::kSum;
  return f;
}

}  // namespace catenary::derive
