#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// A run, and a table that is there whole and in two pieces.
struct ShellWithPieces : ShellWithData {
  ShellWithPieces() {
    file("part-1.csv", "a,b,side\n0,12,left\n11,1,right\n");
    file("part-2.csv", "a,b,side\n5,1,right\n");
    file("whole.csv", "a,b,side\n0,12,left\n11,1,right\n5,1,right\n");
    EXPECT_EQ(run({"train", "c.toml"}).exit_code, 0);
  }
};

TEST(PredictOfSeveralFiles, WritesTheirRowsInTheOrderGiven) {
  const ShellWithPieces shell;
  const std::string whole = shell.run({"predict", "runs/c", "whole.csv"}).out;
  EXPECT_EQ(shell.run({"predict", "runs/c", "part-1.csv", "part-2.csv"}).out, whole);
  EXPECT_EQ(shell.run({"predict", "runs/c", "part-*.csv"}).out, whole);
  EXPECT_EQ(shell.run({"predict", "runs/c", "part-[1].csv", "part-2.csv"}).out, whole);
  EXPECT_EQ(shell.run({"predict", "--input", "part-1.csv", "--input", "part-2.csv", "runs/c"}).out, whole);
  EXPECT_EQ(shell.script("\"$0\" predict runs/c part-1.csv - < part-2.csv").out, whole);
  const std::string turned = shell.run({"predict", "runs/c", "part-2.csv", "part-1.csv", "--inputs"}).out;
  EXPECT_THAT(turned, StartsWith("a,b,side,prediction,probability_left,probability_right\n5,1,right,"));
  EXPECT_THAT(turned, HasSubstr("\n0,12,left,"));
}

TEST(PredictOfSeveralFiles, CarriesTheIdOfEachRow) {
  const ShellWithPieces shell;
  shell.file("named.csv", "n,a,b,side\nx,0,12,left\ny,11,1,right\nz,1,9,left\n");
  ASSERT_EQ(shell
                .run({"train", "c.toml", "--out", "named", "--set", "data.train=\"named.csv\"", "--set",
                      "data.id=\"n\""})
                .exit_code,
            0);
  shell.file("1.csv", "n,a,b\nu,1,2\n");
  shell.file("2.csv", "n,a,b\nv,2,1\nw,1,2\n");
  const std::string out = shell.run({"predict", "named", "?.csv"}).out;
  EXPECT_THAT(out, testing::MatchesRegex("n,[^\n]+\nu,[^\n]+\nv,[^\n]+\nw,[^\n]+\n"));
}

TEST(PredictOfSeveralFiles, SaysWhichIsWrong) {
  const ShellWithPieces shell;
  EXPECT_EQ(shell.run({"predict", "runs/c", "gone-*.csv"}).err,
            "catenary: needed a file, or a pattern that some file's name has, found 'gone-*.csv'\n");
  EXPECT_EQ(shell.run({"predict", "runs/c", "-", "whole.csv", "-"}).err,
            "catenary: needed a stream for each thing that is read, found /dev/stdin twice\n");
  shell.file("other.csv", "b,a\n1,2\n");
  EXPECT_THAT(shell.run({"predict", "runs/c", "whole.csv", "other.csv"}).err,
              StartsWith("catenary: other.csv: line 1, column 1: needed 'a' as in whole.csv, found 'b'"));
  EXPECT_EQ(shell.run({"predict", "runs/c", "part-*.csv", "--output", "part-2.csv"}).err,
            "catenary: --output part-2.csv: expected another file than the input\n");
  shell.file("hole.csv", "a,b,side\n,1,left\n");
  ASSERT_EQ(shell
                .run({"train", "c.toml", "--out", "strict", "--set", "preprocess=\"none\"", "--set",
                      "data={train=\"sides.csv\", target=\"side\"}"})
                .exit_code,
            0);
  EXPECT_THAT(shell.run({"predict", "strict", "part-1.csv", "hole.csv"}).err,
              HasSubstr("part-1.csv and 1 more: row 3"));
}

TEST(EvalOfSeveralFiles, JudgesByAllOfThem) {
  const ShellWithPieces shell;
  const std::string whole = shell.run({"eval", "runs/c", "--data", "whole.csv"}).out;
  const Outcome outcome = shell.run({"eval", "--data", "part-1.csv", "part-2.csv", "runs/c"});
  EXPECT_THAT(outcome.out, StartsWith("test data: part-1.csv and 1 more\n")) << outcome.err;
  EXPECT_EQ(outcome.out.substr(outcome.out.find('\n')), whole.substr(whole.find('\n')));
  const auto json = json_lines(shell.run({"eval", "runs/c", "--data", "part-*.csv", "--json"}).out).front();
  EXPECT_EQ(json["data"], nlohmann::json::array({"part-1.csv", "part-2.csv"}));
  EXPECT_EQ(json["samples"], 3);
}

TEST(EvalOfSeveralFiles, TakesTrainingDataInPiecesThatWereMoved) {
  const ShellWithData shell;
  const std::string sides = shell.text_of("sides.csv");
  const std::size_t half = sides.find('\n', sides.size() / 2) + 1;
  shell.file("s1.csv", sides.substr(0, half));
  shell.file("s2.csv", "a,b,side\n" + sides.substr(half));
  ASSERT_EQ(shell.run({"train", "c.toml", "--set", "data.train=\"s?.csv\""}).exit_code, 0);
  const Outcome outcome = shell.run({"eval", "runs/c", "--held-out", "--data", "s?.csv"});
  EXPECT_THAT(outcome.out, EndsWith(shell.run({"eval", "runs/c"}).out)) << outcome.err;
}

TEST(SeveralFiles, AreTablesAlone) {
  const Shell shell;
  const auto array = [](const std::string& shape, const std::string& bytes) {
    const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }";
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + std::string(117 - header.size(), ' ') +
           "\n" + bytes;
  };
  shell.file("x.npy", array("(4, 2)", std::string("\1\2\2\1\3\4\4\3", 8)));
  shell.file("y.npy", array("(4,)", std::string("\0\1\0\1", 4)));
  shell.file("c.toml",
             "format = 1\n[data]\ntrain = { x = \"x.npy\", y = \"y.npy\" }\n[[model.layers]]\ntype = "
             "\"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\nepochs = 1\n");
  const Outcome trained = shell.run({"train", "c.toml"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(shell.run({"predict", "runs/c", "x.npy", "x.npy"}).err,
            "catenary: x.npy and 1 more: needed one file of the format 'numpy', as only tables are read from "
            "several\n");
  EXPECT_EQ(shell.run({"eval", "runs/c", "--data", "x.npy", "y.npy"}).err,
            "catenary: --data: needed one file of the format 'numpy', as only tables are read from several, "
            "found 2\n");
}

}  // namespace
}  // namespace catenary::cli
