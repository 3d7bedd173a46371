#include "catenary/train/trainer.h"

#include <gmock/gmock.h>

#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

struct Problem {
  std::string name, csv, target, loss;
  double most_loss;  // after training; an untrained network has at least ten times as much
};

const Problem kSidesSoftmax = {"Softmax", kSides, "side", "softmax_cross_entropy", 0.05};
const Problem kSidesBinary = {"Binary", kSides, "side", "binary_cross_entropy", 0.05};
const Problem kPlaneSquared = {"Squared", kPlane, "y", "squared_error", 0.1};
const Problem kPlaneHuber = {"Huber", kPlane, "y", "huber", 0.1};

TrainResult train_on(const Problem& problem, const std::vector<std::string>& overrides = {},
                     int threads = 1) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", problem.csv);
  return *train(small_config(folder, problem.target, problem.loss, overrides), {.threads = threads});
}

class EveryLoss : public testing::TestWithParam<Problem> {};

TEST_P(EveryLoss, IsLearned) {
  const History history = train_on(GetParam()).run.history;
  ASSERT_EQ(history.size(), 200u);
  EXPECT_LT(history.back().train.loss, GetParam().most_loss);
  EXPECT_GT(history.front().train.loss, 10 * history.back().train.loss);
  const bool has_classes = GetParam().target == "side";
  EXPECT_EQ(history.back().train.accuracy, has_classes ? std::optional(1.0) : std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(All, EveryLoss,
                         testing::Values(kSidesSoftmax, kSidesBinary, kPlaneSquared, kPlaneHuber),
                         [](const auto& test) { return test.param.name; });

TEST(Train, GivesTheSameBitsOnAnyNumberOfThreads) {
  const auto one = train_on(kSidesSoftmax, {"train.epochs=20"}, 1).run;
  for (const int threads : {2, 3, 8}) {
    const auto other = train_on(kSidesSoftmax, {"train.epochs=20"}, threads).run;
    EXPECT_EQ(one.weights, other.weights) << threads;
    EXPECT_EQ(to_csv(one.history), to_csv(other.history)) << threads;
  }
}

TEST(Train, TheInitialWeightsAreThoseBeforeTheFirstStep) {
  const auto untrained = train_on(kSidesSoftmax, {"train.epochs=0"}).run;
  EXPECT_EQ(untrained.initial, untrained.weights);
  const auto trained = train_on(kSidesSoftmax, {"train.epochs=1"}).run;
  EXPECT_EQ(trained.initial, untrained.initial);
  EXPECT_NE(trained.weights, trained.initial);
}

TEST(Train, AnotherSeedGivesOtherWeights) {
  EXPECT_NE(train_on(kSidesSoftmax, {"train.epochs=0", "seed=1"}).run.initial,
            train_on(kSidesSoftmax, {"train.epochs=0", "seed=2"}).run.initial);
}

TEST(Train, NoEpochsLeaveTheInitialWeights) {
  const TrainResult result = train_on(kSidesSoftmax, {"train.epochs=0", "data.split.test=0.5"});
  EXPECT_EQ(result.run.weights, result.run.initial);
  EXPECT_TRUE(result.run.history.empty());
  EXPECT_EQ(result.test->samples, 4);
}

TEST(Train, TheLastSmallerBatchCountsByItsSamples) {
  // With a learning rate too small to change anything in f32, every batch size measures the same mean loss.
  const std::string rate = "train.optimizer.learning_rate=1e-30";
  const double whole =
      train_on(kPlaneSquared, {rate, "train.epochs=1", "train.batch_size=7"}).run.history[0].train.loss;
  const double parts =
      train_on(kPlaneSquared, {rate, "train.epochs=1", "train.batch_size=3"}).run.history[0].train.loss;
  EXPECT_NEAR(whole, parts, 7 * 6e-8 * whole);  // seven additions, each rounded to half an ulp of f32
}

TEST(Train, ABatchLargerThanTheDataIsTheData) {
  EXPECT_EQ(train_on(kSidesSoftmax, {"train.epochs=3", "train.batch_size=1000000"}).run.weights,
            train_on(kSidesSoftmax, {"train.epochs=3", "train.batch_size=8"}).run.weights);
}

TEST(Train, WeightDecayShrinksWeightsButIsNoPartOfTheLoss) {
  const std::vector<std::string> still = {"train.epochs=1", "train.batch_size=8"};
  const TrainResult plain = train_on(kPlaneSquared, still);
  const TrainResult decayed =
      train_on(kPlaneSquared, {"train.epochs=1", "train.batch_size=8", "train.weight_decay=0.5"});
  EXPECT_EQ(plain.run.history[0].train.loss, decayed.run.history[0].train.loss);
  EXPECT_NE(plain.run.weights, decayed.run.weights);
}

TEST(Train, ALossThatExplodesIsANumericError) {
  EXPECT_EQ(
      error_of([] {
        (void)train_on(kPlaneSquared, {"train.optimizer={type=\"sgd\", learning_rate=1e20}",
                                       "model.layers.0.activation=identity"});
      }),
      "numeric: epoch 1, step 2: expected a finite loss, found inf; the first value that is not finite is "
      "'output.weight hidden.z': -inf, sample 0 of the batch; a smaller learning_rate than 1e+20 may help");
}

TEST(Train, StopsWhenAsked) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  const Config config = small_config(folder, "side", "softmax_cross_entropy", {"train.epochs=1000000000"});
  int asked = 0;
  const auto result = train(config, {.on_step = [&](const Progress&) { return ++asked < 3; }});
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(asked, 3);
}

TEST(Train, TellsItsListenersWhatHappens) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  std::vector<std::int64_t> epochs;
  TrainingStart start;
  TrainOptions options;
  options.on_start = [&](const TrainingStart& s) { start = s; };
  options.on_epoch = [&](const Progress&, const EpochRecord& record) { epochs.push_back(record.epoch); };
  (void)train(
      small_config(folder, "side", "softmax_cross_entropy", {"train.epochs=3", "data.split.test=0.25"}),
      options);
  EXPECT_EQ(start.samples, 6);
  EXPECT_EQ(start.test_samples, 2);
  EXPECT_EQ(start.parameters, 3 * 3 + 4 * 2);
  EXPECT_THAT(epochs, ElementsAre(1, 2, 3));
}

TEST(Train, LearnsImagesWithSquaredErrorOnOneHotTargets) {
  const TemporaryDirectory folder;
  (void)folder.file("x-images-idx3",
                    idx_bytes({4, 1, 2}, std::string("\xff\x00\x00\xff\xf0\x10\x10\xf0", 8)));
  (void)folder.file("x-labels-idx1", idx_bytes({4}, std::string("\x00\x01\x00\x01", 4)));
  const Config config = parse_config(
      "format = 1\ndata = { train = \"x-images-idx3\" }\nmodel = { layers = [{ type = \"dense\", activation "
      "= \"sigmoid\" }] }\n"
      "train = { loss = \"squared_error\", epochs = 100, optimizer = { type = \"momentum\", learning_rate = "
      "0.5 } }\n",
      folder / "c.toml");
  const auto result = train(config, {});
  EXPECT_EQ(result->run.history.back().train.accuracy, 1.0);
  EXPECT_EQ(result->run.config.layers[0].units, 2);
}

}  // namespace
}  // namespace catenary::train
