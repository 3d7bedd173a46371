#include "catenary/train/feed.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <utility>
#include <variant>

#include "catenary/train/cross_validation.h"
#include "catenary/train/predict.h"
#include "catenary/train/testing.h"
#include "catenary/train/trainer.h"
#include "tests/support/errors.h"
#include "tests/support/numpy_file.h"

namespace catenary::train {
namespace {

using testing::HasSubstr;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

constexpr int kRows = 400;

// Columns of all types, with gaps, and two targets of which one is numbers.
std::string table() {
  std::string text = "id,a,town,open,when,b,kind,size\n";
  for (int i = 0; i < kRows; ++i) {
    const std::string town = i % 7 == 0 ? "" : fmt::format("T{}", i * 11 % 30);
    text += fmt::format("r{},{},{},{},2024-0{}-1{},{},{},{}\n", i, i * 37 % 101 - 50, town,
                        i % 2 == 0 ? "yes" : "no", i % 9 + 1, i % 10,
                        i % 11 == 0 ? "" : fmt::format("{}.5", i * 7 % 31), i * 37 % 101 > 60 ? "lo" : "hi",
                        i * 5 % 17);
  }
  return text;
}

Config config_of(const TemporaryDirectory& folder, const std::string& target, const std::string& loss,
                 const std::vector<std::string>& more) {
  std::vector<std::string> set = {"data.id=\"id\"", "train.epochs=2", "data.split={validation=0.2, test=0.2}",
                                  fmt::format("data.cache=\"{}\"", (folder / "cache").string())};
  set.insert(set.end(), more.begin(), more.end());
  return small_config(folder, target, loss, set);
}

// Memory for what stands beside the features, but neither for them nor for the inputs.
const std::string kFew = "data.max_bytes=36000";

TEST(Feed, InputsThatAreMadeBatchByBatchAreTheSame) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", table());
  const TrainingData whole = load_training_data(config_of(folder, "kind", "softmax_cross_entropy", {}));
  const TrainingData few = load_training_data(config_of(folder, "kind", "softmax_cross_entropy", {kFew}));
  EXPECT_FALSE(whole.file.inputs.are_deferred);
  ASSERT_TRUE(few.file.inputs.are_deferred);
  EXPECT_EQ(few.schema().inputs, whole.schema().inputs);
  EXPECT_EQ(few.train_rows, whole.train_rows);
  for (std::int64_t row = 0; row < kRows; ++row) {
    EXPECT_EQ(Feed(few.file).inputs_of(row), Feed(whole.file).inputs_of(row)) << row;
    EXPECT_EQ(Feed(few.file).targets_of(row), Feed(whole.file).targets_of(row)) << row;
  }
}

TEST(Feed, TrainingFromAFileHasTheSameBitsOnAnyThreads) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", table());
  for (const auto& [target, loss] :
       {std::pair("kind", "softmax_cross_entropy"), std::pair("size", "squared_error")}) {
    const auto trained = [&, target = target, loss = loss](const std::vector<std::string>& more,
                                                           int threads) {
      return *train(config_of(folder, target, loss, more), {.threads = threads});
    };
    const TrainResult whole = trained({}, 1);
    for (const int threads : {1, 3}) {
      const TrainResult few = trained({kFew}, threads);
      EXPECT_EQ(few.run.weights, whole.run.weights);
      EXPECT_EQ(few.run.history.back().train.loss, whole.run.history.back().train.loss);
      EXPECT_EQ(few.test->score.loss, whole.test->score.loss);
    }
  }
}

TEST(Feed, NumbersWithoutGapsAreReadWhereTheFileHasThem) {
  const TemporaryDirectory folder;
  std::string text = "a,b,c,d,e,f,g,h,y\n";
  for (int i = 0; i < kRows; ++i)
    text += fmt::format("{0},{1},{0},{1},{0},{1},{0},{1},{2}\n", i * 37 % 101, i * 7 % 31, i % 17);
  (void)folder.file("data.csv", text);
  const auto config = [&](const std::string& limit) {
    return small_config(folder, "y", "squared_error",
                        {"data.standardize=true", "train.epochs=2", limit,
                         fmt::format("data.cache=\"{}\"", (folder / "cache").string())});
  };
  const Config few = config("data.max_bytes=30000"), enough = config("data.max_bytes=1000000");
  const TrainingData data = load_training_data(few);
  EXPECT_FALSE(data.file.inputs.are_deferred);
  EXPECT_TRUE(std::holds_alternative<MappedArray<float>>(data.file.inputs.features.elements));
  EXPECT_EQ(train(few, {})->run.weights, train(enough, {})->run.weights);
}

// Arrays x [kRows, 12], of which the last number is `last`, and y [kRows] of three classes.
template <typename T>
std::string x_array(const std::string& descr, T last) {
  std::string elements;
  for (int i = 0; i < kRows * 12 - 1; ++i)
    elements += testing_support::little_endian(static_cast<T>(i * 37 % 101 + i % 12));
  elements += testing_support::little_endian(last);
  const std::string header = testing_support::npy_header(descr, fmt::format("({}, 12)", kRows));
  return testing_support::npy(header, elements);
}

std::string y_array() {
  std::string elements;
  for (int i = 0; i < kRows; ++i) elements += static_cast<char>(i * 37 % 101 % 3);
  return testing_support::npy(testing_support::npy_header("|u1", fmt::format("({},)", kRows)), elements);
}

constexpr const char* kCache = "\ncache = 'cache'";

// train: what data.train is, and further keys.
Config arrays_config(const TemporaryDirectory& folder, const std::string& train, const std::string& limit) {
  return parse_config("format = 1\n[data]\ntrain = " + train + "\nmax_bytes = " + limit +
                          "\nsplit = { validation = 0.2, test = 0.2 }\n"
                          "[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\n"
                          "optimizer = { type = \"adam\", learning_rate = 0.05 }\nepochs = 2\n",
                      folder / "c.toml", {});
}

TEST(Feed, ArraysBeyondMemoryTrainTheSameBitsOnAnyThreads) {
  using testing_support::deflated_file, testing_support::file_of, testing_support::zip;
  const TemporaryDirectory folder;
  const std::string f4 = x_array<float>("<f4", 1), f8 = x_array<double>("<f8", 0.1),
                    u1 = x_array<std::uint8_t>("|u1", 1), y = y_array();
  const std::string gap = x_array<float>("<f4", std::numeric_limits<float>::quiet_NaN());
  (void)folder.file("f4.npy", f4), (void)folder.file("f8.npy", f8), (void)folder.file("u1.npy", u1);
  (void)folder.file("gap.npy", gap), (void)folder.file("y.npy", y);
  (void)folder.file("stored.npz", zip({file_of("x.npy", f4), file_of("y.npy", y)}));
  (void)folder.file("deflated.npz", zip({deflated_file("x.npy", f4), deflated_file("y.npy", y)}));
  (void)folder.file("bytes.npz", zip({deflated_file("x.npy", u1), deflated_file("y.npy", y)}));
  for (const std::string data :
       {"{ x = 'f4.npy', y = 'y.npy' }", "{ x = 'f8.npy', y = 'y.npy' }", "{ x = 'u1.npy', y = 'y.npy' }",
        "{ x = 'gap.npy', y = 'y.npy' }", "'stored.npz'", "'deflated.npz'", "'bytes.npz'"}) {
    const Config few = arrays_config(folder, data + kCache, "17000"),
                 enough = arrays_config(folder, data, "1000000");
    EXPECT_TRUE(are_mapped(load_training_data(few).file.inputs.features) ||
                load_training_data(few).file.inputs.are_deferred)
        << data;
    EXPECT_FALSE(are_mapped(load_training_data(enough).file.inputs.features));
    const TrainResult whole = *train(enough, {.threads = 1});
    for (const int threads : {1, 3}) {
      const TrainResult mapped = *train(few, {.threads = threads});
      EXPECT_EQ(mapped.run.weights, whole.run.weights) << data;
      EXPECT_EQ(mapped.test->score.loss, whole.test->score.loss) << data;
    }
  }
}

TEST(Feed, ImagesBeyondMemoryTrainTheSameBitsOnAnyThreads) {
  const TemporaryDirectory folder;
  const std::string x = x_array<std::uint8_t>("|u1", 1), y = y_array();
  (void)folder.file("i", idx_bytes({0, 3, 4}, x.substr(x.size() - kRows * 12)).replace(6, 2, "\1\x90"));
  (void)folder.file("l", idx_bytes({0}, y.substr(y.size() - kRows)).replace(6, 2, "\1\x90"));
  for (const std::string standardize : {"true", "false"}) {
    const std::string data = "{ images = 'i', labels = 'l' }\nstandardize = " + standardize;
    const Config few = arrays_config(folder, data, "17000"), enough = arrays_config(folder, data, "1000000");
    EXPECT_TRUE(are_mapped(load_training_data(few).file.inputs.features));
    const TrainResult whole = *train(enough, {.threads = 1});
    for (const int threads : {1, 3})
      EXPECT_EQ(train(few, {.threads = threads})->run.weights, whole.run.weights) << standardize;
  }
}

TEST(Feed, PredictionsFromAnArrayBeyondMemoryAreTheSameAndItsPlaceIsNoted) {
  const TemporaryDirectory folder;
  const std::string x = folder.file("x.npy", x_array<double>("<f8", 1));
  (void)folder.file("y.npy", y_array());
  const std::string data = "{ x = 'x.npy', y = 'y.npy' }";
  const Config few = arrays_config(folder, data + kCache, "17000");
  EXPECT_THAT(load_training_data(few).notes,
              testing::Contains(HasSubstr("rows are read from " + (folder / "cache").string())));
  StoredRun run = kept(folder, train(arrays_config(folder, data, "1000000"), {})->run);
  const auto expected = predicted_cells(run, x);
  run.config.data = few.data;
  EXPECT_EQ(predicted_cells(run, x), expected);
}

TEST(Feed, PredictionsAndFoldsFromAFileAreTheSame) {
  const TemporaryDirectory folder;
  const std::string input = folder.file("data.csv", table());
  const Config whole = config_of(folder, "kind", "softmax_cross_entropy", {});
  const Config few = config_of(folder, "kind", "softmax_cross_entropy", {kFew});
  StoredRun run = kept(folder, train(whole, {})->run);
  const auto expected = predicted_cells(run, input);
  run.config.data = few.data;
  EXPECT_EQ(predicted_cells(run, input), expected);
  const auto folds = [](const Config& config) { return *cross_validate(config, {.folds = 3}); };
  EXPECT_EQ(folds(few).loss.mean, folds(whole).loss.mean);
}

TEST(Feed, AGapThatNothingFillsIsSaidBeforeTraining) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", table());
  const std::string steps = "preprocess=[{type='onehot'}, {type='dates'}]";
  const auto error = [&](const std::vector<std::string>& more) {
    std::vector<std::string> set = {steps};
    set.insert(set.end(), more.begin(), more.end());
    const Config config = config_of(folder, "kind", "softmax_cross_entropy", set);
    return error_of([&] { (void)load_training_data(config); });
  };
  EXPECT_THAT(error({}), HasSubstr("row 1, input 'b': needed a value"));
  EXPECT_THAT(error({kFew}), HasSubstr("row 1, input 'b': needed a value"));
}

}  // namespace
}  // namespace catenary::train
