#include <algorithm>
#include <cmath>
#include <optional>

#include "catenary/derive/compose/rows.h"
#include "catenary/derive/compose/sections.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// Symbols of a formula that a reader still follows, and rows of one result.
constexpr int kLongestStep = 250;
constexpr std::size_t kMostSteps = 60;

// After the first row, the result in what is given, with the rules that shorten it. Of too many rows only the
// first and the last are written.
std::vector<Equation::Row> closed_rows(const Context& c, const Equation::Row& first, const Result& r) {
  const Names leaves = c.d.leaf_names();
  const auto written = [&](Value v) -> std::optional<Formula> {
    if (formula_size(v, leaves, kLongestStep + 1) > kLongestStep) return std::nullopt;
    return write(v, leaves);
  };
  GatheredRows rows(c, {first});
  rows.add(written(r.traced), c.say(Phrase::kAllInserted));
  const std::vector<SimplifyStep>& steps = r.closed->steps;
  const bool are_many = steps.size() > kMostSteps;
  for (const SimplifyStep& step : steps) {
    const bool is_left_out = are_many && &step != &steps.back();
    rows.add(is_left_out ? std::nullopt : written(step.after), c.reason(step));
  }
  return rows.take();
}

bool is_direction_of_zero(Value v, const Valuation& valuation) {
  if (!is(v, ops::kUnitVector)) return false;
  return std::ranges::all_of(valuation.of(v.input(0)), [](double x) { return x == 0; });
}

// Where the gradient as the engine computes it is no number: whether another one follows, and why.
Blocks reason_for_closed_form(const Context& c, const Result& r, Value shown) {
  const Valuation& valuation = *c.o.valuation;
  if (shown != r.traced) {
    const bool is_of_zero =
        std::ranges::any_of(reachable({shown}), [&](Value v) { return is_direction_of_zero(v, valuation); });
    return {c.paragraph(is_of_zero ? Phrase::kDirectionOfZero : Phrase::kNumbersOfClosedForm)};
  }
  if (std::ranges::any_of(valuation.of(shown), [](double x) { return std::isnan(x); }))
    return {c.paragraph(Phrase::kNoNumber)};
  return {};
}

Blocks result(const Context& c, const Result& r) {
  const Part& part = c.d.sample;
  if (!r.reached) {
    const Phrase why = r.is_flat ? Phrase::kUnreachedFlat : Phrase::kUnreached;
    return {c.paragraph(why, {part.name, c.write(r.variable)})};
  }
  const Adjoint& a = part.adjoints[r.adjoint];
  const Equation::Row row = {c.write(a.total.value), c.by(a.equation())};
  const bool is_longer = r.closed && write(r.closed->value, c.d.leaf_names()).text != row.right.text;
  Blocks blocks = {
      equation_block({.left = a.name, .rows = is_longer ? closed_rows(c, row, r) : std::vector{row}})};
  if (!r.closed && c.d.layers.size() <= 1 && c.d.recurrences.empty())
    blocks += c.paragraph(Phrase::kPartsStayNamed);
  if (!c.shows_numbers()) return blocks;
  const Value shown = c.o.valuation->shown(r);
  blocks += reason_for_closed_form(c, r, shown);
  blocks += c.numbers(a.name, shown);
  return blocks;
}

}  // namespace

Blocks results_section(const Context& c) {
  Blocks blocks = {c.heading(Phrase::kResults), c.paragraph(Phrase::kResultsIntro)};
  for (const Result& r : c.d.sample.results) blocks += result(c, r);
  return blocks;
}

}  // namespace catenary::derive
