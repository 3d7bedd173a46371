#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::HasSubstr;

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

TEST(Predict, WritesItsNumbersForNumPy) {
  const ShellWithData shell;
  shell.run({"train", "c.toml"});
  EXPECT_EQ(shell.run({"predict", "runs/c", "sides.csv", "--output", "p.npy"}).out,
            "200 predictions in p.npy\n");
  const std::string array = shell.text_of("p.npy");
  EXPECT_EQ(shell.script("\"$0\" predict runs/c sides.csv --format npy | cat").out, array);
  EXPECT_THAT(array, HasSubstr("'shape': (200, 2), "));
  const std::string json = shell.run({"predict", "runs/c", "sides.csv", "--format", "jsonl"}).out;
  const std::vector<float> left = floats_of(json, "/probabilities/left");
  const std::vector<float> right = floats_of(json, "/probabilities/right");
  std::vector<float> numbers(400);
  const std::size_t bytes = numbers.size() * sizeof(float);
  ASSERT_GT(array.size(), bytes);
  std::memcpy(numbers.data(), array.data() + array.size() - bytes, bytes);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(numbers[2 * i], left[i]);
    EXPECT_EQ(numbers[2 * i + 1], right[i]);
  }
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

TEST(Predict, RefusesNamesThatPromiseAnotherFormat) {
  const ShellWithData shell;
  shell.run({"train", "c.toml"});
  for (const std::string name : {"p.xlsx", "p.csv.gz", "p.json", "p.parquet"}) {
    const Outcome outcome = shell.run({"predict", "runs/c", "sides.csv", "--output", name});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err,
                testing::HasSubstr("--output " + name +
                                   ": needed a name that ends in .csv, .jsonl, .ndjson or .npy"));
    EXPECT_FALSE(std::filesystem::exists(shell / name));
  }
}

TEST(Predict, NeedsNoTargetInAFileWithoutAHeaderWhoseColumnsAreNamed) {
  const ShellWithData shell;
  shell.file("turned.csv", "1,left,2\n9,right,3\n2,left,5\n7,right,1\n2,left,8\n5,right,4\n");
  ASSERT_EQ(shell
                .run({"train", "c.toml", "--set", "data.header=false", "--set",
                      "data.columns=[\"a\", \"side\", \"b\"]", "--set", "data.train=\"turned.csv\""})
                .exit_code,
            0);
  shell.file("with.csv", "3,left,4\n6,right,5\n");
  shell.file("without.csv", "3,4\n6,5\n");
  const Outcome without = shell.run({"predict", "runs/c", "without.csv"});
  EXPECT_EQ(without.out, shell.run({"predict", "runs/c", "with.csv"}).out) << without.err;
  EXPECT_THAT(shell.run({"predict", "runs/c", "without.csv", "--inputs"}).out,
              testing::StartsWith("a,b,prediction,probability_left,probability_right\n3,4,"));
  EXPECT_THAT(shell.run({"eval", "runs/c", "--data", "without.csv"}).err,
              HasSubstr("without.csv: line 1: needed 3 cells as data.columns has names, found 2\n"));
  shell.file("less.csv", "3\n6\n");
  EXPECT_THAT(shell.run({"predict", "runs/c", "less.csv"}).err,
              HasSubstr("needed 3 cells as data.columns has names, or 2 without side, found 1\n"));
}

TEST(Predict, KnowsColumnsOfAFileWithoutAHeaderByTheirPlacesBesideTheTarget) {
  const Shell shell;
  shell.file(
      "c.toml",
      "format = 1\n[data]\ntrain = \"h.csv\"\ntarget = \"column1\"\nheader = false\n[[model.layers]]\ntype = "
      "\"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\nepochs = 3\n");
  shell.file("h.csv", "left,1,2\nright,9,3\nleft,2,5\nright,7,1\nleft,2,8\nright,5,4\n");
  ASSERT_EQ(shell.run({"train", "c.toml"}).exit_code, 0);
  shell.file("with.csv", "left,3,4\nright,6,5\n");
  shell.file("without.csv", "3,4\n6,5\n");
  const Outcome without = shell.run({"predict", "runs/c", "without.csv"});
  EXPECT_EQ(without.out, shell.run({"predict", "runs/c", "with.csv"}).out) << without.err;
  EXPECT_THAT(shell.run({"predict", "runs/c", "without.csv", "--inputs"}).out,
              testing::StartsWith("column2,column3,prediction,"));
}

}  // namespace
}  // namespace catenary::cli
