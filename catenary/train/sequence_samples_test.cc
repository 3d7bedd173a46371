// How sequences come from a config's files to a step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/engine/step.h"
#include "catenary/ops/ops.h"
#include "catenary/train/feed.h"
#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

// Ten months of one series: y is 1 to 10.
std::string months(int rows = 10) {
  std::string text = "month,y\n";
  for (int i = 0; i < rows; ++i) text += fmt::format("2024-{:02}-01,{}\n", i + 1, i + 1);
  return text;
}

struct Sequenced {
  std::string csv;
  std::vector<std::string> overrides;
  std::string target = "y";
  std::string loss = "squared_error";
};

Config config_of(const TemporaryDirectory& folder, const Sequenced& problem) {
  (void)folder.file("data.csv", problem.csv);
  return small_config(folder, problem.target, problem.loss, problem.overrides);
}

std::string fault_of(const Sequenced& problem) {
  const TemporaryDirectory folder;
  return error_of([&] { (void)load_training_data(config_of(folder, problem)); });
}

// What a step finds in its inputs for a batch of these sequences.
std::vector<double> found(const Examples& examples, std::vector<std::int64_t> rows, const std::string& input,
                          const Shape& shape) {
  Graph graph;
  Variables variables(graph, 1);
  const SequenceSchema& sequence = examples.data.schema.sequence;
  const Value x = graph.input("x", {sequence.steps, std::ssize(examples.data.schema.inputs)});
  const Value target = input == "x" ? x : graph.input("target", input == "target" ? shape : Shape{});
  Program program{{{"x", x * 1}}, {}};
  if (input == "target") program.outputs.push_back({"target", target * 1});
  if (sequence.has_lengths) program.outputs.push_back({"length", graph.input("length", {}) * 1});
  Step step = compile(program, variables);
  Feed feed(examples, input == "target" ? Feed::Targets::kBrought : Feed::Targets::kLeft);
  feed.bind(step);
  EXPECT_EQ(feed.run(step, {.size = std::ssize(rows), .indices = rows.data()}), Status::kOk);
  return step.values(input);
}

TEST(SequenceSamples, AreWindowsOfTheInputsAndTheTargetsAfterThem) {
  const TemporaryDirectory folder;
  const TrainingData data =
      load_training_data(config_of(folder, {months(), {"data.sequence={steps=3, horizon=2, time='month'}"}}));
  EXPECT_THAT(data.train_rows, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(data.schema().inputs, SizeIs(1));
  EXPECT_THAT(found(data.file, {5, 0}, "x", {}), ElementsAre(6, 7, 8, 1, 2, 3));
  EXPECT_THAT(found(data.file, {5, 0}, "target", {2}), ElementsAre(9, 10, 4, 5));
  EXPECT_THAT(Feed(data.file).inputs_of(1), ElementsAre(2, 3, 4));
  EXPECT_THAT(Feed(data.file).targets_of(1), ElementsAre(5, 6));
}

TEST(SequenceSamples, AreStandardizedByTheRowsThatTrainingWindowsReadAlone) {
  const TemporaryDirectory folder;
  const TrainingData data = load_training_data(config_of(
      folder,
      {months(), {"preprocess=\"auto\"", "data.sequence={steps=2, time='month'}", "data.split={test=0.5}"}}));
  EXPECT_THAT(data.train_rows, ElementsAre(0, 1, 2));       // foretell rows 2 to 4
  EXPECT_THAT(data.test_rows, ElementsAre(3, 4, 5, 6, 7));  // foretell rows 5 to 9
  const auto& steps = data.schema().inputs.front().steps;
  EXPECT_EQ(std::get<fitted::Affine>(steps.back()).shift, 2.5F);  // of 1 to 4
  EXPECT_EQ(data.schema().target_scales.front().shift, 4);        // of 3 to 5
  const double scale = static_cast<double>(std::get<fitted::Affine>(steps.back()).scale);
  const std::vector<double> x = found(data.file, {3}, "x", {});
  constexpr double kUlps = 1e-6;  // f32 rounds the scale and the product
  EXPECT_THAT(
      x, ElementsAre(::testing::DoubleNear(1.5 / scale, kUlps), ::testing::DoubleNear(2.5 / scale, kUlps)));
}

TEST(SequenceSamples, NeedNotReadTheTargetsPast) {
  const TemporaryDirectory folder;
  const TrainingData data = load_training_data(
      config_of(folder, {"u,y\n1,10\n2,20\n3,30\n", {"data.sequence={steps=2, target_is_input=false}"}}));
  EXPECT_THAT(found(data.file, {0}, "x", {}), ElementsAre(1, 2));
  EXPECT_THAT(found(data.file, {0}, "target", {1}), ElementsAre(30));
}

const char* const kWalks = "id,a,b,kind\np,1,2,up\np,3,4,up\np,5,6,up\nq,7,8,down\nr,9,10,up\nr,11,12,up\n";

TEST(SequenceSamples, MayBeWholeSeriesWithLengthsAndZerosBehindTheLast) {
  const TemporaryDirectory folder;
  const TrainingData data = load_training_data(config_of(
      folder, {kWalks, {"data.sequence={target='whole', series='id'}"}, "kind", "softmax_cross_entropy"}));
  EXPECT_THAT(data.train_rows, ElementsAre(0, 3, 4));
  EXPECT_THAT(found(data.file, {4, 0}, "x", {}), ElementsAre(9, 10, 11, 12, 0, 0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(found(data.file, {4, 3, 0}, "length", {}), ElementsAre(2, 1, 3));
  EXPECT_THAT(found(data.file, {4, 3, 0}, "target", {}), ElementsAre(1, 0, 1));
}

TEST(SequenceSamples, MayHaveATargetForEachRow) {
  const TemporaryDirectory folder;
  const TrainingData data = load_training_data(config_of(
      folder, {"id,a,y\np,1,10\np,2,20\nq,3,30\n", {"data.sequence={target='each_row', series='id'}"}}));
  EXPECT_THAT(found(data.file, {2, 0}, "target", {2, 1}), ElementsAre(30, 0, 10, 20));
  EXPECT_EQ(answers_to(data.file.data, data.train_rows), 3);
}

TEST(SequenceSamples, NeverDivideASeries) {
  const TemporaryDirectory folder;
  std::string text = "id,a,kind\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("s{},{},{}\n", i / 4, i, i < 20 ? "up" : "down");
  const TrainingData data = load_training_data(
      config_of(folder, {text,
                         {"data.sequence={target='whole', series='id'}", "data.split={test=0.2}"},
                         "kind",
                         "softmax_cross_entropy"}));
  EXPECT_THAT(data.train_rows, SizeIs(8));
  EXPECT_THAT(data.test_rows, SizeIs(2));
  EXPECT_NE(data.test_rows[0] < 20, data.test_rows[1] < 20);  // one of each class
  EXPECT_EQ(data.test_rows[0] % 4 + data.test_rows[1] % 4, 0);
}

TEST(SequenceSamples, AreDividedByAColumn) {
  const TemporaryDirectory folder;
  std::string text = "y,part\n";
  for (int i = 0; i < 9; ++i)
    text += fmt::format("{},{}\n", i, i < 4 ? "train" : i < 6 ? "validation" : "test");
  const TrainingData data = load_training_data(
      config_of(folder, {text, {"data.sequence={steps=2}", "data.split={column='part'}"}}));
  EXPECT_THAT(data.train_rows, ElementsAre(0, 1));
  EXPECT_THAT(data.validation_rows, ElementsAre(2, 3));
  EXPECT_THAT(data.test_rows, ElementsAre(4, 5, 6));
  EXPECT_THAT(
      fault_of({"id,a,y,part\np,1,2,train\np,1,2,test\nq,1,2,train\n",
                {"data.sequence={target='whole', series='id'}", "data.split={column='part'}"}}),
      HasSubstr(
          "data.split: needed one value of 'part' for all rows of a series, found others in rows 1 and 2"));
}

TEST(SequenceSamples, MayBeOfSeriesThatAreGroups) {
  const TemporaryDirectory folder;
  std::string text = "id,y\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("s{},{}\n", i / 5, i);
  const TrainingData data = load_training_data(config_of(
      folder, {text, {"data.sequence={steps=2, series='id'}", "data.split={test=0.25, group='id'}"}}));
  EXPECT_THAT(data.train_rows, SizeIs(9));
  EXPECT_THAT(data.test_rows, SizeIs(3));
}

TEST(SequenceSamples, OfATextForetellEachNextCharacter) {
  const TemporaryDirectory folder;
  (void)folder.file("b.txt", "abcabcabcabcabc\n");
  const Config config = parse_config(
      "format = 1\n[data]\nformat = \"text\"\ntrain = \"b.txt\"\nsequence = { steps = 3 }\nsplit = { test = "
      "0.5 }\n"
      "[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\n",
      folder / "c.toml");
  const TrainingData data = load_training_data(config);
  EXPECT_THAT(data.schema().classes, ElementsAre("\n", "a", "b", "c"));
  EXPECT_THAT(data.train_rows, ElementsAre(0, 3));  // read and foretell characters 0 to 6
  EXPECT_THAT(data.test_rows, ElementsAre(9, 12));  // foretell characters 10 to 15
  EXPECT_THAT(found(data.file, {9}, "x", {}), ElementsAre(1, 2, 3));
  EXPECT_THAT(found(data.file, {12}, "target", {3}), ElementsAre(2, 3, 0));
}

TEST(SequenceSamples, OfAFileForATrainedModelHaveItsSteps) {
  const TemporaryDirectory folder;
  const Config config = config_of(
      folder, {kWalks, {"data.sequence={target='whole', series='id'}"}, "kind", "softmax_cross_entropy"});
  const Schema trained = load_training_data(config).schema();
  const std::string longer = folder.file("more.csv", "id,a,b,kind\nz,1,1,up\nz,1,1,up\nz,1,1,up\nz,1,1,up\n");
  EXPECT_EQ(error_of([&] {
              (void)load_inputs(config, trained, {longer, "", {}});
            }),
            "data: " + longer + ": series 'z': needed at most 3 rows, as data.sequence.steps says, found 4");
}

TEST(SequenceSamples, ToPredictAreTheNewestWindowsToo) {
  const TemporaryDirectory folder;
  const Config config = config_of(folder, {months(), {"data.sequence={steps=3, horizon=2, stride=2}"}});
  const Schema trained = load_training_data(config).schema();
  EXPECT_THAT(load_inputs(config, trained, {folder / "data.csv", "", {}}).rows, ElementsAre(1, 3, 5, 7));
}

TEST(SequenceSamples, MustFitIntoMemory) {
  EXPECT_THAT(fault_of({months(12), {"data.sequence={steps=3}", "data.max_bytes=100"}}),
              HasSubstr("needed data that take at most 100 bytes of memory"));
}

}  // namespace
}  // namespace catenary::train
