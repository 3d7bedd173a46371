#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"
#include "catenary/train/config/toml.h"

namespace catenary::train {

namespace {

using Keys = std::span<const std::string_view>;

constexpr std::array<std::string_view, 12> kSequenceKeys = {
    "target", "steps", "horizon",         "stride", "stateful",   "series",
    "time",   "gaps",  "target_is_input", "season", "difference", "unit"};
constexpr std::array kTasks = {SequenceTask::kNext, SequenceTask::kWhole, SequenceTask::kEachRow};
constexpr std::array kGaps = {Gaps::kRefuse, Gaps::kAllow};
constexpr std::array kUnits = {TextUnit::kCharacter, TextUnit::kByte};

constexpr std::int64_t kMostSteps = std::int64_t{1} << 24;  // row numbers of a sequence stay exact in f32

constexpr std::string_view kOfNext = "applies only to target = \"next\"";
constexpr std::string_view kOfTables = "applies only to format = \"csv\"";
constexpr std::string_view kOfText = "applies only to format = \"text\"";

void forbid_keys(const TableReader& table, std::initializer_list<std::string_view> keys,
                 std::string_view why) {
  table.forbid(Keys(keys.begin(), keys.size()), why);
}

std::int64_t count(const TableReader& table, std::string_view key, std::int64_t fallback) {
  return table.whole(key, {1, kMostSteps}, fallback);
}

void require_steps(const TableReader& table, std::string_view what) { (void)table.require("steps", what); }

// What forecasts of numbers are compared with, and what they start from.
void read_past(const TableReader& table, SequenceOptions& options) {
  if (options.task != SequenceTask::kNext) return forbid_keys(table, {"season", "difference"}, kOfNext);
  options.season = table.whole("season", {1, options.steps}, 0);
  if (!options.target_is_input)
    forbid_keys(table, {"difference"}, "needs the target's past among the inputs (target_is_input)");
  if (table.find("difference") != nullptr && options.horizon > options.steps)
    fail(ErrorKind::kConfig,
         "{}: data.sequence.difference: needed a horizon of at most steps, as a difference is to a row that "
         "the window reads, found horizon = {} and steps = {}",
         table.place(), options.horizon, options.steps);
  options.difference = table.whole("difference", {options.horizon, options.steps}, 0);
}

// Rows between windows: states that go on leave none out, and take windows side by side unless told
// otherwise.
void read_stride(const TableReader& table, std::int64_t usual, SequenceOptions& options) {
  options.stride = count(table, "stride", options.is_stateful ? options.steps : usual);
  if (!options.is_stateful || options.stride <= options.steps) return;
  fail(ErrorKind::kConfig,
       "{}: data.sequence.stride: expected at most the {} steps of a window beside "
       "stateful = true, so that states go on from row to row, found {}",
       table.place(), options.steps, options.stride);
}

// Of each row: whole series, or windows where a stride is given or states go on.
void read_windows(const TableReader& table, SequenceOptions& options) {
  if (options.task == SequenceTask::kNext)
    require_steps(table, "a whole number, the rows that a window reads");
  options.is_stateful = table.boolean("stateful", false);
  if (options.task == SequenceTask::kEachRow && (options.is_stateful || table.find("stride") != nullptr))
    require_steps(table, "a whole number, the rows of a window, beside stride or stateful");
  if (options.task == SequenceTask::kWhole)
    forbid_keys(table, {"stride", "stateful"}, "applies only to windows, and target = \"whole\" has none");
  if (options.task != SequenceTask::kNext) forbid_keys(table, {"horizon", "target_is_input"}, kOfNext);
  options.steps = count(table, "steps", 0);
  options.horizon = count(table, "horizon", 1);
  read_stride(table, options.task == SequenceTask::kNext ? 1 : 0, options);
}

void read_series_keys(const TableReader& table, SequenceOptions& options) {
  options.series = table.column_name("series");
  options.time = table.column_name("time");
  if (options.time.empty()) forbid_keys(table, {"gaps"}, "applies only beside 'time'");
  const bool are_windows = options.task == SequenceTask::kNext || options.stride > 0;
  options.gaps =
      table.choice("gaps", std::span<const Gaps>(kGaps), are_windows ? Gaps::kRefuse : Gaps::kAllow);
  if (options.task == SequenceTask::kWhole)
    (void)table.require("series",
                        "the name of a column, whose values tell series apart, each with one target");
}

SequenceConfig read_text(const TableReader& table) {
  SequenceConfig sequence;
  sequence.options = {.task = SequenceTask::kEachRow, .lead = 1, .target_is_input = false};
  forbid_keys(table, {"target", "horizon", "target_is_input"},
              "does not apply to a text: each character's target is the next one");
  forbid_keys(table, {"series", "time", "gaps", "season", "difference"}, kOfTables);
  require_steps(table, "a whole number, the characters that a sample reads");
  sequence.options.is_stateful = table.boolean("stateful", false);
  sequence.options.steps = count(table, "steps", 0);
  read_stride(table, sequence.options.steps, sequence.options);
  sequence.unit = table.choice("unit", std::span<const TextUnit>(kUnits), TextUnit::kCharacter);
  return sequence;
}

// Arrays [samples, steps, ...] and images tell their steps themselves.
void read_array_keys(const TableReader& table, SequenceOptions& options, DataFormat format) {
  forbid_keys(table, {"series", "time", "gaps", "target_is_input", "difference"}, kOfTables);
  options.target_is_input = false;
  if (format != DataFormat::kIdx) return;
  forbid_keys(table, {"steps"}, "does not apply to images, whose rows are the steps");
  if (options.task == SequenceTask::kWhole) return;
  fail(ErrorKind::kConfig, "{}: data.sequence.target: expected \"whole\" for images, found '{}'",
       table.place(), name_of(options.task));
}

}  // namespace

SequenceConfig read_sequence(const TomlNode& node, DataFormat format) {
  if (node.table() == nullptr) fail_expected(node, "data.sequence", "a table, such as { steps = 24 }");
  const TableReader table(node, "data.sequence", kSequenceKeys);
  SequenceConfig sequence;
  if (format == DataFormat::kText) {
    sequence = read_text(table);
  } else {
    forbid_keys(table, {"unit"}, kOfText);
    const SequenceTask usual = format == DataFormat::kIdx ? SequenceTask::kWhole : SequenceTask::kNext;
    sequence.options.task = table.choice("target", std::span<const SequenceTask>(kTasks), usual);
    read_windows(table, sequence.options);
    if (format == DataFormat::kCsv) read_series_keys(table, sequence.options);
    if (format == DataFormat::kCsv)
      sequence.options.target_is_input =
          table.boolean("target_is_input", sequence.options.task == SequenceTask::kNext);
    if (format != DataFormat::kCsv) read_array_keys(table, sequence.options, format);
    read_past(table, sequence.options);
  }
  sequence.place = {node.place};
  return sequence;
}

std::string to_toml(const SequenceConfig& sequence, DataFormat format) {
  const SequenceOptions& options = sequence.options;
  std::vector<std::string> keys;
  const bool is_text = format == DataFormat::kText, is_next = options.task == SequenceTask::kNext;
  if (!is_text) keys.push_back(fmt::format("target = \"{}\"", name_of(options.task)));
  if (options.steps > 0) keys.push_back(fmt::format("steps = {}", options.steps));
  if (is_next) keys.push_back(fmt::format("horizon = {}", options.horizon));
  if (options.stride > 0)
    keys.push_back(fmt::format("stride = {}, stateful = {}", options.stride, options.is_stateful));
  if (!options.series.empty()) keys.push_back(fmt::format("series = {}", quoted_toml(options.series)));
  if (!options.time.empty())
    keys.push_back(fmt::format("time = {}, gaps = \"{}\"", quoted_toml(options.time), name_of(options.gaps)));
  if (is_next && format == DataFormat::kCsv)
    keys.push_back(fmt::format("target_is_input = {}", options.target_is_input));
  if (options.season > 0) keys.push_back(fmt::format("season = {}", options.season));
  if (options.difference > 0) keys.push_back(fmt::format("difference = {}", options.difference));
  if (is_text) keys.push_back(fmt::format("unit = \"{}\"", name_of(sequence.unit)));
  return fmt::format("{{ {} }}", fmt::join(keys, ", "));
}

}  // namespace catenary::train
