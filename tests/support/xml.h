#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace catenary::testing_support {

/// Walks through XML without declarations, comments or processing instructions. A test's own reader, so that
/// what a page writes is judged by the rules of XML and not by those of the page.
class XmlReader {
 public:
  /// `visit(element, attribute, value)` is called for each attribute, the value as it stands in the text.
  template <typename Visit>
  explicit XmlReader(std::string_view text, Visit visit) : rest_(text) {
    while (error_.empty() && !rest_.empty()) {
      if (rest_.starts_with("<![CDATA[")) {
        skip_to("]]>");
      } else if (rest_.starts_with("</")) {
        close();
      } else if (rest_.starts_with("<")) {
        open(visit);
      } else {
        content();
      }
    }
    if (error_.empty() && !open_.empty()) error_ = "not closed: " + open_.back();
  }

  /// "" if the text is well-formed.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void bad(const std::string& what) { error_ = what + " before: " + std::string(rest_.substr(0, 60)); }

  void skip_to(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return bad("needed " + std::string(end));
    rest_.remove_prefix(at + end.size());
  }

  std::string name() {
    std::size_t length = 0;
    const auto is_name = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == ':' || c == '_';
    };
    while (length < rest_.size() && is_name(rest_[length])) ++length;
    if (length == 0) bad("needed a name");
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return name;
  }

  void spaces() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0) rest_.remove_prefix(1);
  }

  void close() {
    rest_.remove_prefix(2);
    const std::string element = name();
    if (open_.empty() || open_.back() != element) return bad("wrong end of " + element);
    open_.pop_back();
    if (!rest_.starts_with(">")) return bad("needed >");
    rest_.remove_prefix(1);
  }

  template <typename Visit>
  void open(Visit visit) {
    rest_.remove_prefix(1);
    const std::string element = name();
    std::vector<std::string> seen;
    for (spaces(); error_.empty() && !rest_.empty() && rest_[0] != '>' && rest_[0] != '/'; spaces()) {
      const std::string attribute = name();
      for (const std::string& other : seen) {
        if (other == attribute) return bad("a second " + attribute);
      }
      seen.push_back(attribute);
      if (!rest_.starts_with("=\"")) return bad("needed =\"");
      rest_.remove_prefix(2);
      const std::string_view value = rest_.substr(0, rest_.find('"'));
      if (value.size() == rest_.size()) return bad("needed a closing quote");
      if (value.find('<') != std::string_view::npos) return bad("< in an attribute");
      if (!entities(value)) return bad("a bare & in an attribute");
      rest_.remove_prefix(value.size() + 1);
      visit(element, attribute, std::string(value));
    }
    const bool is_empty = rest_.starts_with("/>");
    if (!is_empty && !rest_.starts_with(">")) return bad("needed >");
    rest_.remove_prefix(is_empty ? 2 : 1);
    if (!is_empty) open_.push_back(element);
  }

  void content() {
    const std::string_view text = rest_.substr(0, rest_.find('<'));
    if (!entities(text)) return bad("a bare &");
    rest_.remove_prefix(text.size());
  }

  static bool entities(std::string_view text) {
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
      const std::string_view entity = text.substr(at + 1, text.find(';', at) - at - 1);
      if (entity != "amp" && entity != "lt" && entity != "gt" && entity != "quot" && !entity.starts_with('#'))
        return false;
    }
    return true;
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  std::string error_;
};

/// "" if the text is well-formed XML.
[[nodiscard]] inline std::string xml_error(std::string_view text) {
  return XmlReader(text, [](const std::string&, const std::string&, const std::string&) {}).error();
}

}  // namespace catenary::testing_support
