#include "catenary/train/run/schema_json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "tests/support/errors.h"
#include "tests/support/mangle.h"

namespace catenary::train {
namespace {

using testing_support::error_of;
using testing_support::mangled;

// A column of each type, and an input for each step that there is.
Schema whole_schema() {
  const float tiny = std::numeric_limits<float>::denorm_min(), large = std::numeric_limits<float>::max();
  Schema schema;
  schema.columns = {
      {.name = "age \"in\" years"},
      {.name = "town", .type = ColumnType::kCategory, .levels = {"Köln", "", "a,b"}},
      {.name = "zip", .type = ColumnType::kCategory, .buckets = 64},
      {.name = "plan", .type = ColumnType::kCategory, .levels = {"x"}, .unseen = Unseen::kRefuse},
      {.name = "member", .type = ColumnType::kBoolean},
      {.name = "when", .type = ColumnType::kTime, .date_order = DateOrder::kDayFirst},
      {.name = "born", .type = ColumnType::kTime, .date_order = DateOrder::kMonthFirst},
      {.name = "seen", .type = ColumnType::kTime}};
  schema.inputs = {
      {.name = "age \"in\" years", .column = 0},
      {.name = "age", .column = 0, .steps = {fitted::Impute{0.1F}, fitted::Affine{-tiny, large}}},
      {.name = "age.missing", .column = 0, .steps = {fitted::IsMissing()}},
      {.name = "log", .column = 0, .steps = {fitted::Log(), fitted::Clip{-1.5F, 1e20F}}},
      {.name = "rank", .column = 0, .steps = {fitted::Quantile{{0, 0.5F, 0.5F, 3}, false}}},
      {.name = "normal", .column = 0, .steps = {fitted::Quantile{{-1, 1}, true}, fitted::Affine{0, -2}}},
      {.name = "town=Köln", .column = 1, .steps = {fitted::Equals{0}}},
      {.name = "zip=#63", .column = 2, .steps = {fitted::Equals{63}}},
      {.name = "plan", .column = 3, .steps = {fitted::Ordinal{1}, fitted::Impute{0}}},
      {.name = "member", .column = 4},
      {.name = "when.year", .column = 5, .steps = {fitted::Part{TimePart::kYear}}},
      {.name = "when.month", .column = 5, .steps = {fitted::Part{TimePart::kMonth}, fitted::Log()}},
      {.name = "when.missing", .column = 5, .steps = {fitted::IsMissing()}},
      {.name = "born.day", .column = 6, .steps = {fitted::Part{TimePart::kDay}}},
      {.name = "born.weekday", .column = 6, .steps = {fitted::Part{TimePart::kWeekday}}},
      {.name = "seen.hour", .column = 7, .steps = {fitted::Part{TimePart::kHour}}}};
  schema.target_scales = {{0.1F, 1e-30F}, {-3, 7}};
  return schema;
}

struct Texts {
  std::string columns, inputs, target_scales;
};

Texts texts_of(const Schema& schema) {
  return {columns_json(schema).dump(), inputs_json(schema).dump(), target_scales_json(schema).dump()};
}

Schema schema_of(const Texts& texts) {
  Schema schema;
  read_columns(schema, texts.columns, "w");
  read_inputs(schema, texts.inputs, "w");
  read_target_scales(schema, texts.target_scales, "w");
  return schema;
}

TEST(SchemaJson, EachTypeOfColumnAndEachStepComesBackBitForBit) {
  const Schema schema = whole_schema();
  EXPECT_EQ(schema_of(texts_of(schema)), schema);
}

TEST(SchemaJson, WritesWhatGoesWithoutSayingInShort) {
  const Texts texts = texts_of({.columns = {{.name = "a"}, {.name = "b", .type = ColumnType::kBoolean}},
                                .inputs = {{.name = "a", .column = 0}, {.name = "b", .column = 1}}});
  EXPECT_EQ(texts.columns, R"(["a",{"name":"b","type":"boolean"}])");
  EXPECT_EQ(texts.inputs, "[0,1]");
  EXPECT_EQ(texts.target_scales, "[]");
}

TEST(SchemaJson, WritesAnF32AsItsFewestDigits) {
  EXPECT_EQ(target_scales_json({.target_scales = {{0.1F, 3e-5F}}}).dump(), "[[0.1,3e-05]]");
}

// What damaged bytes are read as is a schema or an Error{format}.
TEST(SchemaJson, AnyDamageIsASchemaOrAFormatError) {
  const Texts whole = texts_of(whole_schema());
  const auto expect_schema_or_error = [](const Texts& texts) {
    try {
      (void)schema_of(texts);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFormat) << error.what();
    }
  };
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    expect_schema_or_error({mangled(whole.columns, trial), whole.inputs, whole.target_scales});
    expect_schema_or_error({whole.columns, mangled(whole.inputs, trial), whole.target_scales});
    expect_schema_or_error({whole.columns, whole.inputs, mangled(whole.target_scales, trial)});
  }
  for (const char* json :
       {"", "{}", "[null]", "[[]]", "[{}]", "[-1]", "[0.5]", "[true]", "[\"a\"]", "[1e400]", "\xff"})
    for (const Texts& texts :
         {Texts{json, whole.inputs, whole.target_scales}, Texts{whole.columns, json, whole.target_scales},
          Texts{whole.columns, whole.inputs, json}})
      expect_schema_or_error(texts);
}

TEST(SchemaJson, ValuesNestedWithoutEndAreRefused) {
  constexpr std::size_t kDepth = 500'000;
  const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
  const std::string keys = fmt::format("[{{\"column\":0,\"steps\":[{{\"impute\":{}}}]}}]", deep);
  Schema schema = whole_schema();
  EXPECT_THAT(error_of([&] { read_columns(schema, deep, "w"); }), testing::StartsWith("format: w: "));
  EXPECT_THAT(error_of([&] { read_inputs(schema, keys, "w"); }), testing::StartsWith("format: w: "));
}

std::string columns_error(const std::string& text) {
  Schema schema;
  return error_of([&] { read_columns(schema, text, "w"); });
}

TEST(SchemaJson, SaysWhatIsWrongWithAColumn) {
  const std::string at = "format: w: metadata 'columns': expected ";
  EXPECT_EQ(columns_error("x"), at + "a JSON array, found 'x'");
  EXPECT_EQ(columns_error("{}"), at + "a JSON array, found '{}'");
  EXPECT_EQ(columns_error("[1]"), at + "an object with 'name', found '1'");
  EXPECT_EQ(columns_error(R"([{"name":1,"type":"boolean"}])"), at + "a name, found '1'");
  EXPECT_EQ(columns_error(R"([{"name":"a"}])"), at + "an object with 'type', found '{\"name\":\"a\"}'");
  EXPECT_EQ(columns_error(R"([{"name":"a","type":"text"}])"),
            at + "one of number, category, boolean, time, found '\"text\"'");
  EXPECT_EQ(columns_error(R"([{"name":"a","type":"time","dates":"x"}])"),
            at + "one of year_first, month_first, day_first, found '\"x\"'");
  EXPECT_EQ(columns_error(R"([{"name":"a","type":"category","buckets":0}])"),
            at + "a whole number from 1 to 1048576, found '0'");
  EXPECT_EQ(columns_error(R"([{"name":"a","type":"category","levels":"x"}])"),
            at + "an array of levels, found '\"x\"'");
  EXPECT_EQ(columns_error(R"([{"name":"a","type":"category","levels":["x","x"]}])"),
            at + "distinct levels, found '[\"x\",\"x\"]'");
  EXPECT_EQ(columns_error(R"([{"name":"a","type":"category","levels":[],"unseen":"maybe"}])"),
            at + "one of other, refuse, found '\"maybe\"'");
}

std::string inputs_error(const std::string& text) {
  Schema schema{.columns = {{.name = "a"}, {.name = "t", .type = ColumnType::kTime}}};
  return error_of([&] { read_inputs(schema, text, "w"); });
}
std::string stored_step_error(const std::string& step) {
  return inputs_error("[{\"column\":0,\"steps\":[" + step + "]}]");
}

TEST(SchemaJson, SaysWhatIsWrongWithAnInput) {
  const std::string at = "format: w: metadata 'inputs': expected ";
  EXPECT_EQ(inputs_error("[2]"), at + "a whole number from 0 to 1, found '2'");
  EXPECT_EQ(inputs_error("[-1]"), at + "a whole number from 0 to 1, found '-1'");
  EXPECT_EQ(inputs_error("[{}]"), at + "an object with 'column', found '{}'");
  EXPECT_EQ(inputs_error(R"([{"column":0,"steps":"log"}])"), at + "an array of steps, found '\"log\"'");
  EXPECT_EQ(inputs_error("[1]"), at + "a part of a time, and of nothing else, found '1'");
  EXPECT_EQ(
      inputs_error(R"([{"column":1,"steps":["log",{"part":"year"}]}])"),
      at + R"(a part of a time, and of nothing else, found '{"column":1,"steps":["log",{"part":"year"}]}')");
  EXPECT_EQ(stored_step_error(R"({"part":"year"})"),
            at + R"(a part of a time, and of nothing else, found '{"column":0,"steps":[{"part":"year"}]}')");
}

TEST(SchemaJson, SaysWhatIsWrongWithAStep) {
  const std::string at = "format: w: metadata 'inputs': expected ";
  EXPECT_EQ(stored_step_error("\"exp\""), at + "a step of preprocessing, found '\"exp\"'");
  EXPECT_EQ(stored_step_error("{}"), at + "a step of preprocessing, found '{}'");
  EXPECT_EQ(stored_step_error(R"({"power":2})"), at + "a step of preprocessing, found '{\"power\":2}'");
  EXPECT_EQ(stored_step_error(R"({"impute":"x"})"), at + "a finite number in f32, found '\"x\"'");
  EXPECT_EQ(stored_step_error(R"({"impute":1e39})"), at + "a finite number in f32, found '1e+39'");
  EXPECT_EQ(stored_step_error(R"({"affine":[1]})"), at + "an array of 2 numbers, found '[1]'");
  EXPECT_EQ(stored_step_error(R"({"affine":[1,0]})"), at + "a scale that is not 0, found '[1,0]'");
  EXPECT_EQ(stored_step_error(R"({"quantile":[1]})"), at + "an array of 2 to 10000 numbers, found '[1]'");
  EXPECT_EQ(stored_step_error(R"({"quantile":[2,1]})"),
            at + "ascending quantiles, found '{\"quantile\":[2,1]}'");
  EXPECT_EQ(stored_step_error(R"({"clip":[2,1]})"),
            at + "a lower bound and a higher one, found '{\"clip\":[2,1]}'");
}

std::string sequence_error(const std::string& text) {
  return error_of([&] {
    Schema schema;
    read_sequence(schema, text, "w");
  });
}

TEST(SchemaJson, KeepsHowRowsMakeSequences) {
  for (const SequenceSchema& sequence :
       {SequenceSchema{.steps = 24, .horizon = 12},
        SequenceSchema{.steps = 16'777'216, .has_lengths = true, .target = SequenceTarget::kEachRow},
        SequenceSchema{.steps = 24, .target = SequenceTarget::kEachRow, .advance = 8}}) {
    Schema schema;
    read_sequence(schema, sequence_json(sequence).dump(), "w");
    EXPECT_EQ(schema.sequence, sequence);
  }
}

TEST(SchemaJson, RefusesSequencesThatNoModelHas) {
  const std::string at = "format: w: metadata 'sequence': expected ";
  EXPECT_EQ(sequence_error("x"), at + "a JSON object, found 'x'");
  EXPECT_EQ(sequence_error("[]"), at + "an object with 'has_lengths', found '[]'");
  const auto with = [&](const std::string& steps, const std::string& lengths, const std::string& target,
                        const std::string& horizon, int advance = 0) {
    return sequence_error(
        fmt::format(R"({{"steps":{},"has_lengths":{},"target":{},"horizon":{},"advance":{}}})", steps,
                    lengths, target, horizon, advance));
  };
  EXPECT_EQ(with("0", "true", "\"whole\"", "1"), at + "a whole number from 1 to 16777216, found '0'");
  EXPECT_EQ(with("1", "2", "\"whole\"", "1"), at + "true or false, found '2'");
  EXPECT_EQ(with("1", "true", "\"next\"", "1"), at + "one of whole, each_row, found '\"next\"'");
  EXPECT_EQ(with("1", "true", "\"whole\"", "1e99"), at + "a whole number from 1 to 16777216, found '1e+99'");
  EXPECT_THAT(with("1", "true", "\"each_row\"", "2"),
              ::testing::StartsWith(at + "a horizon of 1 where each row has a target, found "));
  const std::string advancing =
      at + "windows of a length that go on by no more rows than their steps, found ";
  EXPECT_THAT(with("3", "false", "\"whole\"", "1", 4), ::testing::StartsWith(advancing));
  EXPECT_THAT(with("3", "true", "\"each_row\"", "1", 3), ::testing::StartsWith(advancing));
}

}  // namespace
}  // namespace catenary::train
