#include "catenary/train/config/config.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "catenary/base/error.h"
#include "catenary/train/config/toml.h"
#include "tests/support/count_allocations.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;

constexpr const char* kSmall = R"(
format = 1
[data]
train = "train-images-idx3-ubyte.gz"
[[model.layers]]
type = "dense"
units = 16
activation = "relu"
[[model.layers]]
type = "dense"
[train]
loss = "softmax_cross_entropy"
)";

Config parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_config(text, "/configs/small.toml", overrides);
}

TEST(Config, FillsInEveryDefault) {
  const Config config = parse(kSmall);
  EXPECT_EQ(config.seed, 1);
  EXPECT_EQ(config.data.format, DataFormat::kIdx);
  EXPECT_EQ(config.layers[0].name, "dense1");
  EXPECT_EQ(config.layers[0].init, nn::Initializer::kHeNormal);
  EXPECT_EQ(config.layers[1].name, "dense2");
  EXPECT_EQ(config.layers[1].units, 0);
  EXPECT_EQ(config.layers[1].activation, nn::Activation());
  EXPECT_EQ(config.layers[1].init, nn::Initializer::kGlorotUniform);
  EXPECT_EQ(config.train.optimizer, optim::Options(optim::AdamOptions{}));
  EXPECT_EQ(config.train.weight_decay, 0);
  EXPECT_EQ(config.train.epochs, 10);
  EXPECT_EQ(config.train.batch_size, 128);
  EXPECT_TRUE(config.preprocess.empty());
  EXPECT_TRUE(config.train.accuracy);
  EXPECT_EQ(config.output.name, "small");
}

TEST(Config, FillsInTheDefaultsOfEachOptimizer) {
  const auto optimizer = [](const std::string& type) {
    return parse(kSmall, {"train.optimizer={type=\"" + type + "\"}"}).train.optimizer;
  };
  EXPECT_EQ(optimizer("adam"), optim::Options(optim::AdamOptions{
                                   .learning_rate = 0.001, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8}));
  EXPECT_EQ(optimizer("momentum"),
            optim::Options(optim::MomentumOptions{.learning_rate = 0.01, .momentum = 0.9}));
  EXPECT_EQ(optimizer("sgd"), optim::Options(optim::SgdOptions{.learning_rate = 0.01}));
}

TEST(Config, ReadsEachNumberOfTheOptimizerAndTheTraining) {
  const TrainConfig adam =
      parse(kSmall,
            {"train.optimizer={type=\"adam\", learning_rate=0.5, beta1=0.25, beta2=0.75, epsilon=0.125}",
             "train.weight_decay=0.0625", "train.batch_size=7"})
          .train;
  EXPECT_EQ(adam.optimizer, optim::Options(optim::AdamOptions{
                                .learning_rate = 0.5, .beta1 = 0.25, .beta2 = 0.75, .epsilon = 0.125}));
  EXPECT_EQ(adam.weight_decay, 0.0625);
  EXPECT_EQ(adam.batch_size, 7);
  EXPECT_EQ(parse(kSmall, {"train.optimizer={type=\"momentum\", momentum=0.75}"}).train.optimizer,
            optim::Options(optim::MomentumOptions{.learning_rate = 0.01, .momentum = 0.75}));
}

TEST(Config, TheDocumentHasEveryActivation) {
  std::ifstream file("docs/config.md");
  std::string row;
  while (std::getline(file, row) && !row.starts_with("| `activation`")) {
  }
  std::set<std::string> documented;
  const std::regex name("`\"?([a-z_]+)\"?`");
  for (std::sregex_iterator n(row.begin(), row.end(), name), end; n != end; ++n) documented.insert((*n)[1]);
  documented.erase("activation");
  std::set<std::string> known;
  for (const nn::Activation activation : nn::activations()) known.emplace(name_of(activation));
  EXPECT_EQ(documented, known);
}

TEST(Config, AnOptimizerMayBeItsTypeAlone) {
  EXPECT_EQ(parse(kSmall, {"train.optimizer='sgd'"}), parse(kSmall, {"train.optimizer={type='sgd'}"}));
  EXPECT_EQ(parse(kSmall, {"train.optimizer='adam'"}), parse(kSmall));
}

TEST(Config, AnOptimizerWithoutATypeIsTheUsualOne) {
  EXPECT_EQ(parse(kSmall, {"train.optimizer={learning_rate=0.5}"}).train.optimizer,
            optim::Options(optim::AdamOptions{.learning_rate = 0.5}));
}

TEST(Config, AWholeNumberMayBeWrittenAsAnyNumber) {
  EXPECT_EQ(parse(kSmall, {"train.epochs=1e2", "format=1.0", "seed=7.0"}),
            parse(kSmall, {"train.epochs=100", "seed=7"}));
}

// The table of docs/config.md, as each optimizer's facts and the config's reader have it.
TEST(Config, TheDocumentHasEveryOptionOfEachOptimizer) {
  std::string rows;
  for (const optim::OptimizerFacts& facts : optim::optimizers()) {
    const optim::Options usual =
        parse(kSmall, {fmt::format("train.optimizer={{type=\"{}\"}}", facts.name)}).train.optimizer;
    for (const optim::Option& option : facts.options) {
      rows += fmt::format("| `{}` | `{}` | {}, {} | {} |\n", facts.name, option.name,
                          option.kind == optim::OptionKind::kShare ? "share" : "amount",
                          value_of(option, usual), option.meaning);
    }
  }
  std::stringstream document;
  document << std::ifstream("docs/config.md").rdbuf();
  EXPECT_THAT(document.str(), ::testing::HasSubstr("|---|---|---|---|\n" + rows + "\n"));
}

TEST(Config, PathsAreRelativeToTheFileAndLabelsFollowFromImages) {
  const Config config = parse(kSmall);
  EXPECT_EQ(config.data.train.samples, "/configs/train-images-idx3-ubyte.gz");
  EXPECT_EQ(config.data.train.labels, "/configs/train-labels-idx1-ubyte.gz");
}

TEST(Config, PathsInOverridesAreRelativeToTheWorkingDirectory) {
  const Config config = parse(kSmall, {"data.train={images=\"a\", labels=\"/b\"}"});
  EXPECT_EQ(config.data.train.samples, "a");
  EXPECT_THAT(to_toml(config),
              testing::HasSubstr("\"" + (std::filesystem::current_path() / "a").string() + "\""));
  EXPECT_EQ(config.data.train.labels, "/b");
}

TEST(Config, OfAStreamHasPathsRelativeToTheWorkingDirectory) {
  for (const char* path : {"/dev/stdin", "/dev/fd/63"}) {
    const Config config = parse_config(kSmall, path);
    EXPECT_EQ(config.data.train.samples, "train-images-idx3-ubyte.gz");
    EXPECT_EQ(config.output.name, "config");
  }
}

TEST(Config, ADashAmongItsFilesIsTheStandardInput) {
  EXPECT_EQ(parse(kSmall, {"data.train={images=\"-\", labels=\"l\"}"}).data.train.samples, "/dev/stdin");
  EXPECT_EQ(parse(kSmall, {"data.train={images=\"./-\", labels=\"l\"}"}).data.train.samples, "./-");
}

TEST(Config, OverridesReachTablesArraysAndNewKeys) {
  const Config config =
      parse(kSmall, {"train.epochs=3", "model.layers.0.units = 64", "seed=7", "output.name=run1",
                     "train.optimizer.type=sgd", "train.optimizer.learning_rate=0.5"});
  EXPECT_EQ(config.train.epochs, 3);
  EXPECT_EQ(config.layers[0].units, 64);
  EXPECT_EQ(config.seed, 7);
  EXPECT_EQ(config.output.name, "run1");
  EXPECT_EQ(config.train.optimizer, optim::Options(optim::SgdOptions{.learning_rate = 0.5}));
}

TEST(Config, AnOverrideThatIsNoTomlValueIsAString) {
  for (const std::string name : {"it's.csv", "a=b,c.csv", "3[1].csv", "plain.csv"}) {
    const std::string csv = "data={train=\"x.csv\", target=\"y\"}";
    EXPECT_EQ(parse(kSmall, {csv, "data.train= " + name}).data.train.samples, name);
  }
}

TEST(Config, AnInlineTableInAnOverrideReplacesTheWhole) {
  const Config config = parse(kSmall, {"train.optimizer={type=\"momentum\", momentum=0.5}",
                                       "train.optimizer={type=\"adam\", beta1=0.8}"});
  EXPECT_EQ(config.train.optimizer, optim::Options(optim::AdamOptions{.beta1 = 0.8}));
}

TEST(Config, ReadsCsvSplitsAndRegression) {
  const Config config = parse(R"(
format = 1
data = { train = "../x.csv", target = ["a", "b"], split = { test = 0.25 }, standardize = true }
model = { layers = [{ type = "dense", name = "out" }] }
train = { loss = "squared_error", epochs = 0, weight_decay = 1e-3 }
)");
  EXPECT_EQ(config.data.format, DataFormat::kCsv);
  EXPECT_EQ(config.data.train.samples, "/x.csv");
  EXPECT_THAT(config.data.targets, ElementsAre("a", "b"));
  EXPECT_EQ(config.data.split->test, 0.25);
  EXPECT_EQ(config.data.split->validation, 0);
  EXPECT_FALSE(config.train.accuracy);
  EXPECT_EQ(config.train.epochs, 0);
}

TEST(Config, WritesWhatItReads) {
  for (const std::vector<std::string>& overrides :
       {std::vector<std::string>{},
        {"train.optimizer={type=\"momentum\", learning_rate=0.1}", "train.metrics=[]"},
        {"data.classes=[\"T-shirt\", \"quote \\\" and \\\\ and \\t\"]", "train.weight_decay=1.17549435e-38"},
        {"data={train=\"/a b.csv\", target=\"y\", split={test=0.1}}", "train.loss=huber",
         "seed=9223372036854775807"},
        {"train.optimizer={type=\"adam\", beta1=0.5, beta2=0.75, epsilon=0.125}"},
        {"data.max_bytes=1125899906842624", "data.max_columns=3", "data.max_classes=16777216"},
        {"data.test={images=\"/i\", labels=\"/l\"}", "train.optimizer={type=\"sgd\", learning_rate=1e20}"}}) {
    const Config config = parse(kSmall, overrides);
    EXPECT_EQ(parse_config(to_toml(config), "/elsewhere/config.resolved.toml"), config) << to_toml(config);
  }
}

TEST(Config, WritesANumberThatIsWholeWithAPoint) {
  const std::string text =
      to_toml(parse(kSmall, {"train.weight_decay=2", "train.optimizer={type=\"sgd\", learning_rate=1e20}"}));
  EXPECT_THAT(text, ::testing::HasSubstr("weight_decay = 2.0\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("learning_rate = 1e+20 }"));
}

TEST(Config, ReadsEachLimitOfTheData) {
  const DataLimits limits =
      parse(kSmall, {"data.max_bytes=5", "data.max_columns=6", "data.max_classes=7"}).data.limits;
  EXPECT_EQ(limits, (DataLimits{.max_bytes = 5, .max_columns = 6, .max_classes = 7}));
}

TEST(Config, LimitsOfTheDataHaveDefaults) {
  EXPECT_EQ(parse(kSmall).data.limits, DataLimits{});
  EXPECT_THAT(to_toml(parse(kSmall)), ::testing::AllOf(::testing::HasSubstr("max_columns = 1048576\n"),
                                                       ::testing::HasSubstr("max_classes = 10000\n"),
                                                       ::testing::Not(::testing::HasSubstr("max_bytes"))));
}

// Whatever the bytes, a text is a config or an Error{config}: no crash, no other exception.
void expect_config_or_error(const std::string& text) {
  try {
    (void)parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
  }
}

TEST(Config, AnyDamageToATextIsAConfigOrAConfigError) {
  const std::string text = kSmall;
  for (std::size_t at = 0; at < text.size(); ++at) {
    expect_config_or_error(text.substr(0, at));
    for (const char byte : {'\0', '\n', '"', '[', ']', '{', '.', '=', '#', '9', '\\', '\xff'}) {
      std::string damaged = text;
      damaged[at] = byte;
      expect_config_or_error(damaged);
    }
  }
}

TEST(Toml, DepthIsLimitedBeforeTheParserRecurses) {
  std::string dotted = "a";
  for (int i = 0; i < 300'000; ++i) dotted += ".a";
  const std::pair<std::string, int> bombs[] = {{dotted + " = 1", 130},  // the column of what is one too many
                                               {"[" + dotted + "]", 129},
                                               {"a = " + std::string(500'000, '['), 69},
                                               {"a = " + std::string(500'000, '{'), 69}};
  for (const auto& [bomb, column] : bombs) {
    try {
      (void)parse_toml(bomb, "bomb.toml");
      FAIL() << "expected an error";
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), fmt::format("bomb.toml:1:{}: expected values nested at most 64 deep", column));
    }
  }
}

TEST(Toml, DotsAndBracketsWithinStringsAndCommentsAreNoDepth) {
  const std::string many = std::string(200, '[') + std::string(200, '.');
  EXPECT_NO_THROW((void)parse_toml("a = \"" + many + "\\\"" + many + "\"\n# " + many + "\nb = '" + many +
                                       "'\nc = '''\n" + many + "\n'" + many + "'''\nd = [1.5, 2.5]",
                                   "x.toml"));
  std::string list = "a = [";
  for (int i = 0; i < 1000; ++i) list += "0.5, [1.25], ";
  EXPECT_NO_THROW((void)parse_toml(list + "]", "x.toml"));
}

// No value keeps more of the override that it stands in than a message needs.
TEST(Config, ALongOverrideTakesMemoryInProportionToIt) {
  std::string names = "data.classes=[\"0\"";
  for (int i = 1; i < 20'000; ++i) names += fmt::format(",\"{}\"", i);
  std::size_t found = 0;
  const std::int64_t most = testing_support::most_bytes_allocated(
      [&] { found = parse(kSmall, std::vector{names + "]"}).data.classes.size(); });
  EXPECT_EQ(found, 20'000u);
  EXPECT_LT(most, 200 * std::ssize(names));
  try {
    (void)parse(kSmall, std::vector{names + ",0]"});
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("--set data.classes=[\"0\",\"1\","));
    EXPECT_THAT(error.what(),
                ::testing::HasSubstr("...: data.classes: expected an array of the labels' names"));
  }
}

TEST(Toml, AFileBeyondTheLimitIsRefused) {
  EXPECT_THROW((void)parse_toml(std::string(kMaxConfigBytes + 1, '#'), "x.toml"), Error);
}

}  // namespace
}  // namespace catenary::train
