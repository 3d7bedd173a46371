#include <fmt/format.h>
#include <gmock/gmock.h>

#include "catenary/train/config/config.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using ::testing::HasSubstr;
using testing_support::error_of;

struct SequenceProblem {
  std::string data;
  std::string loss = "squared_error";
};

const std::string kWindowed = "train = \"d.csv\"\ntarget = \"y\"\n";

std::string text_of(const SequenceProblem& problem) {
  return fmt::format("format = 1\n[data]\n{}\n[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"{}\"\n",
                     problem.data, problem.loss);
}

Config config_of(const SequenceProblem& problem) { return parse_config(text_of(problem), "/c/c.toml"); }

SequenceOptions options_of(const std::string& sequence, const std::string& data = kWindowed) {
  return config_of({data + "sequence = " + sequence}).data.sequence->options;
}

std::string fault_of(const SequenceProblem& problem) {
  return error_of([&] { (void)config_of(problem); });
}

std::string fault_of_keys(const std::string& sequence) {
  return fault_of(SequenceProblem{kWindowed + "sequence = " + sequence});
}

TEST(SequenceConfig, ForetellsTheNextRowOfAWindowUnlessItSaysOtherwise) {
  EXPECT_EQ(options_of("{ steps = 24 }"), (SequenceOptions{.steps = 24}));
  EXPECT_EQ(options_of("{ steps = 24, horizon = 12, stride = 3, series = 'id', time = 'day', gaps = 'allow', "
                       "target_is_input = false }"),
            (SequenceOptions{.steps = 24,
                             .horizon = 12,
                             .stride = 3,
                             .series = "id",
                             .time = "day",
                             .gaps = Gaps::kAllow,
                             .target_is_input = false}));
}

TEST(SequenceConfig, TakesWholeSeriesForOneTargetAndForEachRow) {
  EXPECT_EQ(options_of("{ target = 'whole', series = 'id' }"), (SequenceOptions{.task = SequenceTask::kWhole,
                                                                                .stride = 0,
                                                                                .series = "id",
                                                                                .gaps = Gaps::kAllow,
                                                                                .target_is_input = false}));
  EXPECT_EQ(options_of("{ target = 'each_row', series = 'id', steps = 9 }"),
            (SequenceOptions{.steps = 9,
                             .task = SequenceTask::kEachRow,
                             .stride = 0,
                             .series = "id",
                             .gaps = Gaps::kAllow,
                             .target_is_input = false}));
  EXPECT_EQ(options_of("{ target = 'each_row', steps = 9, stride = 3 }").stride, 3);
}

TEST(SequenceConfig, TakesWindowsSideBySideWhereStatesGoOn) {
  const SequenceOptions next = options_of("{ steps = 24, stateful = true }");
  EXPECT_TRUE(next.is_stateful);
  EXPECT_EQ(next.stride, 24);
  EXPECT_EQ(options_of("{ steps = 24, stride = 8, stateful = true }").stride, 8);
  EXPECT_EQ(options_of("{ target = 'each_row', steps = 9, stateful = true }").stride, 9);
  EXPECT_EQ(options_of("{ target = 'each_row', series = 'id', stateful = false }").stride, 0);
  const Config text =
      config_of({"format = 'text'\ntrain = 'b.txt'\nsequence = { steps = 64, stateful = true }",
                 "softmax_cross_entropy"});
  EXPECT_TRUE(text.data.sequence->options.is_stateful);
}

TEST(SequenceConfig, OfATextHasNoLayerThatGoesBackward) {
  EXPECT_EQ(
      error_of([] {
        (void)parse_config(
            "format = 1\n[data]\nformat = 'text'\ntrain = 'b.txt'\nsequence = { steps = 3 }\n"
            "[[model.layers]]\ntype = \"gru\"\nunits = 2\nbidirectional = true\n"
            "[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\n",
            "/c/c.toml");
      }),
      "config: /c/c.toml:8:9: model.layers.0.bidirectional: expected false for a text, as the characters "
      "after one are what is foretold, found true");
}

TEST(SequenceConfig, LeavesNoRowOutWhereStatesGoOn) {
  EXPECT_EQ(fault_of_keys("{ steps = 3, stride = 4, stateful = true }"),
            "config: /c/c.toml:5:12: data.sequence.stride: expected at most the 3 steps of a window beside "
            "stateful = true, so that states go on from row to row, found 4");
  EXPECT_THAT(fault_of_keys("{ target = 'whole', series = 'id', stateful = true }"),
              HasSubstr("data.sequence.stateful: applies only to windows, and target = \"whole\" has none"));
  EXPECT_THAT(fault_of_keys("{ target = 'each_row', stateful = true }"),
              HasSubstr("missing key 'data.sequence.steps'"));
}

TEST(SequenceConfig, OfATextForetellsEachNextCharacter) {
  const Config config =
      config_of({"format = 'text'\ntrain = 'b.txt'\nsequence = { steps = 64 }", "softmax_cross_entropy"});
  EXPECT_EQ(
      config.data.sequence->options,
      (SequenceOptions{
          .steps = 64, .task = SequenceTask::kEachRow, .lead = 1, .stride = 64, .target_is_input = false}));
  EXPECT_EQ(config.data.sequence->unit, TextUnit::kCharacter);
  EXPECT_TRUE(config.preprocess.empty());
  EXPECT_TRUE(is_classification(config));
}

TEST(SequenceConfig, TakesTheRowsOfImagesForSteps) {
  const Config config = config_of({"train = 'a-images-idx3-ubyte'\nsequence = {}", "softmax_cross_entropy"});
  EXPECT_EQ(config.data.sequence->options.task, SequenceTask::kWhole);
}

TEST(SequenceConfig, IsWrittenAndReadBack) {
  for (const std::string sequence :
       {"{ steps = 24, horizon = 12, stride = 3, series = 'id', time = 'day', gaps = 'allow' }",
        "{ steps = 24, horizon = 12, season = 13, difference = 14 }", "{ target = 'whole', series = 'id' }",
        "{ target = 'each_row', steps = 9, stride = 3, time = 't' }",
        "{ target = 'each_row', steps = 9, stride = 3, stateful = true }"}) {
    const Config config = config_of({fmt::format("{}sequence = {}", kWindowed, sequence)});
    EXPECT_EQ(parse_config(to_toml(config), "/c/c.toml").data.sequence, config.data.sequence) << sequence;
  }
  const Config text = config_of({"format = 'text'\ntrain = 'b.txt'\nsequence = { steps = 64, unit = 'byte' }",
                                 "softmax_cross_entropy"});
  EXPECT_EQ(parse_config(to_toml(text), "/c/c.toml"), text);
  const Config images = config_of({"train = 'a-images-idx3-ubyte'\nsequence = {}", "softmax_cross_entropy"});
  EXPECT_EQ(parse_config(to_toml(images), "/c/c.toml"), images);
}

TEST(SequenceConfig, SaysWhichKeyDoesNotFit) {
  EXPECT_EQ(fault_of_keys("24"),
            "config: /c/c.toml:5:12: data.sequence: expected a table, such as { steps = 24 }, found 24");
  EXPECT_EQ(fault_of_keys("{}"),
            "config: /c/c.toml:5:12: missing key 'data.sequence.steps': expected a whole number, "
            "the rows that a window reads");
  EXPECT_THAT(fault_of_keys("{ steps = 0 }"),
              HasSubstr("data.sequence.steps: expected a whole number from 1 to 16777216, found 0"));
  EXPECT_THAT(fault_of_keys("{ step = 3 }"), HasSubstr("did you mean 'steps'?"));
  EXPECT_THAT(fault_of_keys("{ steps = 3, target = 'last' }"), HasSubstr("data.sequence.target: "));
  EXPECT_THAT(fault_of_keys("{ steps = 3, gaps = 'allow' }"),
              HasSubstr("data.sequence.gaps: applies only beside 'time'"));
  EXPECT_THAT(fault_of_keys("{ target = 'whole', series = 'id', stride = 2 }"),
              HasSubstr("data.sequence.stride: applies only to windows, and target = \"whole\" has none"));
  EXPECT_THAT(fault_of_keys("{ target = 'whole', series = 'id', horizon = 2 }"),
              HasSubstr("data.sequence.horizon: applies only to target = \"next\""));
  EXPECT_THAT(fault_of_keys("{ target = 'whole' }"), HasSubstr("missing key 'data.sequence.series'"));
  EXPECT_THAT(fault_of_keys("{ target = 'each_row', stride = 2 }"),
              HasSubstr("missing key 'data.sequence.steps'"));
  EXPECT_THAT(fault_of_keys("{ steps = 3, unit = 'byte' }"),
              HasSubstr("data.sequence.unit: applies only to format = \"text\""));
}

TEST(SequenceConfig, TakesASeasonAndDifferencesThatAWindowHasRowsFor) {
  const SequenceOptions options = options_of("{ steps = 12, horizon = 12, season = 12, difference = 12 }");
  EXPECT_EQ(options.season, 12);
  EXPECT_EQ(options.difference, 12);
  EXPECT_EQ(fault_of_keys("{ steps = 12, season = 13 }"),
            "config: /c/c.toml:5:35: data.sequence.season: expected a whole number from 1 to 12, found 13");
  EXPECT_THAT(fault_of_keys("{ steps = 12, season = 0 }"), HasSubstr("from 1 to 12, found 0"));
  EXPECT_THAT(fault_of_keys("{ steps = 12, horizon = 3, difference = 2 }"),
              HasSubstr("data.sequence.difference: expected a whole number from 3 to 12, found 2"));
  EXPECT_THAT(
      fault_of_keys("{ steps = 12, horizon = 13, difference = 12 }"),
      HasSubstr(
          "data.sequence.difference: needed a horizon of at most steps, as a difference is to a row that "
          "the window reads, found horizon = 13 and steps = 12"));
}

TEST(SequenceConfig, HasSeasonsAndDifferencesOfNumbersThatFollowWindows) {
  EXPECT_THAT(fault_of_keys("{ target = 'whole', series = 'id', season = 2 }"),
              HasSubstr("data.sequence.season: applies only to target = \"next\""));
  EXPECT_THAT(
      fault_of_keys("{ steps = 3, target_is_input = false, difference = 1 }"),
      HasSubstr("data.sequence.difference: needs the target's past among the inputs (target_is_input)"));
  EXPECT_EQ(options_of("{ steps = 3, target_is_input = false, season = 1 }").season, 1);
  EXPECT_EQ(fault_of({kWindowed + "sequence = { steps = 3, season = 2 }", "softmax_cross_entropy"}),
            "config: /c/c.toml:5:12: data.sequence.season: needed a loss for numbers, found "
            "softmax_cross_entropy, which takes classes");
  EXPECT_THAT(fault_of({kWindowed + "sequence = { steps = 3, difference = 2 }", "softmax_cross_entropy"}),
              HasSubstr("data.sequence.difference: needed a loss for numbers"));
  EXPECT_THAT(fault_of({"train = 'd.npz'\nsequence = { steps = 3, difference = 1 }"}),
              HasSubstr("data.sequence.difference: applies only to format = \"csv\""));
}

TEST(SequenceConfig, OfATextHasFewKeys) {
  const auto fault = [](const std::string& keys) {
    return fault_of({"format = 'text'\ntrain = 'b.txt'\n" + keys, "softmax_cross_entropy"});
  };
  EXPECT_THAT(fault(""), HasSubstr("missing key 'data.sequence'"));
  EXPECT_THAT(fault("sequence = { steps = 3, series = 'x' }"),
              HasSubstr("data.sequence.series: applies only to format = \"csv\""));
  EXPECT_THAT(fault("sequence = { steps = 3, target = 'whole' }"),
              HasSubstr("data.sequence.target: does not apply to a text"));
  EXPECT_THAT(fault("sequence = { steps = 3 }\ntarget = 'y'"),
              HasSubstr("data.target: applies only to format = \"csv\""));
  EXPECT_THAT(fault("sequence = { steps = 3 }\nstandardize = true"),
              HasSubstr("data.standardize: does not apply to a text"));
}

TEST(SequenceConfig, ForetellsOneClassAtATime) {
  EXPECT_EQ(
      fault_of({kWindowed + "sequence = { steps = 3, horizon = 2 }", "softmax_cross_entropy"}),
      "config: /c/c.toml:5:12: data.sequence.horizon: expected 1 for the loss softmax_cross_entropy, which "
      "takes classes, found 2");
}

TEST(SequenceConfig, SplitsWindowsInTheirOrder) {
  const auto by = [](const std::string& sequence, const std::string& loss = "squared_error") {
    return config_of({kWindowed + "split = { test = 0.2 }\nsequence = " + sequence, loss}).data.split->by;
  };
  EXPECT_EQ(by("{ steps = 3 }"), SplitOrder::kOrdered);
  EXPECT_EQ(by("{ steps = 3 }", "softmax_cross_entropy"), SplitOrder::kOrdered);
  EXPECT_EQ(by("{ target = 'each_row', steps = 3, stride = 3 }"), SplitOrder::kOrdered);
  EXPECT_EQ(by("{ target = 'whole', series = 'id' }", "softmax_cross_entropy"), SplitOrder::kStratified);
  EXPECT_EQ(by("{ target = 'each_row', series = 'id' }", "softmax_cross_entropy"), SplitOrder::kRandom);
  EXPECT_EQ(fault_of({kWindowed + "split = { test = 0.2, by = 'random' }\nsequence = { steps = 3 }"}),
            "config: /c/c.toml:5:9: data.split.by: expected 'ordered' or a group for windows, of which each "
            "foretells what others read, found 'random'");
  EXPECT_THAT(
      fault_of({kWindowed + "split = { test = 0.2, by = 'stratified' }\nsequence = { target = 'each_row', "
                            "series = 'id' }",
                "softmax_cross_entropy"}),
      HasSubstr("data.split.by: 'stratified' needs one class for each series"));
}

}  // namespace
}  // namespace catenary::train
