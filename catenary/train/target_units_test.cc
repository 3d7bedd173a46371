// Numeric targets: what is trained may be standardized, what is said is in their own units.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::IsEmpty;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

// Both of the targets are large and far from 0, so that they are not learned unless they are standardized.
std::string prices() {
  std::string text = "a,b,price,area\n";
  for (int i = 0; i < 24; ++i) {
    const int a = i * 7 % 5, b = i * 3 % 7;
    text += fmt::format("{},{},{},{}\n", a, b, 250'000 + 30'000 * a - 9'000 * b, 80 + a * b);
  }
  return text;
}

struct Units {
  std::string name, loss, targets;
  int count;
};
class TargetsUnits : public testing::TestWithParam<Units> {
 protected:
  Config config(std::vector<std::string> more = {}) {
    (void)folder_.file("data.csv", prices());
    more.insert(more.begin(),
                {"data.standardize=true", "data.target=" + GetParam().targets, "train.epochs=150",
                 "data.ignore=" + std::string(GetParam().count == 1 ? "'area'" : "'none'")});
    if (GetParam().count == 2) more.at(3) = "seed=1";
    return small_config(folder_, "price", GetParam().loss, more);
  }
  // The mean loss of what is predicted of all rows, by the losses' definitions.
  double loss_of_predictions(const StoredRun& run) {
    const auto predictions = predicted_cells(run, folder_ / "data.csv");
    const TrainingData data = load_training_data(run.config);
    const auto targets = static_cast<std::size_t>(GetParam().count);
    double sum = 0;
    for (std::size_t row = 0; row < 24; ++row) {
      for (std::size_t i = 0; i < targets; ++i) {
        const double truth = data.file.data.targets[row * targets + i];
        const double error = std::abs(std::stod(predictions.at(row + 1).at(i)) - truth);
        sum += GetParam().loss == "huber" && error > 1 ? error - 0.5 : error * error / 2;
      }
    }
    return sum / 24;
  }
  TemporaryDirectory folder_;
};

TEST_P(TargetsUnits, AreThoseOfPredictionsAndOfEveryLossThatIsReported) {
  const auto result = train(config(), {});
  const StoredRun run = kept(folder_, result->run);
  EXPECT_EQ(run.model.schema.target_scales.size(), static_cast<std::size_t>(GetParam().count));
  const double expected = loss_of_predictions(run);
  const double found = evaluate(run, load_test_data(run.config, run.model.schema), 1).score.loss;
  EXPECT_NEAR(found, expected, 1e-4 * expected + 1e-2);  // 250,000 in f32 is right to 0.016
  EXPECT_NEAR(std::stod(predicted_cells(run, folder_ / "data.csv").at(1).at(0)), 250'000, 20'000);
}

TEST_P(TargetsUnits, AreThoseOfTheTrainingsOwnLoss) {
  // With a rate too small to change anything in f32 the mean over the epoch is that of the weights at its
  // end.
  const auto result = train(config({"train.epochs=1", "train.optimizer.learning_rate=1e-30"}), {});
  const StoredRun run = kept(folder_, result->run);
  const double expected = loss_of_predictions(run);
  EXPECT_NEAR(result->run.history.at(0).train.loss, expected, 1e-5 * expected);
}

INSTANTIATE_TEST_SUITE_P(All, TargetsUnits,
                         testing::Values(Units{"SquaredError", "squared_error", "price", 1},
                                         Units{"Huber", "huber", "price", 1},
                                         Units{"SquaredErrorOfTwo", "squared_error", "['price', 'area']", 2},
                                         Units{"HuberOfTwo", "huber", "['price', 'area']", 2}),
                         [](const auto& test) { return test.param.name; });

TEST(TargetsScale, MayStayAsItIs) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kPlane);
  EXPECT_THAT(load_training_data(small_config(folder, "y", "huber")).schema().target_scales, IsEmpty());
  EXPECT_EQ(
      load_training_data(small_config(folder, "y", "huber", {"preprocess=[{type='target_standardize'}]"}))
          .schema()
          .target_scales.size(),
      1u);
  EXPECT_EQ(error_of([&] {
              (void)folder.file("data.csv", kSides);
              (void)load_training_data(small_config(folder, "side", "softmax_cross_entropy",
                                                    {"preprocess=[{type='target_standardize'}]"}));
            }),
            "config: " + (folder / "data.csv").string() +
                ": preprocess: target_standardize: needed numeric targets, found classes");
}

}  // namespace
}  // namespace catenary::train
