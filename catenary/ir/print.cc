#include "catenary/ir/print.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "catenary/base/text.h"
#include "catenary/ir/walk.h"

namespace catenary {

namespace {

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

std::string all_operands(std::span<const Written> operands) {
  std::vector<std::string_view> parts;
  for (const Written& x : operands) parts.push_back(x.text);
  return fmt::format("{}", fmt::join(parts, ", "));
}

// The length of the placeholder that `text` begins with, 0 if it begins otherwise: LaTeX has braces of its
// own.
std::size_t placeholder_length(std::string_view text) {
  const std::size_t close = text.find('}');
  if (!text.starts_with('{') || close == std::string_view::npos) return 0;
  const std::string_view inside = text.substr(1, close - 1);
  const bool is_operand = !inside.empty() && inside[0] >= '0' && inside[0] <= '9' &&
                          (inside.size() == 1 || (inside.size() == 2 && std::strchr(".!+*^", inside[1])));
  return is_operand || inside == "a" || inside == "..." ? close + 1 : 0;
}

Written write_leaf(Value v) {
  if (&v.op() != &ops::kConstant) return {v.name()};
  const double number = std::get<double>(v.attribute());
  return {fmt::format("{:.6g}", number), number < 0 ? Notation::kNegation : Notation::kAtom};
}

Written write(Value v) {
  if (is_leaf(v.op())) return write_leaf(v);
  std::vector<Written> operands;
  for (int i = 0; i < v.input_count(); ++i) operands.push_back(write(v.input(i)));
  return write_call(v.op().notation.text, v.op().notation.binding, operands, str(v.attribute()));
}

// A formula of a few levels: with shared parts written out, a whole one may have no end in practice.
Written write_briefly(Value v, int levels) {
  constexpr int kMostOperands = 4;
  if (is_leaf(v.op())) return write_leaf(v);
  if (levels == 0) return {"…"};
  std::vector<Written> operands;
  for (int i = 0; i < v.input_count(); ++i) {
    const Value x = i < kMostOperands ? v.input(i) : Value{};
    const bool named = x && !x.name().empty();
    operands.push_back(named ? Written{x.name()} : x ? write_briefly(x, levels - 1) : Written{"…"});
  }
  return write_call(v.op().notation.text, v.op().notation.binding, operands, str(v.attribute()));
}

std::string call(Value v) {
  std::vector<std::string> operands;
  for (int i = 0; i < v.input_count(); ++i) operands.push_back(fmt::format("%{}", v.input(i).id()));
  if (is_leaf(v.op()) && !v.name().empty()) operands.push_back(fmt::format("'{}'", v.name()));
  if (const std::string attribute = str(v.attribute()); !attribute.empty()) operands.push_back(attribute);
  return fmt::format("{}({})", v.op().name, fmt::join(operands, ", "));
}

}  // namespace

Written write_call(std::string_view notation, Notation::Binding binding, std::span<const Written> operands,
                   std::string_view attribute) {
  if (notation == "{0}") return operands[0];  // broadcasts are not written
  Written written{"", binding};
  while (!notation.empty()) {
    const std::size_t length = placeholder_length(notation);
    if (length == 0) {
      written.text += notation.front();
    } else if (notation[1] == 'a') {
      written.text += attribute;
    } else if (notation[1] == '.') {
      written.text += all_operands(operands);
    } else {
      const Written& x = operands[static_cast<std::size_t>(notation[1] - '0')];
      const bool bare = stands_bare(x.binding, binding, length > 3 ? notation[2] : ' ');
      written.text += bare ? x.text : "(" + x.text + ")";
    }
    notation.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return written;
}

std::string formula(Value v) { return write(v).text; }

std::string describe(Value v) {
  constexpr int kLevels = 4;
  return quote(v.name().empty() ? write_briefly(v, kLevels).text : v.name());
}

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
