#include "catenary/derive/expression/declarations.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/derive/expression/functions.h"
#include "catenary/derive/expression/scanner.h"
#include "catenary/derive/formula/formula.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

constexpr std::string_view kWhat = "declarations";
constexpr std::size_t kMostVariables = 1000;

// One "NAME: SHAPE [symmetric]" with places in bytes of the whole text.
struct Declaration {
  std::string_view name, shape;
  std::size_t begin, shape_begin;
  bool symmetric = false;
  bool batched = false;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

std::size_t place_in(std::string_view whole, std::string_view part) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

bool is_name(std::string_view text) {
  try {
    const std::vector<Token> tokens = scan(text);
    return tokens.size() == 2 && tokens[0].kind == Token::Kind::kName;
  } catch (const Error&) {
    return false;
  }
}

// Takes a word from the end of a shape: "n×n symmetric".
bool drop_word(std::string_view& shape, std::string_view word) {
  if (!shape.ends_with(word)) return false;
  shape = trimmed(shape.substr(0, shape.size() - word.size()));
  return true;
}

Declaration split(std::string_view whole, std::string_view part) {
  const std::string_view text = trimmed(part);
  const std::size_t begin = place_in(whole, text);
  if (text.empty()) fail_at(kWhat, whole, place_in(whole, part), "needed NAME: SHAPE, found nothing");
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    fail_at(kWhat, whole, begin,
            fmt::format("needed NAME: SHAPE such as W: m×n, x: n or c: 1, found {}", quote(text)));
  }
  Declaration d{trimmed(text.substr(0, colon)), trimmed(text.substr(colon + 1)), begin, 0};
  d.symmetric = drop_word(d.shape, "symmetric");
  d.batched = drop_word(d.shape, "batched");
  d.shape_begin = place_in(whole, d.shape);
  return d;
}

// "m×n", "mxn", "m x n" or "m*n" in two, "n" alone. A dimension's own name may begin or end with x.
std::vector<std::string_view> extents_of(std::string_view shape) {
  for (const std::string_view sign : {"×", "*"}) {
    const std::size_t at = shape.find(sign);
    if (at != std::string_view::npos)
      return {trimmed(shape.substr(0, at)), trimmed(shape.substr(at + sign.size()))};
  }
  const std::size_t at = shape.find('x', 1);
  if (at != std::string_view::npos && at + 1 < shape.size())
    return {trimmed(shape.substr(0, at)), trimmed(shape.substr(at + 1))};
  return {shape};
}

std::int64_t extent_of(std::string_view whole, std::string_view text, Dimensions& dimensions) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc::invalid_argument && end == text.data() + text.size()) {
    if (error == std::errc{} && number >= 1 && number <= kLargestExtent) return number;
    fail_at(kWhat, whole, place_in(whole, text),
            fmt::format("needed a dimension from 1 to {}, found {}", kLargestExtent, text));
  }
  if (!is_name(text)) {
    fail_at(kWhat, whole, place_in(whole, text),
            fmt::format("needed a shape such as m×n, mxn, n or 1, found {}", quote(text)));
  }
  return dimensions.extent(text);
}

Shape shape_of(std::string_view whole, const Declaration& d, Dimensions& dimensions) {
  std::vector<std::int64_t> extents;
  for (const std::string_view text : extents_of(d.shape))
    extents.push_back(extent_of(whole, text, dimensions));
  if (extents.size() == 2 && extents[1] == 1) extents.pop_back();  // a column
  if (extents.size() == 1 && extents[0] == 1) extents.pop_back();  // a scalar
  if (extents.size() == 2 && extents[0] == 1) {
    fail_at(kWhat, whole, d.shape_begin,
            fmt::format("variables are columns; declare {0}: {1} and write {0}' for the row", d.name,
                        dimensions.str(extents[1])));
  }
  return Shape(extents);
}

void check_name(std::string_view whole, const Declaration& d, Expression& expression) {
  const std::vector<std::string_view> functions = function_names();
  if (!is_name(d.name)) fail_at(kWhat, whole, d.begin, fmt::format("needed a name, found {}", quote(d.name)));
  if (std::ranges::count(functions, d.name) > 0 || d.name == "ones" || d.name == "zeros" || d.name == "I" ||
      d.name == "eye" || d.name == "pi" || d.name == "π")
    fail_at(kWhat, whole, d.begin,
            fmt::format("{} is a function or constant of the language", quote(d.name)));
  if (expression.graph->find(d.name))
    fail_at(kWhat, whole, d.begin, fmt::format("{} is declared twice", quote(d.name)));
  const auto is_alike = [looks = symbol(d.name).text](Value v) { return symbol(v.name()).text == looks; };
  if (const auto alike = std::ranges::find_if(expression.variables, is_alike);
      alike != expression.variables.end()) {
    fail_at(kWhat, whole, d.begin,
            fmt::format("{} and {} would both be written {}; rename one of them", quote(alike->name()),
                        quote(d.name), symbol(d.name).text));
  }
  if (expression.variables.size() == kMostVariables)
    fail_at(kWhat, whole, d.begin, fmt::format("more than {} variables", kMostVariables));
}

// No name may mean a variable and a dimension. places: where the variables are declared.
void check_dimensions(std::string_view whole, const std::vector<std::size_t>& places,
                      const Expression& expression) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::string_view name = expression.variables[i].name();
    for (const auto& [symbol, extent] : expression.dimensions.symbols()) {
      if (symbol == name)
        fail_at(kWhat, whole, places[i], fmt::format("{} is both a variable and a dimension", quote(name)));
    }
  }
}

// The whole numbers in a text: they may be dimensions.
void collect_numbers(std::string_view text, std::vector<std::int64_t>& numbers) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') continue;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), number);
    if (error == std::errc{} && number > 1) numbers.push_back(number);
    i = static_cast<std::size_t>(end - text.data());
  }
}

// In a formula only the operands of ones(m, 3), zeros and I are dimensions.
void collect_dimensions(std::string_view formula, std::vector<std::int64_t>& numbers) {
  for (const std::string_view constant : {"ones", "zeros", "I", "eye"}) {
    for (std::size_t at = 0; (at = formula.find(constant, at)) != std::string_view::npos;
         at += constant.size()) {
      const std::size_t open = formula.find_first_not_of(' ', at + constant.size());
      if (open == std::string_view::npos || formula[open] != '(') continue;
      collect_numbers(formula.substr(open, formula.find(')', open) - open), numbers);
    }
  }
}

}  // namespace

void declare(std::string_view declarations, std::string_view formula, Expression& expression) {
  if (!is_utf8(declarations))
    fail(ErrorKind::kConfig, "declarations: needed UTF-8, found {}", quote(declarations));
  std::vector<std::int64_t> numbers;
  collect_numbers(declarations, numbers);
  collect_dimensions(formula, numbers);
  expression.dimensions = Dimensions(std::move(numbers), expression.dimensions.order());
  expression.graph = std::make_unique<Graph>();
  if (trimmed(declarations).empty()) return;
  std::vector<std::size_t> places;  // of the variables
  for (std::size_t begin = 0; begin <= declarations.size();) {
    const std::size_t end = std::min(declarations.find_first_of(",;", begin), declarations.size());
    const Declaration d = split(declarations, declarations.substr(begin, end - begin));
    check_name(declarations, d, expression);
    const Shape shape = shape_of(declarations, d, expression.dimensions);
    if (d.symmetric && (shape.rank() != 2 || shape[0] != shape[1]))
      fail_at(kWhat, declarations, d.shape_begin,
              fmt::format("a symmetric matrix is square, found {}", expression.dimensions.str(shape)));
    const Value v = d.batched ? expression.graph->input(d.name, shape, DType::kF64)
                              : expression.graph->parameter(d.name, shape, {}, DType::kF64);
    expression.variables.push_back(v);
    places.push_back(d.begin);
    if (d.symmetric) expression.symmetric.push_back(v);
    begin = end + 1;
  }
  check_dimensions(declarations, places, expression);
}

}  // namespace catenary::derive
