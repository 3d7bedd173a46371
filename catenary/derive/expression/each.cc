#include "catenary/derive/expression/each.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/derive/expression/declarations.h"
#include "catenary/derive/expression/functions.h"
#include "catenary/derive/expression/scanner.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"

namespace catenary::derive {

namespace {

constexpr std::string_view kEach = "--each";

// One "NAME: SHAPE = FORMULA" of a step.
struct Assignment {
  std::string_view name, shape, formula;
  bool is_carry = false;
};

// "x of X".
struct RowOf {
  std::string_view row, sequence;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

class EachReader {
 public:
  EachReader(std::string_view text, Scope& scope) : text_(text), scope_(scope) {}

  void read() {
    if (!is_utf8(text_)) fail(ErrorKind::kConfig, "--each: needed UTF-8, found {}", quote(text_));
    if (!scope_.dimensions.symbols().empty()) {
      fail(ErrorKind::kConfig, "--each: needed dimensions that are numbers, as in \"X: 3×2\", found {}",
           quote(scope_.dimensions.symbols()[0].first));
    }
    const std::size_t colon = text_.find(':');
    if (colon == std::string_view::npos)
      fail_at(kEach, text_, 0, "needed ROW of SEQUENCE: steps, such as x of X: h: 2 = tanh(W*x + U*h)");
    for (const std::string_view part : split(text_.substr(0, colon), ',')) rows_.push_back(row_of(part));
    for (const std::string_view part : split(text_.substr(colon + 1), ';')) {
      if (!part.empty()) steps_.push_back(assignment(part));
    }
    if (std::ranges::none_of(steps_, &Assignment::is_carry)) {
      fail_at(
          kEach, text_, colon,
          "needed something that is handed on from step to step, such as h: 2 = tanh(W*x + U*h), found none");
    }
    build();
  }

 private:
  [[nodiscard]] std::size_t place(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }

  void require_name(std::string_view name) const {
    const std::vector<Token> tokens = name.empty() ? std::vector<Token>{} : scan(name);
    if (tokens.size() != 2 || tokens[0].kind != Token::Kind::kName)
      fail_at(kEach, text_, place(name), fmt::format("needed a name, found {}", quote(name)));
    if (scope_.find(name) != nullptr)
      fail_at(kEach, text_, place(name), fmt::format("{} is declared already", quote(name)));
    if (std::ranges::count(function_names(), name) > 0)
      fail_at(kEach, text_, place(name), fmt::format("{} is a function of the language", quote(name)));
  }

  [[nodiscard]] RowOf row_of(std::string_view part) const {
    constexpr std::string_view kOf = " of ";
    const std::size_t at = part.find(kOf);
    if (at == std::string_view::npos)
      fail_at(kEach, text_, place(part),
              fmt::format("needed ROW of SEQUENCE, such as x of X, found {}", quote(part)));
    const RowOf row{trimmed(part.substr(0, at)), trimmed(part.substr(at + kOf.size()))};
    require_name(row.row);
    const Named* sequence = scope_.find(row.sequence);
    if (sequence == nullptr)
      fail_at(kEach, text_, place(row.sequence), fmt::format("unknown variable {}", quote(row.sequence)));
    if (sequence->value.shape().rank() != 2)
      fail_at(kEach, text_, place(row.sequence),
              fmt::format("needed a matrix, whose rows are taken one after another, found {}",
                          MatrixCalculus(scope_.dimensions).shape_of({sequence->value})));
    return row;
  }

  [[nodiscard]] Assignment assignment(std::string_view part) const {
    const std::size_t sign = part.find('=');
    if (sign == std::string_view::npos)
      fail_at(kEach, text_, place(part), fmt::format("needed NAME = FORMULA, found {}", quote(part)));
    const std::string_view left = trimmed(part.substr(0, sign));
    const std::size_t colon = left.find(':');
    Assignment a{
        .name = trimmed(left.substr(0, colon)), .shape = {}, .formula = trimmed(part.substr(sign + 1))};
    if (colon != std::string_view::npos) {
      a.is_carry = true;
      a.shape = trimmed(left.substr(colon + 1));
    }
    require_name(a.name);
    const auto is_same = [&](std::string_view name) { return name == a.name; };
    if (std::ranges::any_of(rows_, is_same, &RowOf::row) ||
        std::ranges::any_of(steps_, is_same, &Assignment::name))
      fail_at(kEach, text_, place(a.name), fmt::format("{} is declared already", quote(a.name)));
    return a;
  }

  // A vector's length, or 1 of a number.
  [[nodiscard]] Shape shape_of(const Assignment& a) const {
    std::int64_t extent = 0;
    const auto [end, error] = std::from_chars(a.shape.data(), a.shape.data() + a.shape.size(), extent);
    if (error != std::errc{} || end != a.shape.data() + a.shape.size() || extent < 1 ||
        extent > kLargestExtent)
      fail_at(kEach, text_, place(a.shape),
              fmt::format("needed the number of elements, from 1 to {}, found {}", kLargestExtent,
                          quote(a.shape)));
    return extent == 1 ? Shape{} : Shape{extent};
  }

  // 0, or h0 where that is declared.
  [[nodiscard]] Value start_of(const Assignment& a) const {
    const Shape shape = shape_of(a);
    const Named* start = scope_.find(fmt::format("{}0", a.name));
    if (start == nullptr) return scope_.graph.constant(0, shape, DType::kF64);
    if (start->value.shape() != shape)
      fail_at(kEach, text_, place(a.shape),
              fmt::format("{} starts with {}, which is {}", a.name, start->name,
                          MatrixCalculus(scope_.dimensions).shape_of({start->value})));
    return start->value;
  }

  void build() {
    ScanOperands operands{.carries = {}, .sequences = {}};
    for (const Assignment& a : steps_) {
      if (!a.is_carry) continue;
      carries_.push_back(&a);
      operands.carries.push_back(start_of(a));
    }
    for (const RowOf& row : rows_) operands.sequences.push_back(scope_.find(row.sequence)->value);
    require_equal_lengths(operands.sequences);
    for (const RowOf& row : rows_) scope_.row_names.emplace(row.sequence, row.row);
    for (const Named& n : scope_.names) {
      if (is_read(n.name)) operands.shared.push_back(n.value), shared_.push_back(n.name);
    }
    const ScanResult made = catenary::scan(operands, [&](const ScanStep& step) { return step_of(step); });
    for (std::size_t i = 0; i < carries_.size(); ++i) {
      const Value all = made.carries[i];
      const std::int64_t steps = all.shape()[0] - 1;
      const std::string name(carries_[i]->name);
      scope_.rows.push_back({name, slice(all, 0, 1, steps + 1)});
      scope_.names.push_back({name, reshape(slice(all, 0, steps, steps + 1), operands.carries[i].shape())});
    }
  }

  void require_equal_lengths(const std::vector<Value>& sequences) const {
    for (std::size_t i = 1; i < sequences.size(); ++i) {
      if (sequences[i].shape()[0] == sequences[0].shape()[0]) continue;
      fail_at(kEach, text_, place(rows_[i].sequence),
              fmt::format("needed {} rows, as {} has, found {}", sequences[0].shape()[0],
                          quote(rows_[0].sequence), sequences[i].shape()[0]));
    }
  }

  [[nodiscard]] bool is_read(const std::string& name) const {
    return std::ranges::any_of(steps_, [&](const Assignment& a) {
      return std::ranges::any_of(scan(a.formula), [&](const Token& token) {
        return token.kind == Token::Kind::kName && token.text == name;
      });
    });
  }

  // One step, in a graph of its own.
  StepResult step_of(const ScanStep& step) {
    Scope own{.graph = step.carries[0].graph(), .dimensions = scope_.dimensions, .names = {}};
    const auto add = [&](std::string_view name, Value v) { own.names.push_back({std::string(name), v}); };
    for (std::size_t i = 0; i < step.shared.size(); ++i) add(shared_[i], step.shared[i]);
    for (std::size_t i = 0; i < step.rows.size(); ++i) add(rows_[i].row, step.rows[i]);
    for (std::size_t i = 0; i < step.carries.size(); ++i) add(carries_[i]->name, step.carries[i]);
    StepResult made;
    for (const Assignment& a : steps_) {
      const Oriented result = parse_formula(a.formula, own);
      if (result.identity || result.row)
        fail_at(kEach, text_, place(a.formula),
                "needed a column, a matrix or a number; transpose a row with '");
      Value v = result.value;
      if (is_leaf(v.op()) || !v.name().empty()) v = 1.0 * v;
      v.rename(a.name);
      if (a.is_carry) made.carries.push_back(matched(a, v, step.carries[made.carries.size()]));
      std::erase_if(own.names, [&](const Named& n) { return n.name == a.name; });
      add(a.name, v);
    }
    return made;
  }

  Value matched(const Assignment& a, Value v, Value before) const {
    if (v.shape() != before.shape())
      fail_at(kEach, text_, place(a.formula),
              fmt::format("{} was declared as {}, found {}", a.name,
                          MatrixCalculus(scope_.dimensions).shape_of({before}),
                          MatrixCalculus(scope_.dimensions).shape_of({v})));
    return v;
  }

  std::string_view text_;
  Scope& scope_;
  std::vector<RowOf> rows_;
  std::vector<Assignment> steps_;
  std::vector<const Assignment*> carries_;
  std::vector<std::string> shared_;
};

}  // namespace

void add_steps(std::string_view text, Scope& scope) { EachReader(text, scope).read(); }

}  // namespace catenary::derive
