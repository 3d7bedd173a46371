#include <fmt/format.h>

#include "catenary/derive/document.h"

namespace catenary::derive {

namespace {

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

std::string flat(const Sentence& sentence) {
  std::string text;
  for (const Inline& part : sentence)
    text += part.words.empty() ? in_line(part.formula) : escaped(part.words);
  return text;
}

// Reasons stand under the display as a list: Markdown's formulas have no room for them.
std::string equation(const Equation& equation) {
  std::string rows, reasons;
  for (std::size_t i = 0; i < equation.rows.size(); ++i) {
    const Equation::Row& row = equation.rows[i];
    const bool arrow = i == 0 && equation.left.text.ends_with("⟵");
    rows += fmt::format("{} &{} {}", i == 0 ? equation.left.latex : "", arrow ? "" : "=", row.right.latex);
    if (i == 0 && equation.number > 0) rows += fmt::format(R"( && \text{{({})}})", equation.number);
    if (i + 1 < equation.rows.size())
      rows += R"( \\)"
              "\n";
    if (!row.reason.empty()) reasons += (reasons.empty() ? "" : "; ") + flat(row.reason);
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

std::string latex_matrix(const Numbers& numbers) {
  const auto cells = number_cells(numbers);
  const auto number = [](std::string cell) {
    if (cell.starts_with("−")) cell.replace(0, std::string_view("−").size(), "-");
    if (cell == "…") return std::string(R"(\cdots)");
    const std::size_t e = cell.find('e');
    return e == std::string::npos
               ? cell
               : fmt::format(R"({} \cdot 10^{{{}}})", cell.substr(0, e), std::stoi(cell.substr(e + 1)));
  };
  if (numbers.shape.rank() == 0) return number(cells[0][0]);
  std::string rows;
  for (const auto& row : cells) {
    if (!rows.empty()) rows += R"( \\ )";
    for (std::size_t j = 0; j < row.size(); ++j) rows += (j > 0 ? " & " : "") + number(row[j]);
  }
  return R"(\begin{pmatrix} )" + rows + R"( \end{pmatrix})";
}

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
    }
  }
  return out;
}

}  // namespace catenary::derive
