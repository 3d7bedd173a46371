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
