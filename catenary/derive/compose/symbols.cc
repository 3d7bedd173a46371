#include <algorithm>

#include "catenary/derive/compose/sections.h"

namespace catenary::derive {

namespace {

bool is_requested(const Context& c, Value v) {
  return std::ranges::any_of(c.d.sample.results, [&](const Result& r) { return r.variable == v; });
}

Sentence meaning(const Context& c, Value v) {
  const bool symmetric = std::ranges::count(c.d.symmetric, v) > 0;
  const Formula name = c.write(v);
  Sentence sentence;
  const auto add = [&](Phrase phrase, std::initializer_list<Formula> formulas = {}) {
    if (!sentence.empty()) sentence.push_back({"; ", {}});
    sentence += c.say(phrase, formulas);
  };
  if (v.batched()) add(Phrase::kSample);
  if (is_requested(c, v))
    add(Phrase::kParameter);
  else if (!v.batched())
    add(Phrase::kShared);
  if (symmetric)
    add(Phrase::kSymmetric,
        {{name.text + "ᵀ = " + name.text, raised(name.latex, R"(\top)") + " = " + name.latex}});
  return sentence;
}

Formula entry_by_entry(const Formula& f) {
  return {"(∂" + f.text + "/∂W)ᵢⱼ = ∂" + f.text + "/∂Wᵢⱼ",
          R"(\left(\frac{\partial )" + f.latex + R"(}{\partial W}\right)_{ij} = \frac{\partial )" + f.latex +
              R"(}{\partial W_{ij}})"};
}

}  // namespace

Blocks symbols_section(const Context& c) {
  const Formula& f = c.whole().name;
  Blocks blocks = {heading_block(1, c.say(Phrase::kTitle, {f})), c.heading(Phrase::kSymbols),
                   c.paragraph(Phrase::kColumns, {entry_by_entry(f)})};
  Table table{{c.say(Phrase::kSymbolColumn), c.say(Phrase::kShapeColumn), c.say(Phrase::kMeaningColumn)}, {}};
  for (const Value v : c.d.leaves)
    table.rows.push_back({{{"", c.write(v)}}, {{"", c.shape(v)}}, meaning(c, v)});
  if (c.tells_batch())
    table.rows.push_back({{{"", symbol("N")}}, {{"", plain("1")}}, c.say(Phrase::kBatchSize)});
  blocks += table_block(std::move(table));
  return blocks;
}

Blocks given_numbers_section(const Context& c) {
  if (!c.shows_numbers()) return {};
  Blocks blocks = {c.paragraph(c.o.given ? Phrase::kNumbersGiven : Phrase::kNumbersRandom),
                   c.paragraph(Phrase::kNumbersRounded)};
  const std::int64_t samples = c.o.valuation->batch_size();
  if (samples > 1) blocks += c.paragraph(Phrase::kNumbersSample, {plain(std::to_string(samples))});
  for (const Value v : c.d.leaves) blocks += c.numbers(c.write(v), v);
  if (c.tells_batch()) blocks += numbers_block({symbol("N"), {}, {static_cast<double>(samples)}});
  return blocks;
}

}  // namespace catenary::derive
