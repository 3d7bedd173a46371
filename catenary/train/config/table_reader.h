#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/train/config/toml.h"

namespace catenary::train {

struct WholeRange {
  std::int64_t low;
  std::int64_t high;
};

/// A set of numbers and its name in errors.
struct NumberSet {
  std::string_view text;
  bool (*holds)(double);
};

// 1e30: what is larger overflows f32 in the first products. 1.17549435e-38: the smallest normal f32, written
// so that it rounds to it; what is smaller loses digits, down to all of them.
inline constexpr NumberSet kPositive = {"a number from 1.17549435e-38 to 1e30",
                                        [](double x) { return x >= 1.17549435e-38 && x <= 1e30; }};
inline constexpr NumberSet kNotNegative = {"0 or a number from 1.17549435e-38 to 1e30", [](double x) {
                                             return x == 0 || (x >= 1.17549435e-38 && x <= 1e30);
                                           }};
// Momenta and moments' decays: from about 0.99999997 on a number rounds to 1 in f32, and nothing decays.
inline constexpr NumberSet kBelowOne = {"a number from 0 to 0.9999999",
                                        [](double x) { return x >= 0 && x <= 0.9999999; }};
inline constexpr NumberSet kAnyNumber = {"a number from -1e30 to 1e30",
                                         [](double x) { return x >= -1e30 && x <= 1e30; }};
inline constexpr NumberSet kBetweenZeroAndOne = {"a number between 0 and 1",
                                                 [](double x) { return x > 0 && x < 1; }};

/// Throws Error{config} "PLACE: PATH: expected EXPECTED, found NODE".
[[noreturn]] void fail_expected(const TomlNode& node, std::string_view path, std::string_view expected);

/// Throws Error{config} "PLACE: PATH: NODE stands there twice".
[[noreturn]] void fail_twice(const TomlNode& node, std::string_view path);

/// A node as a string, else fail_expected.
[[nodiscard]] const std::string& as_string(const TomlNode& node, std::string_view path,
                                           std::string_view expected);

/// A node as a list of distinct names: one string, or an array of strings, none of them empty.
[[nodiscard]] std::vector<std::string> as_names(const TomlNode& node, std::string_view path,
                                                std::string_view expected);

/// A node as a whole number, written as one or as 1e3 or 1.0; nothing if it is none.
[[nodiscard]] std::optional<std::int64_t> as_whole(const TomlNode& node);

/// The node's index among `names`; throws Error{config} with the nearest name.
[[nodiscard]] std::size_t as_choice(const TomlNode& node, std::string_view path,
                                    std::span<const std::string_view> names);

/// Reads one table of a config strictly: a key that is not declared is an error with the nearest declared
/// one.
class TableReader {
 public:
  /// path: the table's dotted key, "" for the root. Throws Error{config} when `node` is no table or has
  /// another key.
  TableReader(const TomlNode& node, std::string path, std::span<const std::string_view> keys);

  [[nodiscard]] const std::string& place() const { return node_.place; }
  /// "train.epochs" for the key "epochs" of the table "train".
  [[nodiscard]] std::string path(std::string_view key) const;
  /// The key's value or nullptr.
  [[nodiscard]] const TomlNode* find(std::string_view key) const;
  /// The key's value; throws Error{config} "missing" when there is none.
  [[nodiscard]] const TomlNode& require(std::string_view key, std::string_view expected) const;
  /// Throws Error{config} when one of the keys is there, saying `why` it must not.
  void forbid(std::span<const std::string_view> keys, std::string_view why) const;

  [[nodiscard]] std::int64_t whole(std::string_view key, WholeRange range, std::int64_t fallback) const;
  [[nodiscard]] double number(std::string_view key, const NumberSet& set, double fallback) const;
  [[nodiscard]] bool boolean(std::string_view key, bool fallback) const;
  /// The name of a column, "" without the key.
  [[nodiscard]] std::string column_name(std::string_view key) const;
  [[nodiscard]] const TomlNode::Array& array(std::string_view key, std::string_view expected) const;

  /// One of the values by its name, which name_of gives it.
  template <typename E>
  [[nodiscard]] E choice(std::string_view key, std::span<const E> values, E fallback) const {
    const TomlNode* node = find(key);
    if (node == nullptr) return fallback;
    std::vector<std::string_view> names;
    for (const E value : values) names.push_back(name_of(value));
    return values[as_choice(*node, path(key), names)];
  }

 private:
  const TomlNode& node_;
  std::string path_;
};

}  // namespace catenary::train
