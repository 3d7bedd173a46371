#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/derive/index_rules.h"

namespace catenary::derive {

namespace {

using Kind = IndexExpression::Kind;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \n") + 1 - begin);
}

// A line that begins with "=" continues the one before.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('=') && !lines.empty()) {
      lines.back().append(" ").append(line);
    } else if (!line.empty()) {
      lines.emplace_back(line);
    }
  }
  return lines;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const std::size_t end = std::min(text.find(' '), text.size());
    found.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return found;
}

bool take(std::string_view& line, std::string_view keyword) {
  if (!line.starts_with(keyword)) return false;
  line.remove_prefix(keyword.size());
  return true;
}

IndexExpression of_element(const IndexExpression& e, const std::string& index) {
  if (e.kind == Kind::kElement && e.parts.empty())
    return {Kind::kElement, e.name, 0, {{Kind::kIndex, index}}};
  IndexExpression changed = e;
  for (IndexExpression& part : changed.parts) part = of_element(part, index);
  return changed;
}

IndexEquality of_element(IndexEquality sides) {
  for (IndexExpression& side : sides) side = of_element(side, "i");
  return sides;
}

// d(C, x[j]) = Σᵢ gᵢ d(y[i], x[j]) = Σᵢ gᵢ times its result = the same without the sums that have one term
// only.
IndexEquality chain_rule(const IndexEquality& partial) {
  const IndexExpression &y = partial[0].parts[0], &x = partial[0].parts[1];
  const IndexExpression g{Kind::kElement, "g", 0, y.parts};
  IndexEquality chain{{Kind::kDerivative, "", 0, {{Kind::kElement, "C"}, x}}};
  chain.push_back(sum_over(y.parts, product(g, partial[0])));
  const IndexExpression whole = sum_over(y.parts, product(g, partial.back()));
  chain.push_back(whole);
  if (const IndexExpression collapsed = collapse(whole); collapsed != whole) chain.push_back(collapsed);
  return chain;
}

class Reader {
 public:
  explicit Reader(int operand) : operand_(static_cast<std::size_t>(operand)) {}

  std::optional<IndexRule> read(std::string_view text) {
    const std::vector<std::string> lines = logical_lines(text);
    for (const std::string_view line : lines) {
      if (line.starts_with("where ")) arrays_.emplace(line.substr(6, line.find_first_of(" [", 6) - 6));
    }
    for (const std::string& line : lines) add(line);
    if (rule_.partial.empty()) return std::nullopt;
    return std::move(rule_);
  }

 private:
  void add(std::string_view line) {
    if (take(line, "of ")) return name_operands(line);
    if (take(line, "each ")) return each_ = true, name_operands(line);
    if (take(line, "view ")) return add_view(words(line));
    if (take(line, "note ")) return add_note(line);
    if (take(line, "where ")) return rule_.where.push_back(equality(line));
    if (take(line, "step ")) return steps_.push_back(equality(line));
    if (take(line, "then ")) return add_to_chain(equality(line));
    if (take(line, "if ")) return add_special_case(line);
    if (line.starts_with("d(")) return add_partial(equality(line));
    rule_.definition = each_ ? of_element(equality(line)) : equality(line);
  }

  [[nodiscard]] IndexEquality equality(std::string_view line) const {
    return parse_index_equality(line, arrays_);
  }

  void name_operands(std::string_view line) {
    rule_.operands = words(line);
    arrays_.insert(rule_.operands.begin(), rule_.operands.end());
  }

  void add_partial(IndexEquality sides) {
    concerned_ = sides[0].parts[1].name == rule_.operands.at(operand_);
    const std::vector<IndexEquality> steps = std::exchange(steps_, {});
    if (!concerned_) return;
    rule_.steps = steps;
    rule_.partial = each_ ? add_element_partial(std::move(sides)) : std::move(sides);
    rule_.chain = chain_rule(rule_.partial);
  }

  // From the derivative y' of a function of numbers: ∂yᵢ/∂xⱼ = [i = j] y'ᵢ.
  IndexEquality add_element_partial(IndexEquality sides) {
    sides = of_element(std::move(sides));
    if (sides.size() > 2) rule_.steps.push_back(sides);
    const IndexExpression i{Kind::kIndex, "i"}, j{Kind::kIndex, "j"};
    sides[0].parts[1] = substitute(sides[0].parts[1], "i", j);
    return {sides[0], product({Kind::kBracket, "=", 0, {i, j}}, sides.back())};
  }

  void add_to_chain(const IndexEquality& sides) {
    if (concerned_) rule_.chain.insert(rule_.chain.end(), sides.begin(), sides.end());
  }

  void add_view(const std::vector<std::string>& name_and_extents) {
    for (std::size_t i = 1; i < name_and_extents.size(); ++i)
      rule_.views[name_and_extents[0]].push_back(std::stoll(name_and_extents[i]));
  }

  void add_note(std::string_view line) {
    const std::size_t bar = line.find(" | ");
    const std::string text(line.substr(0, bar));
    rule_.notes.push_back({text, bar == std::string_view::npos ? text : std::string(line.substr(bar + 3))});
  }

  void add_special_case(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (!concerned_) return;
    rule_.condition = equality(line.substr(0, colon));
    rule_.special = equality(line.substr(colon + 1));
  }

  std::size_t operand_;
  std::set<std::string> arrays_ = {"y", "g", "C"};
  IndexRule rule_;
  std::vector<IndexEquality> steps_;
  bool each_ = false;
  bool concerned_ = false;
};

}  // namespace

std::optional<IndexRule> read_index_rule(std::string_view lines, int operand) {
  return Reader(operand).read(lines);
}

}  // namespace catenary::derive
