#include <fmt/format.h>
#include <gmock/gmock.h>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::HasSubstr;

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

TEST(Eval, WithoutATestSetJudgesByWhatWasHeldOutToValidateOn) {
  const ShellWithData shell;
  shell.file("all.csv", sides(40));
  shell.run(
      {"train", "c.toml", "--set", "data={train=\"all.csv\", target=\"side\", split={validation=0.25}}"});
  const Outcome outcome = shell.run({"eval", "runs/c"});
  EXPECT_THAT(outcome.out, HasSubstr("validation accuracy "));
  EXPECT_THAT(outcome.out, HasSubstr("(10 samples)"));
  EXPECT_THAT(outcome.err, HasSubstr("these are the samples that it validates on"));
  const Outcome held_out = shell.run({"eval", "runs/c", "--data", "all.csv", "--held-out", "--json"});
  const auto json = json_lines(held_out.out).front();
  EXPECT_EQ(json["on"], "validation");
  EXPECT_EQ(json["samples"], 10);
  shell.run(
      {"train", "c.toml", "--set", "data={train=\"all.csv\", validation=\"sides.csv\", target=\"side\"}"});
  EXPECT_EQ(json_lines(shell.run({"eval", "runs/c", "--json"}).out).front()["on"], "validation");
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

}  // namespace
}  // namespace catenary::cli
