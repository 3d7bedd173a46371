#include "catenary/train/division.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/folds.h"
#include "catenary/data/sequence_split.h"
#include "catenary/data/split_column.h"

namespace catenary::train {

namespace {

// The rows that have their targets.
std::vector<std::int64_t> labelled_rows(const Dataset& data) {
  std::vector<std::int64_t> rows;
  const auto columns = static_cast<std::size_t>(data.target_columns);
  for (std::int64_t row = 0; row < data.features.rows; ++row) {
    const auto first =
        data.targets.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * columns);
    if (std::none_of(first, first + data.target_columns, [](float x) { return std::isnan(x); }))
      rows.push_back(row);
  }
  return rows;
}

// A column's marks as numbers; of a row without one: that of no level, another for each such row.
std::vector<std::int64_t> codes_of(const Mark& mark) {
  std::vector<std::int64_t> codes;
  for (const float code : mark.codes) {
    const auto none = std::ssize(mark.levels) + std::ssize(codes);
    codes.push_back(std::isnan(code) ? none : static_cast<std::int64_t>(code));
  }
  return codes;
}

// groups: of the data, by codes_of; must outlive the rule.
SplitRule rule_of(const Config& config, SplitOrder order, const Dataset& data,
                  std::span<const std::int64_t> groups) {
  SplitRule rule{.order = order, .seed = static_cast<std::uint64_t>(config.seed), .groups = groups};
  if (order == SplitOrder::kStratified) rule.labels = data.targets;
  return rule;
}

Parts split_rows(const Config& config, const Dataset& data, std::span<const std::int64_t> rows) {
  const SplitConfig& how = *config.data.split;
  if (!how.column.empty()) return split_by_column(rows, codes_of(data.part), data.part.levels);
  const std::vector<std::int64_t> groups = codes_of(data.group);
  return split(rows, {.validation = how.validation, .test = how.test}, rule_of(config, how.by, data, groups));
}

// Throws for a series that a column would divide.
void require_undivided(const Mark& mark, const std::string& column, std::span<const Series> series) {
  if (mark.codes.empty()) return;
  for (const Series& each : series) {
    const auto codes =
        std::span(mark.codes)
            .subspan(static_cast<std::size_t>(each.first), static_cast<std::size_t>(each.rows));
    const auto other = std::ranges::find_if(codes, [&](float code) {
      return code != codes.front() && !(std::isnan(code) && std::isnan(codes.front()));
    });
    if (other == codes.end()) continue;
    fail(ErrorKind::kConfig,
         "needed one value of {} for all rows of a series, found others in rows {} and {}", quote(column),
         each.first + 1, each.first + (other - codes.begin()) + 1);
  }
}

// Rows as a table has them, which windows are made of; of those without a part none is in any.
Parts parts_of_rows(const Config& config, const Dataset& data) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.features.rows));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  if (!config.data.split->column.empty())
    std::erase_if(
        rows, [&](std::int64_t row) { return std::isnan(data.part.codes[static_cast<std::size_t>(row)]); });
  return split_rows(config, data, rows);
}

Parts split_sequences(const Config& config, const Dataset& data, const Division& division) {
  const SplitConfig& how = *config.data.split;
  if (!has_windows(config.data)) {
    require_undivided(data.part, how.column, division.sequences.series);
    require_undivided(data.group, how.group, division.sequences.series);
    return split_rows(config, data, division.rows);
  }
  const std::vector<Part> part_of =
      how.column.empty() && how.by == SplitOrder::kOrdered
          ? ordered_parts(division.sequences.series, {.validation = how.validation, .test = how.test})
          : part_of_rows(parts_of_rows(config, data), data.features.rows);
  return split_windows(data, division.sequences, part_of);
}

}  // namespace

Division usable_rows(const Config& config, Dataset& data, const std::string& file) {
  if (config.data.sequence) {
    Sequences sequences = make_sequences(data, config.data.sequence->options, file, config.data.limits);
    return {sequences.firsts, std::move(sequences)};
  }
  Division division{labelled_rows(data)};
  const std::int64_t others = data.features.rows - std::ssize(division.rows);
  if (others > 0)
    data.notes.push_back(
        fmt::format("{}: rows without a target are left out: {} of {}", file, others, data.features.rows));
  if (division.rows.empty()) fail(ErrorKind::kData, "{}: needed rows with a target, found none", file);
  return division;
}

// How many rows there are to split only the data tell; the shares stand in the config.
Parts split_as_configured(const Config& config, const Dataset& data, Division division) try {
  if (!config.data.split) return {.train = std::move(division.rows), .validation = {}, .test = {}};
  return config.data.sequence ? split_sequences(config, data, division)
                              : split_rows(config, data, division.rows);
} catch (const Error& error) {
  fail(error.kind(), "{}: data.split: {}", config.data.split->place.text, error.what());
}

SplitOrder fold_order(const Config& config) {
  const std::optional<SplitConfig>& how = config.data.split;
  if (how && how->column.empty()) return how->by;
  return usual_order(config);
}

std::vector<std::vector<std::int64_t>> folds_of(const Config& config, const Dataset& table,
                                                std::span<const std::int64_t> rows, std::int64_t count) {
  const std::vector<std::int64_t> groups = codes_of(table.group);
  return folds(rows, count, rule_of(config, fold_order(config), table, groups));
}

}  // namespace catenary::train
