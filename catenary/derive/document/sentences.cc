#include "catenary/derive/document/sentences.h"

#include <algorithm>
#include <cctype>

namespace catenary::derive {

std::string plain(const Sentence& sentence) {
  return joined(
      sentence, [](const std::string& words) { return words; }, [](const Formula& f) { return f.text; });
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) == 0x80 || byte == 0xCC) continue;
    const bool wide = byte >= 0xE3 && byte <= 0xED && !(byte == 0xE3 && text[i + 1] == '\x80');
    count += wide || (byte >= 0xE3 && byte <= 0xEF) ? 2 : 1;
  }
  return count;
}

namespace {

// Reads LaTeX only as far as widths go.
class LatexWidth {
 public:
  explicit LatexWidth(std::string_view latex) : rest_(latex) {}

  // Up to a closing brace or the end.
  double row() {
    double width = 0;
    while (!rest_.empty() && rest_[0] != '}') width += piece();
    return width;
  }

 private:
  static constexpr double kScript = 0.7;    // of a letter, as TeX's sizes are
  static constexpr double kRelation = 2.5;  // = + − with the space around them

  double group() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    if (!rest_.starts_with('{')) return rest_.empty() ? 0 : piece();
    rest_.remove_prefix(1);
    const double width = row();
    rest_.remove_prefix(std::min<std::size_t>(rest_.size(), 1));
    return width;
  }

  double piece() {
    const char c = rest_[0];
    if (c == '{') return group();
    if (c == '\\') return command();
    rest_.remove_prefix(1);
    if (c == '_' || c == '^') return kScript * group();
    if (c == '=' || c == '+' || c == '-') return kRelation;
    return c == ' ' || (static_cast<unsigned char>(c) & 0xC0) == 0x80 ? 0 : 1;
  }

  double command() {
    rest_.remove_prefix(1);
    std::size_t length = 0;
    while (length < rest_.size() && std::isalpha(static_cast<unsigned char>(rest_[length])) != 0) ++length;
    const std::string_view name = rest_.substr(0, std::max<std::size_t>(length, 1));
    rest_.remove_prefix(std::min(name.size(), rest_.size()));
    if (name == "frac") return std::max(group(), group());
    if (name == "tfrac") return kScript * std::max(group(), group());
    if (name == "left" || name == "right" || name == "operatorname" || name == "mathbf" || name == "text")
      return 0;
    if (name == ",") return 1.0 / 3;
    if (is_latex_function(name)) return static_cast<double>(name.size());
    return name == "odot" || name == "cdot" ? kRelation : 1;
  }

  std::string_view rest_;
};

}  // namespace

double width_of_latex(std::string_view latex) { return LatexWidth(latex).row(); }

bool has_room_for_reasons(const Equation& equation, double line) {
  constexpr double kBetween = 6;  // the sign and the gap in front of the reason
  double right = 0;
  std::size_t reason = 0;
  for (const Equation::Row& row : equation.rows) {
    right = std::max(right, width_of_latex(row.right.latex));
    reason = std::max(reason, columns(plain(row.reason)));
  }
  return width_of_latex(equation.left.latex) + right + kBetween + static_cast<double>(reason) <= line;
}

}  // namespace catenary::derive
