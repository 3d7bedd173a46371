#include "catenary/data/preprocess/steps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "catenary/base/error.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::array kStatistics = {preprocess::Statistic::kMedian, preprocess::Statistic::kMean,
                                    preprocess::Statistic::kMostFrequent, preprocess::Statistic::kConstant};
constexpr std::array kUnseen = {Unseen::kOther, Unseen::kRefuse};
constexpr std::array kParts = {TimePart::kYear, TimePart::kMonth, TimePart::kDay, TimePart::kWeekday,
                               TimePart::kHour};
constexpr WholeRange kLevels = {1, std::int64_t{1} << 20};

constexpr std::array<std::string_view, 2> kDistributions = {"uniform", "normal"};

std::vector<std::string_view> names_of(std::span<const TimePart> parts) {
  std::vector<std::string_view> names;
  for (const TimePart part : parts) names.push_back(name_of(part));
  return names;
}

// Reads the keys of one step, beside its type, into its options.
class StepReader {
 public:
  StepReader(const TomlNode& node, std::string path) : node_(node), path_(std::move(path)) {}

  void operator()(preprocess::Auto& s) {
    s.standardize = table({"standardize"}).boolean("standardize", s.standardize);
    if (!columns_.empty())
      fail(ErrorKind::kConfig, "{}: {}.columns: auto is for all columns that no step before it took",
           node_.place, path_);
  }
  void operator()(preprocess::Drop& /*s*/) {
    (void)table({}).require("columns", "the name of a column, or an array of such names");
  }
  void operator()(preprocess::Impute& s) {
    const TableReader keys = table({"by", "value", "indicator"});
    s.by = keys.choice("by", std::span<const preprocess::Statistic>(kStatistics), s.by);
    if (s.by == preprocess::Statistic::kConstant) (void)keys.require("value", kAnyNumber.text);
    if (s.by != preprocess::Statistic::kConstant)
      keys.forbid(std::array<std::string_view, 1>{"value"}, "needs by = \"constant\"");
    s.value = keys.number("value", kAnyNumber, s.value);
    s.indicator = keys.boolean("indicator", s.indicator);
  }
  void operator()(preprocess::OneHot& s) {
    const TableReader keys = table({"max_levels", "buckets", "unseen"});
    s.max_levels = keys.whole("max_levels", kLevels, s.max_levels);
    s.buckets = keys.whole("buckets", kLevels, s.buckets);
    s.unseen = keys.choice("unseen", std::span<const Unseen>(kUnseen), s.unseen);
  }
  void operator()(preprocess::Ordinal& s) {
    const TableReader keys = table({"order"});
    if (const TomlNode* order = keys.find("order"))
      s.order = as_names(*order, keys.path("order"), "an array of the column's values");
  }
  void operator()(preprocess::Dates& s) {
    const TableReader keys = table({"parts"});
    const TomlNode* parts = keys.find("parts");
    if (parts == nullptr) return;
    s.parts.clear();
    for (const TomlNode& node : keys.array("parts", "an array of year, month, day, weekday and hour")) {
      const TimePart part = kParts[as_choice(node, keys.path("parts"), names_of(kParts))];
      if (std::ranges::count(s.parts, part) > 0) fail_twice(node, keys.path("parts"));
      s.parts.push_back(part);
    }
    if (s.parts.empty()) fail_expected(*parts, keys.path("parts"), "at least one part");
  }
  void operator()(preprocess::Standardize& /*s*/) { (void)table({}); }
  void operator()(preprocess::MinMax& s) {
    const TableReader keys = table({"low", "high"});
    s.low = keys.number("low", kAnyNumber, s.low);
    s.high = keys.number("high", kAnyNumber, s.high);
    if (s.low >= s.high)
      fail(ErrorKind::kConfig, "{}: {}: expected low below high, found {} and {}", node_.place, path_, s.low,
           s.high);
  }
  void operator()(preprocess::Scale& s) {
    const TableReader keys = table({"factor"});
    const TomlNode& factor = keys.require("factor", "a number other than 0");
    s.factor = keys.number("factor", kAnyNumber, s.factor);
    constexpr double kLeast = 1e-30;
    if (s.factor < kLeast && s.factor > -kLeast)
      fail_expected(factor, keys.path("factor"), "a number of at least 1e-30 in size");
  }
  void operator()(preprocess::Quantile& s) {
    const TableReader keys = table({"quantiles", "distribution"});
    s.quantiles = keys.whole("quantiles", {2, 10'000}, s.quantiles);
    if (const TomlNode* word = keys.find("distribution"))
      s.normal = as_choice(*word, keys.path("distribution"), kDistributions) == 1;
  }
  void operator()(preprocess::Log& /*s*/) { (void)table({}); }
  void operator()(preprocess::Clip& s) {
    const TableReader keys = table({"low", "high", "quantile"});
    constexpr NumberSet kTail = {"a number from 0 to 0.5", [](double x) { return x >= 0 && x <= 0.5; }};
    if (keys.find("low") != nullptr) s.low = keys.number("low", kAnyNumber, 0);
    if (keys.find("high") != nullptr) s.high = keys.number("high", kAnyNumber, 0);
    s.quantile = keys.number("quantile", kTail, s.quantile);
    if (s.low && s.high && *s.low > *s.high)
      fail(ErrorKind::kConfig, "{}: {}: expected low below high, found {} and {}", node_.place, path_, *s.low,
           *s.high);
  }
  void operator()(preprocess::TargetStandardize& /*s*/) {
    table({}).forbid(std::array<std::string_view, 1>{"columns"},
                     "does not apply to targets, which are data.target");
  }

  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }

 private:
  // The step's table, which may have these keys of its own.
  TableReader table(std::initializer_list<std::string_view> own) {
    std::vector<std::string_view> keys = {"type", "columns"};
    keys.insert(keys.end(), own);
    TableReader table(node_, path_, keys);
    if (const TomlNode* columns = table.find("columns"))
      columns_ = as_names(*columns, table.path("columns"), "the name of a column, or an array of such names");
    return table;
  }

  const TomlNode& node_;
  std::string path_;
  std::vector<std::string> columns_;
};

preprocess::Step read_step(const TomlNode& node, std::size_t index) {
  const std::string path = fmt::format("preprocess.{}", index);
  std::vector<std::string_view> names;
  for (const preprocess::Options& options : preprocess::all_steps()) names.push_back(name_of(options));
  const TomlEntry* type = node.table() == nullptr ? nullptr : find(*node.table(), "type");
  if (node.table() == nullptr) fail_expected(node, path, "a table such as { type = \"standardize\" }");
  if (type == nullptr)
    fail(ErrorKind::kConfig, "{}: missing key '{}.type': one of {}", node.place, path,
         fmt::join(names, ", "));
  preprocess::Step step{.options = preprocess::all_steps()[as_choice(type->node, path + ".type", names)]};
  StepReader reader(node, path);
  std::visit(reader, step.options);
  step.columns = reader.columns();
  return step;
}

std::vector<preprocess::Step> usual_steps(DataFormat format, std::optional<bool> standardize) {
  if (format != DataFormat::kIdx)
    return {{.options = preprocess::Auto{.standardize = standardize.value_or(true)}}};
  if (standardize.value_or(false)) return {{.options = preprocess::Standardize()}};
  return {};
}

// The keys of a step with their values, beside its type and columns, a line each.
struct StepWriter {
  std::string operator()(const preprocess::Auto& s) const {
    return fmt::format("standardize = {}\n", s.standardize);
  }
  std::string operator()(const preprocess::Impute& s) const {
    const std::string value =
        s.by == preprocess::Statistic::kConstant ? fmt::format("value = {}\n", toml_number(s.value)) : "";
    return fmt::format("by = \"{}\"\n{}indicator = {}\n", name_of(s.by), value, s.indicator);
  }
  std::string operator()(const preprocess::OneHot& s) const {
    return fmt::format("max_levels = {}\nbuckets = {}\nunseen = \"{}\"\n", s.max_levels, s.buckets,
                       name_of(s.unseen));
  }
  std::string operator()(const preprocess::Ordinal& s) const {
    return s.order.empty() ? "" : fmt::format("order = {}\n", toml_names(s.order));
  }
  std::string operator()(const preprocess::Dates& s) const {
    std::vector<std::string> parts;
    for (const TimePart part : s.parts) parts.emplace_back(name_of(part));
    return fmt::format("parts = {}\n", toml_names(parts));
  }
  std::string operator()(const preprocess::MinMax& s) const {
    return fmt::format("low = {}\nhigh = {}\n", toml_number(s.low), toml_number(s.high));
  }
  std::string operator()(const preprocess::Scale& s) const {
    return fmt::format("factor = {}\n", toml_number(s.factor));
  }
  std::string operator()(const preprocess::Quantile& s) const {
    return fmt::format("quantiles = {}\ndistribution = \"{}\"\n", s.quantiles,
                       kDistributions[s.normal ? 1 : 0]);
  }
  std::string operator()(const preprocess::Clip& s) const {
    const std::string low = s.low ? fmt::format("low = {}\n", toml_number(*s.low)) : "";
    const std::string high = s.high ? fmt::format("high = {}\n", toml_number(*s.high)) : "";
    return fmt::format("{}{}quantile = {}\n", low, high, toml_number(s.quantile));
  }
  template <typename WithoutKeys>
  std::string operator()(const WithoutKeys& /*s*/) const {
    return "";
  }
};

}  // namespace

std::vector<preprocess::Step> read_preprocess(const TomlNode& root, DataFormat format) {
  const TomlEntry* steps = find(*root.table(), "preprocess");
  const TomlEntry* data = find(*root.table(), "data");
  const TomlEntry* standardize = data == nullptr ? nullptr : find(*data->node.table(), "standardize");
  std::optional<bool> short_form;
  if (standardize != nullptr) {
    const auto* word = std::get_if<bool>(&standardize->node.value);
    if (word == nullptr) fail_expected(standardize->node, "data.standardize", "true or false");
    short_form = *word;
  }
  if (steps == nullptr)
    return format == DataFormat::kText ? std::vector<preprocess::Step>() : usual_steps(format, short_form);
  if (format == DataFormat::kText)
    fail(ErrorKind::kConfig,
         "{}: preprocess: does not apply to a text, whose characters are read as they are", steps->place);
  if (short_form)
    fail(ErrorKind::kConfig, "{}: data.standardize: is the short form of preprocess, found both",
         standardize->place);
  if (std::holds_alternative<std::string>(steps->node.value)) {
    constexpr std::array<std::string_view, 2> kWords = {"auto", "none"};
    if (as_choice(steps->node, "preprocess", kWords) == 1) return {};
    return {{.options = preprocess::Auto()}};
  }
  if (steps->node.array() == nullptr)
    fail_expected(steps->node, "preprocess", "\"auto\", \"none\" or tables [[preprocess]]");
  std::vector<preprocess::Step> read;
  for (const TomlNode& step : *steps->node.array()) read.push_back(read_step(step, read.size()));
  return read;
}

std::string to_toml(std::span<const preprocess::Step> steps) {
  std::string text;
  for (const preprocess::Step& step : steps) {
    text += fmt::format("\n[[preprocess]]\ntype = \"{}\"\n", name_of(step.options));
    if (!step.columns.empty()) text += fmt::format("columns = {}\n", toml_names(step.columns));
    text += std::visit(StepWriter(), step.options);
  }
  return text;
}

}  // namespace catenary::train
