#include <cctype>
#include <charconv>
#include <numbers>

#include "catenary/base/error.h"
#include "catenary/derive/proof/language.h"

namespace catenary::derive {

namespace {

using Kind = IndexExpression::Kind;

// Recursive descent, one function for each level of binding:
//   line = [comparison ":"] sum {"=" sum ["@" word]}, sum = ["-"] term {("+" | "-") term}, term = sign {("*"
//   | "/") sign}, sign = "-" sign | power, power = atom ["^" sign].
class Parser {
 public:
  Parser(std::string_view text, const std::set<std::string>& arrays) : text_(text), arrays_(arrays) {}

  IndexLine line() {
    IndexLine line;
    if (text_.find(':') != std::string_view::npos) {
      line.condition = comparison();
      require(":");
    }
    line.sides.push_back(sum());
    while (take("=")) {
      line.sides.push_back(sum());
      line.reasons.push_back(take("@") ? word() : "");
    }
    if (!rest().empty()) wrong("the end");
    return line;
  }

 private:
  [[noreturn]] void wrong(std::string_view needed) {
    fail(ErrorKind::kInternal, "index form: needed {}, found '{}' in '{}'", needed, rest(), text_);
  }

  std::string_view rest() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return text_.substr(at_);
  }

  bool take(std::string_view token) {
    if (!rest().starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void require(std::string_view token) {
    if (!take(token)) wrong(token);
  }

  std::string word() {
    const std::string_view from = rest();
    std::size_t length = 0;
    const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    while (length < from.size() && is_part(from[length])) ++length;
    at_ += length;
    return std::string(from.substr(0, length));
  }

  IndexExpression sum() {
    IndexExpression e = signed_term();
    while (true) {
      if (take("+")) {
        e = {Kind::kAdd, "", 0, {e, term()}};
      } else if (take("-")) {
        e = {Kind::kSub, "", 0, {e, term()}};
      } else {
        return e;
      }
    }
  }

  // A sign in front reaches over the whole product.
  IndexExpression signed_term() {
    if (take("-")) return {Kind::kNeg, "", 0, {term()}};
    return term();
  }

  IndexExpression term() {
    IndexExpression e = sign();
    while (true) {
      if (take("*")) {
        e = {Kind::kMul, "", 0, {e, sign()}};
      } else if (take("/")) {
        e = {Kind::kDiv, "", 0, {e, sign()}};
      } else {
        return e;
      }
    }
  }

  IndexExpression sign() {
    if (take("-")) return {Kind::kNeg, "", 0, {sign()}};
    IndexExpression base = atom();
    if (take("^")) return {Kind::kPow, "", 0, {base, sign()}};
    return base;
  }

  IndexExpression atom() {
    if (take("(")) {
      IndexExpression e = sum();
      require(")");
      return e;
    }
    if (take("[")) return bracket();
    const std::string_view from = rest();
    if (from.empty()) wrong("an operand");
    if (std::isdigit(static_cast<unsigned char>(from[0]))) return number();
    std::string name = word();
    if (name.empty()) wrong("an operand");
    if (name == "pi") return {Kind::kNumber, name, std::numbers::pi};
    if (take("(")) return call(name);
    if (take("[")) return {Kind::kElement, name, 0, list("]")};
    return {arrays_.contains(name) ? Kind::kElement : Kind::kIndex, name};
  }

  IndexExpression number() {
    const std::string_view from = rest();
    double value = 0;
    const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), value);
    if (error != std::errc()) wrong("a number");
    at_ += static_cast<std::size_t>(end - from.data());
    return {Kind::kNumber, "", value};
  }

  IndexExpression comparison() {
    const IndexExpression left = sum();
    for (const char* sign : {"<=", ">=", "!=", "<", ">", "="}) {
      if (take(sign)) return {Kind::kBracket, sign, 0, {left, sum()}};
    }
    wrong("a comparison");
  }

  IndexExpression bracket() {
    IndexExpression e = comparison();
    require("]");
    return e;
  }

  IndexExpression call(const std::string& name) {
    if (name == "sum") return bound(Kind::kSum);
    if (name == "largest") return bound(Kind::kMax);
    if (name == "argmax") return bound(Kind::kArgmax);
    if (name == "delta") return {Kind::kDelta, "=", 0, list(")")};
    if (name == "d") return {Kind::kDerivative, "", 0, list(")")};
    return {Kind::kCall, name, 0, list(")")};
  }

  IndexExpression bound(Kind kind) {
    const std::string index = word();
    require(",");
    IndexExpression e{kind, index, 0, {sum()}};
    require(")");
    return e;
  }

  std::vector<IndexExpression> list(std::string_view end) {
    std::vector<IndexExpression> parts;
    if (take(end)) return parts;
    do {
      parts.push_back(sum());
    } while (take(","));
    require(end);
    return parts;
  }

  std::string_view text_;
  const std::set<std::string>& arrays_;
  std::size_t at_ = 0;
};

}  // namespace

IndexLine parse_index_line(std::string_view text, const std::set<std::string>& arrays) {
  return Parser(text, arrays).line();
}

IndexEquality parse_index_equality(std::string_view text, const std::set<std::string>& arrays) {
  return parse_index_line(text, arrays).sides;
}

}  // namespace catenary::derive
