#include "catenary/train/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing_support::error_of;
using testing_support::TemporaryDirectory;

std::string text_config(const std::string& layers, const std::string& sequence = "steps = 4",
                        const std::string& train = "") {
  return fmt::format(
      "format = 1\n[data]\nformat = \"text\"\ntrain = \"t.txt\"\nsequence = {{ {} }}\n{}[[model.layers]]\n"
      "type = \"dense\"\nname = \"output\"\n[train]\nloss = \"softmax_cross_entropy\"\n{}\n",
      sequence, layers, train);
}

constexpr const char* kEmbedding = "[[model.layers]]\ntype = \"embedding\"\nname = \"e\"\nunits = 2\n";
constexpr const char* kLstm = "[[model.layers]]\ntype = \"lstm\"\nname = \"l\"\nunits = 8\n";

StoredRun trained(const TemporaryDirectory& folder, const std::string& text, const std::string& config) {
  (void)folder.file("t.txt", text);
  return kept(folder, train(parse_config(config, folder / "c.toml"), {})->run);
}

std::string drawn(const StoredRun& run, const SamplerOptions& options, int length,
                  const std::string& prompt = "") {
  Sampler sampler(run, options);
  sampler.read(prompt, "prompt");
  std::string text;
  for (int i = 0; i < length; ++i) text += sampler.draw();
  return text;
}

// A network that says the same of whatever comes: logits 0, 1 and 2 for "\n", "a" and "b".
StoredRun constant_run(const TemporaryDirectory& folder) {
  (void)folder.file("t.txt", "ab\nba\nabab");
  const Config config = parse_config(text_config(kEmbedding, "steps = 4", "epochs = 0"), folder / "c.toml");
  return stored_with(config, {{"output.weight", std::vector<float>(6)}, {"output.bias", {0, 1, 2}}});
}

std::map<char, double> shares(const std::string& text) {
  std::map<char, double> of;
  for (const char c : text) of[c] += 1.0 / static_cast<double>(text.size());
  return of;
}

TEST(Sampler, DrawsByTheSoftmaxOfLogitsByTemperature) {
  const TemporaryDirectory folder;
  const StoredRun run = constant_run(folder);
  constexpr int kDraws = 4000;
  for (const double temperature : {0.5, 1.0, 3.0}) {
    std::map<char, double> found = shares(drawn(run, {.temperature = temperature}, kDraws));
    const double all = 1 + std::exp(1 / temperature) + std::exp(2 / temperature);
    // Four standard deviations of a share are below 0.032.
    EXPECT_NEAR(found['\n'], 1 / all, 0.032) << temperature;
    EXPECT_NEAR(found['a'], std::exp(1 / temperature) / all, 0.032) << temperature;
    EXPECT_NEAR(found['b'], std::exp(2 / temperature) / all, 0.032) << temperature;
  }
}

TEST(Sampler, TakesTheLikeliestAtTemperatureZero) {
  const TemporaryDirectory folder;
  const StoredRun run = constant_run(folder);
  EXPECT_EQ(drawn(run, {.temperature = 0}, 5), "bbbbb");
  EXPECT_EQ(drawn(run, {.temperature = 1e-300}, 5), "bbbbb");
}

TEST(Sampler, DrawsTheSameOfTheSameSeed) {
  const TemporaryDirectory folder;
  const StoredRun run = constant_run(folder);
  EXPECT_EQ(drawn(run, {.seed = 3}, 40), drawn(run, {.seed = 3}, 40));
  EXPECT_NE(drawn(run, {.seed = 3}, 40), drawn(run, {.seed = 4}, 40));
}

// A word that only its beginning tells: what follows "b" hangs on what came before it.
std::string words(const std::string& separator) {
  const Philox random(1, RandomPurpose::kTest, 0);
  std::string text;
  for (std::uint64_t i = 0; i < 200; ++i) text += (random.bits(i) % 2 == 0 ? "xbc" : "ybd") + separator;
  return text;
}

TEST(Sampler, GoesOnWhereThePromptEnds) {
  const TemporaryDirectory folder;
  for (const std::string sequence : {"steps = 8", "steps = 8, stateful = true"}) {
    const StoredRun run = trained(
        folder, words("\n"),
        text_config(std::string(kEmbedding) + kLstm, sequence,
                    "epochs = 40\nbatch_size = 4\noptimizer = { type = \"adam\", learning_rate = 0.03 }"));
    EXPECT_EQ(drawn(run, {.temperature = 0}, 2, "ybd\nxb"), "c\n") << sequence;
    EXPECT_EQ(drawn(run, {.temperature = 0}, 2, "xbc\nyb"), "d\n") << sequence;
    EXPECT_EQ(drawn(run, {.temperature = 0}, 3), drawn(run, {.temperature = 0}, 3, "\n")) << sequence;
  }
}

TEST(Sampler, SaysTheSameAsAPredictionOfTheWholeText) {
  const TemporaryDirectory folder;
  const StoredRun run =
      trained(folder, words(" "),
              text_config(std::string(kEmbedding) + kLstm, "steps = 8, stateful = true", "epochs = 2"));
  const std::string text = "xbc ybd xbc";
  const auto rows = predicted_cells(run, folder.file("new.txt", text));
  ASSERT_EQ(rows.size(), 1 + text.size());
  for (std::size_t i = 1; i <= text.size(); ++i)
    EXPECT_EQ(rows[i][1], drawn(run, {.temperature = 0}, 1, text.substr(0, i))) << i;
}

TEST(Sampler, WritesBytes) {
  const TemporaryDirectory folder;
  const StoredRun run =
      trained(folder, "\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6",
              text_config(kEmbedding, "steps = 2, unit = \"byte\"",
                          "epochs = 60\noptimizer = { type = \"adam\", learning_rate = 0.1 }"));
  EXPECT_EQ(drawn(run, {.temperature = 0}, 4, "\xC3"), "\xB6\xC3\xB6\xC3");
}

std::string fault_of(const StoredRun& run, const SamplerOptions& options = {},
                     const std::string& prompt = "") {
  return error_of([&] { (void)drawn(run, options, 1, prompt); });
}

TEST(Sampler, RefusesWhatItCannotGoOn) {
  const TemporaryDirectory folder;
  const StoredRun run = constant_run(folder);
  EXPECT_EQ(
      fault_of(run, {}, "ab\nac"),
      "data: prompt: line 2, column 2: needed one of the 3 characters that the model was trained on, found "
      "'c'; another must stand in its place");
  EXPECT_EQ(fault_of(run, {.temperature = -1}), "config: needed a temperature of 0 or more, found -1");
  EXPECT_EQ(fault_of(run, {.temperature = std::nan("")}),
            "config: needed a temperature of 0 or more, found nan");
}

TEST(Sampler, RefusesRunsThatAreNoLanguageModels) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  const Config sides = small_config(folder, "side", "softmax_cross_entropy", {"train.epochs=0"});
  EXPECT_EQ(fault_of(kept(folder, train(sides, {})->run)),
            "config: needed a run that was trained on a text ([data] format = \"text\"), found one on the "
            "format 'csv'");
}

}  // namespace
}  // namespace catenary::train
