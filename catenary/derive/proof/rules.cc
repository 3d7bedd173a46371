#include "catenary/derive/proof/rules.h"

#include <fmt/format.h>

#include <utility>

#include "catenary/base/error.h"
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

std::string with_number(std::string text, const Attribute& attribute) {
  const auto* number = std::get_if<double>(&attribute);
  for (std::size_t at = text.find("{a}"); number != nullptr && at != std::string::npos;
       at = text.find("{a}", at))
    text.replace(at, 3, fmt::format("({})", *number));
  return text;
}

// {jacobian a z}: the derivative of a = softmax(z) in its two cases.
constexpr std::string_view kJacobian = R"(
        step d(S, z[j]) = sum(k, d(exp(z[k]), z[j])) @term_by_term
                        = sum(k, exp(z[k]) * [k=j]) @exp_own
                        = exp(z[j]) @sift
        step i = j : d(a[i], z[i]) = (exp(z[i]) * S - exp(z[i]) * exp(z[i])) / S^2 @quotient
                                   = exp(z[i]) / S - (exp(z[i]) / S)^2 @fraction
                                   = a[i] - a[i]^2 @definition
                                   = a[i] * (1 - a[i]) @factor
        step i != j : d(a[i], z[j]) = (0 * S - exp(z[i]) * exp(z[j])) / S^2 @quotient_other
                                    = -exp(z[i]) / S * (exp(z[j]) / S) @fraction
                                    = -a[i] * a[j] @definition
        )";

std::string jacobian(std::string_view a, std::string_view z) {
  std::string lines(kJacobian);
  for (const auto& [from, to] : {std::pair("a[", a), std::pair("z[", z)}) {
    for (std::size_t at = 0; (at = lines.find(from, at)) != std::string::npos; ++at) lines.replace(at, 1, to);
  }
  return lines;
}

std::string with_jacobian(std::string lines) {
  constexpr std::string_view kOpening = "{jacobian ";
  if (const std::size_t at = lines.find(kOpening); at != std::string::npos) {
    const std::size_t names = at + kOpening.size(), length = lines.find('}', at) + 1 - at;
    lines.replace(at, length, jacobian(lines.substr(names, 1), lines.substr(names + 2, 1)));
  }
  return lines;
}

std::string lines_of(Value y, int operand) {
  const OperatorCard* card = card_of(y.op());
  if (card != nullptr && !card->proof.empty()) return with_jacobian(std::string(card->proof));
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
