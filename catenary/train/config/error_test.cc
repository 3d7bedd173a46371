#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <ostream>

#include "catenary/base/error.h"
#include "catenary/train/config/config.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_directory.h"

namespace catenary::train {
namespace {

// Each case is a small legal config with one line changed or added, and the whole message that it gives.
struct Case {
  std::string_view name;
  std::string data = "", layer = "", train = "", extra = "";
  std::string message = "";
  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

constexpr std::string_view kData = "train = \"a.csv\"\ntarget = \"y\"";
constexpr std::string_view kLayer = "type = \"dense\"";
constexpr std::string_view kTrain = "loss = \"softmax_cross_entropy\"";

std::string message_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    (void)parse_config(text, "c.toml", overrides);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    return error.what();
  }
  return "no error";
}

// Lines: 1 format, 2 extra, 3 [data], 4-5 data, [[model.layers]], layer, [train], train.
std::string config(const Case& c) {
  const auto pick = [](const std::string& own, std::string_view usual) {
    return own.empty() ? std::string(usual) : own;
  };
  return "format = 1\n" + c.extra + "\n[data]\n" + pick(c.data, kData) + "\n[[model.layers]]\n" +
         pick(c.layer, kLayer) + "\n[train]\n" + pick(c.train, kTrain) + "\n";
}

TEST(UnknownActivation, IsToldWhichThereAre) {
  std::vector<std::string_view> names;
  for (const nn::Activation f : nn::activations()) names.push_back(name_of(f));
  EXPECT_EQ(
      message_of(config({.name = "", .layer = "type = \"dense\"\nactivation = \"rleu\""})),
      fmt::format("c.toml:8:14: model.layers.0.activation: unknown value 'rleu'; expected one of {}; did "
                  "you mean 'relu'?",
                  fmt::join(names, ", ")));
}

class ConfigError : public testing::TestWithParam<Case> {};

TEST_P(ConfigError, HasThisMessage) { EXPECT_EQ(message_of(config(GetParam())), GetParam().message); }

const Case kCases[] = {
    {.name = "UnknownRootKey",
     .extra = "sed = 3",
     .message = "c.toml:2:1: unknown key 'sed'; did you mean 'seed'?"},
    {.name = "NegativeSeed",
     .extra = "seed = -1",
     .message = "c.toml:2:8: seed: expected a whole number from 0 to 9223372036854775807, found -1"},
    {.name = "NoBytes",
     .data = "train = \"a-images-idx3\"\nmax_bytes = 0",
     .message = "c.toml:5:13: data.max_bytes: expected a whole number from 1 to 1125899906842624, found 0"},
    {.name = "MoreClassesThanF32Counts",
     .data = "train = \"a-images-idx3\"\nmax_classes = 16777217",
     .message = "c.toml:5:15: data.max_classes: expected a whole number from 1 to 16777216, found 16777217"},
    {.name = "NotToml",
     .extra = "seed = ",
     .message = "c.toml:2:8: Error while parsing key-value pair: expected value, saw '\\n'"},
    {.name = "DuplicateKey",
     .extra = "format = 1",
     .message = "c.toml:2:10: Error while parsing key-value pair: cannot redefine existing integer 'format'"},
    {.name = "UnknownKeyInData",
     .data = "trian = \"a.csv\"",
     .message = "c.toml:4:1: unknown key 'trian' in [data]; did you mean 'train'?"},
    {.name = "NoTrainingData",
     .data = "target = \"y\"",
     .message = "c.toml:3:1: missing key 'data.train': expected the training data"},
    {.name = "NoTarget",
     .data = "train = \"a.csv\"",
     .message =
         "c.toml:3:1: missing key 'data.target': expected the name of a column, or an array of such names"},
    {.name = "UnknownFormat",
     .data = "train = \"a\"\nformat = \"cvs\"",
     .message =
         "c.toml:5:10: data.format: unknown value 'cvs'; expected one of idx, csv, numpy, text; did you "
         "mean 'csv'?"},
    {.name = "TargetOfIdx",
     .data = "train = \"images-idx3\"\ntarget = \"y\"",
     .message = "c.toml:5:1: data.target: applies only to format = \"csv\""},
    {.name = "ClassesOfCsv",
     .data = "train = \"a.csv\"\nclasses = [\"a\"]",
     .message = "c.toml:5:1: data.classes: applies only to format = \"idx\""},
    {.name = "IdxWithoutLabels",
     .data = "train = \"a-images-idx3\"\ntest = \"a.gz\"",
     .message = "c.toml:5:8: data.test: expected { images = \"...\", labels = \"...\" }, or a file name with "
                "'images-idx3' that the labels' name follows from, found the string 'a.gz'"},
    {.name = "IdxPairHalf",
     .data = "train = { images = \"a\" }",
     .message = "c.toml:4:9: missing key 'data.train.labels': expected a path"},
    {.name = "TestAndSplit",
     .data = "train = \"a.csv\"\ntest = \"b.csv\"\nsplit = { test = 0.5 }",
     .message =
         "c.toml:5:1: data.test: expected either files for validation and test or a split, found both"},
    {.name = "SplitOfOne",
     .data = "train = \"a.csv\"\nsplit = { test = 1.0 }",
     .message = "c.toml:5:18: data.split.test: expected a number between 0 and 1, found 1"},
    {.name = "StandardizeWrongType",
     .data = "train = \"a.csv\"\ntarget = \"y\"\nstandardize = \"yes\"",
     .message = "c.toml:6:15: data.standardize: expected true or false, found the string 'yes'"},
    {.name = "ClassTwice",
     .data = "train = \"images-idx3\"\nclasses = [\"a\", \"a\"]",
     .message = "c.toml:5:17: data.classes: the string 'a' stands there twice"},
    {.name = "EmptyPath",
     .data = "train = \"\"\nformat = \"csv\"",
     .message = "c.toml:4:9: data.train: expected a path, found the string ''"},
    {.name = "UnknownLayerType",
     .layer = "type = \"dens\"",
     .message = "c.toml:7:8: model.layers.0.type: unknown value 'dens'; expected one of dense, rnn, "
                "lstm, gru, embedding, mean_over_time, last_row, flatten; did you mean 'dense'?"},
    {.name = "NoLayerType",
     .layer = "units = 3",
     .message = "c.toml:6:1: missing key 'model.layers.0.type': expected type = \"dense\""},
    {.name = "ZeroUnits",
     .layer = "type = \"dense\"\nunits = 0",
     .message = "c.toml:8:9: model.layers.0.units: expected a whole number from 1 to 16777216, found 0"},
    {.name = "FractionalUnits",
     .layer = "type = \"dense\"\nunits = 2.5",
     .message = "c.toml:8:9: model.layers.0.units: expected a whole number from 1 to 16777216, found 2.5"},
    {.name = "UnknownInit",
     .layer = "type = \"dense\"\ninit = \"identity\"",
     .message = "c.toml:8:8: model.layers.0.init: unknown value 'identity'; expected one of he_normal, "
                "he_uniform, "
                "glorot_normal, glorot_uniform, lecun_normal, orthogonal, zeros"},
    {.name = "BadLayerName",
     .layer = "type = \"dense\"\nname = \"1st\"",
     .message = "c.toml:8:8: model.layers.0.name: expected a letter or '_', then letters, digits, '_', '.' "
                "or '-', at "
                "most 100, found the string '1st'"},
    {.name = "LayerNameTwice",
     .layer = "type = \"dense\"\nunits = 2\nname = \"dense2\"\n[[model.layers]]\ntype = \"dense\"",
     .message = "c.toml:10:1: model.layers.1.name: 'dense2' is the name of model.layers.0 already"},
    {.name = "LayerNameAgainLater",
     .layer = "type = \"dense\"\nunits = 2\nname = \"a\"\n[[model.layers]]\ntype = \"dense\"\nunits = 2\n"
              "[[model.layers]]\ntype = \"dense\"\nname = \"a\"",
     .message = "c.toml:13:1: model.layers.2.name: 'a' is the name of model.layers.0 already"},
    {.name = "HiddenUnitsMissing",
     .layer = "type = \"dense\"\n[[model.layers]]\ntype = \"dense\"",
     .message = "c.toml:6:1: missing key 'model.layers.0.units': only the last layer's follow from the data"},
    {.name = "SigmoidBeforeItsLoss",
     .layer = "type = \"dense\"\nactivation = \"sigmoid\"",
     .message =
         "c.toml:6:1: the loss softmax_cross_entropy takes logits: expected the last layer's activation "
         "'identity', found 'sigmoid'"},
    {.name = "TwoBinaryLogits",
     .layer = "type = \"dense\"\nunits = 2",
     .train = "loss = \"binary_cross_entropy\"",
     .message =
         "c.toml:8:9: the loss binary_cross_entropy takes one logit: expected units = 1 in the last layer, "
         "found 2"},
    {.name = "NoLoss",
     .train = "epochs = 3",
     .message =
         "c.toml:8:1: missing key 'train.loss': expected one of softmax_cross_entropy, binary_cross_entropy, "
         "squared_error, huber"},
    {.name = "UnknownTrainKey",
     .train = "epoch = 3",
     .message = "c.toml:9:1: unknown key 'epoch' in [train]; did you mean 'epochs'?"},
    {.name = "EpochsAsText",
     .train = "loss = \"huber\"\nepochs = \"ten\"",
     .message =
         "c.toml:10:10: train.epochs: expected a whole number from 0 to 1000000000, found the string 'ten'"},
    {.name = "BatchZero",
     .train = "loss = \"huber\"\nbatch_size = 0",
     .message = "c.toml:10:14: train.batch_size: expected a whole number from 1 to 1048576, found 0"},
    {.name = "NanWeightDecay",
     .train = "loss = \"huber\"\nweight_decay = nan",
     .message =
         "c.toml:10:16: train.weight_decay: expected 0 or a number from 1.17549435e-38 to 1e30, found nan"},
    {.name = "NegativeWeightDecay",
     .train = "loss = \"huber\"\nweight_decay = -1e-3",
     .message = "c.toml:10:16: train.weight_decay: expected 0 or a number from 1.17549435e-38 to 1e30, found "
                "-0.001"},
    {.name = "NegativeLearningRate",
     .train = "loss = \"huber\"\noptimizer = { type = \"sgd\", learning_rate = -0.1 }",
     .message = "c.toml:10:45: train.optimizer.learning_rate: expected a number from 1.17549435e-38 to 1e30, "
                "found -0.1"},
    {.name = "LearningRateThatIsZeroInF32",
     .train = "loss = \"huber\"\noptimizer = { type = \"sgd\", learning_rate = 1e-46 }",
     .message = "c.toml:10:45: train.optimizer.learning_rate: expected a number from 1.17549435e-38 to 1e30, "
                "found 1e-46"},
    {.name = "EpsilonThatIsZeroInF32",
     .train = "loss = \"huber\"\noptimizer = { type = \"adam\", epsilon = 1e-46 }",
     .message = "c.toml:10:40: train.optimizer.epsilon: expected a number from 1.17549435e-38 to 1e30, "
                "found 1e-46"},
    {.name = "MomentumThatIsOneInF32",
     .train = "loss = \"huber\"\noptimizer = { type = \"momentum\", momentum = 0.99999999 }",
     .message =
         "c.toml:10:45: train.optimizer.momentum: expected a number from 0 to 0.9999999, found 0.99999999"},
    {.name = "WeightDecayThatIsZeroInF32",
     .train = "loss = \"huber\"\nweight_decay = 1e-46",
     .message = "c.toml:10:16: train.weight_decay: expected 0 or a number from 1.17549435e-38 to 1e30, "
                "found 1e-46"},
    {.name = "TwoTargetsOfAClassifier",
     .data = "train = \"a.csv\"\ntarget = [\"a\", \"b\"]",
     .message = "c.toml:5:10: data.target: expected one column for the loss softmax_cross_entropy, found 2"},
    {.name = "MomentumOfSgd",
     .train = "loss = \"huber\"\noptimizer = { type = \"sgd\", momentum = 0.9 }",
     .message = "c.toml:10:29: train.optimizer.momentum: does not apply to the optimizer 'sgd'; expected one "
                "of type, "
                "learning_rate"},
    {.name = "OptimizerAsNumber",
     .train = "loss = \"huber\"\noptimizer = 0.1",
     .message = "c.toml:10:13: train.optimizer: expected a table, found 0.1"},
    {.name = "EpochsAsAHalf",
     .train = "loss = \"huber\"\nepochs = 1.5",
     .message = "c.toml:10:10: train.epochs: expected a whole number from 0 to 1000000000, found 1.5"},
    {.name = "EpochsBeyondExactDoubles",
     .train = "loss = \"huber\"\nepochs = 1e300",
     .message = "c.toml:10:10: train.epochs: expected a whole number from 0 to 1000000000, found 1e+300"},
    {.name = "UnknownMetric",
     .train = "loss = \"softmax_cross_entropy\"\nmetrics = [\"acuracy\"]",
     .message = "c.toml:10:12: train.metrics: unknown value 'acuracy'; expected one of accuracy; did you "
                "mean 'accuracy'?"},
    {.name = "AccuracyOfRegression",
     .train = "loss = \"huber\"\nmetrics = [\"accuracy\"]",
     .message = "c.toml:10:12: train.metrics: accuracy needs classes, and this loss predicts numbers"},
    {.name = "OutputNameWithSlash",
     .train = "loss = \"huber\"\n[output]\nname = \"a/b\"",
     .message = "c.toml:11:8: output.name: expected a folder's name without '/', found the string 'a/b'"},
};

INSTANTIATE_TEST_SUITE_P(Golden, ConfigError, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ConfigErrors, MissingParts) {
  EXPECT_EQ(message_of(""), "c.toml:1:1: missing key 'format': expected format = 1");
  EXPECT_EQ(message_of("format = 2"), "c.toml:1:10: format: expected 1, found 2");
  EXPECT_EQ(message_of("format = 1"), "c.toml:1:1: missing table [data]");
  EXPECT_EQ(message_of("format = 1\ndata = 3"), "c.toml:2:8: data: expected a table, found 3");
  EXPECT_EQ(
      message_of(
          "format = 1\ndata = {train=\"a.csv\", target=\"y\"}\ntrain = {loss=\"huber\"}\n[model]\nlayers=[]"),
      "c.toml:5:8: model.layers: expected at least one [[model.layers]], found an array");
}

TEST(ConfigErrors, AStreamsNameTellsNoFormat) {
  for (const std::string name : {"-", "/dev/stdin"}) {
    EXPECT_EQ(message_of(config({.name = name, .data = "train = \"" + name + "\"\ntarget = \"y\""})),
              "c.toml:3:1: missing key 'data.format': expected \"csv\", \"numpy\", \"idx\" or \"text\", "
              "which the name of "
              "a stream does not tell");
  }
}

TEST(ConfigErrors, AStreamIsReadOnce) {
  const std::string text =
      "format = 1\n[data]\ntrain = { images = \"i\", labels = \"-\" }\n"
      "test = { images = \"/dev/fd/0\", labels = \"l\" }\n"
      "[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\n";
  EXPECT_EQ(message_of(text),
            "c.toml:3:9: needed a stream for each thing that is read, found /dev/fd/0 twice");
}

TEST(ConfigErrors, TextsOfTheParserHaveNoControlCharacters) {
  for (const char* text :
       {"a\x1b = 1", "a = \"\x07\"", "a = \"\\\x1b\"", "a = \"\xff\"", "\x7f", "[a\rb]", "a = 1\x1b"}) {
    const std::string message = message_of(text);
    EXPECT_NE(message, "no error") << testing::PrintToString(text);
    for (const unsigned char c : message) EXPECT_TRUE(c >= 0x20 && c != 0x7F && c != 0xFF) << message;
  }
}

TEST(ConfigErrors, AFileOfAnotherKindIsNamed) {
  const testing_support::TemporaryDirectory folder;
  const auto message_for = [&](std::string_view bytes) {
    const std::string path = folder.file("c.toml", bytes).string();
    const std::string message = testing_support::error_of([&] { (void)load_config(path); });
    return message.starts_with("config: " + path + ": ") ? message.substr(path.size() + 10) : message;
  };
  const std::string needed = "expected a config, which is text in UTF-8, found ";
  const std::string weights("\x08\0\0\0\0\0\0\0{}      ", 16);
  EXPECT_EQ(message_for(weights), needed + "a safetensors file");
  EXPECT_EQ(message_for(weights + std::string(2'000'000, 'x')), needed + "a safetensors file");
  EXPECT_EQ(message_for("PK\x03\x04\x14"), needed + "a zip archive");
  EXPECT_EQ(message_for(std::string("\xFF\xFE"
                                    "f\0",
                                    4)),
            needed + "text in UTF-16");
  EXPECT_EQ(message_for(std::string(2'000'000, '#')), "expected at most 1048576 bytes, found more");
}

TEST(ConfigErrors, OverridesNameThemselves) {
  const auto of = [](const std::string& override_text) { return message_of(config({}), {override_text}); };
  EXPECT_EQ(of("train.epoch=3"),
            "--set train.epoch=3: unknown key 'epoch' in [train]; did you mean 'epochs'?");
  EXPECT_EQ(of("train.epochs=x"),
            "--set train.epochs=x: train.epochs: expected a whole number from 0 to 1000000000, found the "
            "string 'x'");
  EXPECT_EQ(of("trian.epochs=3"), "--set trian.epochs=3: unknown key 'trian'; did you mean 'train'?");
  EXPECT_EQ(of("train.epochs"), "--set train.epochs: expected key=value, as in train.epochs=3");
  EXPECT_EQ(of("model.layers.7.units=3"),
            "--set model.layers.7.units=3: model.layers: expected an index from 0 to 0, found '7'");
  EXPECT_EQ(of("model.layers.1.units=3"),
            "--set model.layers.1.units=3: model.layers: expected an index from 0 to 0, found '1'");
  EXPECT_EQ(of("model.layers.00.units=3"),
            "--set model.layers.00.units=3: model.layers: expected an index from 0 to 0, found '00'");
  EXPECT_EQ(
      of("train.epochs.a=3"),
      "--set train.epochs.a=3: train.epochs: expected a whole number from 0 to 1000000000, found a table");
}

TEST(ConfigErrors, WordsOfOtherLibrariesFindTheirNames) {
  const auto of = [](const std::string& override_text) {
    const std::string message = message_of(config({}), {override_text});
    const std::size_t at = message.find("; did you mean ");
    return at == std::string::npos ? message : message.substr(at + 15);
  };
  EXPECT_EQ(of("train.learning_rate=0.1"), "'train.optimizer.learning_rate'?");
  EXPECT_EQ(of("train.optimizer={type='sgd',lr=0.1}"), "'learning_rate'?");
  EXPECT_EQ(of("train.loss='mse'"), "'squared_error'?");
  EXPECT_EQ(of("train.optimizer='adamw'"), "'adam'?");
  EXPECT_EQ(of("epochs=3"), "'train.epochs'?");
  EXPECT_EQ(of("model.layers=[{type='fc',units=1}]"), "'dense'?");
  EXPECT_EQ(of("model.layers=[{type='dense',units=1,activation='swish'}]"), "'silu'?");
}

TEST(ConfigErrors, ALayersTypeIsJudgedBeforeItsKeys) {
  EXPECT_EQ(message_of(config({}), {"model.layers=[{filters=3,type='conv2d'}]"}),
            "--set model.layers=[{filters=3,type='conv2d'}]: model.layers.0.type: unknown value 'conv2d'; "
            "expected one of dense, rnn, lstm, gru, embedding, mean_over_time, last_row, flatten");
}

TEST(ConfigErrors, AnOverrideIsOneLineThatSetsOneKey) {
  const auto of = [](const std::string& override_text) { return message_of(config({}), {override_text}); };
  EXPECT_EQ(of("train.epochs=1\nseed=5"), "--set 'train.epochs=1\\x0Aseed=5': expected one line");
  EXPECT_EQ(of("[train]\nepochs=3"), "--set '[train]\\x0Aepochs=3': expected one line");
  EXPECT_EQ(of("[train] # =3"), "--set [train] # =3: expected one key=value, as in train.epochs=3");
  EXPECT_EQ(of("# seed=5"), "--set # seed=5: expected one key=value, as in train.epochs=3");
}

}  // namespace
}  // namespace catenary::train
