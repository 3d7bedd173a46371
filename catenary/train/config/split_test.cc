#include "catenary/train/config/sections.h"

#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <string_view>

#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing_support::error_of;

// What stands after "split = " in the third line of a config.
SplitConfig read(const std::string& text) {
  const TomlNode root = parse_toml("format = 1\n[data]\nsplit = " + text + "\n", "c.toml");
  return read_split(find(*find(*root.table(), "data")->node.table(), "split")->node);
}

TEST(SplitConfig, ReadsShares) {
  const SplitConfig test = read("{ test = 0.2 }");
  EXPECT_EQ(test, (SplitConfig{.test = 0.2}));
  EXPECT_EQ(test.place.text, "c.toml:3:9");
  EXPECT_EQ(read("{ validation = 0.15, test = 0.2 }"), (SplitConfig{.validation = 0.15, .test = 0.2}));
  EXPECT_EQ(read("{ validation = 0.25 }"), (SplitConfig{.validation = 0.25}));
}

TEST(SplitConfig, ReadsTheOrder) {
  for (const SplitOrder order : {SplitOrder::kRandom, SplitOrder::kStratified, SplitOrder::kOrdered}) {
    EXPECT_EQ(read("{ test = 0.2, by = \"" + std::string(name_of(order)) + "\" }"),
              (SplitConfig{.test = 0.2, .by = order, .by_given = true}));
  }
}

TEST(SplitConfig, AGroupIsAnOrder) {
  const SplitConfig grouped = {
      .validation = 0.5, .by = SplitOrder::kGrouped, .by_given = true, .group = "patient"};
  EXPECT_EQ(read("{ validation = 0.5, group = \"patient\" }"), grouped);
  EXPECT_EQ(read("{ validation = 0.5, by = \"random\", group = \"patient\" }"), grouped);
}

TEST(SplitConfig, ReadsAColumn) { EXPECT_EQ(read("{ column = \"part\" }"), (SplitConfig{.column = "part"})); }

TEST(SplitConfig, IsWrittenAsItIsRead) {
  for (const std::string text :
       {"{ test = 0.2, by = \"stratified\" }", "{ validation = 0.1, test = 1e-05, by = \"random\" }",
        "{ validation = 0.30000000000000004, by = \"ordered\" }", "{ test = 0.5, group = \"a \\\"b\\\"\" }",
        "{ validation = 0.25, test = 0.5, group = \"patient\" }", "{ column = \"part\" }"})
    EXPECT_EQ(to_toml(read(text)), text);
}

TEST(SplitConfig, WritesWhatWasUsed) {
  EXPECT_EQ(to_toml({.test = 0.2, .by = SplitOrder::kStratified}), "{ test = 0.2, by = \"stratified\" }");
}

struct SplitCase {
  std::string_view name;
  std::string text, message;
  friend std::ostream& operator<<(std::ostream& out, const SplitCase& c) { return out << c.name; }
};

class SplitConfigError : public testing::TestWithParam<SplitCase> {};

TEST_P(SplitConfigError, HasThisMessage) {
  EXPECT_EQ(error_of([&] { (void)read(GetParam().text); }), "config: c.toml:3:" + GetParam().message);
}

const SplitCase kSplitCases[] = {
    {"NumberAlone", "0.2", "9: data.split: expected a table, such as { test = 0.2 }, found 0.2"},
    {"Nothing", "{ by = \"random\" }",
     "9: missing key 'data.split.test': expected a number between 0 and 1, or 'validation', or a 'column' "
     "that "
     "names each row's part"},
    {"AllToTest", "{ test = 1.0 }", "18: data.split.test: expected a number between 0 and 1, found 1"},
    {"NoValidation", "{ validation = 0, test = 0.2 }",
     "24: data.split.validation: expected a number between 0 and 1, found 0"},
    {"TextAsShare", "{ test = \"20%\" }",
     "18: data.split.test: expected a number between 0 and 1, found the string '20%'"},
    {"NotANumber", "{ test = nan }", "18: data.split.test: expected a number between 0 and 1, found nan"},
    {"NothingToTrainOn", "{ validation = 0.25, test = 0.75 }",
     "9: data.split: expected shares that leave rows to train on, found 0.25 and 0.75"},
    {"UnknownOrder", "{ test = 0.2, by = \"stratifed\" }",
     "28: data.split.by: unknown value 'stratifed'; expected one of random, stratified, ordered; did you "
     "mean "
     "'stratified'?"},
    {"OrderOfAnotherLibrary", "{ test = 0.2, by = \"shuffle\" }",
     "28: data.split.by: unknown value 'shuffle'; expected one of random, stratified, ordered; did you mean "
     "'random'?"},
    {"GroupsWithoutAColumn", "{ test = 0.2, by = \"grouped\" }",
     "28: data.split.by: unknown value 'grouped'; expected one of random, stratified, ordered"},
    {"OrderAsBoolean", "{ test = 0.2, by = true }",
     "28: data.split.by: expected one of random, stratified, ordered, found the boolean true"},
    {"StratifiedGroups", "{ test = 0.2, by = \"stratified\", group = \"patient\" }",
     "28: data.split.by: expected 'random' beside a group, found the string 'stratified'"},
    {"OrderedGroups", "{ test = 0.2, group = \"patient\", by = \"ordered\" }",
     "47: data.split.by: expected 'random' beside a group, found the string 'ordered'"},
    {"NamelessGroup", "{ test = 0.2, group = \"\" }",
     "31: data.split.group: expected the name of a column, found the string ''"},
    {"GroupAsNumber", "{ test = 0.2, group = 3 }",
     "31: data.split.group: expected the name of a column, found 3"},
    {"NamelessColumn", "{ column = \"\" }",
     "20: data.split.column: expected the name of a column, found the string ''"},
    {"ColumnAndShare", "{ column = \"part\", test = 0.2 }",
     "28: data.split.test: does not apply where a column names each row's part"},
    {"ColumnAndOrder", "{ by = \"random\", column = \"part\" }",
     "11: data.split.by: does not apply where a column names each row's part"},
    {"ColumnAndGroup", "{ column = \"part\", group = \"patient\" }",
     "28: data.split.group: does not apply where a column names each row's part"},
    {"KeyOfAnotherLibrary", "{ test_size = 0.2 }",
     "11: unknown key 'test_size' in [data.split]; did you mean 'test'?"},
    {"MisspeltKey", "{ tset = 0.2 }", "11: unknown key 'tset' in [data.split]; did you mean 'test'?"},
};

INSTANTIATE_TEST_SUITE_P(Golden, SplitConfigError, testing::ValuesIn(kSplitCases),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace catenary::train
