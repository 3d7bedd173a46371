#include "catenary/ir/op.h"

#include <charconv>

#include "catenary/base/error.h"
#include "catenary/ir/graph.h"

namespace catenary {

namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> operand_specs(const Op& op) {
  if (op.operands == "none") return {};
  std::string_view text = op.operands;
  if (op.variadic()) text.remove_suffix(3);
  return split(text, ';');
}

std::int64_t size_named(char letter, const ExampleSizes& sizes) {
  switch (letter) {
    case 'n': return sizes.n;
    case 'm': return sizes.m;
    case 'k': return sizes.k;
    default: return sizes.l;
  }
}

// "3", "n", or "mk" for m·k.
std::int64_t extent(std::string_view word, const ExampleSizes& sizes) {
  std::int64_t number = 1;
  if (std::from_chars(word.data(), word.data() + word.size(), number).ec == std::errc{}) return number;
  for (const char letter : word) number *= size_named(letter, sizes);
  return number;
}

}  // namespace

int Op::arity() const { return static_cast<int>(operand_specs(*this).size()); }

bool Op::is_function() const {
  const std::size_t open = notation.text.find("({0.}");
  return traits.elementwise && arity() == 1 && open != std::string_view::npos && open > 0;
}

bool Op::differentiable() const { return !gradient.is(not_differentiable); }

std::vector<Shape> example_shapes(const Op& op, const ExampleSizes& sizes) {
  std::vector<Shape> shapes;
  for (const std::string_view spec : operand_specs(op)) {
    std::vector<std::int64_t> extents;
    for (const std::string_view word : split(spec, ' ')) {
      if (!word.empty()) extents.push_back(extent(word, sizes));
    }
    shapes.emplace_back(extents);
  }
  while (op.variadic() && shapes.size() < 3) shapes.push_back(shapes.back());
  return shapes;
}

}  // namespace catenary
