#include <algorithm>

#include "catenary/derive/compose/recurrence.h"
#include "catenary/derive/compose/sections.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// ‖W‖² is the sum of squares that the steps back go through.
std::vector<Equation::Row> definition_rows(const Context& c, Value v) {
  std::vector<Equation::Row> rows = {{c.define(v), {}}};
  const bool is_norm =
      is(v, ops::kSum) && is(v.input(0), ops::kSquare) && c.d.names.find(v.input(0)) == nullptr;
  if (!is_norm) return rows;
  const Formula squares = c.write(v.input(0));
  rows.push_back({{"Σ " + squares.text, R"(\sum )" + squares.latex}, c.say(Phrase::kSquaredNorm)});
  return rows;
}

}  // namespace

Blocks forward_section(const Context& c) {
  Blocks blocks = {c.heading(Phrase::kForward), c.paragraph(Phrase::kForwardIntro)};
  const std::vector<Value> of_sample = reachable({c.d.sample.scalar});
  bool is_of_batch = false;
  int recurrence = -1;
  for (const Definition& definition : c.d.forward) {
    const Value v = definition.value;
    const bool is_of_sample = definition.recurrence >= 0 || std::ranges::count(of_sample, v) > 0;
    if (!c.tells_batch() && !is_of_sample) continue;
    if (c.tells_batch() && !is_of_sample && !is_of_batch) {
      blocks += c.paragraph(Phrase::kLossOfBatch, {c.d.sample.name, symbol("N")});
      is_of_batch = true;
    }
    if (definition.recurrence != recurrence) blocks += around_steps(c, recurrence, definition.recurrence);
    recurrence = definition.recurrence;
    const Formula name = c.write(v);
    blocks += equation_block({.number = definition.number, .left = name, .rows = definition_rows(c, v)});
    if (recurrence >= 0)
      blocks += c.numbers_of_steps([&](const Names& names) { return write(v, names); }, v);
    else
      blocks += c.numbers(name, v);
  }
  return blocks;
}

Blocks loss_section(const Context& c) {
  std::vector<Formula> variables;
  for (const Result& r : c.d.sample.results) variables.push_back(c.write(r.variable));
  const Phrase intro = variables.size() == 1 ? Phrase::kLossIntro : Phrase::kLossIntroEach;
  return {c.heading(Phrase::kLoss), paragraph_block(c.say_lists(intro, {{c.whole().name}, variables}))};
}

}  // namespace catenary::derive
