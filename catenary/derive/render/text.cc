#include <fmt/format.h>

#include <algorithm>

#include "catenary/derive/document/sentences.h"
#include "catenary/derive/render/render.h"

namespace catenary::derive {

namespace {

constexpr std::size_t kWidth = 100;

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t used = columns(text);
  return text + std::string(width > used ? width - used : 0, ' ');
}

std::string padded_left(const std::string& text, std::size_t width) {
  const std::size_t used = columns(text);
  return std::string(width > used ? width - used : 0, ' ') + text;
}

// Breaks lines at spaces; Chinese text, which has few, also after its punctuation.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out, line, word;
  const auto end_word = [&] {
    if (!line.empty() && columns(line) + columns(word) > kWidth - indent) {
      while (line.ends_with(' ')) line.pop_back();
      out += std::string(indent, ' ') + line + '\n';
      line.clear();
    }
    line += word;
    word.clear();
  };
  for (const char c : text) {
    word += c;
    const bool after_mark =
        word.ends_with("，") || word.ends_with("。") || word.ends_with("；") || word.ends_with("：");
    if (c == ' ' || after_mark) end_word();
  }
  end_word();
  return out + std::string(indent, ' ') + line + '\n';
}

std::string heading(const Block& block) {
  const std::string text = plain(block.sentence);
  if (block.level == 3) return "\n" + text + "\n";
  return fmt::format("{}{}\n{}\n\n", block.level == 1 ? "" : "\n", text,
                     std::string(columns(text), block.level == 1 ? '=' : '-'));
}

std::string equation(const Equation& equation) {
  std::string out;
  const std::string left = "    " + equation.left.text;
  for (std::size_t i = 0; i < equation.rows.size(); ++i) {
    const Equation::Row& row = equation.rows[i];
    const std::string sign = i == 0 && equation.sign == Equation::Sign::kAddsTo ? " " : " = ";
    std::string line = (i == 0 ? left : std::string(columns(left), ' ')) + sign + row.right.text;
    const std::string reason = plain(row.reason);
    if (!reason.empty()) {
      if (columns(line) + columns(reason) + 4 > kWidth)
        line += '\n' + std::string(columns(left) + 3, ' ');
      else
        line += "    ";
      line += "[" + reason + "]";
    }
    if (i == 0 && equation.number > 0) line += fmt::format("    ({})", equation.number);
    out += line + '\n';
  }
  return out;
}

std::string grid(const std::vector<std::vector<std::string>>& cells, bool numbers) {
  std::vector<std::size_t> widths;
  for (const auto& row : cells) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t j = 0; j < row.size(); ++j) widths[j] = std::max(widths[j], columns(row[j]));
  }
  std::string out;
  for (const auto& row : cells) {
    std::string line = numbers ? "[ " : "";
    for (std::size_t j = 0; j < row.size(); ++j) {
      if (j > 0) line += numbers ? "  " : "   ";
      line += numbers ? padded_left(row[j], widths[j]) : padded(row[j], widths[j]);
    }
    if (numbers) line += " ]";
    while (line.ends_with(' ')) line.pop_back();
    out += line + '\n';
  }
  return out;
}

std::string indented(const std::string& text, const std::string& first, std::size_t indent) {
  std::string out;
  std::size_t begin = 0;
  for (bool is_first = true; begin < text.size(); is_first = false) {
    const std::size_t end = text.find('\n', begin);
    out += (is_first ? first : std::string(indent, ' ')) + text.substr(begin, end - begin) + '\n';
    begin = end + 1;
  }
  return out;
}

std::string table(const Table& table) {
  std::vector<std::vector<std::string>> cells;
  std::vector<std::string> header;
  for (const Sentence& s : table.header) header.push_back(plain(s));
  cells.push_back(std::move(header));
  for (const auto& row : table.rows) {
    std::vector<std::string> line;
    for (const Sentence& s : row) line.push_back(plain(s));
    cells.push_back(std::move(line));
  }
  return indented(grid(cells, false), "    ", 4);
}

std::string numbers_lines(const Numbers& numbers) {
  const std::string first = "    " + numbers.name.text + " = ";
  if (numbers.shape.rank() == 0) return first + number_cells(numbers)[0][0] + '\n';
  return indented(grid(number_cells(numbers), true), first, columns(first));
}

}  // namespace

std::string render_text(const Document& document) {
  std::string out;
  for (const Block& block : document.blocks) {
    switch (block.kind) {
      case Block::Kind::kHeading: out += heading(block); break;
      case Block::Kind::kParagraph: out += wrapped(plain(block.sentence), 0); break;
      case Block::Kind::kEquation: out += equation(block.equation); break;
      case Block::Kind::kTable: out += table(block.table); break;
      case Block::Kind::kNumbers: out += numbers_lines(block.numbers); break;
      case Block::Kind::kSeries: out += table(table_of(block.series)); break;
    }
  }
  return out;
}

}  // namespace catenary::derive
