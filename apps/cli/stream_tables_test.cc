#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kTrain = "\"$0\" train - --target side --set train.epochs=2 ";

TEST(TableFromAStream, IsReadOnceAndWhollyByEachCommand) {
  const ShellWithData shell;
  ASSERT_EQ(shell.run({"train", "sides.csv", "--target", "side", "--set", "train.epochs=2"}).exit_code, 0);
  for (const std::string& command :
       {"cat sides.csv | " + kTrain, kTrain + "< sides.csv", "gzip < sides.csv | " + kTrain,
        "{ echo '1,2,left'; cat sides.csv; } > more.csv; { read line; " + kTrain + "; } < more.csv",
        std::string("\"$0\" train /dev/fd/3 --target side --set train.epochs=2 3< sides.csv")}) {
    std::filesystem::remove_all(shell / "runs/table");
    const Outcome outcome = shell.script(command);
    EXPECT_EQ(outcome.exit_code, 0) << command << outcome.err;
    EXPECT_THAT(outcome.out, EndsWith("run directory: runs/table\n"));
    EXPECT_EQ(shell.text_of("runs/table/weights.safetensors"),
              shell.text_of("runs/sides/weights.safetensors"))
        << command;
  }
  const Outcome cv = shell.script("cat sides.csv | \"$0\" cv - --target side --folds 2 --set train.epochs=1");
  EXPECT_THAT(cv.out, HasSubstr("over 2 folds")) << cv.err;
  EXPECT_EQ(shell.script("cat sides.csv | \"$0\" inspect -").out, shell.run({"inspect", "sides.csv"}).out);
}

TEST(TableFromAStream, MakesAConfigThatReadsItFromThere) {
  const ShellWithData shell;
  const Outcome outcome = shell.script("cat sides.csv | \"$0\" init - --target side --output f.toml");
  EXPECT_EQ(outcome.out, "wrote f.toml; it trains by: catenary train f.toml < DATA\n") << outcome.err;
  EXPECT_THAT(shell.text_of("f.toml"), HasSubstr("train = \"-\"    # a stream; a file can be read again\n"));
  EXPECT_EQ(shell.script("\"$0\" train f.toml --set train.epochs=1 < sides.csv").exit_code, 0);
}

TEST(TableFromAStream, IsNeededAgainToJudgeAndTrainAndEvalSaySo) {
  const ShellWithData shell;
  const Outcome trained = shell.script("cat sides.csv | " + kTrain);
  EXPECT_THAT(trained.err,
              HasSubstr("note: /dev/stdin is a stream: eval needs the same data there again, or in a file, "
                        "runs/table --data FILE --held-out\n"));
  const Outcome again = shell.script("\"$0\" eval runs/table < sides.csv");
  EXPECT_THAT(again.err, StartsWith("the run's data came from a stream, /dev/stdin, and are read from there "
                                    "again; --data FILE --held-out judges by a file\n"));
  EXPECT_THAT(trained.out, StartsWith(again.out));
  EXPECT_EQ(shell.script("\"$0\" eval runs/table --data sides.csv --held-out").out,
            "test data: sides.csv\n" + again.out);
  const Outcome without = shell.script("\"$0\" eval runs/table < /dev/null");
  EXPECT_EQ(without.exit_code, 3);
  EXPECT_THAT(without.err, EndsWith("catenary: /dev/stdin: needed a header on line 1, found an empty file; "
                                    "--data FILE --held-out judges by data that stand elsewhere\n"));
  EXPECT_THAT(shell.run({"train", "c.toml"}).err, Not(HasSubstr("stream")));
}

TEST(TableFromAStream, MayTakeHalfOfWhatIsAllowed) {
  const ShellWithData shell;
  EXPECT_THAT(
      shell.script("cat sides.csv | " + kTrain + "--max-bytes 1000").err,
      EndsWith("catenary: /dev/stdin: needed data that take at most 500 bytes of memory, found more from a "
               "pipe, which may take half of the limit; data.max_bytes (--max-bytes) sets the limit\n"));
}

TEST(TableFromAStream, NeedsATarget) {
  const ShellWithData shell;
  for (const std::string command : {"train", "cv"})
    EXPECT_EQ(
        shell.script("cat sides.csv | \"$0\" " + command + " -").err,
        "catenary: /dev/stdin: needed a config, found a table by its first line; a table is trained on with "
        "--target COLUMN\n");
}

TEST(TableFromAStream, IsRefusedFromAPipeWithAName) {
  const ShellWithData shell;
  const Outcome outcome = shell.script("mkfifo pipe; \"$0\" train pipe --target side");
  EXPECT_EQ(
      outcome.err,
      "catenary: pipe: needed a table that can be read twice, found a pipe with a name; - is the standard "
      "input\n");
}

TEST(StreamOfInspect, MayBeTheDataOfAConfig) {
  const ShellWithData shell;
  const std::string inspect = "\"$0\" inspect c.toml --set data.format=csv --set data.train=- ";
  const std::string from_file = shell.run({"inspect", "c.toml"}).out;
  EXPECT_THAT(from_file, HasSubstr("side    category"));
  EXPECT_EQ(shell.script("cat sides.csv | " + inspect).out, from_file);
  EXPECT_EQ(shell.script(inspect + "< sides.csv").out, from_file);
}

TEST(StreamOfInspect, IsTakenForATableUnlessItsFirstLineIsAConfigs) {
  const ShellWithData shell;
  for (const std::string text : {"\\n# a remark\\nformat = 1\\n", "[data]\\n", "", "[data"})
    EXPECT_THAT(shell.script("printf '" + text + "' | \"$0\" inspect -").err, HasSubstr("/dev/stdin:"))
        << text;
  for (const std::string text : {"a,b\\n1,2\\n", "#a,b\\n1,2\\n", "\\na;b\\r\\n1;2\\n"})
    EXPECT_THAT(shell.script("printf '" + text + "' | \"$0\" inspect -").out, StartsWith("1 rows, 2 columns"))
        << text;
  const Outcome outcome = shell.script("\"$0\" inspect - --set train.epochs=1 < sides.csv");
  EXPECT_THAT(outcome.err,
              StartsWith("catenary: --set train.epochs=1: needed a key of [data] that says how a "
                         "table is read: target_type, separator, "));
}

}  // namespace
}  // namespace catenary::cli
