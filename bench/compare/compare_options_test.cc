#include "compare_options.h"

#include <gmock/gmock.h>

namespace bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Options parsed(const std::vector<std::string>& arguments) {
  std::vector<const char*> words = {"compare_bench"};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  return parse_options(static_cast<int>(words.size()), words.data());
}

// The options of a command line, handed on as the arguments of another process and read there.
Options read_again(const std::vector<std::string>& arguments) {
  return parsed(arguments_of(parsed(arguments)));
}

TEST(CompareOptions, AreReadByASecondProcessAsByTheFirst) {
  const Options again = read_again({"--threads", "2", "3", "--rounds", "4", "--turn", "0.25", "--only", "64",
                                    "--peers", "onednn,eigen", "--most-gflop", "2", "--python", "/bin/sh"});
  EXPECT_THAT(again.threads, ElementsAre(2, 3));
  EXPECT_EQ(again.measure.rounds, 4);
  EXPECT_EQ(again.measure.turn_seconds, 0.25);
  EXPECT_EQ(again.only, "64");
  EXPECT_THAT(again.peers, ElementsAre("onednn", "eigen"));
  EXPECT_EQ(again.most_gflop, 2);
  EXPECT_EQ(again.python, "/bin/sh");
  EXPECT_FALSE(again.measure.quick);
}

TEST(CompareOptions, WithoutANameToLookForHandOnNoEmptyOne) {
  const Options again = read_again({"--threads", "2", "--python", "/bin/sh"});
  EXPECT_THAT(again.only, IsEmpty());
  EXPECT_THAT(again.peers, IsEmpty());
  EXPECT_THAT(again.threads, ElementsAre(2));
}

TEST(CompareOptions, HandOnANameThatBeginsWithADash) {
  EXPECT_EQ(read_again({"--only=-10", "--python", "/bin/sh"}).only, "-10");
}

TEST(CompareOptions, OfSleepersLeaveOutOneThreadAndLongSteps) {
  const Options all =
      parsed({"--threads", "1", "2", "4", "--rounds", "5", "--json", "a", "--python", "/bin/sh"});
  const Options asleep = options_of_sleepers(all, {"eigen"});
  EXPECT_THAT(asleep.threads, ElementsAre(2, 4));
  EXPECT_THAT(asleep.peers, ElementsAre("eigen"));
  EXPECT_EQ(asleep.measure.rounds, 3);
  EXPECT_EQ(asleep.most_gflop, 50);
  EXPECT_THAT(asleep.json, IsEmpty());
}

TEST(CompareOptions, MadeQuickLeaveOutLargeNetworks) {
  const Options quick = parsed({"--quick", "--python", "/bin/sh"});
  EXPECT_EQ(quick.measure.rounds, 1);
  EXPECT_LT(quick.most_gflop, 0.1);
  EXPECT_TRUE(read_again({"--quick", "--python", "/bin/sh"}).measure.quick);
}

}  // namespace
}  // namespace bench
