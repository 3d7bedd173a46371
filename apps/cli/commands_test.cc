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

// Points by the side of the line a = b that they are on.
std::string sides(int rows) {
  std::string text = "a,b,side\n";
  for (int i = 0; i < rows; ++i) {
    const int a = i * 7 % 11, b = i * 5 % 13;
    text += fmt::format("{},{},{}\n", a, b, a < b ? "left" : "right");
  }
  return text;
}

constexpr const char* kConfig = R"(format = 1
[data]
train = "sides.csv"
target = "side"
standardize = true
split = { test = 0.25 }
[[model.layers]]
type = "dense"
name = "hidden"
units = 8
activation = "relu"
[[model.layers]]
type = "dense"
[train]
loss = "softmax_cross_entropy"
epochs = 3
batch_size = 16
)";

// A directory with the data and the config above.
struct ShellWithData : Shell {
  ShellWithData() {
    file("sides.csv", sides(200));
    file("c.toml", kConfig);
  }
};

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
  EXPECT_EQ(events[3]["test"]["accuracy"], events[2]["test"]["accuracy"]);
  EXPECT_EQ(events[3]["test"]["loss"], events[2]["test"]["loss"]);
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
                HasSubstr("sides.csv: needed data that take at most 8000 bytes of memory, found more; "
                          "data.max_bytes (--max-bytes) sets the limit"))
        << command[0];
  }
  EXPECT_EQ(shell.run({"train", "c.toml", "--max-bytes", "-1"}).exit_code, 2);
}

TEST(Eval, GivesTheScoresThatTrainingEndedWith) {
  const ShellWithData shell;
  const auto end = json_lines(shell.run({"train", "c.toml", "--json"}).out).back();
  const auto lines = json_lines(shell.run({"eval", "runs/c", "--json"}).out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["loss"], end["test"]["loss"]);
  EXPECT_EQ(lines[0]["accuracy"], end["test"]["accuracy"]);
  EXPECT_EQ(lines[0]["samples"], 50);
  EXPECT_EQ(lines[0]["on"], "test");
  EXPECT_EQ(lines[0]["classes"], (std::vector<std::string>{"left", "right"}));
  EXPECT_THAT(shell.run({"eval", "runs/c"}).out, HasSubstr("confusion matrix"));
}

TEST(Eval, CountsEachTrueClassInARow) {
  const ShellWithData shell;
  shell.file("test.csv", "a,b,side\n1,2,left\n5,9,left\n3,4,left\n2,1,right\n");
  const Outcome trained =
      shell.run({"train", "c.toml", "--set", R"(data={train="sides.csv", test="test.csv", target="side"})",
                 "--set", "train.epochs=0"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto confusion = json_lines(shell.run({"eval", "runs/c", "--json"}).out).front()["confusion"];
  EXPECT_EQ(confusion[0][0].get<int>() + confusion[0][1].get<int>(), 3);
  EXPECT_EQ(confusion[1][0].get<int>() + confusion[1][1].get<int>(), 1);
  EXPECT_NE(confusion[0][1], confusion[1][0]);
}

TEST(Eval, WithoutATestSetJudgesByTheTrainingSetAndSaysSo) {
  const ShellWithData shell;
  shell.file("all.csv", sides(40));
  const Outcome trained =
      shell.run({"train", "c.toml", "--json", "--set", "data={train=\"all.csv\", target=\"side\"}"});
  EXPECT_TRUE(json_lines(trained.out).back()["test"].is_null()) << trained.err;
  const Outcome outcome = shell.run({"eval", "runs/c"});
  EXPECT_THAT(outcome.out, HasSubstr("training accuracy "));
  EXPECT_THAT(outcome.err, HasSubstr("the config names no test set"));
  EXPECT_EQ(json_lines(shell.run({"eval", "runs/c", "--json"}).out).front()["on"], "train");
}

TEST(Eval, JudgesByOtherDataAndNamesThem) {
  const ShellWithData shell;
  shell.file("other.csv", "side,a,b\nleft,1,2\nleft,5,9\nright,3,1\n");
  shell.run({"train", "c.toml"});
  const Outcome outcome = shell.run({"eval", "runs/c", "--data", "other.csv"});
  EXPECT_THAT(outcome.out, testing::StartsWith("test data: other.csv\ntest accuracy ")) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("(3 samples)\n"));
  EXPECT_EQ(outcome.err,
            "all rows of other.csv are judged; --held-out takes those that the config's split kept from "
            "training\n");
  const auto json = json_lines(shell.run({"eval", "runs/c", "--data", "other.csv", "--json"}).out).front();
  EXPECT_EQ(json["data"], "other.csv");
  EXPECT_EQ(json["on"], "test");
  EXPECT_EQ(json["samples"], 3);
}

TEST(Eval, OfDataThatMovedGivesWhatItGaveBefore) {
  const ShellWithData shell;
  shell.run({"train", "c.toml"});
  const std::string before = shell.run({"eval", "runs/c"}).out;
  std::filesystem::rename(shell / "sides.csv", shell / "moved.csv");
  const Outcome gone = shell.run({"eval", "runs/c"});
  EXPECT_EQ(gone.exit_code, 5);
  EXPECT_THAT(gone.err,
              testing::EndsWith("sides.csv': No such file or directory; --data FILE --held-out judges "
                                "by data that stand elsewhere\n"));
  const Outcome moved = shell.run({"eval", "runs/c", "--data", "moved.csv", "--held-out"});
  EXPECT_EQ(moved.out, "test data: moved.csv\n" + before);
  EXPECT_EQ(moved.err, "");
}

TEST(Eval, OfATestFileThatMovedNeedsNoSplit) {
  const ShellWithData shell;
  shell.file("test.csv", sides(20));
  shell.run({"train", "c.toml", "--set", R"(data={train="sides.csv", test="test.csv", target="side"})"});
  const std::string before = shell.run({"eval", "runs/c"}).out;
  std::filesystem::rename(shell / "test.csv", shell / "moved.csv");
  EXPECT_THAT(shell.run({"eval", "runs/c"}).err,
              HasSubstr("; --data FILE judges by data that stand elsewhere"));
  const Outcome moved = shell.run({"eval", "runs/c", "--data", "moved.csv"});
  EXPECT_EQ(moved.out, "test data: moved.csv\n" + before);
  EXPECT_EQ(moved.err, "");
  EXPECT_EQ(shell.run({"eval", "runs/c", "--data", "moved.csv", "--held-out"}).err,
            "catenary: --held-out: needed a run whose config splits its data, found 'runs/c'\n");
}

// Two images of one pixel and their labels.
void write_images(const Shell& shell, const std::string& name) {
  const std::string pixels("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\xFF", 18);
  const std::string labels("\0\0\x08\x01\0\0\0\x02\0\x01", 10);
  shell.file(name + "-images-idx3-ubyte", pixels);
  shell.file(name + "-labels-idx1-ubyte", labels);
}

TEST(Eval, OfImagesFindsTheirLabels) {
  const Shell shell;
  for (const std::string name : {"train", "other"}) write_images(shell, name);
  shell.file("c.toml", R"(format = 1
[data]
train = "train-images-idx3-ubyte"
[[model.layers]]
type = "dense"
[train]
loss = "softmax_cross_entropy"
epochs = 2
)");
  ASSERT_EQ(shell.run({"train", "c.toml"}).exit_code, 0);
  const Outcome outcome = shell.run({"eval", "runs/c", "--data", "other-images-idx3-ubyte"});
  EXPECT_THAT(outcome.out, HasSubstr("(2 samples)")) << outcome.err;
  EXPECT_EQ(
      shell.run({"eval", "runs/c", "--data", "x.csv"}).err,
      "catenary: --data: expected a file name with 'images-idx3' that the labels' name follows from, found "
      "'x.csv'\n");
}

TEST(Predict, WritesARowForEachSample) {
  const ShellWithData shell;
  shell.file("in.csv", "b,a\n12,0\n0,12\n");
  shell.run({"train", "c.toml", "--set", "train.epochs=40", "--set",
             "train.optimizer={type=\"adam\",learning_rate=0.02}"});
  const Outcome outcome = shell.run({"predict", "runs/c", "--input", "in.csv", "--output", "out.csv"});
  EXPECT_EQ(outcome.out, "2 predictions in out.csv\n") << outcome.err;
  std::stringstream text;
  text << std::ifstream(shell / "out.csv").rdbuf();
  EXPECT_THAT(text.str(), testing::MatchesRegex(
                              "prediction,probability_left,probability_right\nleft,[^\n]+\nright,[^\n]+\n"));
}

// The floats of a field in each line of JSON.
std::vector<float> floats_of(const std::string& lines, const std::string& pointer) {
  std::vector<float> numbers;
  for (const auto& line : json_lines(lines))
    numbers.push_back(line.at(nlohmann::json::json_pointer(pointer)).get<float>());
  return numbers;
}

TEST(Predict, WritesTheSameInEachFormat) {
  const ShellWithData shell;
  shell.run({"train", "c.toml"});
  for (const std::string name : {"p.csv", "p.jsonl", "p.NDJSON", "p.txt", "p"})
    EXPECT_EQ(shell.run({"predict", "runs/c", "sides.csv", "--output", name}).exit_code, 0) << name;
  const std::string csv = shell.text_of("p.csv"), json = shell.text_of("p.jsonl");
  EXPECT_EQ(shell.text_of("p.NDJSON"), json);
  EXPECT_EQ(shell.text_of("p.txt"), csv);
  EXPECT_EQ(shell.text_of("p"), csv);
  EXPECT_EQ(shell.run({"predict", "runs/c", "sides.csv", "--format", "csv"}).out, csv);
  EXPECT_EQ(shell.run({"predict", "runs/c", "sides.csv", "--format", "jsonl"}).out, json);
  std::stringstream rows(csv);
  std::string line;
  std::getline(rows, line);
  std::vector<float> left;
  while (std::getline(rows, line)) left.push_back(std::stof(line.substr(line.find(',') + 1)));
  EXPECT_EQ(left.size(), 200u);
  EXPECT_EQ(left, floats_of(json, "/probabilities/left"));
}

TEST(Predict, ANamedFormatIsStrongerThanTheOutputsName) {
  const ShellWithData shell;
  shell.run({"train", "c.toml"});
  const Outcome outcome =
      shell.run({"predict", "runs/c", "sides.csv", "--output", "p.csv", "--format", "jsonl", "--json"});
  EXPECT_EQ(outcome.out, "{\"samples\":200,\"output\":\"p.csv\",\"format\":\"jsonl\"}\n");
  EXPECT_EQ(json_lines(shell.text_of("p.csv")).size(), 200u);
}

TEST(Predict, WritesWhatCanBeTrainedOn) {
  const ShellWithData shell;
  shell.run({"train", "c.toml"});
  EXPECT_EQ(shell.script("\"$0\" predict runs/c sides.csv > sides2.csv").exit_code, 0);
  const Outcome outcome = shell.run({"train", "c.toml", "--out", "again", "--set", "data.train=sides2.csv",
                                     "--set", "data.target=prediction"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST(Inspect, ShowsLayersOfAConfigAndOfARunAlike) {
  const ShellWithData shell;
  const Outcome of_config = shell.run({"inspect", "c.toml"});
  EXPECT_EQ(of_config.exit_code, 0) << of_config.err;
  EXPECT_THAT(of_config.out, HasSubstr("hidden         [8]            24             32\n"));
  EXPECT_THAT(of_config.out, HasSubstr("planned peak memory: "));
  shell.run({"train", "c.toml"});
  EXPECT_EQ(shell.run({"inspect", "runs/c"}).out, of_config.out);
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
      {2, {"train", "sides.csv"}, "sides.csv:1:2: "},
      {3, {"train", "c.toml", "--set", "data.train=bad.csv"}, "bad.csv: line 3, column 2 'b'"},
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
      {2, {"train", "c.toml", "--set", "data.split.test=0.0001"}, "data.split.test: needed a fraction"},
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

TEST(Failures, OfPredictLeaveTheOldOutputAlone) {
  const ShellWithData shell;
  shell.file("in.csv", "a,b\n1,oops\n");
  shell.file("out.csv", "precious");
  shell.run({"train", "c.toml"});
  const Outcome outcome = shell.run({"predict", "runs/c", "--input", "in.csv", "--output", "out.csv"});
  EXPECT_EQ(outcome.exit_code, 3);
  std::string text;
  std::ifstream(shell / "out.csv") >> text;
  EXPECT_EQ(text, "precious");
}

TEST(Failures, OfAPredictionThatIsNotFiniteLeaveTheOldOutputAlone) {
  const Shell shell;
  shell.file("points.csv", "a,y\n1,1000\n2,2000\n");
  shell.file("c.toml", R"(format = 1
[data]
train = "points.csv"
target = "y"
[[model.layers]]
type = "dense"
[train]
loss = "squared_error"
optimizer = { type = "adam", learning_rate = 10.0 }
epochs = 100
)");
  ASSERT_EQ(shell.run({"train", "c.toml"}).exit_code, 0);
  std::string many = "a\n";
  for (int i = 0; i < 20'000; ++i) many += "1\n";  // whose predictions are written in several pieces
  shell.file("in.csv", many + "3e38\n");
  shell.file("out.csv", "precious");
  const std::vector<std::string> before = shell.all_files();
  const Outcome outcome = shell.run({"predict", "runs/c", "in.csv", "--output", "out.csv"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_EQ(outcome.err, "catenary: in.csv: row 20001: expected a finite prediction, found inf\n");
  EXPECT_EQ(shell.text_of("out.csv"), "precious");
  EXPECT_EQ(shell.all_files(), before);
}

TEST(Failures, PredictReplacesNoFileOfTheRun) {
  const ShellWithData shell;
  shell.file("in.csv", "a,b\n1,2\n");
  shell.run({"train", "c.toml"});
  std::filesystem::create_symlink("runs/c/weights.safetensors", shell / "link");
  for (const std::string output : {"runs/c/weights.safetensors", "runs/../runs/c/env.json", "link"}) {
    const Outcome outcome = shell.run({"predict", "runs/c", "--input", "in.csv", "--output", output});
    EXPECT_EQ(outcome.exit_code, 2) << output;
    EXPECT_THAT(outcome.err, HasSubstr("none of the run directory's own"));
  }
  EXPECT_EQ(shell.run({"eval", "runs/c"}).exit_code, 0);
}

TEST(Failures, PredictReplacesNotItsInput) {
  const ShellWithData shell;
  ASSERT_EQ(shell.run({"train", "c.toml"}).exit_code, 0);
  const Outcome outcome = shell.run({"predict", "runs/c", "--input", "sides.csv", "--output", "./sides.csv"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "catenary: --output ./sides.csv: expected another file than the input\n");
  EXPECT_THAT(shell.run({"train", "c.toml", "--out", "again"}).out, HasSubstr("test accuracy "));
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
