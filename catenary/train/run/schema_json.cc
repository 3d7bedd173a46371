#include "catenary/train/run/schema_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kTypes = {ColumnType::kNumber, ColumnType::kCategory, ColumnType::kBoolean,
                               ColumnType::kTime};
constexpr std::array kParts = {TimePart::kYear, TimePart::kMonth, TimePart::kDay, TimePart::kWeekday,
                               TimePart::kHour};
constexpr std::array kUnseen = {Unseen::kOther, Unseen::kRefuse};
constexpr std::array<std::string_view, 2> kSequenceTargets = {"whole", "each_row"};
constexpr std::array kDateOrders = {DateOrder::kYearFirst, DateOrder::kMonthFirst, DateOrder::kDayFirst};

// The number as f32 writes it: 0.1, not 0.10000000149011612.
double brief(float number) {
  double value = 0;
  const std::string text = fmt::format("{}", number);
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Json brief(std::span<const float> numbers) {
  Json json = Json::array();
  for (const float number : numbers) json.push_back(brief(number));
  return json;
}

Json column_json(const ColumnSchema& column) {
  if (column.type == ColumnType::kNumber) return column.name;
  Json json{{"name", column.name}, {"type", name_of(column.type)}};
  if (column.type == ColumnType::kTime) json["dates"] = name_of(column.date_order);
  if (column.type != ColumnType::kCategory) return json;
  if (column.buckets > 0) json["buckets"] = column.buckets;
  if (column.buckets == 0) json["levels"] = column.levels;
  if (column.unseen == Unseen::kRefuse) json["unseen"] = "refuse";
  return json;
}

struct StepJson {
  Json operator()(const fitted::Impute& s) const { return {{"impute", brief(s.value)}}; }
  Json operator()(const fitted::Affine& s) const { return {{"affine", {brief(s.shift), brief(s.scale)}}}; }
  Json operator()(const fitted::Log& /*s*/) const { return "log"; }
  Json operator()(const fitted::Clip& s) const { return {{"clip", {brief(s.low), brief(s.high)}}}; }
  Json operator()(const fitted::Quantile& s) const {
    return {{s.normal ? "normal_quantile" : "quantile", brief(s.quantiles)}};
  }
  Json operator()(const fitted::Equals& s) const { return {{"equals", s.code}}; }
  Json operator()(const fitted::IsMissing& /*s*/) const { return "is_missing"; }
  Json operator()(const fitted::Ordinal& s) const { return {{"ordinal", s.levels}}; }
  Json operator()(const fitted::Part& s) const { return {{"part", name_of(s.part)}}; }
};

Json input_json(const Input& input, const Schema& schema) {
  const bool has_name = input.name != schema.columns[input.column].name;
  if (!has_name && input.steps.empty()) return input.column;
  Json json{{"column", input.column}};
  if (has_name) json["name"] = input.name;
  for (const FittedStep& step : input.steps) json["steps"].push_back(std::visit(StepJson(), step));
  return json;
}

// What is read has its keys sorted: those of a foreign file may be many.
using ReadJson = nlohmann::json;

// Without what is nested deeper than anything that is written above, a step's numbers: a value around it is
// wrong already, and what writes it into a message calls itself for each level.
ReadJson parse_shallow(const std::string& text) {
  constexpr int kDeepest = 6;
  const auto is_shallow = [](int depth, ReadJson::parse_event_t /*event*/, ReadJson& /*parsed*/) {
    return depth <= kDeepest;
  };
  return ReadJson::parse(text, is_shallow, false);
}

// Reads what was written above, and nothing else.
class JsonReader {
 public:
  // what: in a message about other texts than JSON
  JsonReader(const std::string& text, const std::string& file, std::string_view key,
             std::string_view what = "a JSON array")
      : file_(file), key_(key) {
    json_ = parse_shallow(text);
    if (json_.is_discarded())
      fail(ErrorKind::kFormat, "{}: metadata '{}': expected {}, found {}", file_, key_, what, quote(text));
  }

  [[nodiscard]] const ReadJson& json() const { return json_; }
  [[nodiscard]] const ReadJson& entries() const { return array(json_, "a JSON array"); }

  [[noreturn]] void complain(std::string_view needed, const ReadJson& found) const {
    const std::string text = found.dump(-1, ' ', false, ReadJson::error_handler_t::replace);
    fail(ErrorKind::kFormat, "{}: metadata '{}': expected {}, found {}", file_, key_, needed, quote(text));
  }

  [[nodiscard]] std::string text(const ReadJson& json) const {
    if (!json.is_string()) complain("a name", json);
    return json.get<std::string>();
  }

  [[nodiscard]] const ReadJson& member(const ReadJson& json, const char* key) const {
    if (!json.is_object() || !json.contains(key)) complain(fmt::format("an object with '{}'", key), json);
    return json[key];
  }

  [[nodiscard]] float number(const ReadJson& json) const {
    const double value = json.is_number() ? json.get<double>() : NAN;
    if (!std::isfinite(static_cast<float>(value))) complain("a finite number in f32", json);
    return static_cast<float>(value);
  }

  [[nodiscard]] std::size_t whole(const ReadJson& json, std::size_t least, std::size_t most) const {
    const std::uint64_t number = json.is_number_unsigned() ? json.get<std::uint64_t>() : 0;
    if (!json.is_number_unsigned() || number < least || number > most)
      complain(fmt::format("a whole number from {} to {}", least, most), json);
    return number;
  }

  [[nodiscard]] const ReadJson& array(const ReadJson& json, std::string_view needed) const {
    if (!json.is_array()) complain(needed, json);
    return json;
  }

  [[nodiscard]] std::vector<float> numbers(const ReadJson& json, std::size_t least, std::size_t most) const {
    const std::string count = least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
    if (!json.is_array() || json.size() < least || json.size() > most)
      complain(fmt::format("an array of {} numbers", count), json);
    std::vector<float> all;
    for (const ReadJson& entry : json) all.push_back(number(entry));
    return all;
  }

  // The position of one of the names.
  [[nodiscard]] std::size_t position(const ReadJson& json, std::span<const std::string_view> names) const {
    const auto at = std::ranges::find(names, text(json));
    if (at == names.end()) complain(fmt::format("one of {}", fmt::join(names, ", ")), json);
    return static_cast<std::size_t>(at - names.begin());
  }
  // One of the values by the name that name_of gives it.
  template <typename E, std::size_t n>
  [[nodiscard]] E choice(const ReadJson& json, const std::array<E, n>& values) const {
    std::array<std::string_view, n> names;
    std::ranges::transform(values, names.begin(), [](E value) { return name_of(value); });
    return values[position(json, names)];
  }

  [[nodiscard]] fitted::Affine affine(const ReadJson& json) const {
    const std::vector<float> pair = numbers(json, 2, 2);
    if (!(pair[1] > 0) && !(pair[1] < 0)) complain("a scale that is not 0", json);
    return {.shift = pair[0], .scale = pair[1]};
  }

 private:
  const std::string& file_;
  std::string_view key_;
  ReadJson json_;
};

ColumnSchema read_column(const JsonReader& reader, const ReadJson& json) {
  constexpr std::size_t kMostBuckets = std::size_t{1} << 20;  // as many as a config may ask for
  if (json.is_string()) return {.name = reader.text(json)};
  ColumnSchema column{.name = reader.text(reader.member(json, "name")),
                      .type = reader.choice(reader.member(json, "type"), kTypes)};
  if (column.type == ColumnType::kTime)
    column.date_order = reader.choice(reader.member(json, "dates"), kDateOrders);
  if (column.type != ColumnType::kCategory) return column;
  if (json.contains("unseen")) column.unseen = reader.choice(json["unseen"], kUnseen);
  if (json.contains("buckets")) {
    column.buckets = static_cast<std::int64_t>(reader.whole(json["buckets"], 1, kMostBuckets));
    return column;
  }
  const ReadJson& levels = reader.array(reader.member(json, "levels"), "an array of levels");
  for (const ReadJson& level : levels) column.levels.push_back(reader.text(level));
  if (std::set(column.levels.begin(), column.levels.end()).size() < column.levels.size())
    reader.complain("distinct levels", levels);
  return column;
}

FittedStep read_step(const JsonReader& reader, const ReadJson& json) {
  constexpr std::size_t kMostQuantiles = 10'000;
  if (json == "log") return fitted::Log();
  if (json == "is_missing") return fitted::IsMissing();
  if (!json.is_object() || json.size() != 1) reader.complain("a step of preprocessing", json);
  const std::string& key = json.begin().key();
  const ReadJson& value = json.begin().value();
  if (key == "impute") return fitted::Impute{reader.number(value)};
  if (key == "affine") return reader.affine(value);
  if (key == "equals") return fitted::Equals{reader.number(value)};
  if (key == "ordinal") return fitted::Ordinal{reader.number(value)};
  if (key == "part") return fitted::Part{reader.choice(value, kParts)};
  if (key == "clip") {
    const std::vector<float> bounds = reader.numbers(value, 2, 2);
    if (!(bounds[0] <= bounds[1])) reader.complain("a lower bound and a higher one", json);
    return fitted::Clip{bounds[0], bounds[1]};
  }
  if (key != "quantile" && key != "normal_quantile") reader.complain("a step of preprocessing", json);
  fitted::Quantile quantile{reader.numbers(value, 2, kMostQuantiles), key == "normal_quantile"};
  if (!std::ranges::is_sorted(quantile.quantiles)) reader.complain("ascending quantiles", json);
  return quantile;
}

// A time is two numbers until its part is taken, which nothing else has; or all that is asked is whether it
// is missing.
bool takes_parts_of_times(const Input& input, const Schema& schema) {
  const bool is_time = schema.columns[input.column].type == ColumnType::kTime;
  const auto parts = std::ranges::count_if(
      input.steps, [](const FittedStep& step) { return std::holds_alternative<fitted::Part>(step); });
  if (!is_time) return parts == 0;
  if (input.steps.size() == 1 && std::holds_alternative<fitted::IsMissing>(input.steps.front())) return true;
  return parts == 1 && std::holds_alternative<fitted::Part>(input.steps.front());
}

Input read_input(const JsonReader& reader, const Schema& schema, const ReadJson& json) {
  const ReadJson& column = json.is_object() ? reader.member(json, "column") : json;
  if (schema.columns.empty()) reader.complain("no input, for want of columns", json);
  Input input{.name = {}, .column = reader.whole(column, 0, schema.columns.size() - 1)};
  const bool has_name = json.is_object() && json.contains("name");
  input.name = has_name ? reader.text(json["name"]) : schema.columns[input.column].name;
  if (json.is_object() && json.contains("steps")) {
    for (const ReadJson& step : reader.array(json["steps"], "an array of steps"))
      input.steps.push_back(read_step(reader, step));
  }
  if (!takes_parts_of_times(input, schema)) reader.complain("a part of a time, and of nothing else", json);
  return input;
}

}  // namespace

Json columns_json(const Schema& schema) {
  Json json = Json::array();
  for (const ColumnSchema& column : schema.columns) json.push_back(column_json(column));
  return json;
}

Json inputs_json(const Schema& schema) {
  Json json = Json::array();
  for (const Input& input : schema.inputs) json.push_back(input_json(input, schema));
  return json;
}

Json target_scales_json(const Schema& schema) {
  Json json = Json::array();
  for (const fitted::Affine& target : schema.target_scales)
    json.push_back({brief(target.shift), brief(target.scale)});
  return json;
}

Json sequence_json(const SequenceSchema& sequence) {
  return {{"steps", sequence.steps},
          {"has_lengths", sequence.has_lengths},
          {"target", kSequenceTargets[static_cast<std::size_t>(sequence.target)]},
          {"horizon", sequence.horizon},
          {"advance", sequence.advance}};
}

void read_sequence(Schema& schema, const std::string& text, const std::string& name) {
  constexpr std::size_t kMost = std::size_t{1} << 24;  // as many as a config may ask for
  const JsonReader reader(text, name, "sequence", "a JSON object");
  const auto count = [&](const char* key) {
    return static_cast<std::int64_t>(reader.whole(reader.member(reader.json(), key), 1, kMost));
  };
  const ReadJson& has_lengths = reader.member(reader.json(), "has_lengths");
  if (!has_lengths.is_boolean()) reader.complain("true or false", has_lengths);
  const auto advance =
      static_cast<std::int64_t>(reader.whole(reader.member(reader.json(), "advance"), 0, kMost));
  const std::size_t target = reader.position(reader.member(reader.json(), "target"), kSequenceTargets);
  schema.sequence = {.steps = count("steps"),
                     .has_lengths = has_lengths.get<bool>(),
                     .target = static_cast<SequenceTarget>(target),
                     .horizon = count("horizon"),
                     .advance = advance};
  if (schema.sequence.horizon > 1 && schema.sequence.target == SequenceTarget::kEachRow)
    reader.complain("a horizon of 1 where each row has a target", reader.json());
  if (advance > schema.sequence.steps || (advance > 0 && has_lengths.get<bool>()))
    reader.complain("windows of a length that go on by no more rows than their steps", reader.json());
}

void read_columns(Schema& schema, const std::string& text, const std::string& name) {
  const JsonReader reader(text, name, "columns");
  for (const ReadJson& column : reader.entries()) schema.columns.push_back(read_column(reader, column));
}

void read_inputs(Schema& schema, const std::string& text, const std::string& name) {
  const JsonReader reader(text, name, "inputs");
  for (const ReadJson& input : reader.entries()) schema.inputs.push_back(read_input(reader, schema, input));
}

void read_target_scales(Schema& schema, const std::string& text, const std::string& name) {
  const JsonReader reader(text, name, "target_scales");
  for (const ReadJson& target : reader.entries()) schema.target_scales.push_back(reader.affine(target));
}

}  // namespace catenary::train
