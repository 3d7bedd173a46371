#include "catenary/train/cross_validation.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <map>
#include <sstream>

#include "catenary/base/file.h"
#include "catenary/train/testing.h"
#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

// Rows of two classes of which one is three times as frequent, with a text and cells that are missing.
std::string towns(int rows) {
  std::string text = "age,town,owner\n";
  const std::vector<std::string> names = {"Ulm", "Bonn", "Jena", ""};
  for (int i = 0; i < rows; ++i) {
    const std::string age = i % 7 == 3 ? "NA" : fmt::format("{}", 20 + i * 13 % 50);
    text += fmt::format("{},{},{}\n", age, names[static_cast<std::size_t>(i * 5 % 11) % 4],
                        i % 4 == 1 ? "yes" : "no");
  }
  return text;
}

// y is about 2a.
std::string line(int rows) {
  std::string text = "a,y\n";
  for (int i = 0; i < rows; ++i) text += fmt::format("{},{}\n", i * 7 % 10, i * 7 % 10 * 2 + i % 3);
  return text;
}

struct Problem {
  std::string csv, target, loss;
  std::vector<std::string> overrides = {};
};

Problem towns_problem(std::vector<std::string> overrides = {}) {
  overrides.insert(overrides.begin(), "train.epochs=4");
  return {towns(40), "owner", "softmax_cross_entropy", std::move(overrides)};
}

Problem line_problem(std::vector<std::string> overrides = {}) {
  overrides.insert(overrides.begin(), "train.epochs=4");
  return {line(30), "y", "squared_error", std::move(overrides)};
}

CrossValidation judge(const Problem& problem, const CrossValidationOptions& options) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", problem.csv);
  return *cross_validate(small_config(folder, problem.target, problem.loss, problem.overrides), options);
}

std::string text_of(const CrossValidation& result, PredictionFormat format) {
  std::string text;
  result.predictions.write(result.table, format, [&](std::string_view piece) { text += piece; });
  return text;
}

// The out-of-fold predictions, a row each: its cells by their columns' names.
std::vector<std::map<std::string, std::string>> rows_of(const CrossValidation& result) {
  std::stringstream text(text_of(result, PredictionFormat::kCsv));
  const auto cells_of = [](const std::string& row) {
    std::vector<std::string> cells;
    std::stringstream stream(row);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    return cells;
  };
  std::string row;
  std::getline(text, row);
  const std::vector<std::string> names = cells_of(row);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(text, row)) {
    const std::vector<std::string> cells = cells_of(row);
    rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i) rows.back()[names[i]] = cells[i];
  }
  return rows;
}

std::vector<std::string> column_of(const CrossValidation& result, const std::string& name) {
  std::vector<std::string> cells;
  for (const auto& row : rows_of(result)) cells.push_back(row.at(name));
  return cells;
}

TEST(Spread, IsTheMeanAndTheSampleStandardDeviation) {
  const std::vector<double> values = {1, 2, 3, 6};
  EXPECT_DOUBLE_EQ(spread_of(values).mean, 3);
  EXPECT_DOUBLE_EQ(spread_of(values).deviation, std::sqrt(14.0 / 3));
}

// A training that the config's split gives one fold to test on.
Assessment trained_by_hand(const Problem& problem, const std::vector<std::string>& fold_of,
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
  for (const Problem& problem : {towns_problem(), line_problem()}) {
    const CrossValidation result = judge(problem, {.folds = 4});
    const std::vector<std::string> fold_of = column_of(result, "fold");
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
  for (const Problem& problem : {towns_problem(), line_problem()}) {
    const std::string one = text_of(judge(problem, {.folds = 3, .threads = 1}), PredictionFormat::kCsv);
    for (const int threads : {2, 3})
      EXPECT_EQ(text_of(judge(problem, {.folds = 3, .threads = threads}), PredictionFormat::kCsv), one);
  }
}

TEST(CrossValidation, PredictsARowByANetworkThatTheRowChangesNothingOf) {
  Problem problem = line_problem();
  const auto before = rows_of(judge(problem, {.folds = 3}));
  problem.csv.replace(problem.csv.find("\n7,"), 3, "\n9000,");  // row 2
  const auto after = rows_of(judge(problem, {.folds = 3}));
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
  const CrossValidation result = judge(towns_problem(), {.folds = 3});
  std::vector<double> losses, accuracies;
  for (const Fold& fold : result.folds) {
    losses.push_back(fold.assessment.score.loss);
    accuracies.push_back(*fold.assessment.score.accuracy);
  }
  EXPECT_DOUBLE_EQ(result.loss.mean, (losses[0] + losses[1] + losses[2]) / 3);
  EXPECT_EQ(result.accuracy->deviation, spread_of(accuracies).deviation);
  std::map<std::pair<std::string, std::string>, std::int64_t> counts;
  for (const auto& row : rows_of(result)) ++counts[{row.at("owner"), row.at("prediction")}];
  const std::vector<std::string>& classes = result.confusion->classes();
  EXPECT_EQ(result.confusion->samples(), 40);
  for (std::size_t truth = 0; truth < 2; ++truth) {
    for (std::size_t predicted = 0; predicted < 2; ++predicted) {
      EXPECT_EQ(
          result.confusion->count(static_cast<std::int64_t>(truth), static_cast<std::int64_t>(predicted)),
          (counts[{classes[truth], classes[predicted]}]));
    }
  }
  EXPECT_FALSE(judge(line_problem(), {.folds = 3}).confusion.has_value());
  EXPECT_FALSE(judge(line_problem(), {.folds = 3}).accuracy.has_value());
}

CrossValidationStart start_of(const Problem& problem, std::int64_t folds) {
  CrossValidationStart start;
  (void)judge(problem, {.folds = folds, .on_start = [&](const auto& given) { start = given; }});
  return start;
}

TEST(Folds, HaveEachClassInItsShareWithinARow) {
  EXPECT_EQ(start_of(towns_problem(), 4).order, SplitOrder::kStratified);
  std::map<std::string, int> rows, owners;
  for (const auto& row : rows_of(judge(towns_problem(), {.folds = 4}))) {
    ++rows[row.at("fold")];
    owners[row.at("fold")] += row.at("owner") == "yes";
  }
  EXPECT_THAT(rows, Each(testing::Field(&std::pair<const std::string, int>::second, 10)));
  for (const auto& [fold, count] : owners) EXPECT_THAT(count, testing::AnyOf(2, 3)) << fold;
}

TEST(Folds, AreDrawnByTheSeedWhereTheTargetIsANumber) {
  EXPECT_EQ(start_of(line_problem(), 3).order, SplitOrder::kRandom);
  const auto one = column_of(judge(line_problem(), {.folds = 3}), "fold");
  EXPECT_EQ(column_of(judge(line_problem(), {.folds = 3}), "fold"), one);
  EXPECT_NE(column_of(judge(line_problem({"seed=2"}), {.folds = 3}), "fold"), one);
}

TEST(Folds, AreRunsOfRowsWhereTheSplitIsOrdered) {
  Problem problem = line_problem({R"(data.split={test=0.2, by="ordered"})"});
  problem.csv = line(10);
  const CrossValidation result = judge(problem, {.folds = 2});
  EXPECT_THAT(column_of(result, "fold"), ElementsAre("1", "1", "1", "1", "2", "2", "2", "2"));
  EXPECT_THAT(column_of(result, "row"), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8"));
}

TEST(Folds, KeepTheRowsOfAGroupTogether) {
  Problem problem = line_problem({R"(data.split={validation=0.2, group="who"})"});
  problem.csv = "a,who,y\n";
  for (int i = 0; i < 24; ++i) problem.csv += fmt::format("{},{},{}\n", i, "abcdef"[i % 6], 2 * i);
  EXPECT_EQ(start_of(problem, 3).order, SplitOrder::kGrouped);
  const auto fold_of = column_of(judge(problem, {.folds = 3}), "fold");
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
  Problem problem = line_problem();
  problem.csv = line(5);
  const CrossValidation result = judge(problem, {.folds = 5});
  for (const Fold& fold : result.folds) EXPECT_EQ(fold.assessment.samples, 1);
  EXPECT_THAT(column_of(result, "fold"), testing::UnorderedElementsAre("1", "2", "3", "4", "5"));
}

TEST(Folds, OfARareClassAreAnnounced) {
  Problem problem = towns_problem();
  problem.csv += "30,Ulm,perhaps\n30,Ulm,perhaps\n";
  EXPECT_THAT(start_of(problem, 3).notes,
              ElementsAre("fewer rows than folds, so that some folds have none, has the class perhaps"));
  EXPECT_THAT(start_of(problem, 2).notes, ElementsAre());
}

TEST(CrossValidation, LeavesTheTestRowsOutAndSaysSo) {
  Problem problem = line_problem({"data.split={validation=0.2, test=0.3}"});
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", problem.csv);
  const auto test_rows =
      load_training_data(small_config(folder, "y", "squared_error", problem.overrides)).test_rows;
  ASSERT_EQ(test_rows.size(), 9u);
  const CrossValidation result = judge(problem, {.folds = 3});
  EXPECT_EQ(result.predictions.size(), 21);
  for (const std::int64_t row : test_rows)
    EXPECT_THAT(column_of(result, "row"), testing::Not(Contains(fmt::format("{}", row + 1))));
  const CrossValidationStart start = start_of(problem, 3);
  EXPECT_EQ(start.samples, 21);
  EXPECT_EQ(start.test_samples, 9);
  EXPECT_THAT(start.notes,
              ElementsAre("test rows are in no fold, so that they can test what is chosen: 9 of 30",
                          "validation rows are in the folds, too: 6 of 30"));
}

TEST(CrossValidation, IsNotTouchedByWhatTestRowsHold) {
  Problem problem = line_problem({"data.split.column=\"part\""});
  const std::string rows = "a,part,y\n1,train,2\n2,dev,4\n3,train,6\n4,train,8\n";
  problem.csv = rows + "5,test,10\n";
  const std::string before = text_of(judge(problem, {.folds = 2}), PredictionFormat::kCsv);
  problem.csv = rows + "-5000,test,7e9\n";
  const CrossValidation after = judge(problem, {.folds = 2});
  EXPECT_EQ(text_of(after, PredictionFormat::kCsv), before);
  EXPECT_THAT(column_of(after, "row"), ElementsAre("1", "2", "3", "4"));
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

TEST(CrossValidation, LeavesRowsWithoutATargetOut) {
  Problem problem = line_problem();
  problem.csv = "a,y\n1,2\n2,NA\n3,6\n4,8\n5,10\n";
  EXPECT_THAT(column_of(judge(problem, {.folds = 2}), "row"), ElementsAre("1", "3", "4", "5"));
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
  Problem problem = line_problem();
  problem.csv = "a,same,y\n1,7,2\n2,7,4\n3,7,6\n4,7,8\n";
  const CrossValidation result = judge(problem, {.folds = 2});
  EXPECT_THAT(result.folds[0].notes, ElementsAre("column 'same' is the same in all training rows: left out"));
  EXPECT_THAT(result.folds[1].notes, ElementsAre());
}

TEST(CrossValidation, NamesTheFoldThatFails) {
  Problem problem = line_problem({"train.optimizer={type=\"sgd\", learning_rate=1e30}"});
  EXPECT_THAT(error_of([&] { (void)judge(problem, {.folds = 2}); }),
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

TEST(OutOfFold, HasTheIdInThePlaceOfTheRow) {
  Problem problem = line_problem({"data.id=\"name\""});
  problem.csv = "name,a,y\nx1,1,2\nx2,2,4\nx3,3,NA\n\"x,4\",4,8\n";
  const std::string csv = text_of(judge(problem, {.folds = 3}), PredictionFormat::kCsv);
  EXPECT_THAT(csv, testing::MatchesRegex("name,y,fold,prediction_y\nx1,2,[123],[^,]+\nx2,4,[123],[^,]+\n"
                                         "\"x,4\",8,[123],[^,]+\n"));
}

TEST(OutOfFold, IsTheSameInEachFormat) {
  Problem problem = towns_problem();
  const CrossValidation result = judge(problem, {.folds = 2});
  std::stringstream lines(text_of(result, PredictionFormat::kJsonLines));
  std::string line;
  const auto rows = rows_of(result);
  for (const auto& row : rows) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(line, fmt::format(R"({{"row":{},"owner":"{}","fold":{},"prediction":"{}","probabilities":)"
                                R"({{"no":{},"yes":{}}}}})",
                                row.at("row"), row.at("owner"), row.at("fold"), row.at("prediction"),
                                row.at("probability_no"), row.at("probability_yes")));
  }
  EXPECT_FALSE(std::getline(lines, line));
  const std::string array = text_of(result, PredictionFormat::kNpy);
  EXPECT_THAT(array, HasSubstr("'shape': (40, 2), "));
  float last = 0;
  std::memcpy(&last, array.data() + array.size() - sizeof last, sizeof last);
  EXPECT_EQ(last, std::stof(rows.back().at("probability_yes")));
}

TEST(OutOfFold, OfOneLogitHasTheProbabilitiesOfBothClasses) {
  Problem problem = towns_problem();
  problem.loss = "binary_cross_entropy";
  for (const auto& row : rows_of(judge(problem, {.folds = 2})))
    EXPECT_FLOAT_EQ(std::stof(row.at("probability_no")) + std::stof(row.at("probability_yes")), 1);
}

TEST(OutOfFold, HasEachOfSeveralTargets) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,t,u\n1,2,3\n2,4,6\n3,6,9\n4,8,12\n");
  Config config = small_config(folder, "t", "squared_error", {"data.target=[\"t\",\"u\"]", "train.epochs=1"});
  const CrossValidation result = *cross_validate(config, {.folds = 2});
  EXPECT_THAT(column_of(result, "u"), ElementsAre("3", "6", "9", "12"));
  EXPECT_TRUE(rows_of(result)[0].contains("prediction_u"));
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
  EXPECT_THAT(column_of(result, "label"), ElementsAre("light", "dark", "dark", "light", "dark", "light"));
  EXPECT_EQ(result.confusion->samples(), 6);
}

TEST(OutOfFold, OfMoreThanTheLimitIsRefused) {
  Problem problem = towns_problem({"data.max_bytes=100000"});
  problem.csv = "a,owner\n";
  for (int i = 0; i < 400; ++i) problem.csv += fmt::format("{},c{}\n", i, i % 200);
  EXPECT_THAT(error_of([&] { (void)judge(problem, {.folds = 2}); }),
              HasSubstr("at most 100000 bytes of memory"));
}

}  // namespace
}  // namespace catenary::train
