#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr std::string_view kFlowers = "length,species\n1,a\n2,b\n1,a\n2,b\n3,b\n1.5,a\n2,b\n1,a\n3,b\n1,a\n";

TEST(Init, WritesAConfigThatTrainsWhereverItStands) {
  const Shell shell;
  (void)shell.file("flowers.csv", kFlowers);
  std::filesystem::create_directory(shell / "configs");
  std::filesystem::create_symlink(".", shell / "here");
  const Outcome outcome =
      shell.run({"init", "here/flowers.csv", "--target", "species", "--output", "configs/f.toml"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "wrote configs/f.toml; it trains by: catenary train configs/f.toml\n");
  EXPECT_THAT(shell.text_of("configs/f.toml"), HasSubstr("train = \"../here/flowers.csv\"\n"));
  EXPECT_EQ(shell.run({"train", "configs/f.toml", "--set", "train.epochs=1"}).exit_code, 0);
}

TEST(Init, TrainsAsTheTableAloneDoes) {
  const Shell shell;
  (void)shell.file("flowers.csv", kFlowers);
  ASSERT_EQ(shell.run({"init", "flowers.csv", "--target", "species", "--output", "f.toml"}).exit_code, 0);
  ASSERT_EQ(shell.run({"train", "f.toml", "--set", "train.epochs=2"}).exit_code, 0);
  ASSERT_EQ(shell.run({"train", "flowers.csv", "--target", "species", "--set", "train.epochs=2"}).exit_code,
            0);
  EXPECT_EQ(shell.text_of("runs/f/weights.safetensors"), shell.text_of("runs/flowers/weights.safetensors"));
}

TEST(Init, KeepsAnAbsolutePath) {
  const Shell shell;
  const std::string path = shell.file("flowers.csv", kFlowers);
  std::filesystem::create_directory(shell / "configs");
  const Outcome outcome = shell.run({"init", path, "--target", "species", "--output", "configs/f.toml"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(shell.text_of("configs/f.toml"), HasSubstr("train = \"" + path + "\"\n"));
}

TEST(Init, TakesKeysByWhichTheTableIsReadAndNoOthers) {
  const Shell shell;
  (void)shell.file("f.csv", "1,a\n2,b\n1,unknown\n2,b\n3,a\n");
  const std::vector<std::string> keys = {"--set", "data.header=false", "--set", "data.missing=[\"unknown\"]"};
  const auto with_keys = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), keys.begin(), keys.end());
    return shell.run(arguments);
  };
  ASSERT_EQ(with_keys({"init", "f.csv", "--target", "column2", "--output", "f.toml"}).exit_code, 0);
  EXPECT_THAT(shell.text_of("f.toml"), HasSubstr("header = false\nmissing = [\"unknown\"]\n"));
  ASSERT_EQ(shell.run({"train", "f.toml", "--out", "by_config", "--set", "train.epochs=2"}).exit_code, 0);
  ASSERT_EQ(
      with_keys({"train", "f.csv", "--target", "column2", "--out", "by_table", "--set", "train.epochs=2"})
          .exit_code,
      0);
  EXPECT_EQ(shell.text_of("by_config/weights.safetensors"), shell.text_of("by_table/weights.safetensors"));
  EXPECT_EQ(with_keys({"cv", "f.csv", "--target", "column2", "--folds", "2"}).exit_code, 0);
  EXPECT_THAT(with_keys({"inspect", "f.csv"}).out,
              HasSubstr("column2  category         1  2 values: 'a', 'b'\n"));
  const Outcome outcome =
      shell.run({"init", "f.csv", "--target", "column2", "--set", "train.epochs=2", "--output", "g.toml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--set train.epochs=2: needed a key of [data] that says how a table is "
                                     "read: target_type, separator, "));
  EXPECT_FALSE(std::filesystem::exists(shell / "g.toml"));
}

TEST(Init, AndTrainingSayWhatIsNoTable) {
  const Shell shell;
  (void)shell.file("base.toml", kPointsConfig);
  std::filesystem::create_directory(shell / "run");
  for (const std::string command : {"init", "train", "cv"}) {
    const auto error = [&](const std::string& path) {
      const Outcome outcome = shell.run({command, path, "--target", "side"});
      EXPECT_EQ(outcome.exit_code, 2);
      return outcome.err;
    };
    const std::string needed = ": needed a table, of which --target names a column, found ";
    EXPECT_EQ(error("base.toml"), "catenary: base.toml" + needed +
                                      "a config by the name, which says what the target is (data.target)\n");
    EXPECT_EQ(error("run"), "catenary: run" + needed + "a folder\n");
    EXPECT_EQ(error("d.npz"), "catenary: d.npz" + needed + "the format 'numpy' by the name\n");
  }
}

TEST(Init, ReplacesNoFile) {
  const Shell shell;
  (void)shell.file("flowers.csv", kFlowers);
  (void)shell.file("f.toml", "mine");
  const Outcome outcome = shell.run({"init", "flowers.csv", "--target", "species", "--output", "f.toml"});
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_EQ(
      outcome.err,
      "catenary: --output f.toml: needed a name that is free, found a file; remove it or name another\n");
  EXPECT_EQ(shell.text_of("f.toml"), "mine");
}

TEST(Train, TellsWhatATableInPlaceOfAConfigNeeds) {
  const Shell shell;
  (void)shell.file("flowers.csv", kFlowers);
  const Outcome outcome = shell.run({"train", "flowers.csv"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err,
              EndsWith("flowers.csv: needed a config, found data by the name; a table is trained on "
                       "with --target COLUMN, and 'catenary init' writes its config\n"));
}

}  // namespace
}  // namespace catenary::cli
