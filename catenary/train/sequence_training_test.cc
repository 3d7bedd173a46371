// Networks that read sequences, from the files to their predictions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/train/cross_validation_testing.h"
#include "catenary/train/evaluate.h"
#include "catenary/train/testing.h"
#include "tests/support/errors.h"
#include "tests/support/numpy_file.h"

namespace catenary::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

// What is asked of a small recurrent network.
struct Task {
  std::string data;  // of [data] and [data.sequence]
  std::string loss = "squared_error";
  int epochs = 3;
};

Config sequence_config(const TemporaryDirectory& folder, const Task& task) {
  return parse_config(
      fmt::format("format = 1\n[data]\n{}\n[[model.layers]]\ntype = \"rnn\"\nunits = 3\n[[model.layers]]\n"
                  "type = \"dense\"\n[train]\nloss = \"{}\"\nepochs = {}\nbatch_size = 4\n"
                  "optimizer = {{ type = \"adam\", learning_rate = 0.05 }}\n",
                  task.data, task.loss, task.epochs),
      folder / "task.toml");
}

// A wave beside a number of no meaning.
std::string wave(int rows) {
  std::string text = "day,y,u\n";
  for (int i = 0; i < rows; ++i)
    text += fmt::format("2024-{:02}-{:02},{:.3f},{}\n", 1 + i / 31, 1 + i % 31, 5 + std::sin(i * 0.7), i % 3);
  return text;
}

const std::string kWave =
    "train = \"data.csv\"\ntarget = \"y\"\nsplit = { validation = 0.2, test = 0.2 }\n"
    "sequence = { steps = 5, horizon = 2, time = \"day\" }";

// Walks up and down, of 2 to 4 rows.
std::string walks(int series) {
  std::string text = "id,hour,a,kind,y\n";
  for (int s = 0; s < series; ++s) {
    for (int t = 0; t < 2 + s % 3; ++t)
      text += fmt::format("s{0},{1},{2},{3},{2}\n", s, t, (s % 2 == 0 ? 1 : -1) * (t + 1),
                          s % 2 == 0 ? "up" : "down");
  }
  return text;
}

std::string walks_data(const std::string& target, const std::string& sequence) {
  return fmt::format(
      "train = \"data.csv\"\ntarget = \"{}\"\nignore = [\"{}\"]\nsplit = {{ test = 0.3 }}\n"
      "sequence = {{ series = \"id\", time = \"hour\", {} }}",
      target, target == "y" ? "kind" : "y", sequence);
}

std::vector<std::string> column(const std::vector<std::vector<std::string>>& rows, std::size_t at) {
  std::vector<std::string> cells;
  for (const std::vector<std::string>& row : rows) cells.push_back(row.at(at));
  return cells;
}

TEST(SequenceTraining, ForetellsTheRowsAfterEachWindowAndTheNewest) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", wave(30));
  const auto run = train(sequence_config(folder, {kWave}), {})->run;
  const StoredRun stored = kept(folder, run);
  const auto rows = predicted_cells(stored, folder / "data.csv");
  EXPECT_THAT(rows.front(), ElementsAre("day", "prediction_y+1", "prediction_y+2"));
  ASSERT_EQ(rows.size(), 1u + 26u);  // windows that end in rows 5 to 30
  EXPECT_EQ(rows[1].front(), "2024-01-05");
  EXPECT_EQ(rows.back().front(), "2024-01-30");
}

TEST(SequenceTraining, IsJudgedByThePartsThatItWasTestedOn) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", wave(30));
  const std::optional<TrainResult> result = train(sequence_config(folder, {kWave}), {});
  const StoredRun stored = kept(folder, result->run);
  const TestData test = load_test_data(stored.config, stored.model.schema);
  EXPECT_EQ(test.part, JudgedBy::kTest);
  EXPECT_THAT(test.rows, ElementsAre(19, 20, 21, 22, 23));
  EXPECT_EQ(evaluate(stored, test, 2).score.loss, result->test->score.loss);
}

TEST(SequenceTraining, PredictsWhatItsLossIsOf) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", wave(30));
  const std::optional<TrainResult> result = train(sequence_config(folder, {kWave}), {});
  const StoredRun stored = kept(folder, result->run);
  const auto rows = predicted_cells(stored, folder / "data.csv");
  double loss = 0;
  for (int first = 19; first < 24; ++first) {
    for (int i = 0; i < 2; ++i) {
      const double truth = std::round((5 + std::sin((first + 5 + i) * 0.7)) * 1000) / 1000;
      loss +=
          std::pow(
              truth - std::stod(rows[static_cast<std::size_t>(first) + 1][static_cast<std::size_t>(i) + 1]),
              2) /
          2;
    }
  }
  EXPECT_NEAR(loss / 5, result->test->score.loss, 1e-5 * loss);  // of f32
}

TEST(SequenceTraining, HasTheSameWeightsOnAnyNumberOfThreads) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", walks(14));
  const Config config =
      sequence_config(folder, {walks_data("kind", "target = \"whole\""), "softmax_cross_entropy"});
  const auto one = train(config, {.threads = 1})->run, three = train(config, {.threads = 3})->run;
  ASSERT_EQ(one.weights.tensors.size(), three.weights.tensors.size());
  for (std::size_t i = 0; i < one.weights.tensors.size(); ++i)
    EXPECT_EQ(one.weights.tensors[i].data, three.weights.tensors[i].data) << one.weights.tensors[i].name;
}

TEST(SequenceTraining, ForetellsAClassOfEachSeries) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", walks(14));
  const std::optional<TrainResult> result = train(
      sequence_config(folder, {walks_data("kind", "target = \"whole\""), "softmax_cross_entropy", 30}), {});
  EXPECT_EQ(result->test->score.accuracy, 1);
  EXPECT_EQ(result->test->samples, 4);
  const auto rows =
      predicted_cells(kept(folder, result->run), folder.file("new.csv", "id,hour,a\nx,1,1\nx,2,2\ny,1,-1\n"));
  EXPECT_THAT(column(rows, 0), ElementsAre("id", "x", "y"));
  EXPECT_THAT(column(rows, 1), ElementsAre("prediction", "up", "down"));
}

TEST(SequenceTraining, ForetellsAClassOfEachRow) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", walks(14));
  const std::optional<TrainResult> result = train(
      sequence_config(folder, {walks_data("kind", "target = \"each_row\""), "binary_cross_entropy", 30}), {});
  EXPECT_EQ(result->test->score.accuracy, 1);
  const auto rows = predicted_cells(kept(folder, result->run), folder / "data.csv");
  EXPECT_EQ(rows.size(), 1u + 41u);
  EXPECT_THAT(rows[3], ElementsAre("s1", "0", "down", ::testing::_, ::testing::_));
  EXPECT_GT(result->test->confusion->samples(), result->test->samples);
}

TEST(SequenceTraining, ForetellsNumbersOfEachRow) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", walks(14));
  const std::optional<TrainResult> result =
      train(sequence_config(folder, {walks_data("y", "target = \"each_row\""), "squared_error", 60}), {});
  EXPECT_LT(result->test->score.loss, 0.2);  // y is the input; of guesses of the mean it is 2.9
}

TEST(SequenceTraining, ReadsTexts) {
  const TemporaryDirectory folder;
  std::string text;
  for (int i = 0; i < 12; ++i) text += "abcd ";
  (void)folder.file("b.txt", text);
  const std::string layers =
      R"(model.layers=[{type="embedding", units=4}, {type="rnn", units=8}, {type="dense"}])";
  const std::string data =
      "format = \"text\"\ntrain = \"b.txt\"\nsplit = { test = 0.3 }\nsequence = { steps = 4 }";
  const std::string config_text = to_toml(sequence_config(folder, {data, "softmax_cross_entropy", 40}));
  const Config config = parse_config(config_text, folder / "task.toml", std::vector<std::string>{layers});
  const std::optional<TrainResult> result = train(config, {});
  EXPECT_EQ(result->test->score.accuracy, 1);
  const auto rows = predicted_cells(kept(folder, result->run), folder.file("c.txt", "d abcda"));
  EXPECT_THAT(column(rows, 0), ElementsAre("row", "1", "2", "3", "4", "5", "6", "7"));
  EXPECT_THAT(column(rows, 1),
              ElementsAre("prediction", ::testing::_, "a", "b", "c", "d", ::testing::_, ::testing::_));
}

TEST(SequenceTraining, ReadsImagesRowByRowAndArrays) {
  const TemporaryDirectory folder;
  std::string pixels, labels;
  for (int i = 0; i < 12; ++i) {
    pixels += i % 2 == 0 ? std::string("\xF0\xF0\1\1\1\1", 6) : std::string("\1\1\1\1\xF0\xF0", 6);
    labels += static_cast<char>(i % 2);
  }
  (void)folder.file("t-images-idx3-ubyte", idx_bytes({12, 3, 2}, pixels));
  (void)folder.file("t-labels-idx1-ubyte", idx_bytes({12}, labels));
  const Config images =
      sequence_config(folder, {"train = \"t-images-idx3-ubyte\"\nsplit = { test = 0.5 }\nsequence = {}",
                               "softmax_cross_entropy", 30});
  EXPECT_EQ(train(images, {})->test->score.accuracy, 1);
  std::string x, y;
  for (int i = 0; i < 12; ++i) {
    for (int t = 0; t < 3; ++t)
      x += testing_support::little_endian(static_cast<float>(i % 4 - 1) * (t == 0 ? 1 : 0));
    y += testing_support::little_endian(static_cast<float>(i % 4));
  }
  using testing_support::npy, testing_support::npy_header, testing_support::file_of;
  (void)folder.file("d.npz", testing_support::zip({file_of("x.npy", npy(npy_header("<f4", "(12, 3, 1)"), x)),
                                                   file_of("y.npy", npy(npy_header("<f4", "(12,)"), y))}));
  const Config arrays = sequence_config(
      folder,
      {"train = \"d.npz\"\nsplit = { test = 0.3 }\nsequence = { target = \"whole\" }", "squared_error", 80});
  EXPECT_LT(train(arrays, {})->test->score.loss, 0.1);
}

TEST(SequenceTraining, IsJudgedByFoldsOfSeries) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", walks(12));
  for (const std::string target : {"whole", "each_row"}) {
    std::string data = walks_data("kind", fmt::format("target = \"{}\"", target));
    data.erase(data.find("split = "), data.find("sequence = ") - data.find("split = "));
    const CrossValidation result =
        *cross_validate(sequence_config(folder, {data, "softmax_cross_entropy", 9}), {.folds = 2});
    const auto rows = predicted_rows(result);
    EXPECT_EQ(rows.size(), target == "whole" ? 12u : 36u);
    EXPECT_EQ(result.folds.front().assessment.samples, 6);
    const auto right =
        std::ranges::count_if(rows, [](const auto& row) { return row.at("prediction") == row.at("kind"); });
    EXPECT_EQ(result.confusion->samples(), std::ssize(rows));
    EXPECT_EQ(result.confusion->accuracy(), static_cast<double>(right) / static_cast<double>(rows.size()));
  }
}

TEST(SequenceTraining, HasNoFoldsOfWindows) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", wave(30));
  EXPECT_THAT(error_of([&] { (void)cross_validate(sequence_config(folder, {kWave}), {.folds = 2}); }),
              HasSubstr("data.sequence: needed whole series as samples for folds, found windows"));
}

}  // namespace
}  // namespace catenary::train
