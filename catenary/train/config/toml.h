#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace catenary::train {

struct TomlEntry;

/// A date, time or date-time: legal TOML, of no use to any key that we read.
struct TomlDate {};

/// A TOML value and where it stands. Only toml.cc knows the library that parses.
struct TomlNode {
  using Table = std::vector<TomlEntry>;
  using Array = std::vector<TomlNode>;

  std::variant<Table, Array, std::string, std::int64_t, double, bool, TomlDate> value;
  std::string place;       ///< "FILE:LINE:COLUMN", or "--set KEY=VALUE"
  bool is_inline = false;  ///< a table written { like = "this" }: an override replaces it whole

  [[nodiscard]] const Table* table() const { return std::get_if<Table>(&value); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&value); }
};

struct TomlEntry {
  std::string key;
  std::string place;  ///< of the key
  TomlNode node;
};

/// The entry with that key, or nullptr.
[[nodiscard]] const TomlEntry* find(const TomlNode::Table& table, std::string_view key);

/// "-3", "the string 'abc'", "a table": how an error names what it found.
[[nodiscard]] std::string describe(const TomlNode& node);

/// Larger files are no configs.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

/// Parses a document; `source` is the file's name in errors and places.
/// Throws Error{config} "SOURCE:LINE:COLUMN: ..." when it is no TOML, repeats a key, nests deeper than 64 or
/// is larger than 1 MiB.
[[nodiscard]] TomlNode parse_toml(std::string_view text, const std::string& source);

/// Parses "train.epochs=3", "model.layers.0.units=64" or "output.name=run1" (a bare word is a string) and
/// puts the value in `root`. Throws Error{config} "--set OVERRIDE: ...".
void apply_override(TomlNode& root, const std::string& override_text);

/// `text` as a TOML basic string, quotes included.
[[nodiscard]] std::string quoted_toml(std::string_view text);

/// The shortest digits that read back as the same double, always with a point or an exponent: a TOML float.
[[nodiscard]] std::string toml_number(double value);

/// The names as an array of strings.
[[nodiscard]] std::string toml_names(std::span<const std::string> names);

}  // namespace catenary::train
