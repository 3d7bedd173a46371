#include "catenary/train/run/schema_json.h"

#include <fmt/format.h>

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
constexpr std::array<std::string_view, 3> kDateOrders = {"year_first", "month_first", "day_first"};

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
  if (column.type == ColumnType::kTime)
    json["dates"] = kDateOrders[static_cast<std::size_t>(column.date_order)];
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

// Reads what was written above, and nothing else.
class JsonReader {
 public:
  JsonReader(const std::string& text, const std::string& file, std::string_view key)
      : file_(file), key_(key) {
    json_ = Json::parse(text, nullptr, false);
    if (!json_.is_array()) complain("a JSON array", json_);
  }

  [[nodiscard]] const Json& json() const { return json_; }

  [[noreturn]] void complain(std::string_view needed, const Json& found) const {
    const std::string text =
        found.is_discarded() ? "something else" : found.dump(-1, ' ', false, Json::error_handler_t::replace);
    fail(ErrorKind::kFormat, "{}: metadata '{}': expected {}, found {}", file_, key_, needed, quote(text));
  }

  [[nodiscard]] std::string text(const Json& json) const {
    if (!json.is_string()) complain("a name", json);
    return json.get<std::string>();
  }

  [[nodiscard]] const Json& member(const Json& json, const char* key) const {
    if (!json.is_object() || !json.contains(key)) complain(fmt::format("an object with '{}'", key), json);
    return json[key];
  }

  [[nodiscard]] float number(const Json& json) const {
    const double value = json.is_number() ? json.get<double>() : NAN;
    if (!std::isfinite(static_cast<float>(value))) complain("a finite number in f32", json);
    return static_cast<float>(value);
  }

  [[nodiscard]] std::size_t whole(const Json& json, std::size_t below) const {
    const bool fits = json.is_number_unsigned() && json.get<std::uint64_t>() < below;
    if (!fits) complain(fmt::format("a whole number below {}", below), json);
    return json.get<std::size_t>();
  }

  [[nodiscard]] std::vector<float> numbers(const Json& json, std::size_t least, std::size_t most) const {
    if (!json.is_array() || json.size() < least || json.size() > most)
      complain(fmt::format("an array of {} to {} numbers", least, most), json);
    std::vector<float> all;
    for (const Json& entry : json) all.push_back(number(entry));
    return all;
  }

  // One of the names that name_of gives the values.
  template <typename E, std::size_t n>
  [[nodiscard]] E choice(const Json& json, const std::array<E, n>& values) const {
    const std::string name = text(json);
    for (const E value : values) {
      if (name_of(value) == name) return value;
    }
    complain("a known word", json);
  }

  [[nodiscard]] fitted::Affine affine(const Json& json) const {
    const std::vector<float> pair = numbers(json, 2, 2);
    if (!(pair[1] > 0) && !(pair[1] < 0)) complain("a scale that is not 0", json);
    return {.shift = pair[0], .scale = pair[1]};
  }

 private:
  const std::string& file_;
  std::string_view key_;
  Json json_;
};

ColumnSchema read_column(const JsonReader& reader, const Json& json) {
  constexpr std::size_t kMostBuckets = std::size_t{1} << 24;
  if (json.is_string()) return {.name = reader.text(json)};
  ColumnSchema column{.name = reader.text(reader.member(json, "name")),
                      .type = reader.choice(reader.member(json, "type"), kTypes)};
  if (column.type == ColumnType::kTime) {
    const std::string order = reader.text(reader.member(json, "dates"));
    const auto* at = std::ranges::find(kDateOrders, order);
    if (at == kDateOrders.end()) reader.complain("an order of dates", json);
    column.date_order = static_cast<DateOrder>(at - kDateOrders.begin());
  }
  if (column.type != ColumnType::kCategory) return column;
  if (json.contains("unseen")) column.unseen = Unseen::kRefuse;
  if (json.contains("buckets")) {
    column.buckets = static_cast<std::int64_t>(reader.whole(json["buckets"], kMostBuckets));
    if (column.buckets == 0) reader.complain("at least one bucket", json);
    return column;
  }
  const Json& levels = reader.member(json, "levels");
  if (!levels.is_array()) reader.complain("an array of levels", json);
  for (const Json& level : levels) column.levels.push_back(reader.text(level));
  if (std::set(column.levels.begin(), column.levels.end()).size() < column.levels.size())
    reader.complain("distinct levels", levels);
  return column;
}

FittedStep read_step(const JsonReader& reader, const Json& json) {
  constexpr std::size_t kMostQuantiles = 10'000;
  if (json == "log") return fitted::Log();
  if (json == "is_missing") return fitted::IsMissing();
  if (!json.is_object() || json.size() != 1) reader.complain("a step of preprocessing", json);
  const std::string& key = json.begin().key();
  const Json& value = json.begin().value();
  if (key == "impute") return fitted::Impute{reader.number(value)};
  if (key == "affine") return reader.affine(value);
  if (key == "equals") return fitted::Equals{reader.number(value)};
  if (key == "ordinal") return fitted::Ordinal{reader.number(value)};
  if (key == "part") return fitted::Part{reader.choice(value, kParts)};
  if (key == "clip") {
    const std::vector<float> bounds = reader.numbers(value, 2, 2);
    return fitted::Clip{bounds[0], bounds[1]};
  }
  if (key != "quantile" && key != "normal_quantile") reader.complain("a step of preprocessing", json);
  fitted::Quantile quantile{reader.numbers(value, 2, kMostQuantiles), key == "normal_quantile"};
  if (!std::ranges::is_sorted(quantile.quantiles)) reader.complain("ascending quantiles", json);
  return quantile;
}

// A time is two numbers until its part is taken, which nothing else is made of.
void require_part_of_time(const JsonReader& reader, const Input& input, const Schema& schema,
                          const Json& json) {
  const bool is_time = schema.columns[input.column].type == ColumnType::kTime;
  for (std::size_t i = 0; i < input.steps.size(); ++i) {
    if (std::holds_alternative<fitted::Part>(input.steps[i]) && !(is_time && i == 0))
      reader.complain("a part of a time only", json);
  }
}

Input read_input(const JsonReader& reader, const Schema& schema, const Json& json) {
  const bool is_plain = !json.is_object();
  Input input{.name = {},
              .column = reader.whole(is_plain ? json : reader.member(json, "column"), schema.columns.size())};
  input.name =
      !is_plain && json.contains("name") ? reader.text(json["name"]) : schema.columns[input.column].name;
  if (is_plain || !json.contains("steps")) return input;
  for (const Json& step : json["steps"]) input.steps.push_back(read_step(reader, step));
  require_part_of_time(reader, input, schema, json);
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

void read_columns(Schema& schema, const std::string& text, const std::string& name) {
  const JsonReader reader(text, name, "columns");
  for (const Json& column : reader.json()) schema.columns.push_back(read_column(reader, column));
}

void read_inputs(Schema& schema, const std::string& text, const std::string& name) {
  const JsonReader reader(text, name, "inputs");
  for (const Json& input : reader.json()) schema.inputs.push_back(read_input(reader, schema, input));
}

void read_target_scales(Schema& schema, const std::string& text, const std::string& name) {
  const JsonReader reader(text, name, "target_scales");
  for (const Json& target : reader.json()) schema.target_scales.push_back(reader.affine(target));
}

}  // namespace catenary::train
