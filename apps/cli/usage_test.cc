#include <gmock/gmock.h>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Usage, TheVersionIsOneLineOnStdout) {
  const Outcome outcome = Shell().run({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "catenary 0.1.0\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(Usage, EveryCommandHasHelp) {
  const Outcome outcome = Shell().run({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("Exit codes:"));
  for (const std::string command :
       {"train", "cv", "init", "eval", "plot", "predict", "inspect", "derive", "ops"}) {
    EXPECT_THAT(outcome.out, HasSubstr("\n  " + command));
    const Outcome help = Shell().run({command, "--help"});
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("Usage: catenary " + command)) << command;
    EXPECT_THAT(help.out, HasSubstr(command == "init" ? "--output" : "--json")) << command;
  }
}

TEST(Usage, TrainTellsHowItIsInterrupted) {
  EXPECT_THAT(Shell().run({"train", "--help"}).out, HasSubstr("SIGTERM end the training"));
  EXPECT_THAT(Shell().run({"train", "--help"}).out, HasSubstr("130"));
  EXPECT_THAT(Shell().run({"derive", "--help"}).out, HasSubstr("Functions of a formula: abs, "));
}

TEST(Usage, NothingAskedForIsAUsageErrorWithHelp) {
  const Outcome outcome = Shell().run({});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("train"));
}

struct Mistake {
  std::vector<std::string> arguments;
  std::string message;
};

TEST(Usage, MistakesNameTheNearestAndExitWithTwo) {
  const Mistake mistakes[] = {
      {{"trian"}, "catenary: unknown command 'trian'; did you mean 'train'?\ntry 'catenary --help'\n"},
      {{"--verson"},
       "catenary: unknown option '--verson'; did you mean '--version'?\ntry 'catenary --help'\n"},
      {{"train", "c.toml", "--thread", "2"},
       "catenary: unknown option '--thread'; did you mean '--threads'?\ntry 'catenary train --help'\n"},
      {{"train", "c.toml", "d.toml"},
       "catenary: unexpected argument 'd.toml'\ntry 'catenary train --help'\n"},
      {{"train"}, "catenary: CONFIG|DATA is required\ntry 'catenary train --help'\n"},
      {{"predict", "x", "--output", "y"}, "catenary: FILE is required\ntry 'catenary predict --help'\n"},
      {{"predict", "x", "y", "--input", "z"},
       "catenary: FILE excludes --input\ntry 'catenary predict --help'\n"},
      {{"predict", "x", "y", "--format", "jsnl"},
       "catenary: --format: unknown value 'jsnl'; did you mean 'jsonl'?\n"},
      {{"predict", "x", "y", "--format", "xml"},
       "catenary: --format: unknown value 'xml'; expected one of csv, jsonl, npy\n"},
      {{"predict", "x", "y", "--ouput", "z"},
       "catenary: unknown option '--ouput'; did you mean '--output'?\ntry 'catenary predict --help'\n"},
      {{"predict", "x", "y", "--inputs", "--output", "p.npy"},
       "catenary: --inputs: needed --format csv or jsonl, found npy, which holds numbers alone\n"},
      {{"eval", "x", "--held-out"}, "catenary: --held-out requires --data\ntry 'catenary eval --help'\n"},
      {{"eval", "x", "--data", ""},
       "catenary: --data: expected a path, found nothing\ntry 'catenary eval --help'\n"},
      {{"train", "c.toml", "--threads", "0"},
       "catenary: --threads: Value 0 not in range 1 to 256\ntry 'catenary train --help'\n"},
      {{"train", "c.toml", "--out", ""},
       "catenary: --out: expected a path, found nothing\ntry 'catenary train --help'\n"},
      {{"inspect", ".", "--set", "seed=1"},
       "catenary: --set applies to a config, found the run directory .\n"},
      {{"ops", "sigmiod"}, "catenary: unknown operator 'sigmiod'; did you mean 'sigmoid'?\n"},
  };
  for (const Mistake& mistake : mistakes) {
    const Outcome outcome = Shell().run(mistake.arguments);
    EXPECT_EQ(outcome.exit_code, 2) << mistake.message;
    EXPECT_EQ(outcome.err, mistake.message);
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Ops, ListsEveryOperatorWithItsMathematicsAndGradient) {
  const Outcome outcome = Shell().run({"ops"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out,
              StartsWith("add\n  Sum, element by element.\n  y = a + b\n  da = dy\n  db = dy\n"));
  EXPECT_THAT(outcome.out, HasSubstr("softmax_cross_entropy_labels\n"));
}

TEST(Ops, JsonIsOneObject) {
  const auto lines = json_lines(Shell().run({"ops", "tanh", "relu", "--json"}).out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["ops"][0]["name"], "tanh");
  EXPECT_EQ(lines[0]["ops"][1]["formula"], "relu(x)");
  EXPECT_TRUE(lines[0]["ops"][1]["gradient"].contains("x"));
}

}  // namespace
}  // namespace catenary::cli
