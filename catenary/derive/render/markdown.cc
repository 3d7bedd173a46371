#include <fmt/format.h>

#include <algorithm>

#include "catenary/derive/document/sentences.h"
#include "catenary/derive/render/latex_matrix.h"
#include "catenary/derive/render/render.h"

namespace catenary::derive {

namespace {

// That a page on the web has room for, in letters.
constexpr double kLine = 75;

// Words in Markdown: what has a meaning there gets a backslash.
std::string escaped(std::string_view words) {
  std::string out;
  for (const char c : words) {
    if (std::string_view("\\`*_{}[]<>#|$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Formulas that have no LaTeX, names of rewrite rules, are code.
std::string in_line(const Formula& f) { return f.latex.empty() ? "`" + f.text + "`" : "$" + f.latex + "$"; }

std::string flat(const Sentence& sentence) { return joined(sentence, escaped, in_line); }

// A reason in brackets within a display: no dollar signs, no Markdown.
std::string in_display(const Sentence& reason) {
  std::string out, words = "[";
  for (const Inline& part : reason) {
    if (part.formula.latex.empty()) {
      words += part.words + part.formula.text;
    } else {
      out += R"(\text{)" + words + "}" + part.formula.latex;
      words.clear();
    }
  }
  return out + R"(\text{)" + words + "]}";
}

// What \text does not print as it stands in every renderer of Markdown.
bool has_special_letters(const Equation& equation) {
  return std::ranges::any_of(equation.rows, [](const Equation::Row& row) {
    return std::ranges::any_of(row.reason, [](const Inline& part) {
      const std::string& text = part.formula.latex.empty() ? part.words + part.formula.text : part.words;
      return text.find_first_of("\\{}$%#&_^~") != std::string::npos;
    });
  });
}

// Reasons stand beside the rows, or in a list under the display where a page is too narrow.
std::string equation(const Equation& equation) {
  const bool beside = has_room_for_reasons(equation, kLine) && !has_special_letters(equation);
  std::string rows, reasons;
  for (std::size_t i = 0; i < equation.rows.size(); ++i) {
    const Equation::Row& row = equation.rows[i];
    const std::string_view sign = i == 0 && equation.sign == Equation::Sign::kAddsTo ? R"(\;)" : "=";
    rows += fmt::format("{} &{} {}", i == 0 ? equation.left.latex : "", sign, row.right.latex);
    if (beside && !row.reason.empty()) rows += " && " + in_display(row.reason);
    if (i == 0 && equation.number > 0) rows += fmt::format(R"( && \text{{({})}})", equation.number);
    if (i + 1 < equation.rows.size()) rows += " \\\\\n";
    if (!beside && !row.reason.empty()) reasons += (reasons.empty() ? "" : "; ") + flat(row.reason);
  }
  const std::string display = fmt::format("$$\n\\begin{{aligned}}\n{}\n\\end{{aligned}}\n$$\n", rows);
  return display + (reasons.empty() ? "" : "\n[" + reasons + "]\n");
}

std::string table(const Table& table) {
  const auto row = [](const std::vector<Sentence>& cells) {
    std::string line = "|";
    for (const Sentence& cell : cells) line += " " + flat(cell) + " |";
    return line + "\n";
  };
  std::string out = row(table.header) + "|";
  for (std::size_t i = 0; i < table.header.size(); ++i) out += "---|";
  out += "\n";
  for (const auto& cells : table.rows) out += row(cells);
  return out;
}

}  // namespace

std::string render_markdown(const Document& document) {
  std::string out;
  for (const Block& block : document.blocks) {
    if (!out.empty()) out += '\n';
    switch (block.kind) {
      case Block::Kind::kHeading:
        out += std::string(static_cast<std::size_t>(block.level), '#') + " " + flat(block.sentence) + "\n";
        break;
      case Block::Kind::kParagraph: out += flat(block.sentence) + "\n"; break;
      case Block::Kind::kEquation: out += equation(block.equation); break;
      case Block::Kind::kTable: out += table(block.table); break;
      case Block::Kind::kNumbers:
        out += fmt::format("$$\n{} = {}\n$$\n", block.numbers.name.latex, latex_matrix(block.numbers));
        break;
      case Block::Kind::kSeries: out += table(table_of(block.series)); break;
    }
  }
  return out;
}

}  // namespace catenary::derive
