#include "catenary/data/table_summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "catenary/base/text.h"

namespace catenary {

namespace {

std::vector<float> present_numbers(const Table& table, const Column& column) {
  std::vector<float> numbers;
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    const float number = table.number(row, column);
    if (!std::isnan(number)) numbers.push_back(number);
  }
  return numbers;
}

std::string date_of(float days) {
  using namespace std::chrono;
  const year_month_day date(sys_days{std::chrono::days(static_cast<std::int32_t>(days))});
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

// The positions of the values that most rows have, of equals the first.
std::vector<std::string> most_frequent(const Table& table, const Column& column) {
  constexpr std::size_t kMost = 5;
  std::vector<std::int64_t> counts(column.levels.size());
  for (const float code : present_numbers(table, column)) ++counts[static_cast<std::size_t>(code)];
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
  std::vector<std::string> values;
  for (const std::size_t i : std::span(order).first(std::min(order.size(), kMost)))
    values.push_back(column.levels[i]);
  return values;
}

ColumnSummary summarize(const Table& table, const Column& column) {
  ColumnSummary summary{
      .name = column.name, .type = std::string(name_of(column.type)), .missing = column.missing};
  if (column.role == ColumnRole::kSkip) summary.type = "ignored";
  if (column.role == ColumnRole::kText) summary.type = "text";
  if (column.role == ColumnRole::kSkip || column.role == ColumnRole::kText) return summary;
  if (column.type == ColumnType::kCategory) {
    summary.distinct = column.levels.size();
    summary.examples = most_frequent(table, column);
    return summary;
  }
  std::vector<float> numbers = present_numbers(table, column);
  if (numbers.empty() || column.type == ColumnType::kBoolean) return summary;
  std::ranges::sort(numbers);
  if (column.type == ColumnType::kTime) {
    summary.first = date_of(numbers.front());
    summary.last = date_of(numbers.back());
    return summary;
  }
  const std::size_t middle = numbers.size() / 2;
  const double above = numbers[middle], below = numbers[numbers.size() % 2 == 0 ? middle - 1 : middle];
  summary.least = numbers.front();
  summary.median = (above + below) / 2;
  summary.greatest = numbers.back();
  return summary;
}

std::string values_of(const ColumnSummary& column) {
  if (column.least)
    return fmt::format("{:.6g} to {:.6g}, median {:.6g}", *column.least, *column.greatest, *column.median);
  if (!column.first.empty()) return fmt::format("{} to {}", column.first, column.last);
  if (column.examples.empty()) return "";
  std::vector<std::string> quoted;
  for (const std::string& example : column.examples) quoted.push_back(quote(example));
  const bool has_more = column.distinct > column.examples.size();
  return fmt::format("{} values: {}{}", column.distinct, fmt::join(quoted, ", "), has_more ? ", ..." : "");
}

}  // namespace

std::vector<ColumnSummary> summarize(const Table& table) {
  std::vector<ColumnSummary> summaries;
  for (const Column& column : table.columns) summaries.push_back(summarize(table, column));
  return summaries;
}

std::string str(const std::vector<ColumnSummary>& columns, std::size_t most) {
  constexpr std::size_t kWidest = 40;
  const std::size_t listed = std::min(columns.size(), most);
  std::size_t width = 6;
  for (std::size_t i = 0; i < listed; ++i)
    width = std::max(width, std::min(printable(columns[i].name).size(), kWidest));
  std::string text = fmt::format("{:<{}}  {:<8}  {:>8}  values\n", "column", width, "type", "missing");
  for (std::size_t i = 0; i < listed; ++i) {
    const ColumnSummary& column = columns[i];
    const std::string line = fmt::format("{:<{}}  {:<8}  {:>8}  {}", printable(column.name), width,
                                         column.type, column.missing, values_of(column));
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  if (listed < columns.size()) text += fmt::format("and {} more columns\n", columns.size() - listed);
  return text;
}

}  // namespace catenary
