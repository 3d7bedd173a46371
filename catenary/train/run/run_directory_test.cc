#include "catenary/train/run/run_directory.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

Run trained(const TemporaryDirectory& folder, const std::vector<std::string>& overrides = {}) {
  (void)folder.file("data.csv", kSides);
  return train(small_config(folder, "side", "softmax_cross_entropy", overrides), {})->run;
}

std::string text_of(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(RunDirectory, HoldsAllThatIssuedFromARun) {
  const TemporaryDirectory folder;
  const auto run = trained(folder, {"train.epochs=2"});
  write_run(folder / "runs/deep/x/", run);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "runs/deep/x"))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("config.resolved.toml", "weights.safetensors",
                                                   "initial.safetensors", "history.csv", "history.jsonl",
                                                   "env.json"));
  EXPECT_EQ(text_of(folder / "runs/deep/x/history.csv"), to_csv(run.history));
  EXPECT_EQ(read_safetensors(folder / "runs/deep/x/initial.safetensors"), run.initial);
  EXPECT_EQ(read_safetensors(folder / "runs/deep/x/weights.safetensors"), run.weights);
  const auto environment = nlohmann::json::parse(text_of(folder / "runs/deep/x/env.json"));
  EXPECT_EQ(environment["threads"], 1);
  EXPECT_EQ(environment["started"].get<std::string>().size(), 20u);
}

TEST(RunDirectory, ComesBackAsItWas) {
  const TemporaryDirectory folder;
  const auto run = trained(folder, {"train.epochs=2", "data.standardize=true"});
  write_run(folder / "x", run);
  const StoredRun stored = read_run(folder / "x");
  EXPECT_EQ(stored.config, run.config);
  EXPECT_EQ(stored.model.content, run.weights);
  EXPECT_THAT(stored.model.schema.classes, ElementsAre("left", "right"));
}

TEST(RunDirectory, ItsConfigReproducesItFromAnywhere) {
  const TemporaryDirectory folder;
  const auto run = trained(folder, {"train.epochs=5", "data.split.test=0.25"});
  write_run(folder / "x", run);
  const Config again = load_config(folder / "x/config.resolved.toml");
  EXPECT_EQ(train(again, {.threads = 2})->run.weights, run.weights);
}

TEST(RunDirectory, ReplacesAnEarlierRunButNothingElse) {
  const TemporaryDirectory folder;
  const auto run = trained(folder, {"train.epochs=0"});
  write_run(folder / "x", run);
  EXPECT_NO_THROW(write_run(folder / "x", run));
  std::filesystem::create_directory(folder / "photos");
  (void)folder.file("photos/mine.jpg", "jpg");
  const std::string message = ": expected a free name or an earlier run directory to replace, found ";
  EXPECT_EQ(error_of([&] { write_run(folder / "photos", run); }),
            "io: " + (folder / "photos").string() + message + "'mine.jpg' in it");
  EXPECT_EQ(error_of([&] { write_run(folder / "data.csv", run); }),
            "io: " + (folder / "data.csv").string() + message + "something else");
  (void)folder.file("x/notes.txt", "precious");
  EXPECT_EQ(error_of([&] { write_run(folder / "x", run); }),
            "io: " + (folder / "x").string() + message + "'notes.txt' in it");
  EXPECT_EQ(text_of(folder / "x/notes.txt"), "precious");
  EXPECT_THAT(folder.names(), ElementsAre("data.csv", "photos", "x"));
}

TEST(RunDirectory, ARunThatCannotBeWrittenLeavesTheEarlierOneWhole) {
  const TemporaryDirectory folder;
  const auto earlier = trained(folder, {"train.epochs=1"});
  write_run(folder / "x", earlier);
  auto later = trained(folder, {"train.epochs=2"});
  later.weights.tensors.back().data.pop_back();  // found when all files before the weights have been written
  EXPECT_THAT(error_of([&] { write_run(folder / "x", later); }), StartsWith("format: "));
  EXPECT_EQ(read_run(folder / "x").config, earlier.config);
  EXPECT_EQ(read_run(folder / "x").model.content, earlier.weights);
  EXPECT_EQ(text_of(folder / "x/history.csv"), to_csv(earlier.history));
  EXPECT_THAT(error_of([&] { write_run(folder / "new/y", later); }), StartsWith("format: "));
  EXPECT_THAT(folder.names(), ElementsAre("data.csv", "x"));
}

TEST(RunDirectory, FollowsASymbolicLink) {
  const TemporaryDirectory folder;
  const auto run = trained(folder, {"train.epochs=0"});
  std::filesystem::create_directory(folder / "disk");
  std::filesystem::create_symlink("disk", folder / "link");
  for (int i = 0; i < 2; ++i) {  // once into the empty directory, once over the run
    write_run(folder / "link", run);
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_TRUE(std::filesystem::exists(folder / "disk/env.json"));
  }
  EXPECT_THAT(folder.names(), ElementsAre("data.csv", "disk", "link"));
}

TEST(RunDirectory, ANameThatTheSystemRefusesIsFoundBeforehandAndLeavesNothing) {
  const TemporaryDirectory folder;
  EXPECT_THAT(error_of([&] { require_free(folder / ("new/deep/" + std::string(300, 'x'))); }),
              HasSubstr("File name too long"));
  EXPECT_THAT(error_of([] { require_free("/proc/x"); }), StartsWith("io: "));
  require_free(folder / "new/deep/x");
  EXPECT_THAT(folder.names(), testing::IsEmpty());
}

TEST(RunDirectory, AnythingWrongWithItIsNamed) {
  const TemporaryDirectory folder;
  const std::string missing = (folder / "none").string();
  EXPECT_EQ(error_of([&] { (void)read_run(missing); }),
            "io: " + missing + ": expected a run directory, found nothing");
  write_run(folder / "x", trained(folder, {"train.epochs=0"}));
  const auto damaged = [&](const char* file, const std::string& text) {
    std::ofstream(folder / "x" / file, std::ios::binary) << text;
    return error_of([&] { (void)read_run(folder / "x"); });
  };
  EXPECT_THAT(damaged("weights.safetensors", "not tensors"),
              StartsWith("format: " + (folder / "x/weights.safetensors").string()));
  std::filesystem::remove(folder / "x/weights.safetensors");
  EXPECT_THAT(error_of([&] { (void)read_run(folder / "x"); }), HasSubstr("weights.safetensors"));
  EXPECT_THAT(damaged("config.resolved.toml", "format = 9"),
              HasSubstr("config.resolved.toml:1:10: format: expected 1, found 9"));
}

}  // namespace
}  // namespace catenary::train
