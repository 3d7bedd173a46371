#include <algorithm>
#include <charconv>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/train/config/toml.h"

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
  const bool is_padded = entry.key.size() > 1 && entry.key.front() == '0';
  if (is_padded || result.ec != std::errc() || result.ptr != end || index >= size) {
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

// True for what may be meant as a string without quotes: no beginning of a TOML string, array or table, no
// comment.
bool is_bare_word(std::string_view text) {
  return !text.empty() && std::string_view("\"'[{").find(text.front()) == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == '#'; });
}

// Tables that lead the way to a value hold one entry each.
bool leads_to_one_value(const TomlNode& node) {
  if (node.table() == nullptr || node.is_inline) return true;
  return node.table()->size() == 1 && leads_to_one_value(node.table()->front().node);
}

TomlNode parse_assignment(const std::string& text, const std::string& source) {
  const std::size_t equals = text.find('=');
  try {
    return parse_toml(text, source);
  } catch (const Error&) {
    const std::size_t start = std::min(text.find_first_not_of(' ', equals + 1), text.size());
    const std::string_view value = std::string_view(text).substr(start);
    if (!is_bare_word(value)) throw;
    return parse_toml(text.substr(0, equals + 1) + quoted_toml(value), source);
  }
}

// An override as its values' places name it: they are as many as its commas, so each keeps only its start.
std::string place_of(std::string_view text) {
  constexpr std::size_t kMostNamed = 200;  // two lines of a terminal
  if (text.size() <= kMostNamed) return fmt::format("--set {}", text);
  std::size_t end = kMostNamed;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // whole characters
  return fmt::format("--set {}...", text.substr(0, end));
}

// The override is itself one line of TOML; a value that is none may still be a string without quotes.
TomlNode parse_override(const std::string& text) {
  if (text.find_first_of("\n\r") != std::string::npos)
    fail(ErrorKind::kConfig, "--set {}: expected one line", quote(text));
  const std::string source = place_of(text);
  if (text.find('=') == std::string::npos)
    fail(ErrorKind::kConfig, "{}: expected key=value, as in train.epochs=3", source);
  TomlNode root = parse_assignment(text, source);
  if (!leads_to_one_value(root))
    fail(ErrorKind::kConfig, "{}: expected one key=value, as in train.epochs=3", source);
  return root;
}

}  // namespace

void apply_override(TomlNode& root, const std::string& override_text) {
  merge(root, parse_override(override_text), "");
}

}  // namespace catenary::train
