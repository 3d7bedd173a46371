#include <gmock/gmock.h>

#include <cmath>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A run on a small text in runs/c.
void train_on_text(const Shell& shell) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += i % 3 == 0 ? "abc\n" : "abd\n";
  shell.file("t.txt", text);
  shell.file("c.toml",
             "format = 1\n[data]\nformat = \"text\"\ntrain = \"t.txt\"\nsplit = { test = 0.2 }\n"
             "sequence = { steps = 4, stateful = true }\n[[model.layers]]\ntype = \"gru\"\nunits = 3\n"
             "[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\nepochs = 2\n"
             "batch_size = 2\n");
}

TEST(Sample, WritesAfterThePrompt) {
  const Shell shell;
  train_on_text(shell);
  ASSERT_EQ(shell.run({"train", "c.toml"}).exit_code, 0);
  const Outcome outcome = shell.run(
      {"sample", "runs/c", "--prompt", "ab", "--length", "30", "--temperature", "0.5", "--seed", "7"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, StartsWith("ab"));
  const std::string text = outcome.out.substr(0, 32);
  EXPECT_EQ(outcome.out, text.back() == '\n' ? text : text + "\n");
  const std::vector<std::string> same = {"sample", "runs/c",        "--prompt", "ab",     "--length",
                                         "30",     "--temperature", "0.5",      "--seed", "7"};
  std::vector<std::string> to_file = same, as_json = same;
  to_file.insert(to_file.end(), {"--output", "o.txt"});
  EXPECT_EQ(shell.run(to_file).out, "");
  EXPECT_EQ(shell.text_of("o.txt"), text);
  as_json.emplace_back("--json");
  const auto json = json_lines(shell.run(as_json).out).at(0);
  EXPECT_EQ(json["text"], text);
  EXPECT_EQ(json["seed"], 7);
}

TEST(Sample, OfATextIsJudgedInBits) {
  const Shell shell;
  train_on_text(shell);
  const Outcome trained = shell.run({"train", "c.toml"});
  EXPECT_THAT(trained.out, HasSubstr(" bits a character (8 samples)"));
  EXPECT_THAT(trained.out, testing::Not(HasSubstr("confusion")));
  const auto judged = json_lines(shell.run({"eval", "runs/c", "--json"}).out).at(0);
  EXPECT_NEAR(judged["bits_per_character"].get<double>(), judged["loss"].get<double>() / std::log(2.0),
              1e-12);
  const auto events =
      json_lines(shell.run({"train", "c.toml", "--json", "--set", "data.sequence.unit='byte'"}).out);
  EXPECT_GT(events.back()["test"]["bits_per_byte"], 0);
}

TEST(Sample, OfATextThatIsReadAsNumbersIsSaid) {
  const Shell shell;
  train_on_text(shell);
  EXPECT_THAT(shell.run({"train", "c.toml"}).err, HasSubstr("as its first layer is no embedding\n"));
  EXPECT_THAT(shell.run({"derive", "c.toml"}).err,
              HasSubstr("note: the derivation is of one window by itself"));
  const Outcome numbers = shell.run({"train", "c.toml", "--set", "train.loss='squared_error'"});
  EXPECT_EQ(numbers.exit_code, 0) << numbers.err;
  EXPECT_THAT(numbers.out, testing::Not(HasSubstr("bits")));
}

TEST(Sample, SaysWhatIsWrong) {
  const Shell shell;
  train_on_text(shell);
  ASSERT_EQ(shell.run({"train", "c.toml"}).exit_code, 0);
  struct Failure {
    int exit_code;
    std::vector<std::string> arguments;
    std::string message;
  };
  const Failure failures[] = {
      {3,
       {"--prompt", "abx"},
       "--prompt: line 1, column 3: needed one of the 5 characters that the model was trained on, found 'x'"},
      {2, {"--temperature", "warm"}, "--temperature: expected a number, found 'warm'"},
      {2, {"--length", "1234567890"}, "--length: expected a whole number of at most 9 digits"},
      {2, {"--temperature=-1"}, "needed a temperature of 0 or more, found -1"},
      {2, {"--temperature", "nan"}, "needed a temperature of 0 or more, found nan"},
      {2, {"--length", "-3"}, "--length: expected a whole number from 0, found '-3'"},
      {2, {"--temprature", "1"}, "did you mean '--temperature'?"},
      {2, {"--json", "--output", "o.txt"}, "--json prints the text itself"},
      {2, {"--output", "t.txt"}, "t.txt"},
      {2, {"--output", "runs/c/env.json"}, "runs/c"},
  };
  const std::string text = shell.text_of("t.txt");
  for (const Failure& failure : failures) {
    std::vector<std::string> arguments = {"sample", "runs/c"};
    arguments.insert(arguments.end(), failure.arguments.begin(), failure.arguments.end());
    const Outcome outcome = shell.run(arguments);
    EXPECT_EQ(outcome.exit_code, failure.exit_code) << failure.message;
    EXPECT_THAT(outcome.err, HasSubstr(failure.message));
    EXPECT_EQ(outcome.out, "") << failure.message;
  }
  EXPECT_EQ(shell.text_of("t.txt"), text);
  EXPECT_EQ(shell.run({"sample", "none"}).exit_code, 5);
}

TEST(Sample, NeedsARunOnAText) {
  const ShellWithData shell;
  shell.run({"train", "c.toml"});
  const Outcome outcome = shell.run({"sample", "runs/c"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "catenary: needed a run that was trained on a text ([data] format = \"text\"), found one on the "
            "format 'csv'\n");
}

}  // namespace
}  // namespace catenary::cli
