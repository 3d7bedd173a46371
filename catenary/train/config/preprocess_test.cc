#include <fmt/format.h>
#include <gmock/gmock.h>

#include "catenary/train/config/config.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using preprocess::Auto;
using preprocess::Options;
using preprocess::Statistic;
using preprocess::Step;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::error_of;

// A config on a table, or on images, with these texts before [data] and at its end.
Config with_steps(const std::string& before, const std::string& data = "train = 'd.csv'\ntarget = 'y'") {
  return parse_config("format = 1\n" + before + "\n[data]\n" + data +
                          "\n[[model.layers]]\ntype = 'dense'\n[train]\nloss = 'softmax_cross_entropy'\n",
                      "c.toml");
}

// The step of a config with one, which has these keys.
Step read_step_of(const std::string& keys) {
  return with_steps("preprocess = [{ " + keys + " }]").preprocess.at(0);
}
std::string error_of_step(const std::string& keys) {
  return error_of([&] { (void)read_step_of(keys); });
}

TEST(Preprocess, IsAutoForTablesAndNoneForImages) {
  EXPECT_THAT(with_steps("").preprocess, ElementsAre(Step{.options = Auto()}));
  EXPECT_THAT(with_steps("", "train = 'a.npz'").preprocess, ElementsAre(Step{.options = Auto()}));
  EXPECT_THAT(with_steps("", "train = 'images-idx3'").preprocess, IsEmpty());
}

TEST(Preprocess, MayBeAWord) {
  EXPECT_THAT(with_steps("preprocess = 'auto'").preprocess, ElementsAre(Step{.options = Auto()}));
  EXPECT_THAT(with_steps("preprocess = 'none'").preprocess, IsEmpty());
  EXPECT_THAT(with_steps("preprocess = []").preprocess, IsEmpty());
}

TEST(Preprocess, HasStandardizeForItsShortForm) {
  const std::string table = "train = 'd.csv'\ntarget = 'y'\nstandardize = ",
                    images = "train = 'images-idx3'\nstandardize = ";
  EXPECT_THAT(with_steps("", table + "true").preprocess, ElementsAre(Step{.options = Auto()}));
  EXPECT_THAT(with_steps("", table + "false").preprocess,
              ElementsAre(Step{.options = Auto{.standardize = false}}));
  EXPECT_THAT(with_steps("", images + "true").preprocess,
              ElementsAre(Step{.options = preprocess::Standardize()}));
  EXPECT_THAT(with_steps("", images + "false").preprocess, IsEmpty());
  EXPECT_EQ(error_of([&] { (void)with_steps("preprocess = 'auto'", table + "true"); }),
            "config: c.toml:6:1: data.standardize: is the short form of preprocess, found both");
}

TEST(Preprocess, ReadsEachKeyOfEachStep) {
  EXPECT_EQ(read_step_of("type = 'auto', standardize = false"),
            (Step{.options = Auto{.standardize = false}}));
  EXPECT_EQ(read_step_of("type = 'drop', columns = 'a'"),
            (Step{.options = preprocess::Drop(), .columns = {"a"}}));
  EXPECT_EQ(read_step_of("type = 'impute', columns = ['a', 'b'], by = 'mean', indicator = false"),
            (Step{.options = preprocess::Impute{.by = Statistic::kMean, .indicator = false},
                  .columns = {"a", "b"}}));
  EXPECT_EQ(read_step_of("type = 'impute', by = 'constant', value = -1"),
            (Step{.options = preprocess::Impute{.by = Statistic::kConstant, .value = -1}}));
  EXPECT_EQ(read_step_of("type = 'impute', by = 'most_frequent'").options,
            Options(preprocess::Impute{.by = Statistic::kMostFrequent}));
  EXPECT_EQ(read_step_of("type = 'onehot', max_levels = 5, buckets = 3, unseen = 'refuse'").options,
            Options(preprocess::OneHot{.max_levels = 5, .buckets = 3, .unseen = Unseen::kRefuse}));
  EXPECT_EQ(read_step_of("type = 'ordinal', order = ['low', 'high']").options,
            Options(preprocess::Ordinal{.order = {"low", "high"}}));
  EXPECT_EQ(read_step_of("type = 'dates', parts = ['hour', 'year']").options,
            Options(preprocess::Dates{.parts = {TimePart::kHour, TimePart::kYear}}));
  EXPECT_EQ(read_step_of("type = 'minmax', low = -1, high = 2.5").options,
            Options(preprocess::MinMax{.low = -1, .high = 2.5}));
  EXPECT_EQ(read_step_of("type = 'scale', factor = -0.001").options,
            Options(preprocess::Scale{.factor = -0.001}));
  EXPECT_EQ(read_step_of("type = 'quantile', quantiles = 7, distribution = 'normal'").options,
            Options(preprocess::Quantile{.quantiles = 7, .normal = true}));
  EXPECT_EQ(read_step_of("type = 'clip', low = 0, quantile = 0.05").options,
            Options(preprocess::Clip{.low = 0, .quantile = 0.05}));
  EXPECT_EQ(read_step_of("type = 'clip', high = 1e3").options, Options(preprocess::Clip{.high = 1000}));
}

TEST(Preprocess, IsWrittenAsItIsRead) {
  const std::string data = "train = '/d.csv'\ntarget = 'y'";
  const auto comes_back = [](const Config& config) {
    EXPECT_EQ(parse_config(to_toml(config), "c.toml"), config) << to_toml(config);
  };
  for (const Options& options : preprocess::all_steps()) {
    Config config = with_steps("", data);
    config.preprocess = {Step{.options = options}};
    if (std::holds_alternative<preprocess::Drop>(options)) config.preprocess[0].columns = {"a \"b\""};
    comes_back(config);
  }
  for (const std::string text :
       {"'none'", "'auto'", "[{ type = 'log' }, { type = 'auto', standardize = false }]",
        "[{ type = 'impute', columns = ['a', 'b'], by = 'constant', value = 0.1, indicator = false }]",
        "[{ type = 'onehot', max_levels = 5, buckets = 3, unseen = 'refuse' }]",
        "[{ type = 'ordinal', order = ['it''s'] }]", "[{ type = 'ordinal', order = [\"a \\\" b\", \"c\"] }]",
        "[{ type = 'dates', parts = ['hour'] }]", "[{ type = 'minmax', low = -1e-3, high = 1e20 }]",
        "[{ type = 'scale', factor = 3 }]", "[{ type = 'quantile', quantiles = 2, distribution = 'normal' }]",
        "[{ type = 'clip', low = 0, high = 0.5, quantile = 0 }]", "[{ type = 'clip', high = -2 }]"}) {
    if (std::string(text).find("it''s") != std::string::npos) continue;
    comes_back(with_steps("preprocess = " + std::string(text), data));
  }
  comes_back(with_steps("", "train = '/images-idx3'\nstandardize = true"));
  comes_back(with_steps("", "train = '/images-idx3'"));
}

TEST(Preprocess, IsWrittenAsTables) {
  EXPECT_THAT(
      to_toml(with_steps("preprocess = [{ type = 'impute', columns = 'a', by = 'constant' , value = 2 }]")),
      HasSubstr("\n[[preprocess]]\ntype = \"impute\"\ncolumns = [\"a\"]\nby = \"constant\"\nvalue = 2.0\n"
                "indicator = true\n"));
  EXPECT_THAT(to_toml(with_steps("preprocess = 'none'")), HasSubstr("\npreprocess = \"none\"\n"));
}

TEST(Preprocess, NumericTargetsAreStandardizedUnlessAutoDecides) {
  const auto types = [](const std::string& steps, const std::string& loss) {
    std::vector<std::string> names;
    const std::string text =
        "format = 1\npreprocess = " + steps +
        "\ndata = { train = 'd.csv', target = 'y' }\nmodel = { layers = [{ type = 'dense' }] }\n"
        "train = { loss = '" +
        loss + "' }\n";
    for (const Step& step : parse_config(text, "c.toml").preprocess)
      names.emplace_back(name_of(step.options));
    return names;
  };
  EXPECT_THAT(types("[{ type = 'log' }]", "squared_error"), ElementsAre("log", "target_standardize"));
  EXPECT_THAT(types("[{ type = 'log' }, { type = 'auto', standardize = false }]", "squared_error"),
              ElementsAre("log", "auto"));
  EXPECT_THAT(types("[{ type = 'target_standardize' }]", "squared_error"), ElementsAre("target_standardize"));
  EXPECT_THAT(types("[]", "squared_error"), IsEmpty());
  EXPECT_THAT(types("[{ type = 'log' }]", "softmax_cross_entropy"), ElementsAre("log"));
}

TEST(Preprocess, AnOverrideMaySayNone) {
  const std::string text =
      "format = 1\ndata = { train = 'd.csv', target = 'y' }\nmodel = { layers = [{ type = 'dense' }] }\n"
      "train = { loss = 'huber' }\n[[preprocess]]\ntype = 'log'\n";
  const auto with = [&](const std::string& override_text) {
    return parse_config(text, "c.toml", std::vector<std::string>{override_text}).preprocess;
  };
  EXPECT_THAT(with("preprocess=none"), IsEmpty());
  EXPECT_THAT(with("preprocess.0.type=standardize"),
              ElementsAre(Step{.options = preprocess::Standardize()},
                          Step{.options = preprocess::TargetStandardize()}));
}

TEST(Preprocess, SaysWhatIsWrongWithAStep) {
  const std::string at = "config: c.toml:2:";
  const auto of = [](const std::string& text) {
    return error_of([&] { (void)with_steps("preprocess = " + text); });
  };
  EXPECT_EQ(of("'outo'"),
            at + "14: preprocess: unknown value 'outo'; expected one of auto, none; did you mean 'auto'?");
  EXPECT_EQ(of("3"), at + "14: preprocess: expected \"auto\", \"none\" or tables [[preprocess]], found 3");
  EXPECT_EQ(
      of("['log']"),
      at + "15: preprocess.0: expected a table such as { type = \"standardize\" }, found the string 'log'");
  const std::string names =
      "auto, drop, impute, onehot, ordinal, dates, standardize, minmax, scale, quantile, log, clip, "
      "target_standardize";
  EXPECT_EQ(error_of_step("columns = 'a'"), at + "15: missing key 'preprocess.0.type': one of " + names);
  EXPECT_EQ(error_of_step("type = 'standardise'"),
            at + "24: preprocess.0.type: unknown value 'standardise'; expected one of " + names +
                "; did you mean 'standardize'?");
  EXPECT_EQ(error_of_step("type = 'log', base = 2"),
            at + "31: unknown key 'base' in [preprocess.0]; expected one of type, columns");
  EXPECT_EQ(error_of_step("type = 'onehot', max_level = 2"),
            at + "34: unknown key 'max_level' in [preprocess.0]; did you mean 'max_levels'?");
}

TEST(Preprocess, SaysWhatIsWrongWithAKeyOfAStep) {
  const std::string at = "config: c.toml:2:";
  EXPECT_EQ(error_of_step("type = 'auto', columns = 'a'"),
            at + "15: preprocess.0.columns: auto is for all columns that no step before it took");
  EXPECT_EQ(
      error_of_step("type = 'drop'"),
      at +
          "15: missing key 'preprocess.0.columns': expected the name of a column, or an array of such names");
  EXPECT_EQ(error_of_step("type = 'impute', by = 'mode'"),
            at + "39: preprocess.0.by: unknown value 'mode'; expected one of median, mean, most_frequent, "
                 "constant; did "
                 "you mean 'most_frequent'?");
  EXPECT_EQ(error_of_step("type = 'impute', by = 'constant'"),
            at + "15: missing key 'preprocess.0.value': expected a number from -1e30 to 1e30");
  EXPECT_EQ(error_of_step("type = 'impute', value = 3"),
            at + "34: preprocess.0.value: needs by = \"constant\"");
  EXPECT_EQ(error_of_step("type = 'onehot', max_levels = 0"),
            at + "47: preprocess.0.max_levels: expected a whole number from 1 to 1048576, found 0");
  EXPECT_EQ(error_of_step("type = 'onehot', unseen = 'ignore'"),
            at + "43: preprocess.0.unseen: unknown value 'ignore'; expected one of other, refuse; did you "
                 "mean 'other'?");
  EXPECT_EQ(error_of_step("type = 'ordinal', order = []"),
            at + "43: preprocess.0.order: expected an array of the column's values, found an array");
  EXPECT_EQ(error_of_step("type = 'dates', parts = []"),
            at + "41: preprocess.0.parts: expected at least one part, found an array");
  EXPECT_EQ(error_of_step("type = 'dates', parts = ['yaer']"),
            at + "42: preprocess.0.parts: unknown value 'yaer'; expected one of year, month, day, weekday, "
                 "hour; did you "
                 "mean 'year'?");
  EXPECT_EQ(error_of_step("type = 'dates', parts = ['day', 'day']"),
            at + "49: preprocess.0.parts: the string 'day' stands there twice");
  EXPECT_EQ(error_of_step("type = 'minmax', low = 1"),
            at + "15: preprocess.0: expected low below high, found 1 and 1");
  EXPECT_EQ(error_of_step("type = 'scale'"),
            at + "15: missing key 'preprocess.0.factor': expected a number other than 0");
  EXPECT_EQ(error_of_step("type = 'scale', factor = 0"),
            at + "42: preprocess.0.factor: expected a number of at least 1e-30 in size, found 0");
  EXPECT_EQ(error_of_step("type = 'quantile', quantiles = 1"),
            at + "48: preprocess.0.quantiles: expected a whole number from 2 to 10000, found 1");
  EXPECT_EQ(error_of_step("type = 'quantile', distribution = 'gauss'"),
            at + "51: preprocess.0.distribution: unknown value 'gauss'; expected one of uniform, normal; did "
                 "you mean "
                 "'normal'?");
  EXPECT_EQ(error_of_step("type = 'clip', quantile = 0.6"),
            at + "43: preprocess.0.quantile: expected a number from 0 to 0.5, found 0.6");
  EXPECT_EQ(error_of_step("type = 'clip', low = 2, high = 1"),
            at + "15: preprocess.0: expected low below high, found 2 and 1");
  EXPECT_EQ(error_of_step("type = 'target_standardize', columns = 'y'"),
            at + "46: preprocess.0.columns: does not apply to targets, which are data.target");
}

TEST(Preprocess, WordsOfOtherLibrariesFindTheirNames) {
  const auto hint = [](const std::string& type) {
    const std::string message = error_of_step("type = '" + type + "'");
    const std::size_t at = message.find("; did you mean ");
    return at == std::string::npos ? message : message.substr(at + 15);
  };
  EXPECT_EQ(hint("one_hot"), "'onehot'?");
  EXPECT_EQ(hint("OneHotEncoder"), "'onehot'?");
  EXPECT_EQ(hint("OrdinalEncoder"), "'ordinal'?");
  EXPECT_EQ(hint("StandardScaler"), "'standardize'?");
  EXPECT_EQ(hint("zscore"), "'standardize'?");
  EXPECT_EQ(hint("MinMaxScaler"), "'minmax'?");
  EXPECT_EQ(hint("SimpleImputer"), "'impute'?");
  EXPECT_EQ(hint("fillna"), "'impute'?");
  EXPECT_EQ(hint("QuantileTransformer"), "'quantile'?");
}

}  // namespace
}  // namespace catenary::train
