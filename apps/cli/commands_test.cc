#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Train, WritesARunDirectoryAndReportsTheTest) {
  const ShellWithData shell;
  const Outcome outcome = shell.run({"train", "c.toml"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("test accuracy "));
  EXPECT_THAT(outcome.out, HasSubstr("confusion matrix"));
  EXPECT_THAT(outcome.out, HasSubstr("run directory: runs/c\n"));
  EXPECT_THAT(outcome.err, HasSubstr("epoch 3/3  loss "));
  EXPECT_THAT(outcome.err, Not(HasSubstr("\r")));
  EXPECT_THAT(shell.all_files(),
              ElementsAre("c.toml", "runs", "runs/c", "runs/c/config.resolved.toml", "runs/c/env.json",
                          "runs/c/history.csv", "runs/c/history.jsonl", "runs/c/initial.safetensors",
                          "runs/c/weights.safetensors", "sides.csv"));
}

TEST(Train, JsonIsOneEventALineAndEndsWithEnd) {
  const ShellWithData shell;
  const Outcome outcome =
      shell.run({"train", "c.toml", "--json", "--out", "here", "--set", "train.epochs=2"});
  EXPECT_EQ(outcome.err, "");
  const auto events = json_lines(outcome.out);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0]["event"], "start");
  EXPECT_EQ(events[0]["samples"], 150);
  EXPECT_EQ(events[1]["event"], "epoch");
  EXPECT_EQ(events[2]["epoch"], 2);
  EXPECT_EQ(events[3]["event"], "end");
  EXPECT_EQ(events[3]["run_dir"], "here");
  EXPECT_EQ(events[0]["validation_samples"], 0);
  EXPECT_EQ(events[0]["test_samples"], 50);
  EXPECT_TRUE(events[2]["validation"].is_null());
  EXPECT_FALSE(events[2].contains("test"));  // which is looked at once, at the end
  EXPECT_GT(events[3]["test"]["loss"], 0);
  EXPECT_TRUE(events[3]["test"].contains("accuracy"));
}

TEST(Train, TheSameConfigGivesTheSameFilesOnAnyNumberOfThreads) {
  const ShellWithData shell;
  shell.run({"train", "c.toml", "--threads", "1", "--out", "one"});
  shell.run({"train", "one/config.resolved.toml", "--threads", "3", "--out", "three"});
  for (const std::string name :
       {"weights.safetensors", "initial.safetensors", "history.csv", "config.resolved.toml"}) {
    std::stringstream one, three;
    one << std::ifstream(shell / ("one/" + name)).rdbuf();
    three << std::ifstream(shell / ("three/" + name)).rdbuf();
    EXPECT_FALSE(one.str().empty()) << name;
    EXPECT_EQ(one.str(), three.str()) << name;
  }
}

// Each command that reads data, on 200 rows of two features: 40 bytes a row and 1.6 kB for the names.
TEST(Commands, MaxBytesBoundsTheDataOfEach) {
  const ShellWithData shell;
  ASSERT_EQ(shell.run({"train", "c.toml", "--max-bytes", "100000"}).exit_code, 0);
  const std::vector<std::vector<std::string>> commands = {
      {"train", "c.toml"},   {"train", "c.toml", "--set", "data.max_bytes=1000000"},
      {"eval", "runs/c"},    {"predict", "runs/c", "--input", "sides.csv", "--output", "p.csv"},
      {"inspect", "c.toml"}, {"derive", "c.toml"}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {"--max-bytes", "8000"});
    const Outcome outcome = shell.run(command);
    EXPECT_EQ(outcome.exit_code, 3) << command[0];
    EXPECT_THAT(outcome.err,
                HasSubstr("sides.csv: needed data that take at most 8000 bytes of memory, found more, "
                          "though a file has the features; data.max_bytes (--max-bytes) sets the limit"))
        << command[0];
  }
  EXPECT_EQ(shell.run({"train", "c.toml", "--max-bytes", "-1"}).exit_code, 2);
}

TEST(Inspect, ShowsLayersOfAConfigAndOfARunAlike) {
  const ShellWithData shell;
  const Outcome of_config = shell.run({"inspect", "c.toml"});
  EXPECT_EQ(of_config.exit_code, 0) << of_config.err;
  EXPECT_THAT(of_config.out, HasSubstr("hidden         [8]            24             32\n"));
  EXPECT_THAT(of_config.out, HasSubstr("planned peak memory: "));
  shell.run({"train", "c.toml"});
  EXPECT_THAT(of_config.out, testing::StartsWith("column  type       missing  values\n"));
  const std::string of_run = shell.run({"inspect", "runs/c"}).out;  // which needs no data
  EXPECT_THAT(of_run, testing::StartsWith("layer "));
  EXPECT_THAT(of_config.out, testing::EndsWith("\n" + of_run));
  const auto json = json_lines(shell.run({"inspect", "c.toml", "--json"}).out).front();
  EXPECT_EQ(json["parameters"], 24 + 18);
  EXPECT_EQ(json["layers"][1]["name"], "dense2");
}

TEST(Inspect, DumpsTheProgramAfterAPass) {
  const ShellWithData shell;
  EXPECT_NE(shell.run({"inspect", "c.toml", "--dump-after", "fuse"}).out, "");
  const Outcome outcome = shell.run({"inspect", "c.toml", "--dump-after", "fues"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "catenary: unknown pass 'fues'; did you mean 'fuse'?\n");
}

struct Failure {
  int exit_code;
  std::vector<std::string> arguments;
  std::string message;
};

TEST(Failures, HaveTheirExitCodeAndLeaveNothingBehind) {
  const ShellWithData shell;
  shell.file("bad.csv", "a,b,side\n1,2,left\n1,x,right\n");
  const std::vector<std::string> before = shell.all_files();
  const Failure failures[] = {
      {2,
       {"train", "c.toml", "--set", "train.epoch=3"},
       "--set train.epoch=3: unknown key 'epoch' in [train]"},
      {2,
       {"train", "c.toml", "--set", "model.layers.1.units=7"},
       "model.layers.1.units: expected 2, one for each class"},
      {2, {"train", "sides.csv"}, "sides.csv: needed a config, found data by the name"},
      {3,
       {"train", "c.toml", "--set", "data.train=bad.csv", "--set", "data.types.b=number"},
       "bad.csv: line 3, column 2 'b'"},
      {3, {"train", "c.toml", "--set", "data.target=sid"}, "did you mean 'side'?"},
      {4,
       {"train", "c.toml", "--set", "train.optimizer={type=\"sgd\", learning_rate=1e29}"},
       "expected a finite loss"},
      {5, {"train", "none.toml"}, "none.toml"},
      {5, {"train", "c.toml", "--set", "data.train=none.csv"}, "none.csv"},
      {5,  // found before the training, which would never end
       {"train", "c.toml", "--out", "sides.csv", "--set", "train.epochs=1000000000"},
       "sides.csv: expected a free name or an earlier run directory"},
      {5, {"train", "c.toml", "--out", "sides.csv/below"}, "sides.csv"},
      {5, {"train", "c.toml", "--out", std::string(300, 'x')}, "File name too long"},
      {2,
       {"train", "c.toml", "--set", "data.split.test=0.0001"},
       "data.split: needed at least one of 200 rows for each part"},
      {5, {"eval", "none"}, "none: expected a run directory, found nothing"},
      {5,
       {"predict", "none", "--input", "sides.csv", "--output", "o.csv"},
       "expected a run directory, found nothing"},
      {5, {"inspect", "none"}, "none"},
  };
  for (const Failure& failure : failures) {
    const Outcome outcome = shell.run(failure.arguments);
    EXPECT_EQ(outcome.exit_code, failure.exit_code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(failure.message));
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(shell.all_files(), before) << failure.message;
  }
}

TEST(Failures, OfADamagedModelAreFormatErrors) {
  const ShellWithData shell;
  shell.run({"train", "c.toml"});
  shell.file("runs/c/weights.safetensors", "damaged");
  for (const std::string command : {"eval", "inspect"})
    EXPECT_EQ(shell.run({command, "runs/c"}).exit_code, 3) << command;
}

TEST(Train, AnInterruptStopsItAndWritesNothing) {
  const ShellWithData shell;
  const auto interrupt = [&](pid_t process) {
    while (shell.log("out").find("\"epoch\":1,") == std::string::npos && kill(process, 0) == 0)
      std::this_thread::yield();
    kill(process, SIGINT);
  };
  const Outcome outcome =
      shell.run({"train", "c.toml", "--json", "--set", "train.epochs=1000000000"}, interrupt);
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_THAT(outcome.err, HasSubstr("interrupted: nothing was written"));
  EXPECT_THAT(shell.all_files(), ElementsAre("c.toml", "sides.csv"));
}

TEST(Failures, AFullDiskBehindStdoutIsNoSuccess) {
  const Shell shell;
  for (const std::string arguments : {"ops", "ops relu"}) {  // more than a buffer, less than a buffer
    const std::string command = fmt::format("'{}' {} > /dev/full 2> /dev/null", CATENARY_PROGRAM, arguments);
    EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 5) << arguments;
  }
}

TEST(SlowTrain, TheDemoReachesThePublishedAccuracy) {
  constexpr const char* kImages = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";
  if (!std::filesystem::exists(kImages)) GTEST_SKIP() << "needs the Debian package dataset-fashion-mnist";
  const Shell shell;
  const std::string config = std::filesystem::absolute("examples/fashion-mnist.toml").string();
  const Outcome outcome = shell.run({"train", config, "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_GE(json_lines(outcome.out).back()["test"]["accuracy"].get<double>(), 0.883);
}

TEST(Train, TheIrisExampleLearns) {
  const Shell shell;
  const std::string config = std::filesystem::absolute("examples/iris.toml").string();
  const Outcome outcome = shell.run({"train", config, "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_GE(json_lines(outcome.out).back()["test"]["accuracy"].get<double>(), 0.9);
}

}  // namespace
}  // namespace catenary::cli
