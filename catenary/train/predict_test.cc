#include "catenary/train/predict.h"

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "catenary/ops/evaluate.h"
#include "catenary/train/model.h"
#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::_;
using testing::ElementsAre;
using testing::StartsWith;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

StoredRun stored(const TemporaryDirectory& folder, const Config& config) {
  write_run(folder / "run", train(config, {})->run);
  return read_run(folder / "run");
}

StoredRun trained_on_sides(const TemporaryDirectory& folder, const std::string& loss) {
  (void)folder.file("data.csv", kSides);
  return stored(folder, small_config(folder, "side", loss, {"data.standardize=true", "train.epochs=30"}));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// What predict writes.
std::string predicted(const StoredRun& run, const PredictOptions& options) {
  std::string text;
  (void)predict(run, options, [&](std::string_view piece) { text += piece; });
  return text;
}

// The lines of the CSV that predict writes of a file.
std::vector<std::string> predicted_lines(const StoredRun& run, const std::string& input) {
  return lines_of(predicted(run, {.input = input, .threads = 2}));
}

// The reference evaluator's answer for one sample of a stored network.
std::vector<double> reference(const StoredRun& run, const std::vector<double>& x) {
  Model model(run.config, run.model.schema);
  Bindings bindings;
  for (const Tensor& tensor : run.model.content.tensors) {
    const std::vector<float> values = f32_values(tensor);
    bindings.leaves[tensor.name].assign(values.begin(), values.end());
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto& s = std::get<fitted::Affine>(run.model.schema.inputs.at(i).steps.back());
    bindings.leaves["x"].push_back((x[i] - s.shift) / s.scale);
  }
  return catenary::Evaluation({model.prediction}, bindings)[model.prediction];
}

TEST(Predict, NamesTheClassAndGivesTheReferencesProbabilities) {
  const TemporaryDirectory folder;
  const StoredRun run = trained_on_sides(folder, "softmax_cross_entropy");
  const auto lines = predicted_lines(run, folder.file("in.csv", "b,a\n3,-1\n0.25,0.5\n"));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "prediction,probability_left,probability_right");
  double left = 0, right = 0;
  ASSERT_EQ(std::sscanf(lines[1].c_str(), "left,%lf,%lf", &left, &right), 2);
  const std::vector<double> expected = reference(run, {-1, 3});
  EXPECT_NEAR(left, expected[0], 1e-6);  // two layers of three terms in f32, each rounded to 6e-8
  EXPECT_NEAR(right, expected[1], 1e-6);
}

TEST(Predict, ABinaryLogitGivesBothProbabilities) {
  const TemporaryDirectory folder;
  const StoredRun run = trained_on_sides(folder, "binary_cross_entropy");
  const auto lines = predicted_lines(run, folder.file("in.csv", "a,b\n3,-1\n"));
  EXPECT_EQ(lines[0], "prediction,probability_left,probability_right");
  double left = 0, right = 0;
  ASSERT_EQ(std::sscanf(lines[1].c_str(), "right,%lf,%lf", &left, &right), 2);
  EXPECT_NEAR(right, reference(run, {3, -1})[0], 1e-6);
  EXPECT_NEAR(left + right, 1, 1e-7);
}

TEST(Predict, ABinaryClassChangesWhereBothAreEquallyProbable) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,side\n0,left\n1,right\n");
  const StoredRun run = stored_with(small_config(folder, "side", "binary_cross_entropy", kOneLayer),
                                    {{"output.weight", {1}}, {"output.bias", {0}}});
  const auto lines = predicted_lines(run, folder.file("in.csv", "a\n-0.01\n0.01\n0.6\n"));
  EXPECT_THAT(lines, ElementsAre(_, StartsWith("left,"), StartsWith("right,"), StartsWith("right,")));
  double right = 0;
  ASSERT_EQ(std::sscanf(lines[3].c_str(), "right,%*f,%lf", &right), 1);
  EXPECT_NEAR(right, 1 / (1 + std::exp(-0.6)), 1e-6);  // the logit's sigmoid
}

TEST(Predict, AnInfinitePredictionIsANumericError) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y\n0,1\n1,2\n");
  const StoredRun run = stored_with(small_config(folder, "y", "squared_error", kOneLayer),
                                    {{"output.weight", {1e38F}}, {"output.bias", {0}}});
  EXPECT_EQ(error_of([&] { (void)predicted_lines(run, folder.file("in.csv", "a\n1\n-100\n")); }),
            fmt::format("numeric: {}: row 2: expected a finite prediction, found -inf",
                        (folder / "in.csv").string()));
}

TEST(Predict, RegressionGivesNumbersNamedByTheirTargets) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kPlane);
  const StoredRun run = stored(folder, small_config(folder, "y", "squared_error", {"data.standardize=true"}));
  const auto lines = predicted_lines(run, folder.file("in.csv", "a,b,y\n1,1,99\n0,0,99\n"));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "prediction_y");
  EXPECT_NEAR(std::stod(lines[1]), reference(run, {1, 1})[0], 1e-5);
}

TEST(Predict, QuotesNamesAsCsvAsks) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,\"k\"\n1,\"x,y\"\n2,\"p \"\"q\"\"\"\n");
  const StoredRun run =
      stored(folder, small_config(folder, "k", "softmax_cross_entropy", {"train.epochs=100"}));
  const auto lines = predicted_lines(run, folder.file("in.csv", "a\n1\n"));
  EXPECT_EQ(lines[0], "prediction,\"probability_p \"\"q\"\"\",\"probability_x,y\"");
  EXPECT_EQ(lines[1].substr(0, 7), "\"x,y\",0");
}

TEST(Predict, ManySamplesGoThroughInBatches) {
  const TemporaryDirectory folder;
  const StoredRun run = trained_on_sides(folder, "softmax_cross_entropy");
  std::string input = "a,b\n";
  for (int i = 0; i < 2500; ++i) input += fmt::format("{},{}\n", i % 7, i % 5);
  const auto lines = predicted_lines(run, folder.file("in.csv", input));
  ASSERT_EQ(lines.size(), 2501u);
  for (int i = 36; i <= 2500; ++i)
    ASSERT_EQ(lines[static_cast<std::size_t>(i)], lines[static_cast<std::size_t>(i - 35)]) << i;
}

TEST(Predict, CountsTheSamplesAndWritesNothingBeforeAllAreRead) {
  const TemporaryDirectory folder;
  const StoredRun run = trained_on_sides(folder, "softmax_cross_entropy");
  std::string input = "a,b\n";
  for (int i = 0; i < 20'000; ++i) input += "1,2\n";
  int pieces = 0;
  const Sink count = [&](std::string_view) { ++pieces; };
  EXPECT_EQ(predict(run, {.input = folder.file("good.csv", input)}, count), 20'000);
  EXPECT_GT(pieces, 1);
  pieces = 0;
  const PredictOptions bad{.input = folder.file("bad.csv", input + "oops,2\n")};
  EXPECT_THAT(error_of([&] { (void)predict(run, bad, count); }), testing::HasSubstr("bad.csv: line 20002"));
  EXPECT_EQ(pieces, 0);
}

TEST(Predict, GivesTheSameNumbersAsJsonLines) {
  const TemporaryDirectory folder;
  const StoredRun run = trained_on_sides(folder, "binary_cross_entropy");
  const std::string input = folder.file("in.csv", "a,b\n3,-1\n");
  const auto csv = predicted_lines(run, input);
  float left = 0, right = 0;
  ASSERT_EQ(std::sscanf(csv[1].c_str(), "right,%f,%f", &left, &right), 2);
  EXPECT_EQ(predicted(run, {.input = input, .format = PredictionFormat::kJsonLines}),
            fmt::format("{{\"prediction\":\"right\",\"probabilities\":{{\"left\":{},\"right\":{}}}}}\n", left,
                        right));
}

TEST(Predict, ALossWithoutProbabilitiesGivesScores) {
  const TemporaryDirectory folder;
  (void)folder.file("x-images-idx3-ubyte", idx_bytes({2, 1, 1}, {'\0', '\1'}));
  (void)folder.file("x-labels-idx1-ubyte", idx_bytes({2}, {'\0', '\1'}));
  const Config config = parse_config(
      "format = 1\n[data]\ntrain = \"x-images-idx3-ubyte\"\n[[model.layers]]\ntype = "
      "\"dense\"\n[train]\nloss = "
      "\"squared_error\"\nepochs = 1\n",
      folder / "c.toml", {});
  const StoredRun run = stored(folder, config);
  const std::string input = folder / "x-images-idx3-ubyte";
  EXPECT_EQ(predicted_lines(run, input)[0], "prediction,score_0,score_1");
  EXPECT_THAT(predicted(run, {.input = input, .format = PredictionFormat::kJsonLines}),
              testing::HasSubstr("\"scores\":{\"0\":"));
}

TEST(Predict, AnInputWithoutAFeatureIsADataError) {
  const TemporaryDirectory folder;
  const StoredRun run = trained_on_sides(folder, "softmax_cross_entropy");
  EXPECT_THAT(error_of([&] { (void)predicted_lines(run, folder.file("in.csv", "a,c\n1,2\n")); }),
              testing::StartsWith("data: " + (folder / "in.csv").string() +
                                  ": needed the column that the model was trained on, 'b', found no such"));
}

}  // namespace
}  // namespace catenary::train
