// Recurrent layers whose states go on from window to window.
#include "catenary/train/states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/train/evaluate.h"
#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using ::testing::HasSubstr;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

// How the windows of a wave are taken.
struct Windows {
  std::string sequence;  // of [data.sequence]
  std::string split = "";
  std::int64_t batch_size = 1;
  int epochs = 0;
  std::string layer = "lstm";
  std::string more = "";  // of the layer
};

std::string waves(int rows) {
  std::string text = "series,u,y\n";
  for (int i = 0; i < rows; ++i)
    text += fmt::format("{},{:.3f},{:.3f}\n", i < rows / 2 ? "a" : "b", std::sin(i * 0.9), std::cos(i * 0.4));
  return text;
}

Config windows_config(const TemporaryDirectory& folder, const Windows& windows) {
  return parse_config(
      fmt::format("format = 1\n[data]\ntrain = \"data.csv\"\ntarget = \"y\"\n{}\n"
                  "sequence = {{ series = \"series\", {} }}\n"
                  "[[model.layers]]\ntype = \"{}\"\nname = \"first\"\nunits = 4\n{}\n"
                  "[[model.layers]]\ntype = \"gru\"\nname = \"second\"\nunits = 3\n"
                  "[[model.layers]]\ntype = \"dense\"\nname = \"output\"\n[train]\nloss = \"squared_error\"\n"
                  "epochs = {}\nbatch_size = {}\noptimizer = {{ type = \"adam\", learning_rate = 0.02 }}\n",
                  windows.split, windows.sequence, windows.layer, windows.more, windows.epochs,
                  windows.batch_size),
      folder / "c.toml");
}

// The mean loss of a network that was not trained, of the rows that its training windows answer.
double loss_of(const TemporaryDirectory& folder, const Windows& windows) {
  Config config = windows_config(folder, windows);
  const TrainingData data = load_training_data(config);
  resolve_units(config, data.schema());
  Network network(config, data.schema());
  ThreadPool pool(1);
  return Evaluator(network.model, network.variables, data.train(), pool).evaluate().score.loss;
}

TEST(States, MakeOneLongSequenceOfManyWindows) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(48));
  const double whole = loss_of(folder, {"target = \"each_row\""});
  EXPECT_NEAR(loss_of(folder, {"target = \"each_row\", steps = 4, stateful = true"}), whole, 1e-6);
  EXPECT_NEAR(loss_of(folder, {"target = \"each_row\", steps = 1, stateful = true"}), whole, 1e-6);
  EXPECT_GT(std::abs(loss_of(folder, {"target = \"each_row\", steps = 4, stride = 4"}) - whole), 1e-3);
}

TEST(States, GoOnFromTheRowWhereTheNextWindowBegins) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(48));
  // The last 22 rows of each series: two are read alone.
  const double whole = loss_of(folder, {"target = \"each_row\", steps = 24, stride = 22, stateful = true"});
  EXPECT_NEAR(loss_of(folder, {"target = \"each_row\", steps = 4, stride = 2, stateful = true"}), whole,
              1e-6);
}

TEST(States, AreThoseOfOneSequenceWhereTheNextRowIsForetold) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(26));
  // Of each series of 13 rows the windows that end in rows 5, 9 and 13 go on; the last one sees all but one.
  const Config config = windows_config(folder, {.sequence = "steps = 4, stateful = true", .epochs = 1});
  const StoredRun stored = kept(folder, train(config, {})->run);
  const auto rows = predicted_cells(stored, folder / "data.csv");
  ASSERT_EQ(rows.size(), 1u + 2u * 3u);
  StoredRun whole = stored;
  whole.config.data.sequence->options.is_stateful = false;
  whole.config.data.sequence->options.steps = whole.model.schema.sequence.steps = 12;
  whole.model.schema.sequence.advance = 0;
  const auto at_once = predicted_cells(whole, folder / "data.csv");
  ASSERT_EQ(at_once.size(), 1u + 2u);
  EXPECT_NEAR(std::stod(rows[3].back()), std::stod(at_once[1].back()), 1e-5);
  EXPECT_NEAR(std::stod(rows[6].back()), std::stod(at_once[2].back()), 1e-5);
}

TEST(States, PredictEachRowAsItWasJudged) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(48));
  const Config config = windows_config(
      folder, {.sequence = "target = \"each_row\", steps = 6, stride = 3, stateful = true", .epochs = 2});
  const StoredRun stored = kept(folder, train(config, {})->run);
  const auto rows = predicted_cells(stored, folder / "data.csv");
  ASSERT_EQ(rows.size(), 49u);
  double loss = 0;
  for (std::size_t i = 0; i < 48; ++i) {
    if (i % 24 < 3) continue;  // which no window answers
    const double truth = std::round(std::cos(static_cast<double>(i) * 0.4) * 1000) / 1000;
    loss += std::pow(truth - std::stod(rows[i + 1].back()), 2) / 2 / 42;
  }
  EXPECT_NEAR(evaluate(stored, load_test_data(stored.config, stored.model.schema), 1).score.loss, loss,
              1e-5 * loss);
}

TEST(States, TrainTheSameWeightsOnAnyNumberOfThreads) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(400));
  const Config config = windows_config(
      folder,
      {.sequence = "target = \"each_row\", steps = 4, stateful = true", .batch_size = 40, .epochs = 2});
  const auto one = train(config, {.threads = 1})->run, three = train(config, {.threads = 3})->run;
  for (std::size_t i = 0; i < one.weights.tensors.size(); ++i)
    EXPECT_EQ(one.weights.tensors[i].data, three.weights.tensors[i].data) << one.weights.tensors[i].name;
}

// Trains a network that was not trained yet by hand, and from batch `stopped_after` on as a new process does
// that has the variables and states of that batch. The weights in the end.
std::vector<double> trained_by_hand(const TemporaryDirectory& folder, std::size_t stopped_after) {
  Config config = windows_config(
      folder, {.sequence = "target = \"each_row\", steps = 4, stateful = true", .batch_size = 3});
  const TrainingData data = load_training_data(config);
  resolve_units(config, data.schema());
  const Batches batches = side_by_side(data.train_rows, 3);
  Network network(config, data.schema());
  const auto compiled = [&] {
    Model model(config, data.schema(), BuiltFor::kTraining);
    return std::make_unique<Step>(compile(training_program(model, config), network.variables));
  };
  auto states = std::make_unique<States>(network.model.states, 3);
  std::unique_ptr<Step> step = compiled();
  const Feed feed(data.file);
  const auto bind = [&] { feed.bind(*step), states->bind(*step); };
  bind();
  std::size_t done = 0;
  each_batch(batches, [&](const Batch& batch) {
    if (done++ == stopped_after) {
      step = compiled();
      states = std::make_unique<States>(*states);
      bind();
    }
    states->begin(data.file.data, batch);
    EXPECT_EQ(step->run(batch), Status::kOk);
    states->end(*step);
    return true;
  });
  EXPECT_GT(done, stopped_after);
  std::vector<double> weights;
  for (const Value p : network.model.graph.parameters()) {
    const std::vector<double> more = network.variables.read(p.name());
    weights.insert(weights.end(), more.begin(), more.end());
  }
  return weights;
}

TEST(States, AreAllThatATrainingNeedsToGoOnInTheMiddleOfASeries) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(96));
  const std::vector<double> whole = trained_by_hand(folder, 0);
  EXPECT_EQ(trained_by_hand(folder, 3), whole);
  EXPECT_EQ(trained_by_hand(folder, 7), whole);
}

TEST(States, ThatHardlyGoOnInTrainingAreSaid) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(48));
  const auto notes = [&](std::int64_t batch_size) {
    std::vector<std::string> said;
    TrainOptions options;
    options.on_start = [&](const TrainingStart& start) { said = start.notes; };
    (void)train(windows_config(folder, {.sequence = "target = \"each_row\", steps = 4, stateful = true",
                                        .batch_size = batch_size}),
                options);
    return said;
  };
  EXPECT_THAT(notes(6), ::testing::IsEmpty());
  EXPECT_THAT(notes(100), ::testing::ElementsAre(
                              "states go on into 0 of 12 windows that train, as 12 are read side by side "
                              "(train.batch_size); a smaller one makes longer streams"));
}

TEST(States, AreOfARecurrentLayer) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(48));
  const Config config = parse_config(
      "format = 1\n[data]\ntrain = \"data.csv\"\ntarget = \"y\"\nsequence = { series = \"series\", target = "
      "\"each_row\", steps = 4, stateful = true }\n[[model.layers]]\ntype = \"dense\"\n[train]\nloss = "
      "\"squared_error\"\n",
      folder / "c.toml");
  EXPECT_THAT(
      error_of([&] { (void)train(config, {}); }),
      HasSubstr("c.toml:5:12: data.sequence.stateful: needed a layer of the type rnn, lstm or gru, whose "
                "states go on, found none"));
}

TEST(States, OfAModelAreThoseOfItsConfig) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(48));
  const Config config =
      windows_config(folder, {.sequence = "target = \"each_row\", steps = 6, stride = 3, stateful = true"});
  const Safetensors weights = train(config, {})->run.weights;
  Config other = config;
  other.data.sequence->options.is_stateful = false;
  EXPECT_THAT(
      error_of([&] { (void)unpack_model(weights, other, "w"); }),
      HasSubstr("w: metadata 'sequence': expected states that go on after 0 rows, as the config says (0: "
                "none do), found 3"));
}

TEST(States, GoForwardAlone) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", waves(48));
  EXPECT_THAT(error_of([&] {
                (void)loss_of(folder, {.sequence = "target = \"each_row\", steps = 4, stateful = true",
                                       .more = "bidirectional = true"});
              }),
              HasSubstr("model.layers.0: a bidirectional layer reads a window from its end, too, where no "
                        "state comes from: needed 'bidirectional = false', or [data.sequence] without "
                        "'stateful = true'"));
}

}  // namespace
}  // namespace catenary::train
