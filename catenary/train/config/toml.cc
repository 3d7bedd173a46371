#include "catenary/train/config/toml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary::train {

namespace {

// Our own files nest 4 deep. The parser and its destructors recurse, so depth is checked before they see the
// text.
constexpr int kMaxDepth = 64;

// Follows quotes and comments through a TOML text, to tell structure from what stands in strings.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] std::int64_t line() const { return line_; }
  // Of the character that next() gave last.
  [[nodiscard]] std::size_t column() const { return at_ - (text_.substr(0, at_ - 1).rfind('\n') + 1); }

  // The next character outside strings and comments; '\0' stands for a skipped string or comment.
  char next() {
    const char c = text_[at_];
    if (c == '#') return skip_comment();
    if (c == '"' || c == '\'') return skip_string(c);
    line_ += c == '\n';
    ++at_;
    return c;
  }

 private:
  char skip_comment() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    return '\0';
  }

  char skip_string(char quote) {
    const bool is_long = text_.substr(at_, 3) == std::string(3, quote);
    const std::string end(is_long ? 3 : 1, quote);
    at_ += end.size();
    while (!done() && text_.substr(at_, end.size()) != end) {
      if (text_[at_] == '\n' && !is_long) return '\0';  // unterminated: the parser will say so
      line_ += text_[at_] == '\n';
      at_ += quote == '"' && text_[at_] == '\\' ? 2 : 1;
    }
    at_ += end.size();
    return '\0';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

// Refuses brackets and dotted keys that nest too deep, each open bracket keeping the dots before it.
void check_depth(std::string_view text, const std::string& source) {
  std::vector<int> dots = {0};  // of the key being read, for each open bracket
  int depth = 0;
  for (Scanner scanner(text); !scanner.done();) {
    const char c = scanner.next();
    const bool closes = (c == ']' || c == '}') && dots.size() > 1;
    if (c == '.') ++depth, ++dots.back();
    if (c == '[' || c == '{') ++depth, dots.push_back(0);
    if (closes || c == ',' || c == '\n') depth -= std::exchange(dots.back(), 0);
    if (closes) --depth, dots.pop_back();
    if (depth > kMaxDepth) {
      fail(ErrorKind::kConfig, "{}:{}:{}: expected values nested at most {} deep", source, scanner.line(),
           scanner.column(), kMaxDepth);
    }
  }
}

std::string place_of(const toml::source_region& region, const std::string& source) {
  // An override is one line that its own text names already.
  if (source.starts_with("--set ")) return source;
  return fmt::format("{}:{}:{}", source, region.begin.line, region.begin.column);
}

TomlNode convert(const toml::node& node, const std::string& source);

TomlNode::Table convert_table(const toml::table& table, const std::string& source) {
  TomlNode::Table entries;
  for (const auto& [key, node] : table) {
    entries.push_back({std::string(key.str()), place_of(key.source(), source), convert(node, source)});
  }
  return entries;
}

TomlNode::Array convert_array(const toml::array& array, const std::string& source) {
  TomlNode::Array nodes;
  for (const toml::node& node : array) nodes.push_back(convert(node, source));
  return nodes;
}

TomlNode convert(const toml::node& node, const std::string& source) {
  TomlNode result{TomlDate{}, place_of(node.source(), source), false};
  if (const auto* table = node.as_table()) {
    result.value = convert_table(*table, source);
    result.is_inline = table->is_inline();
  } else if (const auto* array = node.as_array()) {
    result.value = convert_array(*array, source);
  } else if (const auto* text = node.as_string()) {
    result.value = text->get();
  } else if (const auto* integer = node.as_integer()) {
    result.value = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    result.value = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    result.value = boolean->get();
  }
  return result;
}

}  // namespace

TomlNode parse_toml(std::string_view text, const std::string& source) {
  if (text.size() > kMaxConfigBytes) {
    fail(ErrorKind::kConfig, "{}: expected at most {} bytes, found {}", source, kMaxConfigBytes, text.size());
  }
  check_depth(text, source);
  try {
    return convert(toml::parse(text), source);
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::kConfig, "{}: {}", place_of(error.source(), source), error.description());
  }
}

const TomlEntry* find(const TomlNode::Table& table, std::string_view key) {
  const auto at =
      std::find_if(table.begin(), table.end(), [&](const TomlEntry& entry) { return entry.key == key; });
  return at == table.end() ? nullptr : &*at;
}

std::string quoted_toml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

namespace {

struct Describe {
  std::string operator()(const TomlNode::Table&) const { return "a table"; }
  std::string operator()(const TomlNode::Array&) const { return "an array"; }
  std::string operator()(const TomlDate&) const { return "a date"; }
  std::string operator()(bool value) const { return fmt::format("the boolean {}", value); }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return "the string " + quote(value); }
};

}  // namespace

std::string describe(const TomlNode& node) { return std::visit(Describe{}, node.value); }

std::string toml_number(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string toml_names(std::span<const std::string> names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(quoted_toml(name));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

}  // namespace catenary::train
