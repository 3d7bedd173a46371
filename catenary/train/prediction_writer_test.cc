#include "catenary/train/prediction_writer.h"

#include <gmock/gmock.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catenary/data/csv/csv.h"
#include "catenary/data/write_npy.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;

using Json = nlohmann::ordered_json;

// What a writer writes of these rows.
std::string written(PredictionFormat format, PredictionTable table, const std::vector<Prediction>& rows) {
  std::string text;
  table.rows = std::ssize(rows);
  PredictionWriter writer(format, std::move(table), [&](std::string_view piece) { text += piece; });
  for (const Prediction& row : rows) writer.add(row);
  writer.finish();
  return text;
}

// The same texts in each row.
CarriedColumn carried(const std::string& name, const std::string& text) {
  return {name, [text](std::int64_t) -> std::string_view { return text; }};
}

// f32 numbers that take the most digits, or are otherwise hard to write.
std::vector<float> hard_numbers() {
  using Limits = std::numeric_limits<float>;
  std::vector<float> numbers{0,
                             -0.0F,
                             1,
                             0.1F,
                             1.0F / 3,
                             16777216,
                             Limits::min(),
                             Limits::denorm_min(),
                             Limits::max(),
                             -Limits::max(),
                             1e-10F,
                             8.589973e9F};
  for (std::uint32_t bits = 1; bits < 0x7F000000; bits += 7'654'321)
    numbers.push_back(std::bit_cast<float>(bits));
  return numbers;
}

constexpr std::array kNumbers{0.25F, 0.75F};

TEST(PredictionWriter, WritesClassesAndNumbersAsATable) {
  const PredictionTable columns{.numbers = PredictedNumbers::kProbabilities, .names = {"a", "b"}};
  EXPECT_EQ(written(PredictionFormat::kCsv, columns, {{1, kNumbers}, {0, kNumbers}}),
            "prediction,probability_a,probability_b\nb,0.25,0.75\na,0.25,0.75\n");
  EXPECT_EQ(written(PredictionFormat::kCsv, {.names = {"t", "u"}}, {{{}, kNumbers}}),
            "prediction_t,prediction_u\n0.25,0.75\n");
}

TEST(PredictionWriter, WritesAnObjectALine) {
  const auto json = [](PredictedNumbers numbers, std::vector<std::string> names, Prediction prediction) {
    return written(PredictionFormat::kJsonLines, {.numbers = numbers, .names = std::move(names)},
                   {prediction, prediction});
  };
  const std::string of_classes = R"({"prediction":"b","probabilities":{"a":0.25,"b":0.75}})"
                                 "\n";
  EXPECT_EQ(json(PredictedNumbers::kProbabilities, {"a", "b"}, {1, kNumbers}), of_classes + of_classes);
  const std::string of_scores = R"({"prediction":"a","scores":{"a":0.25,"b":0.75}})"
                                "\n";
  EXPECT_EQ(json(PredictedNumbers::kScores, {"a", "b"}, {0, kNumbers}), of_scores + of_scores);
  const std::string of_targets = R"({"predictions":{"t":0.25,"u":0.75}})"
                                 "\n";
  EXPECT_EQ(json(PredictedNumbers::kTargets, {"t", "u"}, {{}, kNumbers}), of_targets + of_targets);
  const std::span one = std::span(kNumbers).first(1);
  EXPECT_EQ(json(PredictedNumbers::kTargets, {"t"}, {{}, one}),
            "{\"prediction\":0.25}\n{\"prediction\":0.25}\n");
}

TEST(PredictionWriter, CarriesColumnsOfTheInputBeforeThePrediction) {
  const std::array<std::string, 2> ids{"007", "a,b"};
  const PredictionTable columns{
      .names = {"t"},
      .carried = {
          {"id", [&](std::int64_t row) -> std::string_view { return ids[static_cast<std::size_t>(row)]; }},
          carried("x", "1.50")}};
  const std::span one = std::span(kNumbers).first(1);
  EXPECT_EQ(written(PredictionFormat::kCsv, columns, {{{}, one}, {{}, one}}),
            "id,x,prediction_t\n007,1.50,0.25\n\"a,b\",1.50,0.25\n");
  EXPECT_EQ(written(PredictionFormat::kJsonLines, columns, {{{}, one}, {{}, one}}),
            "{\"id\":\"007\",\"x\":\"1.50\",\"prediction\":0.25}\n"
            "{\"id\":\"a,b\",\"x\":\"1.50\",\"prediction\":0.25}\n");
}

TEST(PredictionWriter, GivesNoNameTwice) {
  const PredictionTable columns{.numbers = PredictedNumbers::kProbabilities,
                                .names = {"a", "b"},
                                .carried = {carried("prediction", "p"), carried("prediction_input", "q"),
                                            carried("probability_a", "r"), carried("probabilities", "s")}};
  EXPECT_EQ(
      written(PredictionFormat::kCsv, columns, {}),
      "prediction_input,prediction_input_input,probability_a_input,probabilities,prediction,probability_a,"
      "probability_b\n");
  const Json row = Json::parse(written(PredictionFormat::kJsonLines, columns, {{1, kNumbers}}));
  std::vector<std::string> keys;
  for (const auto& item : row.items()) keys.push_back(item.key());
  EXPECT_THAT(keys, ElementsAre("prediction_input", "prediction_input_input", "probability_a",
                                "probabilities_input", "prediction", "probabilities"));
  EXPECT_EQ(row["prediction"], "b");
}

TEST(PredictionWriter, KeepsAMissingCellMissingAndAClassAClass) {
  const PredictionTable columns{.numbers = PredictedNumbers::kProbabilities,
                                .names = {"NA", " a"},
                                .carried = {carried("x", ""), carried("y", "NA")}};
  EXPECT_EQ(written(PredictionFormat::kCsv, columns, {{0, kNumbers}, {1, kNumbers}}),
            "x,y,prediction,probability_NA,probability_ a\n,NA,\"NA\",0.25,0.75\n,NA,\" a\",0.25,0.75\n");
}

TEST(PredictionWriter, NumbersReadBackAsTheSameBits) {
  const std::vector<float> numbers = hard_numbers();
  std::vector<Prediction> rows;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    rows.push_back({.numbers = std::span(numbers).subspan(i, 1)});
  const Table table = parse_csv(written(PredictionFormat::kCsv, {.names = {"t"}}, rows), "p.csv");
  std::stringstream lines(written(PredictionFormat::kJsonLines, {.names = {"t"}}, rows));
  std::string line;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(numbers[i]);
    ASSERT_EQ(std::bit_cast<std::uint32_t>(table.number(i, table.columns[0])), bits);
    ASSERT_TRUE(std::getline(lines, line));
    const float parsed = Json::parse(line)["prediction"].get<float>();
    ASSERT_EQ(std::bit_cast<std::uint32_t>(parsed), bits) << line;
  }
}

TEST(PredictionWriter, TextsOfAnyKindAreReadBack) {
  const std::vector<std::string> names{"a,b",         "say \"no\"",  "two\nlines",
                                       "caf\xC3\xA9", "back\\slash", "\x01"};
  const std::vector<float> numbers(names.size(), 0.5F);
  const PredictionTable columns{.numbers = PredictedNumbers::kProbabilities, .names = names};
  std::vector<Prediction> rows;
  for (std::size_t i = 0; i < names.size(); ++i) rows.push_back({i, numbers});
  const auto as_texts = [](std::span<const std::string> header) {
    return std::vector<ColumnRequest>(header.size(), {.role = ColumnRole::kText});
  };
  const Table table =
      parse_csv(written(PredictionFormat::kCsv, columns, rows), "p.csv", {.requests = as_texts});
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(table.columns[0].texts[i], names[i]);
    EXPECT_EQ(table.columns[i + 1].name, "probability_" + names[i]);
    const Json row = Json::parse(written(PredictionFormat::kJsonLines, columns, {rows[i]}));
    EXPECT_EQ(row["prediction"], names[i]);
    EXPECT_EQ(row["probabilities"][names[i]], 0.5);
  }
}

TEST(PredictionWriter, WritesAnArrayOfTheNumbersAlone) {
  const PredictionTable classes{
      .numbers = PredictedNumbers::kProbabilities, .names = {"a", "b"}, .carried = {carried("x", "1")}};
  const std::vector<float> numbers = hard_numbers();
  std::vector<Prediction> rows;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
    rows.push_back({1, std::span(numbers).subspan(i, 2)});
  EXPECT_EQ(written(PredictionFormat::kNpy, classes, rows),
            write_npy(std::span(numbers).first(2 * rows.size()), std::ssize(rows), 2));
  EXPECT_EQ(written(PredictionFormat::kNpy, {.names = {"t"}}, {}), write_npy({}, 0, 1));
}

TEST(PredictionWriter, ATextThatIsNoUtf8IsStillJson) {
  const PredictionTable columns{.names = {"t"}, .carried = {carried("x\xFF", "\xFF")}};
  const Json row =
      Json::parse(written(PredictionFormat::kJsonLines, columns, {{{}, std::span(kNumbers).first(1)}}));
  EXPECT_EQ(row["x\xEF\xBF\xBD"], "\xEF\xBF\xBD");
}

TEST(PredictionWriter, WritesInPiecesOfBoundedSize) {
  std::size_t longest = 0, bytes = 0;
  PredictionWriter writer(PredictionFormat::kCsv, {.rows = 100'000, .names = {"t", "u"}},
                          [&](std::string_view piece) {
                            longest = std::max(longest, piece.size());
                            bytes += piece.size();
                          });
  for (int i = 0; i < 100'000; ++i) writer.add({.numbers = kNumbers});
  writer.finish();
  EXPECT_EQ(bytes,
            std::string("prediction_t,prediction_u\n").size() + 100'000 * std::string("0.25,0.75\n").size());
  EXPECT_LT(longest, std::size_t{100'000});
}

}  // namespace
}  // namespace catenary::train
