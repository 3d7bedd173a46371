#include "catenary/derive/expression/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/derive/expression/declarations.h"
#include "catenary/derive/expression/functions.h"
#include "catenary/derive/expression/oriented.h"
#include "catenary/derive/expression/scanner.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

constexpr int kDeepestNesting = 200;
constexpr std::size_t kMostTokens = 10'000;
constexpr std::string_view kWhat = "expression";

// Recursive descent; each rule builds its part of the graph at once, so that a shape error has its place.
class Parser {
 public:
  Parser(std::string_view text, Scope& scope)
      : text_(text), tokens_(scan(text)), scope_(scope), calculus_(scope.dimensions) {
    if (tokens_.size() > kMostTokens)
      fail(ErrorKind::kConfig, "expression: at most {} tokens, found {}", kMostTokens, tokens_.size());
  }

  Oriented parse() {
    if (next().kind == Token::Kind::kEnd) fail_at(kWhat, text_, 0, "needed a formula, found nothing");
    const Oriented result = sum();
    if (next().kind != Token::Kind::kEnd) unexpected("an operator or the end");
    return result;
  }

 private:
  [[nodiscard]] const Token& next() const { return tokens_[position_]; }
  const Token& take() { return tokens_[position_++]; }
  [[nodiscard]] bool at(std::string_view symbol) const {
    return next().kind == Token::Kind::kSymbol && next().text == symbol;
  }
  bool accept(std::string_view symbol) { return at(symbol) && (++position_, true); }

  [[noreturn]] void unexpected(std::string_view needed) const {
    const std::string found =
        next().kind == Token::Kind::kEnd
            ? "the end"
            : quote(std::string_view(text_).substr(next().begin, next().end - next().begin));
    fail_at(kWhat, text_, next().begin, fmt::format("needed {}, found {}", needed, found));
  }

  void expect(std::string_view symbol) {
    if (!accept(symbol)) unexpected(fmt::format("'{}'", symbol));
  }

  // Runs `build`; a shape error in it gets the place of `token`.
  template <typename Build>
  Oriented placed(const Token& token, Build build) {
    try {
      return build();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kShape) throw;
      fail_at(kWhat, text_, token.begin, error.what());
    }
  }

  Oriented sum() {
    Oriented left = product();
    while (at("+") || at("-")) {
      const Token& symbol = take();
      const Oriented right = product();
      left = placed(symbol, [&] {
        return symbol.text == "+" ? calculus_.add(left, right) : calculus_.subtract(left, right);
      });
    }
    return left;
  }

  Oriented product() {
    Oriented left = unary();
    while (at("*") || at("/") || at(".*") || at("./") || at("⊗")) {
      const Token& symbol = take();
      const Oriented right = unary();
      left = placed(symbol, [&] { return multiplied(left, symbol.text, right); });
    }
    return left;
  }

  Oriented multiplied(const Oriented& a, const std::string& symbol, const Oriented& b) {
    if (symbol == "*") return calculus_.multiply(a, b);
    if (symbol == "/") return calculus_.divide(a, b);
    if (symbol == ".*") return calculus_.multiply_elements(a, b);
    if (symbol == "./") return calculus_.divide_elements(a, b);
    return call_function("kron", std::array{a, b}, calculus_);
  }

  Oriented unary() {
    if (!at("-") && !at("+")) return power();
    const Nesting nesting(*this);
    const Token& symbol = take();
    const Oriented x = unary();
    return symbol.text == "-" ? calculus_.negate(x) : x;
  }

  Oriented power() {
    Oriented base = primary();
    while (true) {
      const Token& symbol = next();
      if (accept("'")) {
        base = calculus_.transpose(base);
      } else if (symbol.kind == Token::Kind::kSymbol && symbol.text.starts_with('^') &&
                 symbol.text.size() > 1) {
        ++position_;
        base = placed(symbol, [&] { return short_power(base, symbol.text); });
      } else if (at("^")) {
        base = placed(symbol, [&] { return raised(base); });
      } else if (accept(".^")) {
        const Oriented exponent = exponent_operand();
        base = placed(symbol, [&] { return calculus_.power_elements(base, exponent); });
      } else {
        return base;
      }
    }
  }

  // ², ³, ⁻¹ and ⁻ᵀ.
  Oriented short_power(const Oriented& base, const std::string& symbol) {
    if (symbol == "^-T") return calculus_.transpose(calculus_.inverse(base));
    const double exponent = symbol == "^-1" ? -1 : symbol[1] - '0';
    return calculus_.power(base, {constant(exponent)});
  }

  // A^T is the transpose and A^-T that of the inverse, unless T is a variable.
  Oriented raised(const Oriented& base) {
    if (!at_transpose()) {
      ++position_;
      return calculus_.power(base, exponent_operand());
    }
    ++position_;
    const bool negative = accept("-");
    ++position_;
    return calculus_.transpose(negative ? calculus_.inverse(base) : base);
  }

  // Whether ^T or ^-T is next, which transposes the whole power before it: A^-1^T.
  [[nodiscard]] bool at_transpose() const {
    if (!at("^")) return false;
    const Token& sign = tokens_[position_ + 1];
    const bool negative = sign.kind == Token::Kind::kSymbol && sign.text == "-";
    const Token& name = negative ? tokens_[position_ + 2] : sign;
    return name.kind == Token::Kind::kName && name.text == "T" && scope_.find("T") == nullptr;
  }

  static std::optional<double> number_of(const Oriented& x) {
    if (x.identity || x.value.shape().rank() > 0 || &x.value.op() != &ops::kConstant) return std::nullopt;
    return std::get<double>(x.value.attribute());
  }

  // Powers group from the right: x^2^3 is x^(2^3), and e^-x^2 is e^(-(x^2)).
  Oriented exponent_operand() {
    const Nesting nesting(*this);
    if (accept("-")) return calculus_.negate(exponent_operand());
    const Oriented base = primary();
    const Token& symbol = next();
    if (at_transpose() || !(at("^") || at(".^") || at("^2") || at("^3"))) return base;
    ++position_;
    return placed(symbol, [&] {
      const bool is_short = symbol.text == "^2" || symbol.text == "^3";
      const Oriented exponent = is_short ? Oriented{constant(symbol.text[1] - '0')} : exponent_operand();
      const auto known = number_of(base), power = number_of(exponent);
      if (known && power) return Oriented{constant(std::pow(*known, *power))};  // x^2^3 is x^8
      return symbol.text == ".^" ? calculus_.power_elements(base, exponent) : calculus_.power(base, exponent);
    });
  }

  Oriented primary() {
    const Token& token = take();
    switch (token.kind) {
      case Token::Kind::kNumber: return {constant(token.number)};
      case Token::Kind::kName: return at("(") ? call(token) : variable(token);
      case Token::Kind::kSymbol:
        if (token.text == "(") return enclosed(")");
        if (token.text == "|") {
          const Oriented x = enclosed("|");
          return placed(token, [&] { return Oriented{abs(calculus_.plain(x, "|x|"))}; });
        }
        if (token.text == "‖") {
          const Oriented x = enclosed("‖");
          return placed(token, [&] { return call_function("norm", std::span(&x, 1), calculus_); });
        }
        break;
      case Token::Kind::kEnd: break;
    }
    --position_;
    unexpected("a number, a variable, a function or '('");
  }

  Oriented enclosed(std::string_view close) {
    const Nesting nesting(*this);
    const Oriented inside = sum();
    expect(close);
    return inside;
  }

  Oriented variable(const Token& name) {
    if (const Named* known = scope_.find(name.text)) return {known->value};
    if (name.text == "I") return {constant(1), false, true};
    if (name.text == "pi" || name.text == "π") return {constant(std::numbers::pi)};
    for (const auto& [symbol, extent] : scope_.dimensions.symbols()) {
      if (symbol == name.text) return {size(symbol)};
    }
    if (name.text == "e") return {constant(std::numbers::e)};
    std::vector<std::string_view> known;
    for (const Named& n : scope_.names) known.push_back(n.name);
    const bool is_function = std::ranges::count(function_names(), name.text) > 0;
    if (!is_function && known.empty())
      fail_at(kWhat, text_, name.begin,
              fmt::format("unknown variable {}; --given must declare it, as in \"{}: n\"", quote(name.text),
                          name.text));
    fail_at(kWhat, text_, name.begin,
            is_function
                ? fmt::format("the function {} needs its operands in parentheses", quote(name.text))
                : fmt::format("unknown variable {}{}", quote(name.text), suggestion(name.text, known)));
  }

  // A dimension as a number of the formula, "1/m".
  Value size(const std::string& symbol) {
    const auto known = std::ranges::find(scope_.sizes, symbol, [](Value v) { return v.name(); });
    if (known != scope_.sizes.end()) return *known;
    return scope_.sizes.emplace_back(scope_.graph.shared_input(symbol, {}, DType::kF64));
  }

  Oriented call(const Token& name) {
    const std::vector<std::string_view> names = function_names();
    const bool makes_constant =
        name.text == "ones" || name.text == "zeros" || name.text == "I" || name.text == "eye";
    if (makes_constant) return filled(name);
    if (name.text == "rows" && !scope_.rows.empty()) return rows();
    if (std::ranges::count(names, name.text) == 0)
      fail_at(kWhat, text_, name.begin,
              fmt::format("unknown function {}{}", quote(name.text), instead_of(name.text)));
    const Nesting nesting(*this);
    expect("(");
    std::vector<Oriented> operands;
    do operands.push_back(sum());
    while (accept(","));
    expect(")");
    if (name.text == "mean" && operands.size() == 1 && !operands[0].identity) {
      if (const Value count = symbolic_count(operands[0].value.shape()))
        return {catenary::sum(operands[0].value) / count};
    }
    return placed(name, [&] { return call_function(name.text, operands, calculus_); });
  }

  // rows(h), of all steps.
  Oriented rows() {
    expect("(");
    const Token& name = take();
    const auto known = std::ranges::find(scope_.rows, name.text, &Named::name);
    if (known == scope_.rows.end()) {
      std::vector<std::string_view> names;
      for (const Named& n : scope_.rows) names.push_back(n.name);
      fail_at(kWhat, text_, name.begin,
              fmt::format("rows needs one of {}, which steps hand on, found {}", listed(names),
                          quote(name.text)));
    }
    expect(")");
    return {known->value};
  }

  // The number of elements where it has a symbol: "n", or "m n" of a matrix; empty where it is a plain
  // number.
  Value symbolic_count(const Shape& shape) {
    Value count;
    std::int64_t number = shape.size();
    for (const auto& [symbol, prime] : scope_.dimensions.symbols()) {
      for (; number % prime == 0; number /= prime) count = count ? count * size(symbol) : size(symbol);
    }
    return count && number > 1 ? count * constant(static_cast<double>(number)) : count;
  }

  // ones(n), ones(m, n), zeros(n), I(n): their operands are dimensions.
  Oriented filled(const Token& name) {
    expect("(");
    std::vector<std::int64_t> extents;
    do extents.push_back(dimension());
    while (accept(","));
    expect(")");
    const bool is_identity = name.text == "I" || name.text == "eye";
    if (extents.size() > (is_identity ? 1U : 2U))
      fail_at(
          kWhat, text_, name.begin,
          fmt::format("{} takes {} at most", name.text, is_identity ? "one dimension" : "two dimensions"));
    return placed(name, [&] {
      if (is_identity) return Oriented{identity(scope_.graph, extents[0], DType::kF64)};
      return Oriented{scope_.graph.constant(name.text == "ones" ? 1 : 0, Shape(extents), DType::kF64)};
    });
  }

  std::int64_t dimension() {
    const Token& token = take();
    if (token.kind == Token::Kind::kNumber && token.number == std::floor(token.number)) {
      if (token.number >= 1 && token.number <= static_cast<double>(kLargestExtent))
        return static_cast<std::int64_t>(token.number);
      fail_at(kWhat, text_, token.begin,
              fmt::format("needed a dimension from 1 to {}, found {}", kLargestExtent, token.text));
    }
    for (const auto& [symbol, extent] : scope_.dimensions.symbols()) {
      if (token.kind == Token::Kind::kName && symbol == token.text) return extent;
    }
    --position_;
    unexpected("a dimension: a whole number, or a symbol of the declarations");
  }

  Value constant(double number) { return scope_.graph.constant(number, {}, DType::kF64); }

  // Counts the nesting, so that no input can exhaust the stack.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) {
      if (++parser.depth_ > kDeepestNesting)
        fail_at(kWhat, parser.text_, parser.next().begin,
                fmt::format("parentheses, signs or powers nested deeper than {}", kDeepestNesting));
    }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    ~Nesting() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  int depth_ = 0;
  Scope& scope_;
  MatrixCalculus calculus_;
};

}  // namespace

const Named* Scope::find(std::string_view name) const {
  const auto known = std::ranges::find(names, name, &Named::name);
  return known == names.end() ? nullptr : &*known;
}

Oriented parse_formula(std::string_view text, Scope& scope) { return Parser(text, scope).parse(); }

}  // namespace catenary::derive
