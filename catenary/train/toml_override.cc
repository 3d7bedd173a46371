#include <charconv>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/train/toml.h"

namespace catenary::train {

namespace {

void merge(TomlNode& target, TomlNode source, const std::string& path);

void merge_tables(TomlNode::Table& target, TomlNode::Table source, const std::string& path) {
  for (TomlEntry& entry : source) {
    const auto* found = find(target, entry.key);
    if (found == nullptr) {
      target.push_back(std::move(entry));
    } else {
      const auto index = static_cast<std::size_t>(found - target.data());
      merge(target[index].node, std::move(entry.node), path.empty() ? entry.key : path + "." + entry.key);
    }
  }
}

std::size_t parse_index(const TomlEntry& entry, std::size_t size, const std::string& path) {
  std::size_t index = size;
  const char* end = entry.key.data() + entry.key.size();
  const auto result = std::from_chars(entry.key.data(), end, index);
  if (result.ec != std::errc() || result.ptr != end || index >= size) {
    fail(ErrorKind::kConfig, "{}: {}: expected an index from 0 to {}, found '{}'", entry.place, path,
         static_cast<std::int64_t>(size) - 1, entry.key);
  }
  return index;
}

void merge_into_array(TomlNode::Array& target, TomlNode::Table source, const std::string& path) {
  for (TomlEntry& entry : source) {
    const std::size_t index = parse_index(entry, target.size(), path);
    merge(target[index], std::move(entry.node), path + "." + entry.key);
  }
}

// Tables that come from a dotted key lead the way; any other value, an inline table too, replaces what was
// there.
void merge(TomlNode& target, TomlNode source, const std::string& path) {
  auto* way = std::get_if<TomlNode::Table>(&source.value);
  if (way != nullptr && !source.is_inline) {
    if (auto* table = std::get_if<TomlNode::Table>(&target.value)) {
      return merge_tables(*table, std::move(*way), path);
    }
    if (auto* array = std::get_if<TomlNode::Array>(&target.value)) {
      return merge_into_array(*array, std::move(*way), path);
    }
  }
  target = std::move(source);
}

bool is_bare_word(std::string_view text) {
  return !text.empty() && text.find_first_of("\"'[]{},=\n\r\t#") == std::string_view::npos;
}

// The override is itself one line of TOML; a value that is none may still be a string without quotes.
TomlNode parse_override(const std::string& text, const std::string& source) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    fail(ErrorKind::kConfig, "{}: expected key=value, as in train.epochs=3", source);
  }
  try {
    return parse_toml(text, source);
  } catch (const Error&) {
    const std::string_view value = std::string_view(text).substr(equals + 1);
    if (!is_bare_word(value)) throw;
    return parse_toml(text.substr(0, equals + 1) + quoted_toml(value), source);
  }
}

}  // namespace

void apply_override(TomlNode& root, const std::string& override_text) {
  merge(root, parse_override(override_text, "--set " + override_text), "");
}

}  // namespace catenary::train
