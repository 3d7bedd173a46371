#include <algorithm>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/derive/proof/rules.h"

namespace catenary::derive {

namespace {

using Kind = IndexExpression::Kind;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \n") + 1 - begin);
}

// A line that begins with "=" or a reason continues the one before.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if ((line.starts_with('=') || line.starts_with('@')) && !lines.empty()) {
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

IndexLine of_element(IndexLine line) {
  for (IndexExpression& side : line.sides) side = of_element(side, "i");
  if (line.condition) line.condition = of_element(*line.condition, "i");
  return line;
}

void append(IndexLine& line, IndexExpression side, const char* reason) {
  line.sides.push_back(std::move(side));
  line.reasons.emplace_back(reason);
}

// d(C, x[j]) = Σᵢ gᵢ d(y[i], x[j]) = Σᵢ gᵢ times its result = the same without the sums that have one term
// only.
IndexLine chain_rule(const IndexEquality& partial) {
  const IndexExpression &y = partial[0].parts[0], &x = partial[0].parts[1];
  const IndexExpression g{Kind::kElement, "g", 0, y.parts};
  IndexLine chain{{{Kind::kDerivative, "", 0, {{Kind::kElement, "C"}, x}}}};
  append(chain, sum_over(y.parts, product(g, partial[0])), "");
  const IndexExpression whole = sum_over(y.parts, product(g, partial.back()));
  append(chain, whole, "insert");
  if (const IndexExpression collapsed = collapse(whole); collapsed != whole) append(chain, collapsed, "sift");
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
  enum class Form : std::uint8_t { kOwnIndices, kEachElement, kScalars };

  void add(std::string_view line) {
    if (take(line, "of ")) return name_operands(line);
    if (take(line, "each ")) return form_ = Form::kEachElement, name_operands(line);
    if (line == "scalars") return void(form_ = Form::kScalars);
    if (take(line, "view ")) return add_view(words(line));
    if (take(line, "note ")) return rule_.notes.emplace_back(line), void();
    if (take(line, "remark ")) return add_remark(line);
    if (take(line, "where ")) return rule_.where.push_back(read_line(line));
    if (take(line, "step ")) return steps_.push_back(read_line(line));
    if (take(line, "then ")) return add_to_chain(line);
    if (take(line, "if ")) return add_special_case(line);
    if (line.starts_with("d(")) return add_partial(read_line(line));
    rule_.definition = read_line(line);
  }

  [[nodiscard]] IndexLine read_line(std::string_view line) const {
    IndexLine read = parse_index_line(line, arrays_);
    return form_ == Form::kEachElement ? of_element(std::move(read)) : read;
  }

  void name_operands(std::string_view line) {
    rule_.operands = words(line);
    arrays_.insert(rule_.operands.begin(), rule_.operands.end());
  }

  void add_partial(const IndexLine& line) {
    concerned_ = line.sides[0].parts[1].name == rule_.operands.at(operand_);
    const std::vector<IndexLine> steps = std::exchange(steps_, {});
    if (!concerned_) return;
    rule_.steps = steps;
    rule_.partial = form_ == Form::kEachElement ? add_element_partial(line) : line;
    rule_.chain = chain_rule(rule_.partial.sides);
  }

  // From the derivative y' of a function of numbers: ∂yᵢ/∂xⱼ = [i = j] y'ᵢ.
  IndexLine add_element_partial(const IndexLine& line) {
    rule_.steps.push_back(line);
    const IndexExpression i{Kind::kIndex, "i"}, j{Kind::kIndex, "j"};
    IndexLine partial{{line.sides[0]}};
    partial.sides[0].parts[1] = substitute(partial.sides[0].parts[1], "i", j);
    append(partial, product({Kind::kBracket, "=", 0, {i, j}}, line.sides.back()), "own_element");
    return partial;
  }

  // "= a = b": the sides go on where the chain ends.
  void add_to_chain(std::string_view line) {
    if (!concerned_) return;
    const IndexLine more = parse_index_line("0 " + std::string(line), arrays_);
    rule_.chain.sides.insert(rule_.chain.sides.end(), more.sides.begin() + 1, more.sides.end());
    rule_.chain.reasons.insert(rule_.chain.reasons.end(), more.reasons.begin(), more.reasons.end());
  }

  void add_view(const std::vector<std::string>& name_and_extents) {
    for (std::size_t i = 1; i < name_and_extents.size(); ++i)
      rule_.views[name_and_extents[0]].push_back(std::stoll(name_and_extents[i]));
  }

  void add_remark(std::string_view key) {
    if (concerned_) rule_.remarks.emplace_back(key);
  }

  void add_special_case(std::string_view line) {
    if (concerned_) rule_.special.push_back(read_line(line));
  }

  std::size_t operand_;
  std::set<std::string> arrays_ = {"y", "g", "C"};
  IndexRule rule_;
  std::vector<IndexLine> steps_;
  Form form_ = Form::kOwnIndices;
  bool concerned_ = false;
};

}  // namespace

std::optional<IndexRule> read_index_rule(std::string_view lines, int operand) {
  return Reader(operand).read(lines);
}

}  // namespace catenary::derive
