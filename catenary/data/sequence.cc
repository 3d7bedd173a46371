#include "catenary/data/sequence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/past.h"

namespace catenary {

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::string_view series_name(const Dataset& data, std::int64_t row) {
  return data.series.levels[static_cast<std::size_t>(data.series.codes[static_cast<std::size_t>(row)])];
}

// "FILE" or "FILE: series 'a'", the start of a message.
std::string position(const Dataset& data, std::int64_t row, const std::string& file) {
  if (data.rows_each > 0) return fmt::format("{}: sample {} (counted from 0)", file, row / data.rows_each);
  if (data.series.codes.empty()) return file;
  return fmt::format("{}: series {}", file, quote(series_name(data, row)));
}

// Of arrays, which may tell how many of their rows count.
std::vector<Series> equal_runs(const Dataset& data) {
  std::vector<Series> runs;
  for (std::int64_t row = 0; row < data.features.rows; row += data.rows_each) {
    const bool are_equal = data.lengths.empty();
    runs.push_back({row, are_equal ? data.rows_each
                                   : static_cast<std::int64_t>(data.lengths[static_cast<std::size_t>(row)])});
  }
  return runs;
}

// Runs of rows of one key, which must be there and must not come again.
std::vector<Series> runs_of(const Dataset& data, const SequenceOptions& options, const std::string& file) {
  const std::vector<float>& codes = data.series.codes;
  if (data.rows_each > 0) return equal_runs(data);
  if (codes.empty()) return {{0, data.features.rows}};
  std::vector<Series> runs;
  std::vector<std::int64_t> first_of(data.series.levels.size(), -1);
  for (std::int64_t row = 0; row < data.features.rows; ++row) {
    const float code = codes[static_cast<std::size_t>(row)];
    if (std::isnan(code)) {
      fail(
          ErrorKind::kData,
          "{}: row {}: needed the series that it belongs to, as data.sequence.series asks of each row, found "
          "{} missing",
          file, row + 1, quote(options.series));
    }
    std::int64_t& first = first_of[static_cast<std::size_t>(code)];
    const bool goes_on = first >= 0 && first == runs.back().first;
    if (first >= 0 && !goes_on) {
      fail(ErrorKind::kData,
           "{}: needed its rows side by side, found some from row {} on and others from row {} on; sort the "
           "table by {}",
           position(data, row, file), first + 1, row + 1, quote(options.series));
    }
    if (!goes_on) runs.push_back({first = row, 0});
    ++runs.back().rows;
  }
  return runs;
}

bool cuts_windows(const SequenceOptions& options) {
  return options.task == SequenceTask::kNext || options.stride > 0;
}

std::int64_t longest(std::span<const Series> series) {
  return std::ranges::max_element(series, {}, &Series::rows)->rows;
}

void set_schema(Dataset& data, const SequenceOptions& options, std::span<const Series> series) {
  SequenceSchema& schema = data.schema.sequence;
  schema = {
      .steps = options.steps > 0 ? options.steps : longest(series),
      .has_lengths = false,
      .target = options.task == SequenceTask::kEachRow ? SequenceTarget::kEachRow : SequenceTarget::kWhole,
      .horizon = options.task == SequenceTask::kNext ? options.horizon : 1,
      .advance = options.is_stateful ? options.stride : 0};
  if (cuts_windows(options)) return;
  schema.has_lengths =
      std::ranges::any_of(series, [&](const Series& each) { return each.rows != schema.steps; });
}

// What reads beyond the last row is given zeros in memory.
void require_room(const Dataset& data, const std::string& file, const DataLimits& limits) {
  const auto rows = static_cast<std::uint64_t>(data.features.rows + rows_of_padding(data.schema));
  const auto columns = static_cast<std::uint64_t>(data.features.columns);
  const std::uint64_t most = allowed_bytes(limits), bytes = rows * columns * sizeof(float);
  if (bytes <= most || rows_of_padding(data.schema) == 0) return;
  fail(ErrorKind::kData,
       "{}: needed data that take at most {} bytes of memory, found {} with sequences of {} rows "
       "(data.sequence.steps); data.max_bytes (--max-bytes) sets the limit",
       file, most, bytes, data.schema.sequence.steps);
}

std::span<float> targets_of(Dataset& data, std::int64_t row) {
  const auto width = static_cast<std::size_t>(data.target_columns);
  return std::span(data.targets).subspan(static_cast<std::size_t>(row) * width, width);
}

bool is_labelled(Dataset& data, std::int64_t row) {
  return std::ranges::none_of(targets_of(data, row), [](float x) { return std::isnan(x); });
}

// Moves the targets of row r + rows to row r.
void bring_forward(Dataset& data, std::int64_t rows) {
  const auto by = std::min(data.targets.size(), static_cast<std::size_t>(rows * data.target_columns));
  std::shift_left(data.targets.begin(), data.targets.end(), static_cast<std::ptrdiff_t>(by));
  std::fill(data.targets.end() - static_cast<std::ptrdiff_t>(by), data.targets.end(), kMissing);
}

// Throws unless all rows of a series that have a class have the same.
void require_one_class(Dataset& data, const Series& series, const std::string& file) {
  std::int64_t known = -1;
  for (std::int64_t row = series.first; row < series.first + series.rows; ++row) {
    if (!is_labelled(data, row)) continue;
    if (known < 0) known = row;
    const auto class_of = [&](std::int64_t of) {
      return quote(data.schema.classes[static_cast<std::size_t>(targets_of(data, of).front())]);
    };
    if (targets_of(data, row).front() == targets_of(data, known).front()) continue;
    fail(ErrorKind::kData,
         "{}: needed one class for all of its rows, as data.sequence.target = \"whole\" foretells, found {} "
         "in "
         "row {} and {} in row {}; target = \"each_row\" foretells one for each",
         position(data, row, file), class_of(known), known + 1, class_of(row), row + 1);
  }
}

// A series' targets are those of its last row that has them, and stand in its first row alone.
void gather_whole(Dataset& data, std::span<const Series> series, const std::string& file) {
  for (const Series& each : series) {
    if (!data.schema.classes.empty()) require_one_class(data, each, file);
    std::int64_t last = each.first + each.rows - 1;
    while (last > each.first && !is_labelled(data, last)) --last;
    std::ranges::copy(targets_of(data, last), targets_of(data, each.first).begin());
    for (std::int64_t row = each.first + 1; row < each.first + each.rows; ++row)
      std::ranges::fill(targets_of(data, row), kMissing);
  }
}

// Gives each row of a series a row of targets, of which the first has its own.
void spread_targets(Dataset& data) {
  const auto width = static_cast<std::size_t>(data.target_columns);
  const auto step = static_cast<std::size_t>(data.rows_each) * width;
  std::vector<float> spread(data.targets.size() * static_cast<std::size_t>(data.rows_each), kMissing);
  for (std::size_t from = 0, to = 0; from < data.targets.size(); from += width, to += step)
    std::copy_n(data.targets.begin() + static_cast<std::ptrdiff_t>(from), width,
                spread.begin() + static_cast<std::ptrdiff_t>(to));
  data.targets = std::move(spread);
}

// Rows at the beginning of a window that has no targets of theirs.
std::int64_t unanswered(const SequenceSchema& schema) { return schema.steps - schema.answered(); }

void arrange_targets(Dataset& data, const SequenceOptions& options, std::span<const Series> series,
                     const std::string& file) {
  if (data.target_columns == 0) return;
  if (options.task == SequenceTask::kNext) bring_forward(data, data.schema.sequence.steps);
  if (options.task == SequenceTask::kEachRow)
    bring_forward(data, options.lead + unanswered(data.schema.sequence));
  if (options.task != SequenceTask::kWhole) return;
  data.rows_each > 0 ? spread_targets(data) : gather_whole(data, series, file);
}

// The first rows of the windows of a series, of which the last ends with it.
void add_windows(const Series& series, std::int64_t reach, std::int64_t stride,
                 std::vector<std::int64_t>& firsts) {
  if (series.rows < reach) return;
  for (std::int64_t at = (series.rows - reach) % stride; at + reach <= series.rows; at += stride)
    firsts.push_back(series.first + at);
}

// Side by side from the first row on, but for the last one, which ends with the series.
void add_windows_from_start(const Series& series, std::int64_t steps, std::vector<std::int64_t>& firsts) {
  if (series.rows < steps) return;
  for (std::int64_t at = 0; at + steps <= series.rows; at += steps) firsts.push_back(series.first + at);
  if (series.rows % steps > 0) firsts.push_back(series.first + series.rows - steps);
}

std::vector<std::int64_t> windows_of(Dataset& data, const SequenceOptions& options,
                                     std::span<const Series> series, const std::string& file,
                                     std::int64_t reach) {
  std::vector<std::int64_t> firsts;
  for (const Series& each : series) add_windows(each, reach, options.stride, firsts);
  const std::int64_t most = longest(series);
  if (firsts.empty()) {
    const bool has_more = reach > data.schema.sequence.steps;
    fail(ErrorKind::kData,
         "{}: needed a series of at least {} rows for a window of data.sequence.steps{}, found {} at most",
         file, reach,
         !has_more             ? ""
         : options.horizon > 1 ? " and horizon"
                               : " and the row after it",
         most);
  }
  const auto short_ones =
      std::ranges::count_if(series, [&](const Series& each) { return each.rows < reach; });
  if (short_ones > 0) {
    data.notes.push_back(
        fmt::format("{}: series of fewer rows than the {} that a window takes are left out: {} of {}", file,
                    reach, short_ones, series.size()));
  }
  return firsts;
}

std::vector<std::int64_t> whole_series(Dataset& data, std::span<const Series> series,
                                       const std::string& file) {
  const SequenceSchema& schema = data.schema.sequence;
  std::vector<std::int64_t> firsts;
  for (const Series& each : series) {
    if (each.rows > schema.steps) {
      fail(ErrorKind::kData, "{}: needed at most {} rows, as data.sequence.steps says, found {}",
           position(data, each.first, file), schema.steps, each.rows);
    }
    if (!schema.has_lengths && each.rows < schema.steps) {
      fail(ErrorKind::kData,
           "{}: needed {} rows, as all sequences have that the model was trained on, found {}",
           position(data, each.first, file), schema.steps, each.rows);
    }
    firsts.push_back(each.first);
  }
  if (!schema.has_lengths) return firsts;
  data.lengths.assign(static_cast<std::size_t>(data.features.rows), 0);
  for (const Series& each : series)
    data.lengths[static_cast<std::size_t>(each.first)] = static_cast<float>(each.rows);
  return firsts;
}

// How many rows a sequence's targets stand in, from its first row on.
std::int64_t rows_with_targets(const Dataset& data, std::int64_t first) {
  const SequenceSchema& schema = data.schema.sequence;
  return schema.target == SequenceTarget::kEachRow ? answers_to(data, first) : schema.horizon;
}

void keep_labelled(Dataset& data, std::vector<std::int64_t>& firsts, const std::string& file) {
  if (data.target_columns == 0) return;
  const std::size_t all = firsts.size();
  std::erase_if(firsts, [&](std::int64_t first) {
    for (std::int64_t i = 0; i < rows_with_targets(data, first); ++i) {
      if (!is_labelled(data, first + i)) return true;
    }
    return false;
  });
  if (firsts.empty())
    fail(ErrorKind::kData, "{}: needed sequences with all of their targets, found none", file);
  if (firsts.size() < all) {
    data.notes.push_back(fmt::format("{}: sequences without all of their targets are left out: {} of {}",
                                     file, all - firsts.size(), all));
  }
}

// What a sequence is given beyond its end must be numbers.
void pad_targets(Dataset& data) {
  const SequenceSchema& schema = data.schema.sequence;
  if (data.target_columns == 0 || schema.target == SequenceTarget::kWhole || !schema.has_lengths) return;
  std::ranges::replace_if(
      data.targets, [](float x) { return std::isnan(x); }, 0.0F);
  data.targets.resize(data.targets.size() +
                      static_cast<std::size_t>(rows_of_padding(data.schema) * data.target_columns));
}

// Each row once, of ascending ranges [first, first + count(first)).
std::vector<std::int64_t> union_of(std::span<const std::int64_t> firsts, const auto& count) {
  std::vector<std::int64_t> rows;
  for (const std::int64_t first : firsts) {
    const std::int64_t from = rows.empty() ? first : std::max(first, rows.back() + 1);
    for (std::int64_t row = from; row < first + count(first); ++row) rows.push_back(row);
  }
  return rows;
}

}  // namespace

std::string_view name_of(SequenceTask task) {
  constexpr std::array<std::string_view, 3> kNames = {"next", "whole", "each_row"};
  return kNames[static_cast<std::size_t>(task)];
}

std::vector<Series> series_of(const Dataset& data, const SequenceOptions& options, const std::string& file) {
  std::vector<Series> series = runs_of(data, options, file);
  if (data.times.numbers.empty()) return series;
  for (const Series& each : series)
    require_steady(data.times, each, options.gaps, position(data, each.first, file));
  return series;
}

Sequences make_sequences(Dataset& data, const SequenceOptions& options, const std::string& file,
                         const DataLimits& limits) {
  Sequences result{.series = series_of(data, options, file), .firsts = {}, .targets = {}};
  if (data.schema.sequence.steps == 0) set_schema(data, options, result.series);
  require_room(data, file, limits);
  const SequenceSchema& schema = data.schema.sequence;
  result.targets = {options.lead + unanswered(schema), options.lead + schema.steps};
  if (options.task == SequenceTask::kNext) result.targets = {schema.steps, schema.steps + schema.horizon};
  keep_past(data, options, result.series, file);
  arrange_targets(data, options, result.series, file);
  const std::int64_t reach = data.target_columns > 0 ? result.targets.end : schema.steps;
  if (cuts_windows(options)) data.lengths.clear();  // which the series have told
  result.firsts = cuts_windows(options) ? windows_of(data, options, result.series, file, reach)
                                        : whole_series(data, result.series, file);
  keep_labelled(data, result.firsts, file);
  pad_targets(data);
  return result;
}

Sequences sequences_to_predict(Dataset& data, const SequenceOptions& options, const std::string& file,
                               const DataLimits& limits) {
  if (options.task != SequenceTask::kEachRow || options.stride == 0)
    return make_sequences(data, options, file, limits);
  if (data.schema.sequence.advance > 0) data.schema.sequence.steps = data.schema.sequence.advance = 1;
  SequenceOptions aligned = options;
  aligned.stride = data.schema.sequence.steps;
  Sequences result = make_sequences(data, aligned, file, limits);
  result.firsts.clear();
  for (const Series& each : result.series) add_windows_from_start(each, aligned.stride, result.firsts);
  return result;
}

std::int64_t length_of(const Dataset& data, std::int64_t first) {
  return data.lengths.empty() ? data.schema.sequence.steps
                              : static_cast<std::int64_t>(data.lengths[static_cast<std::size_t>(first)]);
}

std::int64_t answers_to(const Dataset& data, std::int64_t first) {
  const SequenceSchema& schema = data.schema.sequence;
  if (schema.target == SequenceTarget::kWhole) return 1;
  return std::min(schema.answered(), length_of(data, first));
}

std::int64_t answers_to(const Dataset& data, std::span<const std::int64_t> firsts) {
  std::int64_t answers = 0;
  for (const std::int64_t first : firsts) answers += answers_to(data, first);
  return answers;
}

bool follows(const Dataset& data, std::int64_t first, std::int64_t before) {
  if (first != before + data.schema.sequence.advance) return false;
  if (data.rows_each > 0) return first / data.rows_each == before / data.rows_each;
  const std::vector<float>& codes = data.series.codes;
  return codes.empty() || codes[static_cast<std::size_t>(first)] == codes[static_cast<std::size_t>(before)];
}

std::vector<std::int64_t> rows_read(const Dataset& data, std::span<const std::int64_t> firsts) {
  return union_of(firsts, [&](std::int64_t first) { return length_of(data, first); });
}

std::vector<std::int64_t> target_rows(const Dataset& data, std::span<const std::int64_t> firsts) {
  return union_of(firsts, [&](std::int64_t first) { return rows_with_targets(data, first); });
}

std::int64_t rows_of_padding(const Schema& schema) {
  return schema.sequence.has_lengths ? schema.sequence.steps - 1 : 0;
}

}  // namespace catenary
