#include "catenary/train/out_of_fold.h"

#include <gmock/gmock.h>

#include <cstring>
#include <sstream>

#include "catenary/train/cross_validation_testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

TEST(OutOfFold, HasTheIdInThePlaceOfTheRow) {
  FoldedProblem problem = line_problem({"data.id=\"name\""});
  problem.csv = "name,a,y\nx1,1,2\nx2,2,4\nx3,3,NA\n\"x,4\",4,8\n";
  const std::string csv = predictions_text(judge_folds(problem, {.folds = 3}), PredictionFormat::kCsv);
  EXPECT_THAT(csv, testing::MatchesRegex("name,y,fold,prediction_y\nx1,2,[123],[^,]+\nx2,4,[123],[^,]+\n"
                                         "\"x,4\",8,[123],[^,]+\n"));
}

TEST(OutOfFold, KeepsItsOwnNamesBesideColumnsOfTheInputThatHaveThem) {
  FoldedProblem id = line_problem({"data.id=\"fold\""});
  id.csv = "fold,a,y\nx1,1,2\nx2,2,4\nx3,3,6\n";
  EXPECT_THAT(predictions_text(judge_folds(id, {.folds = 3}), PredictionFormat::kCsv),
              testing::StartsWith("fold_input,y,fold,prediction_y\nx1,2,"));
  FoldedProblem target = line_problem({"data.target=\"row\""});
  target.csv = "a,row\n1,2\n2,4\n3,6\n";
  EXPECT_THAT(predictions_text(judge_folds(target, {.folds = 3}), PredictionFormat::kCsv),
              testing::StartsWith("row,row_input,fold,prediction_row\n1,2,"));
}

TEST(OutOfFold, WritesNumericTargetsWithTheFewestDigitsOfTheirF32) {
  FoldedProblem problem = line_problem({});
  problem.csv = "a,y\n1,0.1\n2,16777217\n3,-1e-7\n4,0.30000001\n";
  EXPECT_THAT(
      predictions_text(judge_folds(problem, {.folds = 2}), PredictionFormat::kCsv),
      testing::MatchesRegex("row,y,fold,prediction_y\n1,0\\.1,[^\n]+\n2,16777216,[^\n]+\n3,-1e-07,[^\n]+\n"
                            "4,0\\.3,[^\n]+\n"));
}

TEST(OutOfFold, IsTheSameInEachFormat) {
  FoldedProblem problem = towns_problem();
  const CrossValidation result = judge_folds(problem, {.folds = 2});
  std::stringstream lines(predictions_text(result, PredictionFormat::kJsonLines));
  std::string line;
  const auto rows = predicted_rows(result);
  for (const auto& row : rows) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(line, fmt::format(R"({{"row":{},"owner":"{}","fold":{},"prediction":"{}","probabilities":)"
                                R"({{"no":{},"yes":{}}}}})",
                                row.at("row"), row.at("owner"), row.at("fold"), row.at("prediction"),
                                row.at("probability_no"), row.at("probability_yes")));
  }
  EXPECT_FALSE(std::getline(lines, line));
  const std::string array = predictions_text(result, PredictionFormat::kNpy);
  EXPECT_THAT(array, HasSubstr("'shape': (40, 2), "));
  float last = 0;
  std::memcpy(&last, array.data() + array.size() - sizeof last, sizeof last);
  EXPECT_EQ(last, std::stof(rows.back().at("probability_yes")));
}

TEST(OutOfFold, OfOneLogitHasTheProbabilitiesOfBothClasses) {
  FoldedProblem problem = towns_problem();
  problem.loss = "binary_cross_entropy";
  for (const auto& row : predicted_rows(judge_folds(problem, {.folds = 2})))
    EXPECT_FLOAT_EQ(std::stof(row.at("probability_no")) + std::stof(row.at("probability_yes")), 1);
}

TEST(OutOfFold, HasEachOfSeveralTargets) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,t,u\n1,2,3\n2,4,6\n3,6,9\n4,8,12\n");
  Config config = small_config(folder, "t", "squared_error", {"data.target=[\"t\",\"u\"]", "train.epochs=1"});
  const CrossValidation result = *cross_validate(config, {.folds = 2});
  EXPECT_THAT(predicted_column(result, "u"), ElementsAre("3", "6", "9", "12"));
  EXPECT_TRUE(predicted_rows(result)[0].contains("prediction_u"));
}

TEST(OutOfFold, OfImagesHasTheirLabels) {
  const TemporaryDirectory folder;
  (void)folder.file("images", idx_bytes({6, 1, 1}, std::string("\x00\xff\x80\x01\xf0\x10", 6)));
  (void)folder.file("labels", idx_bytes({6}, std::string("\x01\x00\x00\x01\x00\x01", 6)));
  const Config config = parse_config(
      "format = 1\n[data]\ntrain = { images = \"images\", labels = \"labels\" }\nclasses = [\"dark\", "
      "\"light\"]\n"
      "[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\n",
      folder / "c.toml");
  const CrossValidation result = *cross_validate(config, {.folds = 3});
  EXPECT_THAT(predicted_column(result, "label"),
              ElementsAre("light", "dark", "dark", "light", "dark", "light"));
  EXPECT_EQ(result.confusion->samples(), 6);
}

TEST(OutOfFold, OfMoreThanTheLimitIsRefused) {
  FoldedProblem problem = towns_problem({"data.max_bytes=100000"});
  problem.csv = "a,owner\n";
  for (int i = 0; i < 400; ++i) problem.csv += fmt::format("{},c{}\n", i, i % 200);
  EXPECT_THAT(error_of([&] { (void)judge_folds(problem, {.folds = 2}); }),
              HasSubstr("at most 100000 bytes of memory"));
}

}  // namespace
}  // namespace catenary::train
