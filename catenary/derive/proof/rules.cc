#include "catenary/derive/proof/rules.h"

#include <fmt/format.h>

#include "catenary/base/error.h"

namespace catenary::derive {

namespace {

std::string with_number(std::string text, const Attribute& attribute) {
  const auto* number = std::get_if<double>(&attribute);
  for (std::size_t at = text.find("{a}"); number != nullptr && at != std::string::npos;
       at = text.find("{a}", at))
    text.replace(at, 3, fmt::format("({})", *number));
  return text;
}

std::string lines_of(Value y, int operand) {
  for (const auto& lines_of_group : {element_rule_lines, matrix_rule_lines, loss_rule_lines}) {
    if (std::string lines = lines_of_group(y.op()); !lines.empty()) return lines;
  }
  return shape_rule_lines(y, operand);
}

}  // namespace

std::optional<IndexRule> index_rule(Value y, int operand) {
  if (!y.op().differentiable()) return std::nullopt;
  std::string lines = lines_of(y, operand);
  if (lines.empty())
    fail(ErrorKind::kInternal, "index form: needed an entry for each operator, found none for {}",
         y.op().name);
  // One number needs no index.
  const bool is_elementwise = lines.starts_with("each ");
  if (is_elementwise && y.shape().rank() == 0) lines.insert(lines.find('\n'), "\nscalars");
  return read_index_rule(with_number(std::move(lines), y.attribute()), operand);
}

}  // namespace catenary::derive
