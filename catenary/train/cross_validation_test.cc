#include "catenary/train/cross_validation.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <sstream>

#include "catenary/train/cross_validation_testing.h"
#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/numpy_file.h"

namespace catenary::train {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

TEST(Spread, IsTheMeanAndTheSampleStandardDeviation) {
  const std::vector<double> values = {1, 2, 3, 6};
  EXPECT_DOUBLE_EQ(spread_of(values).mean, 3);
  EXPECT_DOUBLE_EQ(spread_of(values).deviation, std::sqrt(14.0 / 3));
}

// A training that the config's split gives one fold to test on.
Assessment trained_by_hand(const FoldedProblem& problem, const std::vector<std::string>& fold_of,
                           std::int64_t fold) {
  const TemporaryDirectory folder;
  std::stringstream in(problem.csv);
  std::string out, row;
  std::getline(in, row);
  out = row + ",part\n";
  for (const std::string& of : fold_of) {
    std::getline(in, row);
    out += row + (of == fmt::format("{}", fold) ? ",test\n" : ",train\n");
  }
  (void)folder.file("data.csv", out);
  std::vector<std::string> overrides = problem.overrides;
  overrides.emplace_back("data.split.column=\"part\"");
  return *train(small_config(folder, problem.target, problem.loss, overrides), {})->test;
}

TEST(CrossValidation, IsATrainingOnTheOtherFoldsForEach) {
  for (const FoldedProblem& problem : {towns_problem(), line_problem()}) {
    const CrossValidation result = judge_folds(problem, {.folds = 4});
    const std::vector<std::string> fold_of = predicted_column(result, "fold");
    ASSERT_EQ(result.folds.size(), 4u);
    for (const Fold& fold : result.folds) {
      const Assessment by_hand = trained_by_hand(problem, fold_of, fold.number);
      EXPECT_EQ(fold.assessment.samples, by_hand.samples) << problem.target << fold.number;
      EXPECT_EQ(fold.assessment.score.loss, by_hand.score.loss) << problem.target << fold.number;
      EXPECT_EQ(fold.assessment.score.accuracy, by_hand.score.accuracy) << problem.target << fold.number;
      EXPECT_EQ(fold.trained_on + fold.assessment.samples, std::ssize(fold_of));
    }
  }
}

TEST(CrossValidation, IsTheSameOnAnyNumberOfThreads) {
  for (const FoldedProblem& problem : {towns_problem(), line_problem()}) {
    const std::string one =
        predictions_text(judge_folds(problem, {.folds = 3, .threads = 1}), PredictionFormat::kCsv);
    for (const int threads : {2, 3})
      EXPECT_EQ(
          predictions_text(judge_folds(problem, {.folds = 3, .threads = threads}), PredictionFormat::kCsv),
          one);
  }
}

TEST(CrossValidation, PredictsARowByANetworkThatTheRowChangesNothingOf) {
  FoldedProblem problem = line_problem();
  const auto before = predicted_rows(judge_folds(problem, {.folds = 3}));
  problem.csv.replace(problem.csv.find("\n7,"), 3, "\n9000,");  // row 2
  const auto after = predicted_rows(judge_folds(problem, {.folds = 3}));
  ASSERT_EQ(after.size(), before.size());
  const std::string fold = before[1].at("fold");
  EXPECT_NE(after[1].at("prediction_y"), before[1].at("prediction_y"));
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (i == 1) continue;
    const bool is_beside = before[i].at("fold") == fold;
    EXPECT_EQ(after[i].at("prediction_y") == before[i].at("prediction_y"), is_beside) << i + 1;
  }
}

TEST(CrossValidation, TakesTheMeanOfTheFoldsAndPoolsTheirConfusion) {
  const CrossValidation result = judge_folds(towns_problem(), {.folds = 3});
  std::vector<double> losses, accuracies;
  for (const Fold& fold : result.folds) {
    losses.push_back(fold.assessment.score.loss);
    accuracies.push_back(*fold.assessment.score.accuracy);
  }
  EXPECT_DOUBLE_EQ(result.loss.mean, (losses[0] + losses[1] + losses[2]) / 3);
  EXPECT_EQ(result.accuracy->deviation, spread_of(accuracies).deviation);
  std::map<std::pair<std::string, std::string>, std::int64_t> counts;
  for (const auto& row : predicted_rows(result)) ++counts[{row.at("owner"), row.at("prediction")}];
  const std::vector<std::string>& classes = result.confusion->classes();
  EXPECT_EQ(result.confusion->samples(), 40);
  for (std::size_t truth = 0; truth < 2; ++truth) {
    for (std::size_t predicted = 0; predicted < 2; ++predicted) {
      EXPECT_EQ(
          result.confusion->count(static_cast<std::int64_t>(truth), static_cast<std::int64_t>(predicted)),
          (counts[{classes[truth], classes[predicted]}]));
    }
  }
  EXPECT_FALSE(judge_folds(line_problem(), {.folds = 3}).confusion.has_value());
  EXPECT_FALSE(judge_folds(line_problem(), {.folds = 3}).accuracy.has_value());
}

CrossValidationStart start_of(const FoldedProblem& problem, std::int64_t folds) {
  CrossValidationStart start;
  (void)judge_folds(problem, {.folds = folds, .on_start = [&](const auto& given) { start = given; }});
  return start;
}

TEST(Folds, HaveEachClassInItsShareWithinARow) {
  EXPECT_EQ(start_of(towns_problem(), 4).order, SplitOrder::kStratified);
  std::map<std::string, int> rows, owners;
  for (const auto& row : predicted_rows(judge_folds(towns_problem(), {.folds = 4}))) {
    ++rows[row.at("fold")];
    owners[row.at("fold")] += row.at("owner") == "yes";
  }
  EXPECT_THAT(rows, Each(testing::Field(&std::pair<const std::string, int>::second, 10)));
  for (const auto& [fold, count] : owners) EXPECT_THAT(count, testing::AnyOf(2, 3)) << fold;
}

TEST(Folds, AreDrawnByTheSeedWhereTheTargetIsANumber) {
  EXPECT_EQ(start_of(line_problem(), 3).order, SplitOrder::kRandom);
  const auto one = predicted_column(judge_folds(line_problem(), {.folds = 3}), "fold");
  EXPECT_EQ(predicted_column(judge_folds(line_problem(), {.folds = 3}), "fold"), one);
  EXPECT_NE(predicted_column(judge_folds(line_problem({"seed=2"}), {.folds = 3}), "fold"), one);
}

TEST(Folds, AreRunsOfRowsWhereTheSplitIsOrdered) {
  FoldedProblem problem = line_problem({R"(data.split={test=0.2, by="ordered"})"});
  problem.csv = line_table(10);
  const CrossValidation result = judge_folds(problem, {.folds = 2});
  EXPECT_THAT(predicted_column(result, "fold"), ElementsAre("1", "1", "1", "1", "2", "2", "2", "2"));
  EXPECT_THAT(predicted_column(result, "row"), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8"));
}

TEST(Folds, KeepTheRowsOfAGroupTogether) {
  FoldedProblem problem = line_problem({R"(data.split={validation=0.2, group="who"})"});
  problem.csv = "a,who,y\n";
  for (int i = 0; i < 24; ++i) problem.csv += fmt::format("{},{},{}\n", i, "abcdef"[i % 6], 2 * i);
  EXPECT_EQ(start_of(problem, 3).order, SplitOrder::kGrouped);
  const auto fold_of = predicted_column(judge_folds(problem, {.folds = 3}), "fold");
  ASSERT_EQ(fold_of.size(), 24u);
  for (std::size_t i = 6; i < fold_of.size(); ++i) EXPECT_EQ(fold_of[i], fold_of[i % 6]) << i;
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", problem.csv);
  const Config config = small_config(folder, "y", "squared_error", problem.overrides);
  EXPECT_EQ(error_of([&] { (void)cross_validate(config, {.folds = 7}); }),
            fmt::format("config: {}: needed at least 2 folds and a group for each, found 7 folds of 6 groups",
                        config.data.train.samples));
}

TEST(Folds, TooFewOrMoreThanRowsAreAnError) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  const Config config = small_config(folder, "side", "softmax_cross_entropy");
  for (const std::int64_t folds : {0, 1, 9}) {
    EXPECT_EQ(error_of([&] { (void)cross_validate(config, {.folds = folds}); }),
              fmt::format("config: {}: needed at least 2 folds and a row for each, found {} folds of 8 rows",
                          config.data.train.samples, folds));
  }
}

TEST(Folds, MayHaveARowEach) {
  FoldedProblem problem = line_problem();
  problem.csv = line_table(5);
  const CrossValidation result = judge_folds(problem, {.folds = 5});
  for (const Fold& fold : result.folds) EXPECT_EQ(fold.assessment.samples, 1);
  EXPECT_THAT(predicted_column(result, "fold"), testing::UnorderedElementsAre("1", "2", "3", "4", "5"));
}

TEST(Folds, OfARareClassAreAnnounced) {
  FoldedProblem problem = towns_problem();
  problem.csv += "30,Ulm,perhaps\n30,Ulm,perhaps\n";
  EXPECT_THAT(start_of(problem, 3).notes,
              ElementsAre("fewer rows than folds, so that some folds have none, has the class perhaps"));
  EXPECT_THAT(start_of(problem, 2).notes, ElementsAre());
}

TEST(CrossValidation, LeavesTheTestRowsOutAndSaysSo) {
  FoldedProblem problem = line_problem({"data.split={validation=0.2, test=0.3}"});
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", problem.csv);
  const auto test_rows =
      load_training_data(small_config(folder, "y", "squared_error", problem.overrides)).test_rows;
  ASSERT_EQ(test_rows.size(), 9u);
  const CrossValidation result = judge_folds(problem, {.folds = 3});
  EXPECT_EQ(result.predictions.size(), 21);
  for (const std::int64_t row : test_rows)
    EXPECT_THAT(predicted_column(result, "row"), testing::Not(Contains(fmt::format("{}", row + 1))));
  const CrossValidationStart start = start_of(problem, 3);
  EXPECT_EQ(start.samples, 21);
  EXPECT_EQ(start.test_samples, 9);
  EXPECT_THAT(start.notes,
              ElementsAre("test rows are in no fold, so that they can test what is chosen: 9 of 30",
                          "validation rows are in the folds, too: 6 of 30"));
}

TEST(CrossValidation, IsNotTouchedByWhatTestRowsHold) {
  FoldedProblem problem = line_problem({"data.split.column=\"part\""});
  const std::string rows = "a,part,y\n1,train,2\n2,dev,4\n3,train,6\n4,train,8\n";
  problem.csv = rows + "5,test,10\n";
  const std::string before = predictions_text(judge_folds(problem, {.folds = 2}), PredictionFormat::kCsv);
  problem.csv = rows + "-5000,test,7e9\n";
  const CrossValidation after = judge_folds(problem, {.folds = 2});
  EXPECT_EQ(predictions_text(after, PredictionFormat::kCsv), before);
  EXPECT_THAT(predicted_column(after, "row"), ElementsAre("1", "2", "3", "4"));
}

TEST(CrossValidation, ReadsNoFileToTestOrValidateBy) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  const Config config =
      small_config(folder, "side", "softmax_cross_entropy",
                   {"data.test=\"/none/t.csv\"", "data.validation=\"/none/v.csv\"", "train.epochs=1"});
  std::vector<std::string> notes;
  EXPECT_TRUE(
      cross_validate(config, {.folds = 2, .on_start = [&](const auto& start) { notes = start.notes; }}));
  EXPECT_THAT(notes, ElementsAre("/none/t.csv is not read, so that it can test what is chosen",
                                 "/none/v.csv is not read: each fold is judged in its place"));
}

TEST(CrossValidation, TakesOfNumPysArraysThoseToTrainOn) {
  using testing_support::file_of, testing_support::npy, testing_support::npy_header,
      testing_support::little_endian;
  const TemporaryDirectory folder;
  std::string x, y;
  for (const float value : {1.0F, 2.0F, 3.0F, 4.0F}) x += little_endian(value), y += little_endian(2 * value);
  const auto array = [](const std::string& shape, const std::string& bytes) {
    return npy(npy_header("<f4", shape), bytes);
  };
  (void)folder.file("data.npz", testing_support::zip({file_of("x_train.npy", array("(4, 1)", x)),
                                                      file_of("y_train.npy", array("(4,)", y)),
                                                      file_of("x_test.npy", array("(1, 1)", x.substr(0, 4))),
                                                      file_of("y_test.npy", array("(1,)", y.substr(0, 4)))}));
  const Config config = parse_config(
      "format = 1\n[data]\ntrain = \"data.npz\"\n[[model.layers]]\ntype = \"dense\"\n[train]\n"
      "loss = \"squared_error\"\n",
      folder / "c.toml");
  std::vector<std::string> notes;
  const auto result =
      cross_validate(config, {.folds = 2, .on_start = [&](const auto& start) { notes = start.notes; }});
  EXPECT_EQ(result->predictions.size(), 4);
  EXPECT_THAT(notes,
              ElementsAre(fmt::format("x_test and y_test of {} are not read, so that they can test what is "
                                      "chosen",
                                      (folder / "data.npz").string())));
}

TEST(CrossValidation, LeavesRowsWithoutATargetOut) {
  FoldedProblem problem = line_problem();
  problem.csv = "a,y\n1,2\n2,NA\n3,6\n4,8\n5,10\n";
  EXPECT_THAT(predicted_column(judge_folds(problem, {.folds = 2}), "row"), ElementsAre("1", "3", "4", "5"));
}

TEST(CrossValidation, StopsWhenAsked) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  const Config config = small_config(folder, "side", "softmax_cross_entropy", {"train.epochs=5000"});
  EXPECT_FALSE(cross_validate(config, {.folds = 2, .on_step = [](const auto&) { return false; }}));
  int folds = 0;
  EXPECT_FALSE(cross_validate(config, {.folds = 4, .on_fold = [&](const auto&) { return ++folds < 2; }}));
  EXPECT_EQ(folds, 2);
}

TEST(CrossValidation, SaysANoteOfTheTrainingRowsOnce) {
  FoldedProblem problem = line_problem();
  problem.csv = "a,same,y\n1,u,2\n2,u,4\n3,u,6\n4,u,8\n";
  const CrossValidation result = judge_folds(problem, {.folds = 2});
  EXPECT_THAT(result.folds[0].notes, ElementsAre("column 'same' is the same in all training rows: left out"));
  EXPECT_THAT(result.folds[1].notes, ElementsAre());
}

TEST(CrossValidation, NamesTheFoldThatFails) {
  FoldedProblem problem = line_problem({"train.optimizer={type=\"sgd\", learning_rate=1e30}"});
  EXPECT_THAT(error_of([&] { (void)judge_folds(problem, {.folds = 2}); }),
              testing::StartsWith("numeric: fold 1: epoch 1, step "));
}

TEST(CrossValidation, HoldsTheTableNoMoreThanTwice) {
  const TemporaryDirectory folder;
  constexpr std::int64_t kRows = 4000, kColumns = 32;
  std::string text = "y";
  for (int i = 0; i < kColumns; ++i) text += fmt::format(",x{}", i);
  text += '\n';
  for (int row = 0; row < kRows; ++row) {
    text += fmt::format("{}", row % 10);
    for (int i = 0; i < kColumns; ++i) text += fmt::format(",{}", (row * (i + 3)) % 17);
    text += '\n';
  }
  (void)folder.file("data.csv", text);
  const Config config =
      small_config(folder, "y", "squared_error", {"train.epochs=1", "train.batch_size=100"});
  const std::int64_t read = testing_support::most_bytes_allocated([&] { (void)load_training_data(config); });
  std::int64_t held = 0;
  const std::int64_t most = testing_support::most_bytes_allocated([&] {
    const auto result = cross_validate(config, {.folds = 2});
    held = result->predictions.size();
  });
  EXPECT_EQ(held, kRows);
  const std::int64_t table = kRows * kColumns * std::int64_t{sizeof(float)};
  EXPECT_LT(most, read + table + table / 2);  // what beside the features belongs to the rows is within a half
}

}  // namespace
}  // namespace catenary::train
