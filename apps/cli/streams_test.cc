#include <fmt/format.h>
#include <gmock/gmock.h>
#include <cstdlib>
#include <thread>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A directory with data, a config and the files of its run.
struct ShellWithRun : Shell {
  ShellWithRun() {
    file("points.csv", kPoints);
    file("c.toml", kPointsConfig);
    EXPECT_EQ(run({"train", "c.toml"}).exit_code, 0);
    EXPECT_EQ(run({"predict", "runs/c", "--input", "points.csv", "--output", "expected.csv"}).exit_code, 0);
  }
  [[nodiscard]] std::string expected() const { return text_of("expected.csv"); }
};

// Descriptor 9 for the programs that are started while it lives; a shell knows numbers of one digit.
class DescriptorNine {
 public:
  explicit DescriptorNine(int descriptor) {
    dup2(descriptor, kNumber);
    close(descriptor);
  }
  DescriptorNine(const DescriptorNine&) = delete;
  DescriptorNine& operator=(const DescriptorNine&) = delete;
  ~DescriptorNine() { close(kNumber); }

 private:
  static constexpr int kNumber = 9;
};

int pipe_that_nobody_reads() {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  close(ends[0]);
  return ends[1];
}

int closed_terminal() {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  grantpt(terminal);
  unlockpt(terminal);
  const int program_side = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_GE(program_side, 0);
  close(terminal);
  return program_side;
}

bool is_running(pid_t process) {
  siginfo_t ended{};
  return waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

// Waits until a training with --json has told of some more epochs; false when it has ended before.
bool goes_on(const Shell& shell, pid_t process) {
  constexpr std::size_t kEpochs = 5 * 150;  // bytes of five lines or more
  const std::size_t start = shell.log("out").size();
  while (is_running(process)) {
    if (shell.log("out").size() > start + kEpochs) return true;
    std::this_thread::yield();
  }
  return false;
}

const std::vector<std::string> kNamesOfStdout = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1",
                                                 "/proc/thread-self/fd/1"};

TEST(Output, OfPredictIsStdoutUnlessAFileIsNamed) {
  const ShellWithRun shell;
  const std::vector<std::string> before = shell.all_files();
  const Outcome outcome = shell.run({"predict", "runs/c", "points.csv"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, shell.expected());
  EXPECT_EQ(outcome.err, "4 predictions in /dev/stdout\n");
  EXPECT_EQ(shell.script("\"$0\" predict runs/c - < points.csv").out, shell.expected());
  EXPECT_EQ(shell.all_files(), before);
}

TEST(Output, IsAddedToAFileThatStdoutAppendsTo) {
  const ShellWithRun shell;
  for (const std::string& name : kNamesOfStdout) {
    shell.file("all.csv", "kept\n");
    const Outcome outcome = shell.script(fmt::format(
        "\"$0\" predict runs/c --input points.csv --output {} >> all.csv; echo after >> all.csv", name));
    EXPECT_EQ(shell.text_of("all.csv"), "kept\n" + shell.expected() + "after\n") << name;
    EXPECT_THAT(outcome.err, StartsWith("4 predictions in /"));
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_THAT(shell.all_files(), Not(testing::Contains("-")));
}

TEST(Output, HasItsPlaceInARedirectedGroup) {
  const ShellWithRun shell;
  for (const std::string& name : kNamesOfStdout) {
    shell.script(fmt::format(
        "{{ echo before; \"$0\" predict runs/c --input points.csv --output {}; echo after; }} > all.csv",
        name));
    EXPECT_EQ(shell.text_of("all.csv"), "before\n" + shell.expected() + "after\n") << name;
  }
}

TEST(Output, GoesIntoPipesDevicesAndOtherDescriptors) {
  const ShellWithRun shell;
  shell.file("all.csv", "kept\n");
  const std::string predict = "\"$0\" predict runs/c --input points.csv --output ";
  EXPECT_EQ(shell.script(predict + "- | cat").out, shell.expected());
  EXPECT_EQ(shell.script(predict + "/dev/stdout | cat").out, shell.expected());
  EXPECT_EQ(shell.script(predict + "/dev/fd/3 3>> all.csv").out, "4 predictions in /dev/fd/3\n");
  EXPECT_EQ(shell.text_of("all.csv"), "kept\n" + shell.expected());
  EXPECT_EQ(shell.script("mkfifo pipe; cat pipe & " + predict + "pipe --json > /dev/null; wait").out,
            shell.expected());
  EXPECT_EQ(shell.script(predict + "/dev/null").out, "4 predictions in /dev/null\n");
  EXPECT_EQ(shell.script(predict + "/dev/stderr").err, shell.expected());
  EXPECT_EQ(shell.script(predict + "/dev/full").err,
            "catenary: cannot write '/dev/full': No space left on device\n");
}

TEST(Output, OfADerivationGoesTheSameWays) {
  const Shell shell;
  const std::string derive = "\"$0\" derive --expr 'x^2' --given 'x: 1'";
  const std::string expected = shell.script(derive).out;
  EXPECT_THAT(expected, HasSubstr("The gradient of f"));
  for (const std::string& name : kNamesOfStdout) {
    shell.file("all.txt", "kept\n");
    EXPECT_EQ(shell.script(fmt::format("{} --output {} | cat", derive, name)).out, expected);
    shell.script(fmt::format("{} --output {} >> all.txt", derive, name));
    EXPECT_EQ(shell.text_of("all.txt"), "kept\n" + expected) << name;
  }
  EXPECT_THAT(shell.all_files(), testing::ElementsAre("all.txt"));
}

TEST(Output, OfPredictionsOnStdoutHasNoOtherLineAmongThem) {
  const ShellWithRun shell;
  for (const std::string arguments : {"", "--output -", "--output /dev/fd/3 3>&1"}) {
    const std::string predict = "\"$0\" predict runs/c --input points.csv " + arguments;
    EXPECT_EQ(shell.script(predict + " | cat").out, shell.expected());
    const Outcome json = shell.script(predict + " --json");
    EXPECT_EQ(json.exit_code, 2);
    EXPECT_THAT(json.err, HasSubstr("--json: its line would stand among the predictions"));
    EXPECT_EQ(json.out, "");
  }
}

TEST(Output, IntoAPipeThatIsClosedEndsQuietly) {
  const ShellWithRun shell;
  std::string many = "a,b\n";
  for (int i = 0; i < 5000; ++i) many += "1,2\n";  // predictions of more bytes than a pipe holds
  shell.file("many.csv", many);
  const std::string predict = "\"$0\" predict runs/c --input many.csv --output -";
  const Outcome outcome = shell.script("{ " + predict + "; echo $? > code; } | head -1");
  EXPECT_EQ(outcome.out, "prediction,probability_left,probability_right\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(shell.text_of("code"), "141\n");  // 128 + SIGPIPE, as of other programs
  const Outcome told = shell.script("trap '' PIPE; { " + predict + "; echo $? > code; } | head -1");
  EXPECT_EQ(told.err, "catenary: cannot write '/dev/stdout': Broken pipe\n");
  EXPECT_EQ(shell.text_of("code"), "5\n");
}

TEST(Output, DoesNotChangeWhatIsRead) {
  const ShellWithRun shell;
  const std::string predict = "\"$0\" predict runs/c ";
  const std::string derive = "\"$0\" derive ";
  for (const std::string& command :
       {predict + "--input - --output points.csv < points.csv",
        predict + "--input points.csv --output - >> points.csv", predict + "points.csv >> points.csv",
        predict + "--input /dev/stdin --output /dev/stdout < points.csv >> points.csv",
        derive + "c.toml --output c.toml", derive + "c.toml >> c.toml", derive + "- --output c.toml < c.toml",
        predict + "--input points.csv --output - >> runs/c/history.csv",
        derive + "runs/c --output runs/c/weights.safetensors"}) {
    const Outcome outcome = shell.script(command);
    EXPECT_EQ(outcome.exit_code, 2) << command;
    EXPECT_THAT(outcome.err, HasSubstr("--output ")) << command;
  }
  EXPECT_EQ(shell.text_of("points.csv"), kPoints);
  EXPECT_EQ(shell.text_of("c.toml"), kPointsConfig);
  EXPECT_EQ(shell.run({"eval", "runs/c"}).exit_code, 0);
}

TEST(Input, ThatNeverEndsIsLeftAtASignal) {
  const Shell shell;
  shell.file("c.toml", kPointsConfig);
  const std::string pipe = (shell / "points.csv").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  int writer = -1;
  const Outcome outcome = shell.run({"train", "c.toml"}, [&](pid_t process) {
    writer = open(pipe.c_str(), O_WRONLY | O_CLOEXEC);  // waits until the program reads
    kill(process, SIGTERM);
  });
  close(writer);
  EXPECT_EQ(outcome.exit_code, -SIGTERM);
}

TEST(Output, OfATrainingIsADirectory) {
  const ShellWithRun shell;
  const std::vector<std::string> before = shell.all_files();
  for (const std::string name : {"-", "/dev/stdout", "/dev/fd/1", "/proc/thread-self/fd/1"}) {
    const Outcome outcome = shell.script("\"$0\" train c.toml --out " + name + " | cat; exit 3");
    EXPECT_THAT(outcome.err,
                StartsWith("catenary: --out: expected a directory, found '" + name + "', which is"));
  }
  EXPECT_EQ(shell.run({"train", "c.toml", "--out", "-"}).exit_code, 2);
  EXPECT_EQ(shell.all_files(), before);
}

TEST(Input, ComesFromStdinUnderEachOfItsNames) {
  const ShellWithRun shell;
  for (const std::string name : {"-", "/dev/stdin", "/dev/fd/0", "/dev/fd/3 3<&0"}) {
    const std::string predict = "\"$0\" predict runs/c --output - --input " + name;
    EXPECT_EQ(shell.script("cat points.csv | " + predict).out, shell.expected()) << name;
    EXPECT_EQ(shell.script("{ " + predict + "; } < points.csv").out, shell.expected()) << name;
    EXPECT_EQ(shell.script("{ read line; " + predict + "; } < points.csv").exit_code, 3)
        << name;  // no header is left
  }
  EXPECT_THAT(shell.script("\"$0\" eval runs/c --data - < points.csv").out, HasSubstr("(4 samples)"));
  EXPECT_THAT(shell.script("\"$0\" predict runs/c --input - --output x.csv < /dev/null").err,
              StartsWith("catenary: /dev/stdin: "));
}

TEST(Input, IsAConfigWhosePathsStartAtTheWorkingDirectory) {
  const ShellWithRun shell;
  const std::string layers = shell.run({"inspect", "c.toml"}).out;
  EXPECT_EQ(shell.script("\"$0\" inspect - < c.toml").out, layers);
  EXPECT_EQ(shell.script("cat c.toml | \"$0\" inspect /dev/stdin").out, layers);
  EXPECT_EQ(shell.script("\"$0\" inspect /dev/fd/3 3< c.toml").out, layers);
  EXPECT_EQ(shell.script("\"$0\" derive - < c.toml").out, shell.run({"derive", "c.toml"}).out);
  EXPECT_THAT(shell.script("cat c.toml | \"$0\" train -").out, EndsWith("run directory: runs/config\n"));
  EXPECT_EQ(shell.text_of("runs/config/history.csv"), shell.text_of("runs/c/history.csv"));
  EXPECT_THAT(shell.script("echo '[data' | \"$0\" inspect -").err, StartsWith("catenary: /dev/stdin:1:6: "));
}

TEST(Input, IsTrainingDataThatTheConfigCallsADash) {
  const ShellWithRun shell;
  const Outcome outcome =
      shell.script("\"$0\" train c.toml --out here --set data.train=- --set data.format=csv < points.csv");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(shell.text_of("here/history.csv"), shell.text_of("runs/c/history.csv"));
  EXPECT_THAT(shell.text_of("here/config.resolved.toml"), HasSubstr("\"/dev/stdin\""));
  EXPECT_EQ(shell.script("\"$0\" eval here < points.csv").out, shell.run({"eval", "runs/c"}).out);
}

TEST(Input, IsReadFromAStreamOnlyOnce) {
  const ShellWithRun shell;
  for (const std::string arguments :
       {"- --set data.train=- --set data.format=csv", "- --set data.train=/dev/fd/0 --set data.format=csv",
        "c.toml --set data.train=- --set data.format=csv --set data.test=/dev/stdin",
        "c.toml --set 'data={train={images=\"-\", labels=\"-\"}}'"}) {
    const Outcome outcome = shell.script("\"$0\" train --out here " + arguments + " < c.toml");
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr("twice")) << arguments;
  }
}

TEST(Input, OfADerivationIsReadFromAStreamOnlyOnce) {
  const ShellWithRun shell;
  EXPECT_EQ(shell.script("\"$0\" derive - --numbers --values - < c.toml").err,
            "catenary: --values: needed a stream for each thing that is read, found /dev/stdin twice\n");
}

TEST(Stderr, ThatCannotBeWrittenEndsNoTraining) {
  const ShellWithRun shell;
  const DescriptorNine broken_pipe(pipe_that_nobody_reads());
  for (const std::string redirection : {"2>/dev/full", "2>&-", "2>&9"}) {
    std::filesystem::remove_all(shell / "runs");
    const Outcome outcome = shell.script("\"$0\" train c.toml " + redirection);
    EXPECT_EQ(outcome.exit_code, 0) << redirection;
    EXPECT_THAT(outcome.out, EndsWith("run directory: runs/c\n")) << redirection;
    EXPECT_EQ(shell.run({"eval", "runs/c"}).exit_code, 0) << redirection;
  }
}

TEST(Stderr, OfAClosedTerminalEndsNoTraining) {
  const ShellWithRun shell;
  std::filesystem::remove_all(shell / "runs");
  const DescriptorNine terminal(closed_terminal());
  EXPECT_EQ(shell.script("\"$0\" train c.toml 2>&9").exit_code, 0);
  EXPECT_EQ(shell.run({"eval", "runs/c"}).exit_code, 0);
}

TEST(Stderr, ThatCannotBeWrittenChangesNoExitCode) {
  const ShellWithRun shell;
  const DescriptorNine broken_pipe(pipe_that_nobody_reads());
  const std::pair<int, std::string> commands[] = {
      {2, "train"},
      {2, ""},
      {2, "ops sigmiod"},
      {5, "eval none"},
      {0, "eval runs/c"},
      {0, "predict runs/c --input points.csv --output -"},
      {4, "derive --expr 'log(-x^2)' --given 'x: 1'"},
  };
  for (const auto& [code, arguments] : commands) {
    for (const std::string redirection : {"2>/dev/full", "2>&-", "2>&9"}) {
      EXPECT_EQ(shell.script(fmt::format("\"$0\" {} {}", arguments, redirection)).exit_code, code)
          << arguments << redirection;
    }
  }
}

TEST(StandardStreams, ThatAreClosedAreNoPlaceForFiles) {
  const ShellWithRun shell;
  EXPECT_EQ(shell.script("\"$0\" train c.toml --out here <&- >&- 2>&-").exit_code, 5);  // its report is lost
  EXPECT_EQ(shell.text_of("points.csv"), kPoints);
  EXPECT_EQ(shell.text_of("here/weights.safetensors"), shell.text_of("runs/c/weights.safetensors"));
  EXPECT_EQ(shell.text_of("here/history.csv"), shell.text_of("runs/c/history.csv"));
  const Outcome ops = shell.script("\"$0\" ops >&-");
  EXPECT_EQ(ops.exit_code, 5);
  EXPECT_EQ(ops.err, "catenary: cannot write '/dev/stdout': Bad file descriptor\n");
  const Outcome predict = shell.script("\"$0\" predict runs/c --input - --output x.csv <&-");
  EXPECT_EQ(predict.exit_code, 5);
  EXPECT_EQ(predict.err, "catenary: cannot read '/dev/stdin': Bad file descriptor\n");
}

TEST(Stdout, ThatCannotBeWrittenIsAnErrorOfEveryCommand) {
  const ShellWithRun shell;
  for (const std::string arguments :
       {"ops", "ops --json", "--help", "--version", "train --help", "eval runs/c", "inspect c.toml",
        "inspect runs/c --json", "derive c.toml", "predict runs/c --input points.csv --output x.csv"}) {
    const Outcome outcome = shell.script("\"$0\" " + arguments + " > /dev/full");
    EXPECT_EQ(outcome.exit_code, 5) << arguments;
    EXPECT_THAT(outcome.err, EndsWith("catenary: cannot write '/dev/stdout': No space left on device\n"))
        << arguments;
  }
}

TEST(Stdout, ThatCannotBeWrittenLosesNoTraining) {
  const ShellWithRun shell;
  const DescriptorNine broken_pipe(pipe_that_nobody_reads());
  const std::pair<int, std::string> ways[] = {{5, ">/dev/full"}, {128 + SIGPIPE, ">&9"}};
  for (const auto& [code, redirection] : ways) {
    for (const std::string json : {"", " --json"}) {
      std::filesystem::remove_all(shell / "runs");
      EXPECT_EQ(shell.script(fmt::format("\"$0\" train c.toml{} {}; exit $?", json, redirection)).exit_code,
                code)
          << json << redirection;
      EXPECT_EQ(shell.run({"eval", "runs/c"}).exit_code, 0) << json << redirection;
    }
  }
}

TEST(Train, GoesOnWhenItsTerminalCloses) {
  const ShellWithRun shell;
  const auto close_terminal = [&](pid_t process) {
    EXPECT_TRUE(goes_on(shell, process));
    kill(process, SIGHUP);
    EXPECT_TRUE(goes_on(shell, process));
    kill(process, SIGINT);
  };
  const Outcome outcome =
      shell.run({"train", "c.toml", "--json", "--set", "train.epochs=1000000000"}, close_terminal);
  EXPECT_EQ(outcome.exit_code, 130);
}

TEST(Train, KeepsASignalIgnoredThatItWasStartedToIgnore) {
  const ShellWithRun shell;
  const auto interrupt = [&](pid_t process) {
    EXPECT_TRUE(goes_on(shell, process));
    kill(process, SIGINT);
    EXPECT_TRUE(goes_on(shell, process));
    kill(process, SIGTERM);
  };
  const Outcome outcome =
      shell.script("trap '' INT; exec \"$0\" train c.toml --json --set train.epochs=1000000000", interrupt);
  EXPECT_EQ(outcome.exit_code, 130);
}

}  // namespace
}  // namespace catenary::cli
