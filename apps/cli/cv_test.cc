#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <thread>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST(Cv, PrintsEachFoldAndTheirMean) {
  const ShellWithData shell;
  const Outcome outcome = shell.run({"cv", "c.toml", "--folds", "3", "--threads", "2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              MatchesRegex("  fold      rows          loss  accuracy\n( +[123] +50 +[0-9.]+ +[0-9.]+\n)+\n"
                           "accuracy 0[.][0-9]{3} ± 0[.][0-9]{3}\n"
                           "loss [0-9.]+ ± [0-9.]+ \\(mean and standard deviation over 3 folds\\)\n\n"
                           "confusion matrix: [^\n]+\n[^\n]+\nleft[^\n]+\nright[^\n]+\nprecision[^\n]+\n"));
  EXPECT_THAT(outcome.err,
              HasSubstr("note: test rows are in no fold, so that they can test what is chosen: 50 of 200\n"));
  EXPECT_THAT(outcome.err, HasSubstr("cross-validating c: 150 samples in 3 stratified folds, 2 threads\n"));
  EXPECT_THAT(outcome.err, HasSubstr("fold 3/3  loss "));
  EXPECT_THAT(outcome.err, HasSubstr("  trained on 100, judged on 50\n"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("\r")));
  EXPECT_THAT(shell.all_files(), ElementsAre("c.toml", "sides.csv"));
}

TEST(Cv, JsonIsOneEventALineAndEndsWithEnd) {
  const ShellWithData shell;
  const Outcome outcome = shell.run({"cv", "c.toml", "--json"});
  EXPECT_EQ(outcome.err, "");
  const auto events = json_lines(outcome.out);
  ASSERT_EQ(events.size(), 7u);
  EXPECT_EQ(events[0]["event"], "start");
  EXPECT_EQ(events[0]["samples"], 150);
  EXPECT_EQ(events[0]["test_samples"], 50);
  EXPECT_EQ(events[0]["folds"], 5);
  EXPECT_EQ(events[0]["by"], "stratified");
  double sum = 0;
  for (std::size_t i = 1; i <= 5; ++i) {
    EXPECT_EQ(events[i]["event"], "fold");
    EXPECT_EQ(events[i]["fold"], i);
    EXPECT_EQ(events[i]["train_samples"], 120);
    EXPECT_EQ(events[i]["samples"], 30);
    sum += events[i]["loss"].get<double>();
  }
  const auto& end = events[6];
  EXPECT_EQ(end["event"], "end");
  EXPECT_DOUBLE_EQ(end["loss"]["mean"].get<double>(), sum / 5);
  EXPECT_GT(end["accuracy"]["sd"].get<double>(), 0);
  EXPECT_EQ(end["classes"], (std::vector<std::string>{"left", "right"}));
  int counted = 0;
  for (const auto& row : end["confusion"]) counted += row[0].get<int>() + row[1].get<int>();
  EXPECT_EQ(counted, 150);
  EXPECT_EQ(end["output"], nullptr);
}

TEST(Cv, WritesWhatEachRowWasTakenForOutOfItsFold) {
  const ShellWithData shell;
  const Outcome outcome = shell.run({"cv", "c.toml", "--folds", "3", "--output", "oof.csv"});
  EXPECT_THAT(outcome.out, HasSubstr("\n\n150 predictions in oof.csv\n")) << outcome.err;
  EXPECT_THAT(shell.text_of("oof.csv"),
              MatchesRegex("row,side,fold,prediction,probability_left,probability_right\n"
                           "([0-9]+,(left|right),[123],(left|right),[0-9.e-]+,[0-9.e-]+\n)+"));
  shell.run({"cv", "c.toml", "--folds", "3", "--output", "oof.jsonl"});
  const auto lines = json_lines(shell.text_of("oof.jsonl"));
  ASSERT_EQ(lines.size(), 150u);
  EXPECT_TRUE(lines[0]["row"].is_number());
  EXPECT_EQ(shell.run({"cv", "c.toml", "--folds", "3", "--output", "oof", "--format", "jsonl"}).exit_code, 0);
  EXPECT_EQ(shell.text_of("oof"), shell.text_of("oof.jsonl"));
}

TEST(Cv, LeavesStdoutToPredictionsThatGoThere) {
  const ShellWithData shell;
  const Outcome outcome = shell.run({"cv", "c.toml", "--output", "-"});
  EXPECT_THAT(outcome.out, testing::StartsWith("row,side,fold,prediction,"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("accuracy")));
  EXPECT_THAT(outcome.err, HasSubstr("\naccuracy 0."));
  const Outcome with_json = shell.run({"cv", "c.toml", "--output", "-", "--json"});
  EXPECT_EQ(with_json.exit_code, 2);
  EXPECT_EQ(with_json.out, "");
}

TEST(Cv, TakesATableAndItsTarget) {
  const ShellWithData shell;
  const Outcome outcome =
      shell.run({"cv", "sides.csv", "--target", "side", "--folds", "2", "--set", "train.epochs=1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("cross-validating sides: 160 samples in 2 stratified folds"));
  EXPECT_THAT(outcome.err, HasSubstr("so that they can test what is chosen: 40 of 200"));
}

// Of targets of about 0.005.
TEST(Cv, ShowsDigitsOfSmallLosses) {
  const Shell shell;
  std::string returns = "a,y\n";
  for (int i = 0; i < 40; ++i) returns += fmt::format("{},{}\n", i % 7, 0.005 * (i * 5 % 13 - 6) / 6.0);
  (void)shell.file("r.csv", returns);
  const Outcome outcome =
      shell.run({"cv", "r.csv", "--target", "y", "--folds", "2", "--set", "train.epochs=1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string loss = "([0-9][.][0-9]{3}e-0[5-9]|0[.]000[0-9]{4})";
  EXPECT_THAT(outcome.out,
              MatchesRegex("  fold      rows          loss\n( +[12] +16 +" + loss + "\n)+\nloss " + loss +
                           " ± [0-9.e-]+ \\(mean and standard deviation over 2 folds\\)\n"));
  EXPECT_THAT(outcome.err, testing::ContainsRegex("fold 1/2  loss " + loss + "  trained on"));
  ASSERT_EQ(shell.run({"train", "r.csv", "--target", "y", "--set", "train.epochs=1"}).exit_code, 0);
  EXPECT_THAT(shell.run({"eval", "runs/r"}).out, MatchesRegex("test loss " + loss + " \\(8 samples\\)\n"));
}

struct CvMistake {
  std::vector<std::string> arguments;
  int exit_code;
  std::string message;
};

TEST(Cv, MistakesEndItBeforeAnythingIsWritten) {
  const ShellWithData shell;
  const CvMistake mistakes[] = {
      {{"--folds", "1"},
       2,
       "sides.csv: needed at least 2 folds and a row for each, found 1 folds of 150 rows\n"},
      {{"--folds", "151"}, 2, "found 151 folds of 150 rows\n"},
      {{"--folds", "five"}, 2, "--folds: expected a whole number from 0, found 'five'\n"},
      {{"--format", "csv"}, 2, "--format requires --output\n"},
      {{"--output", "p.csv", "--format", "cvs"}, 2, "--format: unknown value 'cvs'; did you mean 'csv'?\n"},
      {{"--output", "sides.csv"}, 2, "--output sides.csv: expected another file than the input\n"},
      {{"--output", "c.toml"}, 2, "--output c.toml: expected another file than the input\n"},
      {{"--max-bytes", "8000"}, 3, "data.max_bytes (--max-bytes) sets the limit\n"},
      {{"--output", "none/p.csv"}, 5, "none"},
      {{"--output", "p.csv", "--set", "train.optimizer={type=\"sgd\", learning_rate=1e30}"},
       4,
       "fold 1: epoch 1"},
  };
  for (const CvMistake& mistake : mistakes) {
    std::vector<std::string> arguments = {"cv", "c.toml"};
    arguments.insert(arguments.end(), mistake.arguments.begin(), mistake.arguments.end());
    const Outcome outcome = shell.run(arguments);
    EXPECT_EQ(outcome.exit_code, mistake.exit_code) << mistake.message << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(mistake.message));
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(shell.all_files(), ElementsAre("c.toml", "sides.csv"));
  }
}

TEST(Cv, ReplacesNoFileThatItsConfigNames) {
  const ShellWithData shell;
  for (const char* name : {"more.csv", "val.csv", "te.csv"}) (void)shell.file(name, sides(40));
  std::string config = kSidesConfig;
  config.replace(config.find("train = \"sides.csv\""), 19, "train = [\"sides.csv\", \"more.csv\"]");
  config.replace(config.find("split = { test = 0.25 }"), 23,
                 "validation = \"val.csv\"\ntest = [\"te.csv\", \"te-*.csv\"]");
  (void)shell.file("te-2.csv", sides(40));
  (void)shell.file("c.toml", config);
  for (const std::string name : {"more.csv", "val.csv", "te.csv", "te-2.csv"}) {
    const std::string before = shell.text_of(name);
    const Outcome outcome = shell.run({"cv", "c.toml", "--folds", "2", "--output", name});
    EXPECT_EQ(outcome.exit_code, 2) << name;
    EXPECT_EQ(outcome.err, "catenary: --output " + name + ": expected another file than the input\n");
    EXPECT_EQ(shell.text_of(name), before);
  }
}

TEST(Cv, RefusesAnOutputsNameBeforeItReadsAnything) {
  const Shell shell;
  const Outcome outcome = shell.run({"cv", "none.toml", "--output", "folds.xlsx"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "catenary: --output folds.xlsx: needed a name that ends in .csv, .jsonl, .ndjson or .npy, or "
            "--format, found .xlsx\n");
}

struct CvInterrupt {
  int signal;
  std::vector<std::string> arguments;
  std::string log, start;  // where the program tells that it has begun
};

TEST(Cv, AnInterruptStopsItAndWritesNothing) {
  const ShellWithData shell;
  shell.file("p.csv", "old\n");
  for (const CvInterrupt& way : {CvInterrupt{SIGINT, {}, "err", "cross-validating"},
                                 CvInterrupt{SIGTERM, {"--json"}, "out", "\"event\":\"start\""}}) {
    const auto interrupt = [&](pid_t process) {
      while (shell.log(way.log).find(way.start) == std::string::npos && kill(process, 0) == 0)
        std::this_thread::yield();
      kill(process, way.signal);
    };
    std::vector<std::string> arguments = {"cv",    "c.toml", "--output",
                                          "p.csv", "--set",  "train.epochs=1000000000"};
    arguments.insert(arguments.end(), way.arguments.begin(), way.arguments.end());
    const Outcome outcome = shell.run(arguments, interrupt);
    EXPECT_EQ(outcome.exit_code, 130);
    EXPECT_THAT(outcome.out, Not(HasSubstr("\"event\":\"fold\"")));
    EXPECT_THAT(outcome.err, testing::EndsWith("\ninterrupted: nothing was written\n"));
    EXPECT_THAT(shell.all_files(), ElementsAre("c.toml", "p.csv", "sides.csv"));
    EXPECT_EQ(shell.text_of("p.csv"), "old\n");
  }
}

TEST(Cv, ExplainsItself) {
  const std::string help = Shell().run({"cv", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("Usage: catenary cv"));
  EXPECT_THAT(help, HasSubstr("--folds K=5 "));
  EXPECT_THAT(help, HasSubstr("130"));
}

}  // namespace
}  // namespace catenary::cli
