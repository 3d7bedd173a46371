// Networks on sequences, made by hand and trained a little.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/engine/step.h"
#include "catenary/ops/evaluate.h"
#include "catenary/train/model.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;
using testing_support::error_of;

Config model_config(const std::string& layers, const std::string& loss) {
  Config config = parse_config("format = 1\n[data]\ntrain = \"a.csv\"\ntarget = \"y\"\n" + layers +
                                   "[train]\nloss = \"" + loss +
                                   "\"\noptimizer = { type = \"sgd\", "
                                   "learning_rate = 0.5 }\n",
                               "c.toml");
  return config;
}

using Numbers = std::map<std::string, std::vector<double>, std::less<>>;  // by name

// A table [[model.layers]].
std::string layer(const std::string& type, const std::string& keys = "") {
  return "[[model.layers]]\ntype = \"" + type + "\"\n" + keys;
}

Schema schema_of(const SequenceSchema& sequence, std::vector<std::string> classes = {},
                 std::size_t inputs = 2) {
  Schema schema{.target_names = {"y"}, .classes = std::move(classes), .sequence = sequence};
  for (std::size_t i = 0; i < inputs; ++i) {
    schema.columns.push_back({.name = "x" + std::to_string(i)});
    schema.inputs.push_back({.name = "x" + std::to_string(i), .column = i});
  }
  return schema;
}

constexpr SequenceSchema kTagging{.steps = 3, .has_lengths = true, .target = SequenceTarget::kEachRow};
const std::string kTagger = layer("rnn", "units = 2\nname = \"r\"\n") + layer("dense", "name = \"d\"\n");

// Two samples of 2 and 3 rows.
struct TaggingData {
  std::vector<float> x = {0.5, -1, 2, 0.25, 7, 7, -0.5, 1, 1.5, -2, 0.75, 0.5};
  std::vector<float> lengths = {2, 3};
  std::vector<float> targets = {1, 0, 1, 0, 1, 1};
  void bind(Step& step) const {
    step.bind("x", rows_of(x, 6));
    step.bind("length", rows_of(lengths, 1));
    step.bind("target", rows_of(targets, 3));
  }
  [[nodiscard]] Bindings bindings() const {
    const auto numbers = [](const std::vector<float>& list) {
      return std::vector<double>(list.begin(), list.end());
    };
    return {.batch_size = 2,
            .leaves = {{"x", numbers(x)}, {"length", numbers(lengths)}, {"target", numbers(targets)}}};
  }
};

// −ln softmax(D·h + e)_target of each row, by hand; their mean over a sample's rows, and its mean.
double tagging_loss(const TaggingData& data, const Numbers& p) {
  const auto& w = p.at("r.input_weight");
  const auto& u = p.at("r.recurrent_weight");
  const auto& d = p.at("d.weight");
  double total = 0;
  for (std::size_t sample = 0; sample < 2; ++sample) {
    std::array<double, 2> h{};
    double sum = 0;
    for (std::size_t t = 0; t < static_cast<std::size_t>(data.lengths[sample]); ++t) {
      const float* x = &data.x[sample * 6 + t * 2];
      std::array<double, 2> next{};
      std::array<double, 2> logits{};
      for (std::size_t i = 0; i < 2; ++i)
        next[i] = std::tanh(w[2 * i] * x[0] + w[2 * i + 1] * x[1] + u[2 * i] * h[0] + u[2 * i + 1] * h[1] +
                            p.at("r.bias")[i]);
      h = next;
      for (std::size_t i = 0; i < 2; ++i)
        logits[i] = d[2 * i] * h[0] + d[2 * i + 1] * h[1] + p.at("d.bias")[i];
      const auto target = static_cast<std::size_t>(data.targets[sample * 3 + t]);
      sum += std::log(std::exp(logits[0]) + std::exp(logits[1])) - logits[target];
    }
    total += sum / data.lengths[sample];
  }
  return total / 2;
}

Numbers parameters_of(Model& model, const Variables& variables) {
  Numbers numbers;
  for (const Value p : model.graph.parameters()) numbers[p.name()] = variables.read(p.name());
  return numbers;
}

// f32's rounding in a few dozen operations.
constexpr double kTolerance = 2e-6;

TEST(SequenceModel, TrainsOnTheMeanOverASamplesRows) {
  Config config = model_config(kTagger, "softmax_cross_entropy");
  const Schema schema = schema_of(kTagging, {"a", "b"});
  resolve_units(config, schema);
  Network network(config, schema);
  EXPECT_EQ(network.model.output.shape(), Shape({3, 2}));
  EXPECT_EQ(network.model.predicted_class.shape(), Shape({3}));
  const TaggingData data;
  Step step = compile(training_program(network.model, config), network.variables);
  data.bind(step);
  double first = 0, loss = 0;
  for (int i = 0; i < 80; ++i) {
    const double expected = tagging_loss(data, parameters_of(network.model, network.variables));
    ASSERT_EQ(step.run({.size = 2}), Status::kOk);
    loss = step.scalar("loss");
    EXPECT_NEAR(loss, expected, kTolerance) << i;
    if (i == 0) first = loss;
    EXPECT_EQ(step.scalar("judged"), 5);
    EXPECT_LE(step.scalar("correct"), 5);
  }
  EXPECT_LT(loss, first / 2);
}

TEST(SequenceModel, TakesTheStepsThatTheReferenceTakesInDouble) {
  Config config = model_config(kTagger, "softmax_cross_entropy");
  const Schema schema = schema_of(kTagging, {"a", "b"});
  resolve_units(config, schema);
  Network network(config, schema);
  Model& model = network.model;
  const TaggingData data;
  const Program program = training_program(model, config);
  Bindings at = data.bindings();
  at.leaves.merge(parameters_of(model, network.variables));
  Step step = compile(program, network.variables);
  data.bind(step);
  std::vector<Value> next;
  for (const Update& update : program.updates) next.push_back(update.next);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(step.run({.size = 2}), Status::kOk);
    const Evaluation reference(next, at);
    for (const Update& update : program.updates) at.leaves[update.variable.name()] = reference[update.next];
  }
  for (const Value p : model.graph.parameters()) {
    const std::vector<double> found = network.variables.read(p.name());
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_NEAR(found[i], at.leaves.at(p.name())[i], 5 * kTolerance) << p.name();
  }
}

TEST(SequenceModel, RowsBeyondTheLengthChangeNoBit) {
  Config config = model_config(layer("dense", "units = 3\nactivation = \"tanh\"\n") +
                                   layer("lstm", "units = 2\nbidirectional = true\nlayer_norm = true\n") +
                                   layer("gru", "units = 2\n") + layer("dense"),
                               "softmax_cross_entropy");
  const Schema schema = schema_of(kTagging, {"a", "b"});
  resolve_units(config, schema);
  std::vector<Numbers> ends;
  for (const float beyond : {7.0f, -1e3f}) {
    Network network(config, schema);
    TaggingData data;
    data.x[4] = data.x[5] = beyond;
    data.targets[2] = beyond > 0 ? 0.0f : 1.0f;
    Step step = compile(training_program(network.model, config), network.variables);
    data.bind(step);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(step.run({.size = 2}), Status::kOk);
    ends.push_back(parameters_of(network.model, network.variables));
    ends.back()["loss"] = {step.scalar("loss")};
  }
  EXPECT_EQ(ends[0], ends[1]);
}

// ½‖(a − y)·scale‖² of four numbers: two targets of each of two rows.
TEST(SequenceModel, ForetellsSeveralRowsInTheTargetsUnits) {
  Config config = model_config(layer("lstm", "units = 3\n") + layer("dense"), "squared_error");
  Schema schema = schema_of({.steps = 4, .horizon = 2});
  schema.target_names = {"y", "z"};
  schema.target_scales = {{.shift = 1, .scale = 2}, {.shift = -3, .scale = 10}};
  resolve_units(config, schema);
  EXPECT_EQ(config.layers[1].units, 4);
  EXPECT_EQ(config.layers[0].recurrent.returns_sequences, false);
  Network network(config, schema);
  const Model& model = network.model;
  EXPECT_EQ(model.x.shape(), Shape({4, 2}));
  EXPECT_EQ(model.target.shape(), Shape({4}));
  Bindings at{.batch_size = 1, .leaves = parameters_of(network.model, network.variables)};
  at.leaves["x"] = {1, 2, 3, 4, 5, 6, 7, 8};
  at.leaves["target"] = {0.5, -0.5, 1, 2};
  const Evaluation found({model.output, model.prediction, model.reported_loss}, at);
  const std::vector<double>& output = found[model.output];
  EXPECT_THAT(found[model.prediction],
              ElementsAre(2 * output[0] + 1, 10 * output[1] - 3, 2 * output[2] + 1, 10 * output[3] - 3));
  double loss = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const double difference = (output[i] - at.leaves["target"][i]) * (i % 2 == 0 ? 2 : 10);
    loss += difference * difference / 2;
  }
  EXPECT_NEAR(found[model.reported_loss][0], loss, 1e-12);
}

TEST(SequenceModel, OfNumbersForEachRowHasTheirUnits) {
  Config config = model_config(layer("gru", "units = 3\n") + layer("dense"), "squared_error");
  Schema schema = schema_of({.steps = 2, .target = SequenceTarget::kEachRow});
  schema.target_scales = {{.shift = 1, .scale = 2}};
  resolve_units(config, schema);
  EXPECT_EQ(config.layers[0].recurrent.returns_sequences, true);
  Network network(config, schema);
  const Model& model = network.model;
  EXPECT_EQ(model.target.shape(), Shape({2, 1}));
  Bindings at{.batch_size = 1, .leaves = parameters_of(network.model, network.variables)};
  at.leaves["x"] = {1, 2, 3, 4};
  at.leaves["target"] = {0.5, -0.5};
  const Evaluation found({model.output, model.prediction, model.loss, model.reported_loss}, at);
  const std::vector<double>& output = found[model.output];
  EXPECT_THAT(found[model.prediction], ElementsAre(2 * output[0] + 1, 2 * output[1] + 1));
  const double a = output[0] - 0.5, b = output[1] + 0.5;
  EXPECT_NEAR(found[model.loss][0], (a * a + b * b) / 4, 1e-15);
  EXPECT_NEAR(found[model.reported_loss][0], (a * a + b * b), 1e-14);
}

TEST(SequenceModel, OfTwoClassesForEachRowHasALogitForEach) {
  Config config = model_config(layer("gru", "units = 3\n") + layer("dense"), "binary_cross_entropy");
  const Schema schema = schema_of({.steps = 2, .target = SequenceTarget::kEachRow}, {"n", "y"});
  resolve_units(config, schema);
  const Model model(config, schema);
  EXPECT_EQ(model.output.shape(), Shape({2, 1}));
  EXPECT_EQ(model.prediction.shape(), Shape({2, 1}));
  EXPECT_EQ(model.predicted_class.shape(), Shape({2}));
  EXPECT_EQ(model.target.shape(), Shape({2}));
}

// Which recurrent layers answer each row, without a word of the config.
std::vector<bool> sequences_of(const std::string& layers, SequenceTarget target) {
  Config config = model_config(layers, "softmax_cross_entropy");
  const Schema schema = schema_of({.steps = 3, .target = target}, {"a", "b"});
  resolve_units(config, schema);
  (void)Model(config, schema);
  std::vector<bool> result;
  for (const LayerConfig& one : config.layers) {
    if (is_recurrent(one.type)) result.push_back(*one.recurrent.returns_sequences);
  }
  return result;
}

TEST(ReturnSequences, FollowsFromWhatComesAfter) {
  const std::string lstm = layer("lstm", "units = 3\n"), dense = layer("dense", "units = 2\n");
  EXPECT_THAT(sequences_of(lstm + dense, SequenceTarget::kWhole), ElementsAre(false));
  EXPECT_THAT(sequences_of(lstm + lstm + dense, SequenceTarget::kWhole), ElementsAre(true, false));
  EXPECT_THAT(sequences_of(lstm + dense + lstm + dense, SequenceTarget::kWhole), ElementsAre(true, false));
  EXPECT_THAT(sequences_of(lstm + layer("mean_over_time") + dense, SequenceTarget::kWhole),
              ElementsAre(true));
  EXPECT_THAT(sequences_of(lstm + dense + layer("last_row"), SequenceTarget::kWhole), ElementsAre(true));
  EXPECT_THAT(sequences_of(lstm + layer("flatten") + dense, SequenceTarget::kWhole), ElementsAre(true));
  EXPECT_THAT(sequences_of(lstm + lstm + dense, SequenceTarget::kEachRow), ElementsAre(true, true));
  EXPECT_THAT(sequences_of(lstm + layer("gru", "units = 2\n"), SequenceTarget::kEachRow),
              ElementsAre(true, true));
}

std::string refusal_of(const std::string& layers, const SequenceSchema& sequence, std::size_t inputs = 2) {
  return error_of([&] {
    Config config = model_config(layers, "softmax_cross_entropy");
    const Schema schema = schema_of(sequence, {"a", "b"}, inputs);
    resolve_units(config, schema);
    const Model model(config, schema);
  });
}

TEST(SequenceModel, SaysWhereLayersDoNotFit) {
  const SequenceSchema whole{.steps = 3}, each{.steps = 3, .target = SequenceTarget::kEachRow};
  const std::string dense = layer("dense", "units = 2\n");
  EXPECT_EQ(
      refusal_of(layer("lstm", "units = 3\n") + dense, {}),
      "config: c.toml:7:9: model.layers.0: a layer of the type lstm reads a sequence [T, n], found [2]; "
      "[data.sequence] makes sequences of a table's rows");
  EXPECT_EQ(
      refusal_of(layer("lstm", "units = 3\nreturn_sequences = false\n") + layer("gru", "units = 3\n") + dense,
                 whole),
      "config: c.toml:11:9: model.layers.1: a layer of the type gru reads a sequence [T, n], found [3]; "
      "'return_sequences = true' in the layer before keeps one");
  EXPECT_EQ(
      refusal_of(layer("lstm", "units = 3\nreturn_sequences = false\n") + dense, each),
      "config: c.toml:7:9: model.layers.0: expected an answer [3, 2] in the end, found [2]; each row has "
      "a target, so each layer has to answer each row: recurrent ones by 'return_sequences = true'");
  EXPECT_EQ(
      refusal_of(layer("lstm", "units = 3\nreturn_sequences = true\n") + dense, whole),
      "config: c.toml:11:9: model.layers.1: expected an answer [2] in the end, found [3, 2]; one answer "
      "to a whole sequence gives 'return_sequences = false' in the last recurrent layer, or a layer of "
      "the type last_row, mean_over_time or flatten");
  EXPECT_EQ(
      refusal_of(layer("embedding", "units = 3\n") + dense, each),
      "config: c.toml:7:9: model.layers.0: an embedding reads one category of each row, found 2 inputs");
  EXPECT_EQ(refusal_of(layer("embedding", "units = 3\n") + dense, each, 1),
            "config: c.toml:7:9: model.layers.0: an embedding reads codes, those of a category that "
            "preprocessing leaves or makes ordinal; found the input 'x0' of the number column 'x0'");
  EXPECT_EQ(refusal_of(dense + layer("embedding", "units = 2\n"), each, 1),
            "config: c.toml:10:9: model.layers.1: an embedding reads the data's codes: expected it as the "
            "first layer");
  EXPECT_EQ(
      refusal_of(layer("lstm", "units = 1\nbidirectional = true\n") + layer("dense", "units = 3\n"), whole),
      "config: c.toml:11:9: model.layers.1.units: expected 2, one for each class of the data, found 3");
}

TEST(SequenceModel, TooManyParametersAreRefusedBeforeThereAreAny) {
  EXPECT_EQ(refusal_of(layer("lstm", "units = 16777216\n") + layer("dense", "units = 2\n"), {.steps = 3}),
            "config: c.toml:7:9: model.layers.0: expected at most 1073741824 parameters in all, found "
            "1125900108169216 up to this layer");
}

TEST(SequenceModel, FlattenReadsNothingBeyondALength) {
  Config config = model_config(layer("flatten") + layer("dense"), "softmax_cross_entropy");
  const Schema schema = schema_of({.steps = 2, .has_lengths = true}, {"a", "b"});
  resolve_units(config, schema);
  const Model model(config, schema);
  EXPECT_THAT(
      Evaluation({model.layers[0]},
                 {.batch_size = 1, .leaves = {{"x", {1, 2, 3, 4}}, {"length", {1}}}})[model.layers[0]],
      ElementsAre(1, 2, 0, 0));
}

TEST(SequenceModel, EmbedsTheCodesOfItsCategory) {
  Config config =
      model_config(layer("embedding", "units = 3\n") + layer("lstm", "units = 2\n") + layer("dense"),
                   "softmax_cross_entropy");
  Schema schema = schema_of({.steps = 4, .target = SequenceTarget::kEachRow}, {"a", "b", "c"}, 1);
  schema.columns[0].type = ColumnType::kCategory;
  schema.columns[0].levels = {"a", "b", "c"};
  resolve_units(config, schema);
  Model model(config, schema);
  EXPECT_EQ(model.graph.find("embedding1.weight").shape(), Shape({3, 3}));
  EXPECT_EQ(model.output.shape(), Shape({4, 3}));
  EXPECT_THAT(model.layer_parameters, ElementsAre(9, 8 * 3 + 8 * 2 + 8, 3 * 2 + 3));
  EXPECT_EQ(parameter_count(model), 9 + 48 + 9);
}

}  // namespace
}  // namespace catenary::train
