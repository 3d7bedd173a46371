#include "catenary/train/config/table_reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/train/config/synonyms.h"

namespace catenary::train {

void fail_expected(const TomlNode& node, std::string_view path, std::string_view expected) {
  fail(ErrorKind::kConfig, "{}: {}: expected {}, found {}", node.place, path, expected, describe(node));
}

void fail_twice(const TomlNode& node, std::string_view path) {
  fail(ErrorKind::kConfig, "{}: {}: {} stands there twice", node.place, path, describe(node));
}

const std::string& as_string(const TomlNode& node, std::string_view path, std::string_view expected) {
  const auto* text = std::get_if<std::string>(&node.value);
  if (text == nullptr) fail_expected(node, path, expected);
  return *text;
}

std::size_t as_choice(const TomlNode& node, std::string_view path, std::span<const std::string_view> names) {
  const std::string& text = as_string(node, path, fmt::format("one of {}", fmt::join(names, ", ")));
  const auto at = std::find(names.begin(), names.end(), text);
  if (at == names.end()) {
    const bool is_near = !meant_by(text, names).empty();  // else the suggestion is all of them
    fail(ErrorKind::kConfig, "{}: {}: unknown value {}{}{}", node.place, path, quote(text),
         is_near ? fmt::format("; expected one of {}", fmt::join(names, ", ")) : "",
         suggestion_for(text, names));
  }
  return static_cast<std::size_t>(at - names.begin());
}

TableReader::TableReader(const TomlNode& node, std::string path, std::span<const std::string_view> keys)
    : node_(node), path_(std::move(path)) {
  if (node_.table() == nullptr) fail_expected(node_, path_, "a table");
  for (const TomlEntry& entry : *node_.table()) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    const std::string where = path_.empty() ? "" : fmt::format(" in [{}]", path_);
    fail(ErrorKind::kConfig, "{}: unknown key {}{}{}", entry.place, quote(entry.key), where,
         key_suggestion(entry.key, keys));
  }
}

std::string TableReader::path(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

const TomlNode* TableReader::find(std::string_view key) const {
  const TomlEntry* entry = train::find(*node_.table(), key);
  return entry == nullptr ? nullptr : &entry->node;
}

const TomlNode& TableReader::require(std::string_view key, std::string_view expected) const {
  const TomlNode* node = find(key);
  if (node == nullptr)
    fail(ErrorKind::kConfig, "{}: missing key '{}': expected {}", place(), path(key), expected);
  return *node;
}

void TableReader::forbid(std::span<const std::string_view> keys, std::string_view why) const {
  for (const std::string_view key : keys) {
    const TomlEntry* entry = train::find(*node_.table(), key);
    if (entry != nullptr) fail(ErrorKind::kConfig, "{}: {}: {}", entry->place, path(key), why);
  }
}

std::vector<std::string> as_names(const TomlNode& node, std::string_view path, std::string_view expected) {
  if (std::holds_alternative<std::string>(node.value)) {
    const std::string& name = as_string(node, path, expected);
    if (name.empty()) fail_expected(node, path, expected);
    return {name};
  }
  if (node.array() == nullptr || node.array()->empty()) fail_expected(node, path, expected);
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (const TomlNode& entry : *node.array()) {
    const std::string& name = as_string(entry, path, expected);
    if (name.empty()) fail_expected(entry, path, "a name");
    if (!seen.insert(name).second) fail_twice(entry, path);
    names.push_back(name);
  }
  return names;
}

std::optional<std::int64_t> as_whole(const TomlNode& node) {
  if (const auto* whole = std::get_if<std::int64_t>(&node.value)) return *whole;
  constexpr double kExact = 9007199254740992;  // 2^53: beyond it a double is not every whole number
  const auto* real = std::get_if<double>(&node.value);
  if (real == nullptr || std::trunc(*real) != *real || std::abs(*real) > kExact) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::int64_t TableReader::whole(std::string_view key, WholeRange range, std::int64_t fallback) const {
  const TomlNode* node = find(key);
  if (node == nullptr) return fallback;
  const std::optional<std::int64_t> value = as_whole(*node);
  if (!value || *value < range.low || *value > range.high) {
    fail_expected(*node, path(key), fmt::format("a whole number from {} to {}", range.low, range.high));
  }
  return *value;
}

double TableReader::number(std::string_view key, const NumberSet& set, double fallback) const {
  const TomlNode* node = find(key);
  if (node == nullptr) return fallback;
  const auto* whole = std::get_if<std::int64_t>(&node->value);
  const auto* real = std::get_if<double>(&node->value);
  if (whole == nullptr && real == nullptr) fail_expected(*node, path(key), set.text);
  const double value = whole != nullptr ? static_cast<double>(*whole) : *real;
  if (!set.holds(value)) fail_expected(*node, path(key), set.text);
  return value;
}

bool TableReader::boolean(std::string_view key, bool fallback) const {
  const TomlNode* node = find(key);
  if (node == nullptr) return fallback;
  const auto* value = std::get_if<bool>(&node->value);
  if (value == nullptr) fail_expected(*node, path(key), "true or false");
  return *value;
}

std::string TableReader::column_name(std::string_view key) const {
  constexpr std::string_view kExpected = "the name of a column";
  const TomlNode* node = find(key);
  if (node == nullptr) return "";
  const std::string& name = as_string(*node, path(key), kExpected);
  if (name.empty()) fail_expected(*node, path(key), kExpected);
  return name;
}

const TomlNode::Array& TableReader::array(std::string_view key, std::string_view expected) const {
  const TomlNode& node = require(key, expected);
  if (node.array() == nullptr) fail_expected(node, path(key), expected);
  return *node.array();
}

}  // namespace catenary::train
