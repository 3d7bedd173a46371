#include "catenary/derive/compose/composer.h"
#include "catenary/derive/document/notation.h"

namespace catenary::derive {

void add_notation(Composer& c) {
  const bool english = c.o.language == Language::kEnglish;
  Table table{{c.say(Phrase::kNotationColumn), c.say(Phrase::kMeaningColumn)}, {}};
  for (const NotationText& notation : notation_texts(c.d.names.sample_index())) {
    if (!uses(c.document, notation)) continue;
    table.rows.push_back(
        {{{"", notation.example}}, fill(english ? notation.english : notation.chinese, notation.formulas)});
  }
  if (table.rows.empty()) return;
  Block block{.kind = Block::Kind::kTable, .table = std::move(table)};
  c.document.blocks.insert(c.document.blocks.begin() + static_cast<std::ptrdiff_t>(c.notation_at),
                           std::move(block));
}

}  // namespace catenary::derive
