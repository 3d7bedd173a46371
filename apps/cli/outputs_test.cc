#include <gmock/gmock.h>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::HasSubstr;

// A run whose config names three files.
struct ShellWithParts : Shell {
  ShellWithParts() {
    for (const char* name : {"points.csv", "val.csv", "te.csv", "new.csv"}) (void)file(name, kPoints);
    std::string config = kPointsConfig;
    config.replace(config.find("target ="), 0, "validation = \"val.csv\"\ntest = \"te.csv\"\n");
    (void)file("c.toml", config);
    EXPECT_EQ(run({"train", "c.toml", "--out", "r"}).exit_code, 0);
  }
};

TEST(Outputs, ReplaceNoFileThatAConfigNames) {
  const ShellWithParts shell;
  for (const std::string data : {"points.csv", "val.csv", "te.csv"}) {
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"predict", "r", "new.csv", "--format", "csv"},
          {"derive", "c.toml"},
          {"derive", "r"}}) {
      std::vector<std::string> arguments = command;
      arguments.insert(arguments.end(), {"--output", data});
      const Outcome outcome = shell.run(arguments);
      EXPECT_EQ(outcome.exit_code, 2) << command[0];
      EXPECT_EQ(outcome.err, "catenary: --output " + data + ": expected another file than the input\n");
      EXPECT_EQ(shell.text_of(data), kPoints);
    }
  }
}

TEST(Outputs, OfATrainingReplaceNoDataInAnEarlierRun) {
  const ShellWithParts shell;
  const std::string history = shell.text_of("r/history.csv");
  const Outcome outcome = shell.run({"train", "r/history.csv", "--target", "loss", "--out", "r"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "catenary: r: expected a run directory whose files are no data, found 'r/history.csv' in it\n");
  EXPECT_EQ(shell.text_of("r/history.csv"), history);
}

TEST(Outputs, OfInitHaveNoNameThatTrainTakesForData) {
  const ShellWithParts shell;
  const Outcome outcome = shell.run({"init", "none.csv", "--target", "side", "--output", "c.csv"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--output c.csv: needed the name of a config, such as c.toml, found one "
                                     "of data\n"));
}

}  // namespace
}  // namespace catenary::cli
