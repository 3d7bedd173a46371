#include "catenary/derive/page/blocks.h"

#include <fmt/format.h>

#include "catenary/base/xml.h"
#include "catenary/derive/document/sentences.h"
#include "catenary/derive/page/mathml.h"

namespace catenary::derive {

namespace {

// A formula that is a text by nature, such as the name of a rewrite rule, has no LaTeX.
std::string typeset(const Formula& f, MathStyle style) {
  if (f.latex.empty()) return R"(<span class="rule">)" + escape_xml(f.text) + "</span>";
  const bool is_number = f.latex.find_first_not_of("0123456789") == std::string::npos;
  return style == MathStyle::kText && is_number ? f.latex : mathml(f.latex, style);
}

std::string line(const Equation& equation, const Equation::Row& row, bool is_first) {
  const std::string left = is_first ? typeset(equation.left, MathStyle::kDisplay) : "";
  const std::string_view sign = is_first && equation.sign == Equation::Sign::kAddsTo ? "" : "=";
  std::string html =
      fmt::format(R"(<div class="row"><span class="left">{}</span><span class="sign">{}</span>)"
                  R"(<span class="right"><span class="scroll">{}</span>)",
                  left, sign, typeset(row.right, MathStyle::kDisplay));
  if (!row.reason.empty()) html += R"( <span class="reason">)" + html_of(row.reason) + "</span>";
  return html + "</span></div>";
}

std::string cells(std::string_view tag, const std::vector<Sentence>& row) {
  std::string html = "<tr>";
  for (const Sentence& cell : row) html += fmt::format("<{0}>{1}</{0}>", tag, html_of(cell));
  return html + "</tr>";
}

}  // namespace

std::string html_of(const Formula& formula) { return typeset(formula, MathStyle::kText); }

std::string html_of(const Sentence& sentence) {
  return joined(sentence, escape_xml, [](const Formula& f) { return html_of(f); });
}

std::string html_of(const Table& table) {
  std::string html = R"(<div class="scroll"><table class="words"><thead>)" + cells(R"(th)", table.header) +
                     "</thead><tbody>";
  for (const auto& row : table.rows) html += cells("td", row);
  return html + "</tbody></table></div>\n";
}

std::string html_of(const Equation& equation, std::string_view id, const std::string& number) {
  std::string lines;
  for (const Equation::Row& row : equation.rows) lines += line(equation, row, &row == &equation.rows.front());
  return fmt::format(
      R"(<div class="equation"{}><div class="lines">{}</div><span class="number">{}</span></div>)"
      "\n",
      id.empty() ? "" : fmt::format(R"( id="{}")", id), lines, number);
}

std::string html_of_values(const Numbers& numbers) {
  const auto rows = number_cells(numbers);
  if (numbers.shape.rank() == 0) return R"(<span class="scalar">)" + rows[0][0] + "</span>";
  std::string html = fmt::format(R"(<div class="scroll"><table class="matrix" aria-label="{}">)",
                                 escape_xml(numbers.name.text));
  for (const auto& row : rows) {
    html += "<tr>";
    for (const std::string& cell : row) html += "<td>" + cell + "</td>";
    html += "</tr>";
  }
  return html + "</table></div>";
}

std::string html_of(const Numbers& numbers) {
  return fmt::format(R"(<div class="numbers"><span class="name">{}</span><span class="sign">=</span>{}</div>)"
                     "\n",
                     html_of(numbers.name), html_of_values(numbers));
}

}  // namespace catenary::derive
