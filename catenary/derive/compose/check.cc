#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/derive/compose/own_letters.h"
#include "catenary/derive/compose/sections.h"

namespace catenary::derive {

namespace {

std::string error_of(double error) { return fmt::format("{:.1e}", error); }

// 8.4e-15 is 8.4 × 10⁻¹⁵ in LaTeX.
Formula error_formula(double error) {
  Formula f = plain(error_of(error));
  if (const std::size_t e = f.latex.find('e'); e != std::string::npos)
    f.latex = fmt::format(R"({} \times 10^{{{}}})", f.latex.substr(0, e), std::stoi(f.latex.substr(e + 1)));
  return f;
}

// The slopes from the left and from the right, with as many digits as tell them apart; 0 beside 1 is 1e-13 of
// rounding.
std::array<Formula, 2> sides(const GradientAgreement::Kink& kink) {
  constexpr double kNothing = 1e-6;
  const auto slope = [&](double x, double other, int digits) {
    return number(std::abs(x) < kNothing * std::abs(other) ? 0 : x, digits);
  };
  std::array<Formula, 2> both;
  for (int digits = 4; digits <= 16 && both[0].text == both[1].text; digits += 4)
    both = {slope(kink.left, kink.right, digits), slope(kink.right, kink.left, digits)};
  return both;
}

// "2" of a vector, "(1, 2)" of a matrix, counted from 1.
Formula place(const Shape& shape, std::int64_t element) {
  if (shape.rank() < 2) return plain(std::to_string(element + 1));
  return plain(fmt::format("({}, {})", element / shape[1] + 1, element % shape[1] + 1));
}

// " (by element 2 of sample 1)"; nothing for a number that all samples share.
Sentence element_of_kink(const Context& c, const GradientAgreement& agreement) {
  const Value v = agreement.variable;
  const std::int64_t element = agreement.kink->element, size = v.shape().size();
  const Formula by = place(v.shape(), element % size), sample = plain(std::to_string(element / size + 1));
  const bool is_number = v.shape().rank() == 0;
  if (v.batched()) {
    return is_number ? c.say(Phrase::kKinkOfSample, {sample})
                     : c.say(Phrase::kKinkByElementOfSample, {by, sample});
  }
  return is_number ? Sentence{} : c.say(Phrase::kKinkByElement, {by});
}

Sentence verdict_at_kink(const Context& c, const GradientAgreement& agreement, const Names& names) {
  const GradientAgreement::Kink& kink = *agreement.kink;
  std::vector<Formula> operators;
  for (const Value image : kink.at) {
    const Value v = c.o.valuation->original(image);
    if (!v) continue;
    const Formula f = write_definition(v, names);
    if (std::ranges::find(operators, f.text, &Formula::text) == operators.end()) operators.push_back(f);
  }
  const auto [from_left, from_right] = sides(kink);
  Sentence sentence;
  if (operators.empty()) {
    sentence = c.say(Phrase::kAgreesAtKink, {from_left, from_right});
  } else if (operators.size() == 1) {
    sentence = c.say(Phrase::kAgreesAtKinkOf, {from_left, from_right, operators[0]});
  } else {
    const Formula last = operators.back();
    operators.pop_back();
    sentence = c.say_lists(Phrase::kAgreesAtKinksOf, {{from_left}, {from_right}, operators, {last}});
  }
  sentence += element_of_kink(c, agreement);
  return sentence;
}

Sentence verdict(const Context& c, const Valuation::Checks& checks, const Names& names) {
  using Point = GradientAgreement::Point;
  if (checks.stand_at(Point::kUndefined)) return c.say(Phrase::kUndefinedThere);
  if (checks.stand_at(Point::kUnbounded)) return c.say(Phrase::kUnboundedThere);
  if (checks.stand_at(Point::kJump)) return c.say(Phrase::kJumpsThere);
  if (checks.stand_at(Point::kFolds)) return c.say(Phrase::kFoldsThere);
  if (checks.are_void()) return c.say(Phrase::kHiddenByRounding);
  if (!checks.agree()) return c.say(Phrase::kDisagrees);
  if (checks.complex.kink) return verdict_at_kink(c, checks.complex, names);
  return c.say(checks.differences_agree() ? Phrase::kAgrees : Phrase::kAgreesComplex);
}

Table table_of_checks(const Context& c) {
  return {{c.say(Phrase::kCheckVariable), c.say(Phrase::kCheckDifferences), c.say(Phrase::kCheckComplex),
           c.say(Phrase::kCheckVerdict)},
          {}};
}

std::vector<Sentence> row(const Context& c, const Formula& derivative, const Valuation::Checks& checks,
                          const Names& names) {
  return {{{"", derivative}},
          {{error_of(checks.differences.max_absolute), {}}},
          {{error_of(checks.complex.max_absolute), {}}},
          verdict(c, checks, names)};
}

// The differences and the complex step, in formulas.
Block check_intro(const Context& c) {
  const Formula& f = c.whole().name;
  const auto& agreements = c.o.valuation->agreements();
  const bool extrapolated =
      !agreements.empty() && agreements[0].method == GradcheckMethod::kExtrapolatedDifferences;
  OwnLetters letters(c.d);
  const std::string v = letters.variable(), h = letters.step();
  const Formula i = letters.imaginary_unit();
  return c.paragraph(
      extrapolated ? Phrase::kCheckIntroExtrapolated : Phrase::kCheckIntro,
      {{fmt::format("({0}({1} + {2}) − {0}({1} − {2})) / 2{2}", f.text, v, h),
        fmt::format(R"(\frac{{{0}({1} + {2}) - {0}({1} - {2})}}{{2{2}}})", f.latex, v, h)},
       {fmt::format("Im {0}({1} + {3}{2}) / {2}", f.text, v, h, i.text),
        fmt::format(R"(\frac{{\operatorname{{Im}} {0}({1} + {3}{2})}}{{{2}}})", f.latex, v, h, i.latex)},
       {h, h},
       {h + " = 0", h + " = 0"}});
}

Blocks gradient_check(const Context& c) {
  Table table = table_of_checks(c);
  for (std::size_t k = 0; k < c.d.sample.results.size(); ++k) {
    const Formula by = derivative(c.whole().name, c.write(c.d.sample.results[k].variable));
    table.rows.push_back(row(c, by, c.o.valuation->checks(k), c.d.names));
  }
  return {check_intro(c), table_block(std::move(table))};
}

Blocks hessian_check(const Context& c) {
  const auto& agreements = c.o.valuation->hessian_agreements();
  const Names& names = c.d.hessian->names;
  Table table = table_of_checks(c);
  double asymmetry = 0;
  for (std::size_t i = 0; i < agreements.size(); ++i) {
    const SecondDerivative& block = c.d.hessian->blocks[i];
    const Formula by = second_derivative(c.d.sample.name, block.x, block.y, names);
    table.rows.push_back(row(c, by, {agreements[i].differences, agreements[i].complex}, names));
    asymmetry = std::max(asymmetry, agreements[i].asymmetry);
  }
  return {c.paragraph(Phrase::kHessianCheck, {error_formula(asymmetry)}), table_block(std::move(table))};
}

}  // namespace

Blocks check_section(const Context& c) {
  if (c.o.valuation == nullptr) return {};
  Blocks blocks = {c.heading(Phrase::kCheck)};
  blocks += gradient_check(c);
  if (!c.d.recurrences.empty())
    blocks += c.paragraph(Phrase::kRecursionCheck, {error_formula(c.o.valuation->recursion_error())});
  if (c.d.hessian) blocks += hessian_check(c);
  return blocks;
}

}  // namespace catenary::derive
