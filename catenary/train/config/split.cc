#include "catenary/train/config/sections.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::array<std::string_view, 5> kSplitKeys = {"validation", "test", "by", "group", "column"};
constexpr std::array<std::string_view, 4> kOfShares = {"validation", "test", "by", "group"};

// Groups are chosen by naming their column.
constexpr std::array kOrders = {SplitOrder::kRandom, SplitOrder::kStratified, SplitOrder::kOrdered};

void read_shares(const TableReader& table, SplitConfig& split) {
  if (table.find("validation") == nullptr) {
    (void)table.require(
        "test", "a number between 0 and 1, or 'validation', or a 'column' that names each row's part");
  }
  split.validation = table.number("validation", kBetweenZeroAndOne, 0);
  split.test = table.number("test", kBetweenZeroAndOne, 0);
  if (split.validation + split.test < 1) return;
  fail(ErrorKind::kConfig, "{}: data.split: expected shares that leave rows to train on, found {} and {}",
       table.place(), split.validation, split.test);
}

void read_order(const TableReader& table, SplitConfig& split) {
  const TomlNode* by = table.find("by");
  split.by = table.choice("by", std::span<const SplitOrder>(kOrders), SplitOrder::kRandom);
  split.group = table.column_name("group");
  split.by_given = by != nullptr || !split.group.empty();
  if (split.group.empty()) return;
  if (split.by != SplitOrder::kRandom) fail_expected(*by, table.path("by"), "'random' beside a group");
  split.by = SplitOrder::kGrouped;
}

}  // namespace

SplitConfig read_split(const TomlNode& node) {
  if (node.table() == nullptr) fail_expected(node, "data.split", "a table, such as { test = 0.2 }");
  const TableReader table(node, "data.split", kSplitKeys);
  SplitConfig split;
  split.place = {node.place};
  split.column = table.column_name("column");
  if (!split.column.empty()) {
    table.forbid(kOfShares, "does not apply where a column names each row's part");
    return split;
  }
  read_shares(table, split);
  read_order(table, split);
  return split;
}

std::string to_toml(const SplitConfig& split) {
  if (!split.column.empty()) return fmt::format("{{ column = {} }}", quoted_toml(split.column));
  std::vector<std::string> keys;
  // A share is no whole number, so that its shortest digits are a TOML float.
  if (split.validation > 0) keys.push_back(fmt::format("validation = {}", split.validation));
  if (split.test > 0) keys.push_back(fmt::format("test = {}", split.test));
  keys.push_back(split.group.empty() ? fmt::format("by = \"{}\"", name_of(split.by))
                                     : fmt::format("group = {}", quoted_toml(split.group)));
  return fmt::format("{{ {} }}", fmt::join(keys, ", "));
}

}  // namespace catenary::train
