#include "catenary/derive/document/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace catenary::derive {

Block heading_block(int level, Sentence sentence, int step) {
  return {.kind = Block::Kind::kHeading, .level = level, .sentence = std::move(sentence), .step = step};
}

Block paragraph_block(Sentence sentence, int step) {
  return {.kind = Block::Kind::kParagraph, .sentence = std::move(sentence), .step = step};
}

Block equation_block(Equation equation, int step) {
  return {.kind = Block::Kind::kEquation, .equation = std::move(equation), .step = step};
}

Block table_block(Table table) { return {.kind = Block::Kind::kTable, .table = std::move(table)}; }

Block numbers_block(Numbers numbers, int step) {
  return {.kind = Block::Kind::kNumbers, .numbers = std::move(numbers), .step = step};
}

Block series_block(Series series) { return {.kind = Block::Kind::kSeries, .series = std::move(series)}; }

Blocks& operator+=(Blocks& blocks, Block more) {
  blocks.push_back(std::move(more));
  return blocks;
}

Blocks& operator+=(Blocks& blocks, Blocks more) {
  blocks.insert(blocks.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  return blocks;
}

Sentence& operator+=(Sentence& sentence, Sentence more) {
  sentence.insert(sentence.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  return sentence;
}

namespace {

// Which of 0 .. count-1 are shown; -1 stands for what is left out.
std::vector<std::int64_t> shown(std::int64_t count, std::int64_t most) {
  std::vector<std::int64_t> indices;
  const std::int64_t head = count <= most ? count : most - 2;
  for (std::int64_t i = 0; i < head; ++i) indices.push_back(i);
  if (count > most) {
    indices.push_back(-1);
    indices.push_back(count - 1);
  }
  return indices;
}

// "0.25" and "-1.5": a true minus, and no zeros that say nothing.
std::string cell(double value) {
  if (std::isnan(value)) return "nan";  // it has a sign that says nothing
  std::string text = fmt::format("{:.6g}", value == 0 ? 0.0 : value);
  if (text[0] == '-') text.replace(0, 1, "−");
  return text;
}

}  // namespace

std::vector<std::vector<std::string>> number_cells(const Numbers& numbers, std::int64_t most) {
  const bool is_matrix = numbers.shape.rank() == 2;
  const std::int64_t rows = numbers.shape.rank() == 0 ? 1 : numbers.shape[0];
  const std::int64_t columns = is_matrix ? numbers.shape[1] : numbers.shape.size() / rows;
  std::vector<std::vector<std::string>> cells;
  for (const std::int64_t i : shown(rows, most)) {
    std::vector<std::string> row;
    for (const std::int64_t j : shown(columns, most)) {
      row.push_back(i < 0 || j < 0 ? "…" : cell(numbers.values[static_cast<std::size_t>(i * columns + j)]));
    }
    cells.push_back(std::move(row));
  }
  return cells;
}

Table table_of(const Series& series) {
  constexpr std::int64_t kMost = 16;
  Table table{{{{"", series.index}}}, {}};
  for (const Series::Line& line : series.lines) table.header.push_back({{"", line.name}});
  const auto places = std::ssize(series.lines[0].values), rows = std::min(places, kMost);
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t place = rows == 1 ? 0 : i * (places - 1) / (rows - 1);
    const std::string count = std::to_string(place + 1);
    std::vector<Sentence> row = {{{"", {count, count}}}};
    for (const Series::Line& line : series.lines)
      row.push_back({{fmt::format("{:.3g}", line.values[static_cast<std::size_t>(place)]), {}}});
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace catenary::derive
