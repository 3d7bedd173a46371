#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catenary/derive/composer.h"

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

// A slope beside a kink is measured: of 1 and 1e-13 the second says 0.
Formula slope(double x, double other) {
  constexpr double kNothing = 1e-6;
  return number(std::abs(x) < kNothing * std::abs(other) ? 0 : x, 4);
}

Sentence verdict(const Composer& c, const Valuation::Checks& checks) {
  if (checks.stand_at(GradientAgreement::Point::kUndefined)) return c.say(Phrase::kUndefinedThere);
  if (checks.stand_at(GradientAgreement::Point::kNoisy)) return c.say(Phrase::kHiddenByRounding);
  if (!checks.agree()) return c.say(Phrase::kDisagrees);
  const bool differences_agree = checks.differences_agree();
  if (checks.differences.kink && differences_agree) {  // of which the complex step knows but one side
    const auto [left, right] = *checks.differences.kink;
    return c.say(Phrase::kAgreesAtKink, {slope(left, right), slope(right, left)});
  }
  return c.say(differences_agree ? Phrase::kAgrees : Phrase::kAgreesComplex);
}

void add_row(const Composer& c, Table& table, const Formula& name, const Valuation::Checks& checks) {
  table.rows.push_back({{{"", name}},
                        {{error_of(checks.differences.max_absolute), {}}},
                        {{error_of(checks.complex.max_absolute), {}}},
                        verdict(c, checks)});
}

Table table_of_checks(const Composer& c) {
  return {{c.say(Phrase::kCheckVariable), c.say(Phrase::kCheckDifferences), c.say(Phrase::kCheckComplex),
           c.say(Phrase::kCheckVerdict)},
          {}};
}

void add_hessian_check(Composer& c) {
  const auto& agreements = c.o.valuation->hessian_agreements();
  Table table = table_of_checks(c);
  double asymmetry = 0;
  for (std::size_t i = 0; i < agreements.size(); ++i) {
    const SecondDerivative& block = c.d.hessian->blocks[i];
    add_row(c, table, second_derivative(c.d.sample.name, block.x, block.y, c.d.hessian->names),
            {agreements[i].differences, agreements[i].complex});
    asymmetry = std::max(asymmetry, agreements[i].asymmetry);
  }
  c.paragraph(Phrase::kHessianCheck, {error_formula(asymmetry)});
  c.document.table(std::move(table));
}

}  // namespace

void add_check(Composer& c) {
  if (c.o.valuation == nullptr) return;
  c.heading(Phrase::kCheck);
  const Formula& f = (c.d.batch && c.o.batch ? *c.d.batch : c.d.sample).name;
  const auto& agreements = c.o.valuation->agreements();
  const bool extrapolated =
      !agreements.empty() && agreements[0].method == GradcheckMethod::kExtrapolatedDifferences;
  c.paragraph(extrapolated ? Phrase::kCheckIntroExtrapolated : Phrase::kCheckIntro,
              {{"(" + f.text + "(v + h) − " + f.text + "(v − h)) / 2h",
                R"(\frac{)" + f.latex + "(v + h) - " + f.latex + "(v - h)}{2h}"},
               {"Im " + f.text + "(v + ih) / h", R"(\frac{\operatorname{Im} )" + f.latex + "(v + ih)}{h}"}});
  Table table = table_of_checks(c);
  for (std::size_t i = 0; i < c.d.sample.results.size(); ++i)
    add_row(c, table, derivative(f, c.write(c.d.sample.results[i].variable)),
            {agreements[2 * i], agreements[2 * i + 1]});
  c.document.table(std::move(table));
  if (c.d.hessian) add_hessian_check(c);
}

}  // namespace catenary::derive
