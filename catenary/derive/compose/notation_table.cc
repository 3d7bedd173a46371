#include "catenary/derive/compose/sections.h"
#include "catenary/derive/document/notation.h"
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

std::string replaced(std::string text, std::string_view placeholder, std::string_view by) {
  const std::size_t at = text.find(placeholder);
  return at == std::string::npos ? text : text.replace(at, placeholder.size(), by);
}

// A function of each element, as its card explains it.
NotationText notation_of(const OperatorCard& card) {
  const auto of_x = [&](std::string_view notation) {
    return replaced(replaced(std::string(notation), "{0.}", "x"), "{a}", card.meaning.number);
  };
  const Notation& n = card.op->notation;
  NotationText text{std::string(n.text.substr(0, n.text.find("{0.}"))),
                    {of_x(n.text), of_x(n.latex)},
                    card.meaning.english,
                    card.meaning.chinese};
  for (const auto& shown : card.meaning.formulas)
    text.formulas.push_back({std::string(shown.text), std::string(shown.latex)});
  text.applies = begins_word;
  return text;
}

std::vector<NotationText> all_notation(const std::string& sample_index) {
  std::vector<NotationText> all = notation_texts(sample_index);
  for (const OperatorCard* card : operator_cards()) {
    if (!card->meaning.english.empty()) all.push_back(notation_of(*card));
  }
  return all;
}

}  // namespace

Blocks notation_section(const Context& c, const Document& document) {
  Table table{{c.say(Phrase::kNotationColumn), c.say(Phrase::kMeaningColumn)}, {}};
  for (const NotationText& notation : all_notation(c.d.names.sample_index())) {
    if (!uses(document, notation)) continue;
    table.rows.push_back({{{"", notation.example}},
                          fill(c.is_english() ? notation.english : notation.chinese, notation.formulas)});
  }
  return table.rows.empty() ? Blocks{} : Blocks{table_block(std::move(table))};
}

}  // namespace catenary::derive
