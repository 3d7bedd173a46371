#include "catenary/derive/compose/sections.h"
#include "catenary/derive/document/notation.h"

namespace catenary::derive {

Blocks notation_section(const Context& c, const Document& document) {
  Table table{{c.say(Phrase::kNotationColumn), c.say(Phrase::kMeaningColumn)}, {}};
  for (const NotationText& notation : notation_texts(c.d.names.sample_index())) {
    if (!uses(document, notation)) continue;
    table.rows.push_back({{{"", notation.example}},
                          fill(c.is_english() ? notation.english : notation.chinese, notation.formulas)});
  }
  return table.rows.empty() ? Blocks{} : Blocks{table_block(std::move(table))};
}

}  // namespace catenary::derive
