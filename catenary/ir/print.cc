#include "catenary/ir/print.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "catenary/ir/verify.h"

namespace catenary {

namespace {

struct Written {
  std::string text;
  Notation::Binding binding = Notation::kAtom;
};

Written write(Value v);

// Whether an operand needs no parentheses under a placeholder's mode: see Notation.
bool stands_bare(Notation::Binding inner, Notation::Binding outer, char mode) {
  switch (mode) {
    case '.': return true;
    case '!': return inner > outer;
    case '+': return inner > Notation::kSum;
    case '*': return inner > Notation::kMatrixProduct;
    case '^': return inner > Notation::kPower;
    default: return inner >= outer;
  }
}

std::string operand(const Written& x, Notation::Binding outer, char mode) {
  return stands_bare(x.binding, outer, mode) ? x.text : "(" + x.text + ")";
}

std::string all_operands(Value v) {
  std::vector<std::string> parts;
  for (int i = 0; i < v.input_count(); ++i) parts.push_back(write(v.input(i)).text);
  return fmt::format("{}", fmt::join(parts, ", "));
}

// Fills one placeholder of a notation: "a", "...", or an operand's digit with an optional mode.
std::string fill(std::string_view placeholder, Value v) {
  if (placeholder == "a") return str(v.attribute());
  if (placeholder == "...") return all_operands(v);
  const int i = placeholder[0] - '0';
  return operand(write(v.input(i)), v.op().notation.binding, placeholder.size() > 1 ? placeholder[1] : ' ');
}

Written write_leaf(Value v) {
  if (&v.op() != &ops::kConstant) return {v.name()};
  const double number = std::get<double>(v.attribute());
  return {fmt::format("{:.6g}", number), number < 0 ? Notation::kNegation : Notation::kAtom};
}

Written write(Value v) {
  if (is_leaf(v.op())) return write_leaf(v);
  std::string_view rest = v.op().notation.text;
  if (rest == "{0}") return write(v.input(0));  // broadcasts are not written
  Written written{"", v.op().notation.binding};
  while (!rest.empty()) {
    const std::size_t open = rest.find('{');
    written.text += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find('}', open);
    written.text += fill(rest.substr(open + 1, close - open - 1), v);
    rest.remove_prefix(close + 1);
  }
  return written;
}

std::string call(Value v) {
  std::vector<std::string> operands;
  for (int i = 0; i < v.input_count(); ++i) operands.push_back(fmt::format("%{}", v.input(i).id()));
  if (is_leaf(v.op()) && !v.name().empty()) operands.push_back(fmt::format("'{}'", v.name()));
  if (const std::string attribute = str(v.attribute()); !attribute.empty()) operands.push_back(attribute);
  return fmt::format("{}({})", v.op().name, fmt::join(operands, ", "));
}

}  // namespace

std::string formula(Value v) { return write(v).text; }

std::string listing(std::span<const Value> outputs) {
  std::string text;
  for (const Value v : reachable(outputs)) {
    text += fmt::format("%{} = {} : {}", v.id(), call(v), v.type().str());
    if (!is_leaf(v.op()) && !v.name().empty()) text += fmt::format("  # {}", v.name());
    text += '\n';
  }
  return text;
}

}  // namespace catenary
