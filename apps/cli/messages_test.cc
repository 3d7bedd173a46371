#include <fmt/format.h>
#include <gmock/gmock.h>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::HasSubstr;

// Line feed, escape, bell, a byte that is no UTF-8, delete, a C1 control, and one that turns the direction.
const std::string kForeign = "q\n\x1b[31m\x07\xff\x7f\xC2\x9B\u202Ez";
const std::string kShown = "q\\x0A\\x1B[31m\\x07\\xFF\\x7F\\xC2\\x9B\\xE2\\x80\\xAEz";

// The same without the bytes that the readers of TOML and CSV do not let pass.
const std::string kForeignText = "q\x7f\xC2\x9B\u202Ez";
const std::string kShownText = "q\\x7F\\xC2\\x9B\\xE2\\x80\\xAEz";

// Line feeds end a message's lines.
bool has_control_characters(const std::string& text) {
  const bool has_bytes = std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7F || byte == 0xFF;
  });
  return has_bytes || text.find("\xC2\x9B") != text.npos || text.find("\u202E") != text.npos;
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

TEST(Messages, EscapeWhatTheyQuoteOfTheCommandLine) {
  const Shell shell;
  shell.file("points.csv", "a,b,side\n1,2,left\n2,1,right\n");
  shell.file("c.toml", kPointsConfig);
  ASSERT_EQ(shell.run({"train", "c.toml"}).exit_code, 0);
  const std::vector<std::string> commands[] = {
      {kForeign},
      {"--" + kForeign},
      {"train", "--" + kForeign},
      {"train", "c.toml", kForeign},
      {"train", kForeign},
      {"train", "c.toml", "--threads", kForeign},
      {"train", "c.toml", "--set", kForeign},
      {"train", "c.toml", "--set", kForeign + "=1"},
      {"train", "c.toml", "--set", "output.name=" + kForeign},
      {"train", "c.toml", "--set", "data.train=" + kForeign},
      {"train", "c.toml", "--out", "none/" + kForeign + std::string(300, 'x')},
      {"train", "c.toml", "--out", "points.csv/" + kForeign},
      {"eval", kForeign},
      {"inspect", kForeign},
      {"inspect", "c.toml", "--dump-after", kForeign},
      {"predict", kForeign, "--input", "points.csv", "--output", "x.csv"},
      {"predict", "runs/c", "--input", kForeign, "--output", "x.csv"},
      {"predict", "runs/c", "--input", "points.csv", "--output", "none/" + kForeign},
      {"predict", "runs/c", "points.csv", "--format", kForeign},
      {"eval", "runs/c", "--data", kForeign},
      {"ops", kForeign},
      {"derive", kForeign},
      {"derive", "--expr", kForeign, "--given", "x: 1"},
      {"derive", "--expr", "x", "--given", kForeign},
      {"derive", "--expr", "x", "--given", "x: " + kForeign},
      {"derive", "--expr", "x", "--given", "x: 1", "--wrt", kForeign},
      {"derive", "--expr", "x", "--given", "x: 1", "--format", kForeign},
      {"derive", "--expr", "x", "--given", "x: 1", "--lang", kForeign},
      {"derive", "--expr", "x", "--given", "x: 1", "--order", kForeign},
      {"derive", "--expr", "x", "--given", "x: 1", "--numbers", "--sample", kForeign},
      {"derive", "--expr", "x", "--given", "x: 1", "--numbers", "--values", kForeign},
      {"derive", "--expr", "x", "--given", "x: 1", "--output", "none/" + kForeign},
  };
  for (const std::vector<std::string>& arguments : commands) {
    const Outcome outcome = shell.run(arguments);
    EXPECT_NE(outcome.exit_code, 0) << testing::PrintToString(arguments);
    EXPECT_NE(outcome.exit_code, 1) << outcome.err;
    EXPECT_THAT(outcome.err, testing::StartsWith("catenary: "));
    EXPECT_FALSE(has_control_characters(outcome.err)) << testing::PrintToString(outcome.err);
    EXPECT_LE(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 3) << outcome.err;
  }
  EXPECT_EQ(shell.run({"train", kForeign}).err,
            fmt::format("catenary: cannot open '{}': No such file or directory\n", kShown));
}

TEST(Messages, EscapeWhatTheyQuoteOfFiles) {
  const Shell shell;
  const std::pair<std::string, std::string> files[] = {
      {"key", kForeign + " = 1\n"},
      {"string", "a = \"" + kForeign + "\"\n"},
      {"escape", "a = \"\\" + kForeign + "\"\n"},
      {"unknown", "format = 1\n\"" + kForeignText + "\" = 2\n"},
      {"table", "[" + kForeign + "\n"},
      {"twice", "\"" + kForeignText + "\" = 1\n\"" + kForeignText + "\" = 2\n"},
  };
  for (const auto& [name, text] : files) {
    const Outcome outcome = shell.run({"train", shell.file(name + ".toml", text)});
    EXPECT_EQ(outcome.exit_code, 2) << name;
    EXPECT_FALSE(has_control_characters(outcome.err)) << testing::PrintToString(outcome.err);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
  shell.file("points.csv", "a," + kForeignText + ",side\n1,1e60,left\n2,1,right\n");
  shell.file("c.toml", kPointsConfig);
  const Outcome outcome = shell.run({"train", "c.toml"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("column 2 " + quoted(kShownText)));
}

TEST(Messages, EscapeTheNamesOfWhatWasDone) {
  const Shell shell;
  const std::string other = "p" + kForeignText;
  shell.file("points.csv",
             fmt::format("a,b,side\n1,2,{0}\n2,1,{1}\n3,4,{0}\n4,3,{1}\n", kForeignText, other));
  shell.file(kForeignText + ".toml", std::string(kPointsConfig) + "[data.split]\ntest = 0.5\n");
  const Outcome trained = shell.run({"train", kForeignText + ".toml"});
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_FALSE(has_control_characters(trained.out + trained.err)) << testing::PrintToString(trained.out);
  EXPECT_THAT(trained.out, HasSubstr("run directory: runs/" + kShownText + "\n"));
  EXPECT_THAT(trained.err, HasSubstr("training " + kShownText + ": "));
  const std::string run_dir = "runs/" + kForeignText;
  const std::string output = kForeignText + ".csv";
  const Outcome predicted = shell.run({"predict", run_dir, "--input", "points.csv", "--output", output});
  EXPECT_EQ(predicted.out, fmt::format("4 predictions in {}.csv\n", kShownText)) << predicted.err;
  EXPECT_FALSE(shell.text_of(output).empty());
  const Outcome judged =
      shell.run({"eval", run_dir, "--data", shell.file(output, shell.text_of("points.csv"))});
  EXPECT_THAT(judged.out, HasSubstr("test data: ")) << judged.err;
  EXPECT_FALSE(has_control_characters(judged.out + judged.err)) << testing::PrintToString(judged.out);
}

}  // namespace
}  // namespace catenary::cli
