#include "catenary/train/trainer.h"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <numeric>

#include "catenary/data/split.h"
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

// ŷ = w₁a + w₂b + w₃, trained in double by the formulas of the papers.
class Textbook {
 public:
  using Numbers = std::array<double, 3>;  // of w, or of a, b and y of one row

  Textbook(const TrainConfig& config, const std::vector<Numbers>& data, const Safetensors& initial)
      : config_(config), data_(data), w_(weights_of(initial)) {}

  static Numbers weights_of(const Safetensors& model) {
    const std::vector<float> w = f32_values(model.tensors.at(0)), b = f32_values(model.tensors.at(1));
    return {w.at(0), w.at(1), b.at(0)};
  }
  [[nodiscard]] const Numbers& weights() const { return w_; }

  // Σ over the rows of ½r², or beyond |r| = 1 of Huber's |r| − ½.
  [[nodiscard]] double loss(std::span<const std::int64_t> rows) const {
    double sum = 0;
    for (const std::int64_t row : rows) {
      const double r = std::abs(residual(row));
      sum += config_.loss == Loss::kHuber && r > 1 ? r - 0.5 : r * r / 2;
    }
    return sum;
  }

  void step(std::span<const std::int64_t> rows) {
    const Numbers g = gradient(rows);
    const auto* adam = std::get_if<optim::AdamOptions>(&config_.optimizer);
    const auto* heavy = std::get_if<optim::MomentumOptions>(&config_.optimizer);
    const double rate = learning_rate_of(config_.optimizer);
    ++t_;
    for (std::size_t i = 0; i < w_.size(); ++i) {
      if (adam != nullptr) {
        m_[i] = adam->beta1 * m_[i] + (1 - adam->beta1) * g[i];
        v_[i] = adam->beta2 * v_[i] + (1 - adam->beta2) * g[i] * g[i];
        const double m = m_[i] / (1 - std::pow(adam->beta1, t_)), v = v_[i] / (1 - std::pow(adam->beta2, t_));
        w_[i] -= rate * m / (std::sqrt(v) + adam->epsilon);
      } else {
        m_[i] = (heavy != nullptr ? heavy->momentum * m_[i] : 0) + g[i];
        w_[i] -= rate * m_[i];
      }
    }
  }

 private:
  [[nodiscard]] double residual(std::int64_t row) const {
    const auto& [a, b, y] = data_.at(static_cast<std::size_t>(row));
    return w_[0] * a + w_[1] * b + w_[2] - y;
  }
  [[nodiscard]] Numbers gradient(std::span<const std::int64_t> rows) const {
    Numbers g = {config_.weight_decay * w_[0], config_.weight_decay * w_[1], 0};
    for (const std::int64_t row : rows) {
      const double r = residual(row);
      const double slope = config_.loss == Loss::kHuber ? std::clamp(r, -1.0, 1.0) : r;
      const Numbers& x = data_.at(static_cast<std::size_t>(row));
      for (std::size_t i = 0; i < 3; ++i)
        g[i] += slope * (i < 2 ? x[i] : 1) / static_cast<double>(rows.size());
    }
    return g;
  }

  const TrainConfig& config_;
  const std::vector<Numbers>& data_;
  Numbers w_, m_{}, v_{};
  int t_ = 0;
};

struct Recipe {
  std::string name, loss, optimizer;
  std::vector<std::string> more = {};
};

class EveryRecipe : public testing::TestWithParam<Recipe> {
 protected:
  static constexpr std::int64_t kBatch = 4;

  // A training on eleven rows, two of them held out, so that each epoch has batches of 4, 4 and 1.
  void run_training() {
    const TemporaryDirectory folder;
    std::string csv = "a,b,y\n";
    for (const auto& [a, b, y] : data_) csv += fmt::format("{},{},{}\n", a, b, y);
    (void)folder.file("data.csv", csv);
    std::vector<std::string> overrides = {R"(model.layers=[{type="dense", name="output"}])",
                                          "data.split.validation=0.18", "train.epochs=3",
                                          "train.batch_size=4", "train.optimizer=" + GetParam().optimizer};
    overrides.insert(overrides.end(), GetParam().more.begin(), GetParam().more.end());
    run_ = train(small_config(folder, "y", GetParam().loss, overrides), {.threads = 2})->run;
  }

  const std::vector<Textbook::Numbers> data_ = {{1, 0, 3}, {-1, 2, -4}, {0.5, 1, 0},  {2, -1, 6},
                                                {0, 0, 9}, {-2, 1, 0},  {1, 1, -7.5}, {0.25, 3, 1},
                                                {3, 2, 2}, {-1, -1, 5}, {4, 0.5, -2}};
  train::Run run_;
};

// Mean loss and weights after each of three epochs: a slip in the order of samples, in which of them train,
// in the gradient, in the optimizer's numbers or in the sums over an epoch shows.
TEST_P(EveryRecipe, FollowsTheTextbook) {
  run_training();
  const auto seed = static_cast<std::uint64_t>(run_.config.seed);
  std::vector<std::int64_t> rows(11);
  std::iota(rows.begin(), rows.end(), 0);
  const Parts parts = split(rows, {.validation = 0.18}, {.seed = seed});
  ASSERT_EQ(parts.train.size(), 9u);
  Textbook textbook(run_.config.train, data_, run_.initial);
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
    std::vector<std::int64_t> order = permutation(9, seed, epoch);
    for (std::int64_t& row : order) row = parts.train.at(static_cast<std::size_t>(row));
    double loss = 0;
    for (std::span<const std::int64_t> rest = order; !rest.empty();) {
      const auto batch = rest.first(std::min<std::size_t>(kBatch, rest.size()));
      rest = rest.subspan(batch.size());
      loss += textbook.loss(batch);
      textbook.step(batch);
    }
    const EpochRecord& record = run_.history.at(epoch - 1);
    // Nine steps, each a few f32 roundings of 6e-8 of numbers below 30.
    EXPECT_NEAR(record.train.loss, loss / 9, 1e-5 * loss);
    EXPECT_NEAR(record.validation->loss, textbook.loss(parts.validation) / 2, 1e-5 * loss);
  }
  const Textbook::Numbers found = Textbook::weights_of(run_.weights);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(found[i], textbook.weights()[i], 2e-5) << i;
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryRecipe,
    testing::Values(
        Recipe{"Sgd", "squared_error", R"({type="sgd", learning_rate=0.1})"},
        Recipe{"OtherSeed", "squared_error", R"({type="sgd", learning_rate=0.1})", {"seed=7"}},
        Recipe{
            "WeightDecay", "squared_error", R"({type="sgd", learning_rate=0.1})", {"train.weight_decay=0.5"}},
        Recipe{"Momentum", "squared_error", R"({type="momentum", learning_rate=0.05, momentum=0.5})"},
        Recipe{"Adam", "squared_error",
               R"({type="adam", learning_rate=0.3, beta1=0.6, beta2=0.8, epsilon=0.5})"},
        Recipe{"Huber", "huber", R"({type="sgd", learning_rate=0.4})"}),
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

TEST(Train, DrawsTheInitialWeightsByTheConfigsOwnSeed) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto run = train_on(kSidesSoftmax, {"train.epochs=0", fmt::format("seed={}", seed)}).run;
    const StoredModel stored = unpack_model(run.initial, run.config, "initial");
    Model model(run.config, stored.schema);
    Variables variables(model.graph, seed);
    EXPECT_EQ(run.initial, pack_model(variables, stored.schema)) << seed;
  }
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

TEST(Train, WeightsThatExplodeInTheLastStepAreANumericError) {
  // The loss is measured before the step. Only what follows from b is large: each weight has to be looked at.
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,b,y\n0,1e6,1e4\n");
  const auto error_at_rate = [&](const std::string& rate) {
    return error_of([&] {
      (void)train(
          small_config(folder, "y", "squared_error",
                       {"preprocess=none", R"(model.layers=[{type="dense", name="output", init="zeros"}])",
                        "train.epochs=1", R"(train.optimizer={type="sgd", learning_rate=)" + rate + "}"}),
          {});
    });
  };
  EXPECT_EQ(error_at_rate("1e27"), "no error");
  EXPECT_EQ(error_at_rate("1e29"),
            "numeric: expected finite weights after the last step, found others in 'output.weight'");
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

TEST(Train, ReportsTheSamplesDoneAndWhatTheyMeasured) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  std::vector<Progress> reports;
  TrainOptions options;
  options.on_step = [&](const Progress& progress) { return reports.push_back(progress), true; };
  (void)train(
      small_config(folder, "side", "softmax_cross_entropy", {"train.batch_size=1", "train.epochs=199"}),
      options);
  ASSERT_GE(reports.size(), 3u);
  const auto samples = [](const Progress& p) { return (p.epoch - 1) * p.samples + p.done; };
  for (std::size_t i = 0; i < reports.size(); ++i) {
    EXPECT_EQ(samples(reports[i]),
              static_cast<std::int64_t>(i + 1) * samples(reports[0]));  // steps of one sample
    EXPECT_GT(reports[i].done, 0);
    EXPECT_LE(reports[i].done, 8);
  }
  const auto late = std::span(reports).subspan(reports.size() / 2);  // when every sample has been learned
  for (const Progress& progress : late) EXPECT_EQ(progress.train.accuracy, 1.0) << progress.epoch;
  EXPECT_TRUE(std::any_of(late.begin(), late.end(), [](const Progress& p) { return p.done < 8; }));
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
