// From a table to a network without a config, and what is said on the way.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Sixty people; of two the answer is missing.
std::string people() {
  std::string text = "name;town;height;plays\n";
  for (int i = 0; i < 60; ++i)
    text += fmt::format("p{};{};1,{};{}\n", i, i % 3 == 0 ? "Ulm" : "Bonn", 50 + i * 7 % 40,
                        i % 30 == 4       ? "NA"
                        : i * 7 % 40 > 20 ? "yes"
                                          : "no");
  return text;
}

struct ShellWithPeople : Shell {
  ShellWithPeople() { file("people.csv", people()); }
};

TEST(Table, TrainsWithoutAConfigAndNamesTheRunByTheFile) {
  const ShellWithPeople shell;
  const Outcome outcome = shell.run({"train", "people.csv", "--target", "plays", "--set", "train.epochs=3"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("test accuracy "));
  EXPECT_THAT(outcome.out, EndsWith("run directory: runs/people\n"));
  EXPECT_THAT(outcome.err, HasSubstr("epoch 3/3  loss "));
  EXPECT_THAT(outcome.err, HasSubstr("  validation loss "));
}

TEST(Table, TrainsToTheSameWeightsAsTheConfigThatInitWrites) {
  const ShellWithPeople shell;
  ASSERT_EQ(shell.run({"train", "people.csv", "--target", "plays", "--threads", "1"}).exit_code, 0);
  const Outcome init = shell.run({"init", "people.csv", "--target", "plays", "--output", "p.toml"});
  EXPECT_EQ(init.out, "wrote p.toml; it trains by: catenary train p.toml\n") << init.err;
  ASSERT_EQ(shell.run({"train", "p.toml", "--threads", "3"}).exit_code, 0);
  for (const std::string name : {"weights.safetensors", "initial.safetensors", "history.csv"})
    EXPECT_EQ(shell.text_of("runs/people/" + name), shell.text_of("runs/p/" + name)) << name;
  EXPECT_FALSE(shell.text_of("runs/p/weights.safetensors").empty());
}

// A hundred rows of forty numbers, of which two tell the class.
std::string wide_table() {
  std::string text = "kind";
  for (int i = 0; i < 40; ++i) text += fmt::format(",x{}", i);
  for (int row = 0; row < 100; ++row) {
    text += row % 3 == 0 ? "\nrose" : "\naster";
    for (int i = 0; i < 40; ++i)
      text += fmt::format(",{}", (row * 37 + i * 11 + (i < 2 ? row % 3 : 0)) % 101);
  }
  return text + "\n";
}

TEST(Table, BeyondTheLimitIsReadFromAFileByAllThatTakeTables) {
  const Shell shell;
  shell.file("wide.csv", wide_table());
  const auto run = [&](std::vector<std::string> arguments, const std::string& bytes) {
    arguments.insert(arguments.end(), {"--max-bytes", bytes});
    return shell.run(arguments);
  };
  const std::vector<std::string> training = {"train", "wide.csv", "--target",
                                             "kind",  "--set",    "train.epochs=3"};
  const auto weights = [&] { return shell.text_of("runs/wide/weights.safetensors"); };
  ASSERT_EQ(run(training, "1000000").exit_code, 0);
  const std::string expected = weights();
  const Outcome trained = run(training, "45000");
  EXPECT_THAT(trained.err, HasSubstr("note: wide.csv: more than the memory that is allowed"));
  EXPECT_EQ(weights(), expected);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"inspect", "wide.csv"},
                                                  {"init", "wide.csv", "--target", "kind"},
                                                  {"predict", "runs/wide", "wide.csv"},
                                                  {"eval", "runs/wide"}}) {
    const Outcome whole = run(command, "1000000"), few = run(command, "45000");
    EXPECT_EQ(few.exit_code, 0) << few.err;
    EXPECT_EQ(few.out, whole.out) << command[0];
  }
}

TEST(Table, OfARunWithoutAConfigIsJudgedAndPredictedAsAnyOther) {
  const ShellWithPeople shell;
  const auto end = json_lines(shell.run({"train", "people.csv", "--target", "plays", "--json"}).out).back();
  const auto judged = json_lines(shell.run({"eval", "runs/people", "--json"}).out).front();
  EXPECT_EQ(judged["loss"], end["test"]["loss"]);
  EXPECT_EQ(judged["samples"], 12);
  const Outcome predicted = shell.run({"predict", "runs/people", "people.csv"});
  EXPECT_THAT(predicted.out, StartsWith("prediction,probability_no,probability_yes\n"));
  EXPECT_EQ(std::count(predicted.out.begin(), predicted.out.end(), '\n'), 61);
}

TEST(Inspect, OfATableTellsWhatItsColumnsAre) {
  const ShellWithPeople shell;
  const Outcome outcome = shell.run({"inspect", "people.csv"});
  EXPECT_THAT(outcome.out, StartsWith("60 rows, 4 columns\n")) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\nheight  number           0  1.5 to 1.89, median 1.685\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\ntown    category         0  2 values: 'Bonn', 'Ulm'\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nplays   boolean          2\n"));
}

TEST(Init, WritesToStdoutUnlessAskedOtherwise) {
  const ShellWithPeople shell;
  const Outcome outcome = shell.run({"init", "people.csv", "--target", "height"});
  EXPECT_THAT(outcome.out, StartsWith("# 60 rows, 3 columns beside the target, "));
  EXPECT_THAT(outcome.out, HasSubstr("\nloss = \"squared_error\"\n"));
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(shell.all_files(), ElementsAre("people.csv"));
}

TEST(Init, PathsStartAtTheConfigsFolder) {
  const ShellWithPeople shell;
  std::filesystem::create_directory(shell / "configs");
  ASSERT_EQ(shell.run({"init", "people.csv", "--target", "plays", "--output", "configs/c.toml"}).exit_code,
            0);
  EXPECT_THAT(shell.text_of("configs/c.toml"), HasSubstr("train = \"../people.csv\"\n"));
  EXPECT_EQ(shell.run({"train", "configs/c.toml", "--set", "train.epochs=1"}).exit_code, 0);
}

TEST(Init, ReplacesNothing) {
  const ShellWithPeople shell;
  shell.file("c.toml", "precious");
  const Outcome outcome = shell.run({"init", "people.csv", "--target", "plays", "--output", "c.toml"});
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_EQ(
      outcome.err,
      "catenary: --output c.toml: needed a name that is free, found a file; remove it or name another\n");
  EXPECT_EQ(shell.text_of("c.toml"), "precious");
}

TEST(Table, TakesWholeNumbersForWhatTheTargetsTypeSays) {
  const Shell shell;
  std::string text = "a,y\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("{},{}\n", i % 7, i % 3);
  shell.file("d.csv", text);
  EXPECT_THAT(shell.run({"init", "d.csv", "--target", "y"}).out, HasSubstr("softmax_cross_entropy"));
  EXPECT_THAT(shell.run({"init", "d.csv", "--target", "y", "--target-type", "number"}).out,
              HasSubstr("squared_error"));
  EXPECT_EQ(
      shell.run({"train", "d.csv", "--target", "y", "--target-type", "number", "--set", "train.epochs=1"})
          .exit_code,
      0);
}

TEST(Table, NotesAreSaidOnStderrAndStandInTheStartEvent) {
  const ShellWithPeople shell;
  const std::vector<std::string> command = {"train", "people.csv", "--target",
                                            "plays", "--set",      "train.epochs=1"};
  const Outcome talk = shell.run(command);
  EXPECT_THAT(talk.err, HasSubstr("rows without a target are left out: 2 of 60\n"));
  EXPECT_THAT(talk.err, HasSubstr("note: "));
  EXPECT_THAT(talk.out, Not(HasSubstr("note")));
  std::vector<std::string> as_json = command;
  as_json.emplace_back("--json");
  const Outcome events = shell.run(as_json);
  EXPECT_EQ(events.err, "");
  std::string notes;
  const auto start = json_lines(events.out).front();
  for (const auto& note : start["notes"]) notes += "note: " + note.get<std::string>() + "\n";
  EXPECT_THAT(talk.err, StartsWith(notes));
  EXPECT_THAT(notes, HasSubstr("2 of 60"));
  const auto judged = json_lines(shell.run({"eval", "runs/people", "--json"}).out).front();
  EXPECT_THAT(judged["notes"].dump(), HasSubstr("2 of 60"));
}

TEST(Table, ANotesForeignTextIsEscaped) {
  const Shell shell;
  shell.file("d.csv", "a,k,part\n1,x,train\n2,y\x1b[31m,train\n3,x,train\n4,x,test\n5,x,test\n");
  shell.file("c.toml",
             "format = 1\n[data]\ntrain = 'd.csv'\ntarget = 'k'\nsplit = { column = 'part' }\n"
             "[[model.layers]]\ntype = 'dense'\n[train]\nloss = 'softmax_cross_entropy'\nepochs = 1\n");
  const Outcome outcome = shell.run({"train", "c.toml"});
  EXPECT_THAT(outcome.err, HasSubstr("note: no test row is of the class y\\x1B[31m\n"));
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos);
}

TEST(Predict, CarriesTheIdOrAllInputs) {
  const ShellWithPeople shell;
  ASSERT_EQ(shell.run({"init", "people.csv", "--target", "plays", "--output", "c.toml"}).exit_code, 0);
  ASSERT_EQ(shell.run({"train", "c.toml", "--set", "data.id=name", "--set", "train.epochs=1"}).exit_code, 0);
  shell.file("in.csv", "name;height;town\n007;1,80;Ulm\n\"a,b\";;Rom\n");
  const Outcome with_id = shell.run({"predict", "runs/c", "in.csv"});
  EXPECT_THAT(with_id.out,
              testing::MatchesRegex("name,prediction,probability_no,probability_yes\n007,(yes|no),[^\n]+\n"
                                    "\"a,b\",(yes|no),[^\n]+\n"))
      << with_id.err;
  const auto lines = json_lines(shell.run({"predict", "runs/c", "in.csv", "--format", "jsonl"}).out);
  EXPECT_EQ(lines.at(0)["name"], "007");
  const Outcome with_inputs = shell.run({"predict", "runs/c", "in.csv", "--inputs"});
  EXPECT_THAT(with_inputs.out, StartsWith("name,height,town,prediction,probability_no,probability_yes\n"
                                          "007,\"1,80\",Ulm,"))
      << with_inputs.err;
  shell.file("none.csv", "height;town\n1,80;Ulm\n");
  EXPECT_THAT(shell.run({"predict", "runs/c", "none.csv"}).err, HasSubstr("needed the id column 'name'"));
  shell.file("judge.csv", "height;town;plays\n1,80;Ulm;no\n");
  EXPECT_EQ(shell.run({"eval", "runs/c", "--data", "judge.csv"}).exit_code, 0);
}

TEST(Eval, JudgesByNumPysArraysThatStandElsewhere) {
  const Shell shell;
  const auto array = [](const std::string& shape, const std::string& bytes) {
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(117, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + bytes;
  };
  shell.file("x.npy", array("(4, 2)", std::string("\1\2\2\1\3\4\4\3", 8)));
  shell.file("y.npy", array("(4,)", std::string("\0\1\0\1", 4)));
  shell.file("c.toml",
             "format = 1\n[data]\ntrain = { x = 'x.npy', y = 'y.npy' }\n[[model.layers]]\ntype = 'dense'\n"
             "[train]\nloss = 'softmax_cross_entropy'\nepochs = 2\n");
  const Outcome trained = shell.run({"train", "c.toml"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(shell.run({"eval", "runs/c"}).exit_code, 0);
  const Outcome without_y = shell.run({"eval", "runs/c", "--data", "x.npy"});
  EXPECT_THAT(without_y.err, Not(HasSubstr("images")));
  const Outcome predicted = shell.run({"predict", "runs/c", "x.npy"});
  EXPECT_THAT(predicted.out, StartsWith("prediction,probability_0,probability_1\n")) << predicted.err;
}

TEST(Failures, OfATableSayWhatToDo) {
  const ShellWithPeople shell;
  const std::vector<std::string> before = shell.all_files();
  const struct {
    int exit_code;
    std::vector<std::string> arguments;
    std::string message;
  } failures[] = {
      {2,
       {"train", "people.csv"},
       "people.csv: needed a config, found data by the name; a table is trained on with --target COLUMN, and "
       "'catenary init' writes its config"},
      {3, {"train", "people.csv", "--target", "play"}, "did you mean 'plays'?"},
      {3, {"init", "people.csv", "--target", "play"}, "did you mean 'plays'?"},
      {2,
       {"train", "people.csv", "--target", "name", "--target-type", "category"},
       "people.toml, as 'catenary init' writes it:11:9: data.split: needed at least one of 60 rows for each "
       "part"},
      {5, {"train", "none.csv", "--target", "y"}, "none.csv"},
      {2, {"init", "people.csv"}, "--target is required"},
      {2, {"train", "people.csv", "--target", ""}, "--target: expected the name of a column, found nothing"},
      {2,
       {"train", "people.csv", "--target", "plays", "--target-type", "text"},
       "--target-type: unknown value 'text'"},
      {2, {"train", "people.csv", "--target-type", "number"}, "--target-type requires --target"},
  };
  for (const auto& failure : failures) {
    const Outcome outcome = shell.run(failure.arguments);
    EXPECT_EQ(outcome.exit_code, failure.exit_code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(failure.message));
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(shell.all_files(), before) << failure.message;
  }
}

TEST(Messages, NameFilesAsTheyWereNamed) {
  const ShellWithPeople shell;
  std::filesystem::create_directory(shell / "configs");
  ASSERT_EQ(shell.run({"init", "people.csv", "--target", "plays", "--output", "configs/p.toml"}).exit_code,
            0);
  const Outcome table = shell.run({"train", "people.csv", "--target", "plays", "--set", "train.epochs=1"});
  EXPECT_THAT(table.err, HasSubstr("note: people.csv: the separator is ';', numbers have a decimal comma\n"));
  const Outcome config = shell.run({"train", "configs/p.toml", "--set", "train.epochs=1"});
  EXPECT_THAT(config.err,
              HasSubstr("note: people.csv: the separator is ';', numbers have a decimal comma\n"));
  const std::string absolute = (shell / "people.csv").string();
  const Outcome named = shell.run({"train", absolute, "--target", "plays", "--set", "train.epochs=1"});
  EXPECT_THAT(named.err, HasSubstr("note: " + absolute + ": the separator"));
  EXPECT_THAT(shell.text_of("runs/p/config.resolved.toml"), HasSubstr("train = \"" + absolute + "\"\n"));
}

TEST(Messages, OfAnErrorAreFollowedByTheNotesBeforeIt) {
  const Shell shell;
  shell.file("ragged.csv", "a;b\n1;2\n3;4;5\n");
  EXPECT_EQ(shell.run({"inspect", "ragged.csv"}).err,
            "catenary: ragged.csv: line 3: needed 2 cells as in the header, found 3\nnote: ragged.csv: the "
            "separator "
            "is ';'\n");
  EXPECT_THAT(shell.run({"train", "ragged.csv", "--target", "c"}).err,
              HasSubstr("found no such name in the header; expected one of a, b\nnote: ragged.csv: the "
                        "separator is ';'\n"));
  shell.file("alone.csv", "y;a\n1;\n2;\n");
  EXPECT_EQ(
      shell.run({"train", "alone.csv", "--target", "y"}).err,
      "catenary: alone.csv: needed a column beside the target, found none\nnote: alone.csv: the separator is "
      "';'\nnote: alone.csv: column 'a' has no values: left out\n");
  std::string same = "y;a\n";
  for (int i = 0; i < 30; ++i) same += std::to_string(i) + ";1\n";
  shell.file("same.csv", same);
  const std::string useless =
      "needed an input that the network can learn from, found none\nnote: same.csv: the separator "
      "is ';'\nnote: column 'a' is the same in all training rows: left out\n";
  EXPECT_THAT(shell.run({"train", "same.csv", "--target", "y"}).err, HasSubstr(useless));
}

}  // namespace
}  // namespace catenary::cli
