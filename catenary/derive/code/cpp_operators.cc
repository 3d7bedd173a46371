#include "catenary/derive/code/cpp_operators.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/derive/code/cpp_helpers.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// An operator whose code is one expression of one sample's operands, in the language of Notation.
struct CppRow {
  // What a row's code is.
  enum class Kind {
    kExpression,  // the expression itself; arrays have its operators
    kEach,        // a function of numbers, called for each element
    kSumOf,       // a function of numbers, summed over the elements
    kWhole,       // a function of whole arrays; of numbers, `scalar`
  };
  const Op* op;
  std::string_view code;
  Kind kind = Kind::kEach;
  Notation::Binding binding = Notation::kAtom;
  std::string_view scalar = {};
};

using enum CppRow::Kind;

constexpr std::array kRows = {
    CppRow{&ops::kAdd, "{0} + {1}", kExpression, Notation::kSum},
    CppRow{&ops::kSub, "{0} - {1!}", kExpression, Notation::kSum},
    CppRow{&ops::kMul, "{0} * {1!}", kExpression, Notation::kProduct},
    CppRow{&ops::kDiv, "{0} / {1!}", kExpression, Notation::kProduct},
    CppRow{&ops::kNeg, "-{0!}", kExpression, Notation::kNegation},
    CppRow{&ops::kSum, "sum({0.})", kWhole, Notation::kAtom, "{0}"},
    CppRow{&ops::kMean, "mean({0.})", kWhole, Notation::kAtom, "{0}"},
    CppRow{&ops::kMax, "largest({0.})", kWhole, Notation::kAtom, "{0}"},
    CppRow{&ops::kNorm1, "norm1({0.})", kWhole},
    CppRow{&ops::kNorm2, "norm2({0.})", kWhole},
    CppRow{&ops::kUnitVector, "unit_vector({0.})", kWhole, Notation::kAtom, "sign({0.})"},
    CppRow{&ops::kArgmax, "argmax({0.})", kWhole},
    CppRow{&ops::kArgmaxMask, "argmax_mask({0.})", kWhole, Notation::kAtom, "equal({0.}, {0.})"},
    CppRow{&ops::kSoftmax, "softmax({0.})", kWhole},
    CppRow{&ops::kLogSoftmax, "log_softmax({0.})", kWhole},
    CppRow{&ops::kLogSumExp, "logsumexp({0.})", kWhole},
    CppRow{&ops::kSoftmaxCrossEntropy, "softmax_cross_entropy({0.}, {1.})", kWhole},
    CppRow{&ops::kSoftmaxCrossEntropyLabels, "softmax_cross_entropy_labels({0.}, {1.})", kWhole},
    CppRow{&ops::kPick, "pick({0.}, {1.})", kWhole},
    CppRow{&ops::kDot, "dot({0.}, {1.})", kWhole},
    CppRow{&ops::kInv, "inv({0.})", kWhole},
    CppRow{&ops::kDet, "det({0.})", kWhole},
    CppRow{&ops::kLogDet, "logdet({0.})", kWhole},
    CppRow{&ops::kTrace, "trace({0.})", kWhole},
    CppRow{&ops::kDiag, "diag({0.})", kWhole},
    CppRow{&ops::kDiagonal, "diagonal({0.})", kWhole},
    CppRow{&ops::kKron, "kron({0.}, {1.})", kWhole},
    CppRow{&ops::kKronAdjointLeft, "kron_adjoint_left({0.}, {1.})", kWhole},
    CppRow{&ops::kKronAdjointRight, "kron_adjoint_right({0.}, {1.})", kWhole},
    CppRow{&ops::kMatVec, "matvec({0.}, {1.})", kWhole},
    CppRow{&ops::kMatMul, "matmul({0.}, {1.})", kWhole},
    CppRow{&ops::kOuter, "outer({0.}, {1.})", kWhole},
};

std::optional<CppRow> find_row(const Op& op) {
  const auto functions = cpp_functions();
  const auto function = std::ranges::find(functions, &op, &CppFunction::op);
  if (function != functions.end())
    return CppRow{&op, function->name, function->use == CppFunction::Use::kEach ? kEach : kSumOf};
  const auto row = std::ranges::find(kRows, &op, &CppRow::op);
  return row == kRows.end() ? std::nullopt : std::optional(*row);
}

std::string text_of(double x) {
  if (std::isnan(x)) return "std::numeric_limits<double>::quiet_NaN()";
  if (std::isinf(x)) return fmt::format("{}std::numeric_limits<double>::infinity()", x < 0 ? "-" : "");
  const std::string text = fmt::format("{}", x);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

bool makes_number(const CodeWriter& w, Value v) { return v.shape().rank() == 0 || w.compact(v); }

// Whether the call's code has an operator of C++ between arrays.
bool is_arithmetic(const CodeWriter& w, Value v) {
  if (is(v, ops::kBatchSum)) return !w.batched(v.input(0)) && v.shape().rank() > 0;
  const std::optional<CppRow> row = find_row(v.op());
  return row && row->kind == kExpression && !makes_number(w, v);
}

std::string arguments(const CodeWriter& w, Value v) {
  std::vector<std::string> list;
  for (const Written& x : w.operands(v, true)) list.push_back(x.text);
  if (const auto* number = std::get_if<double>(&v.attribute())) list.push_back(text_of(*number));
  return fmt::format("{}", fmt::join(list, ", "));
}

Written on_elements(const CodeWriter& w, std::string_view how, Value v, const CppRow& row) {
  return {fmt::format("{}({}, {})", how, row.code, arguments(w, v))};
}

Written on_numbers(const CodeWriter& w, Value v, const CppRow& row) {
  return {fmt::format("{}({})", row.code, arguments(w, v))};
}

Written by_row(const CodeWriter& w, Value v) {
  const CppRow row = *find_row(v.op());
  const bool of_scalars = v.input(0).shape().rank() == 0;
  switch (row.kind) {
    case kWhole:
      return write_call(of_scalars && !row.scalar.empty() ? row.scalar : row.code, row.binding,
                        w.operands(v, false), "");
    case kExpression: return write_call(row.code, row.binding, w.operands(v, true), "");
    case kEach: return makes_number(w, v) ? on_numbers(w, v, row) : on_elements(w, "map", v, row);
    case kSumOf: return of_scalars ? on_numbers(w, v, row) : on_elements(w, "sum_of", v, row);
  }
  return {};
}

// One sample's.
std::string type_of(Value v) {
  switch (v.shape().rank()) {
    case 0: return "double";
    case 1: return "Vector";
    case 2: return "Matrix";
    default:
      fail(ErrorKind::kConfig, "C++ code has numbers, vectors and matrices; found a value of shape {}",
           v.shape().str());
  }
}

std::string definition(const CodeWriter& w, Value v, const std::string& name, const std::string& code) {
  const std::string type = w.compact(v) ? "double" : type_of(v);
  if (!w.batched(v)) return cpp_assignment(type, name, code);
  return cpp_assignment("Batch<" + type + ">", name, cpp_for_each_sample(w, "per_sample", code));
}

// What no sample changes is computed before, not for each of them.
bool is_the_same_for_all_samples(const CodeWriter& w, Value v) {
  const Value user = w.plan().only_user(v);
  if (!user || w.batched(v) || !w.batched(user) || w.is_cheap(v)) return false;
  const auto has_elements = [&](Value x) { return x.shape().rank() > 0 && !w.compact(x); };
  bool any = has_elements(v);
  for (int i = 0; i < v.input_count(); ++i) any = any || has_elements(v.input(i));
  return any;
}

// Sums over samples stand on a line of their own.
std::size_t inline_width(const CodeWriter& w, Value v) {
  const Value user = w.plan().only_user(v);
  const bool is_summed = user && user.op().batch == BatchRule::kReduces;
  return is_summed ? 2 * CodeWriter::kInlineWidth : CodeWriter::kInlineWidth;
}

// "FUNCTION(x, m, n)" with the extents of a shape.
Written with_extents(const CodeWriter& w, std::string_view function, const Written& x, const Shape& shape) {
  return {fmt::format("{}({}, {})", function, x.text, fmt::join(w.plan().extents(shape), ", "))};
}

Written filled(const CodeWriter& w, Value v) { return with_extents(w, "filled", w.operand(v), v.shape()); }

Written transpose(const CodeWriter& w, Value v) {
  const Value a = v.input(0);
  return w.compact(v) ? w.operand(a) : Written{"transpose(" + w.full(a).text + ")"};
}

Written vec(const CodeWriter& w, Value v) {
  const Value a = v.input(0);
  return w.compact(v) ? w.operand(a) : Written{"vec(" + w.full(a).text + ")"};
}

Written unvec(const CodeWriter& w, Value v) {
  const Value x = v.input(0);
  return w.compact(v) ? w.operand(x) : with_extents(w, "unvec", w.full(x), v.shape());
}

Written identity(const CodeWriter& w, Value v) { return {"identity(" + w.plan().extent(v.shape()[0]) + ")"}; }

Written reshape(const CodeWriter& w, Value v) {
  if (w.compact(v)) return w.operand(v.input(0));
  const std::string flat = "flat(" + w.full(v.input(0)).text + ")";
  if (v.shape().rank() == 0) return {flat + "[0]"};
  if (v.shape().rank() == 1) return {flat};
  const std::vector<std::string> extents = w.plan().extents(v.shape());
  return {fmt::format("{}{{{}, {}}}", type_of(v), fmt::join(extents, ", "), flat)};
}

Written slice(const CodeWriter& w, Value v) {
  const auto range = std::get<SliceRange>(v.attribute());
  std::vector<std::string> arguments = {w.full(v.input(0)).text};
  for (int i = 0; i < v.shape().rank(); ++i) {
    const bool is_cut = i == range.axis;
    arguments.push_back(is_cut ? w.plan().extent(range.begin) : "0");
    arguments.push_back(w.plan().extent(is_cut ? range.end : v.shape()[i]));
  }
  return {fmt::format("slice({})", fmt::join(arguments, ", "))};
}

Written concat(const CodeWriter& w, Value v) {
  const std::string_view function = std::get<std::int64_t>(v.attribute()) == 0 ? "above" : "beside";
  std::string text = w.full(v.input(0)).text;
  for (int i = 1; i < v.input_count(); ++i)
    text = fmt::format("{}({}, {})", function, text, w.full(v.input(i)).text);
  return {text};
}

Written broadcast(const CodeWriter& w, Value v) {
  if (w.compact(v)) return w.operand(v.input(0));
  return with_extents(w, "broadcast", w.full(v.input(0)), v.shape());
}

Written batch_sum(const CodeWriter& w, Value v) {
  const Value x = v.input(0);
  if (w.batched(x)) return {cpp_for_each_sample(w, "batch_sum", w.full(x).text)};
  const std::array<Written, 2> factors = {Written{"double(" + w.plan().samples() + ")"}, w.operand(x)};
  return write_call("{0} * {1!}", Notation::kProduct, factors, "");
}

Written batch_mean(const CodeWriter& w, Value v) {
  const Value x = v.input(0);
  return w.batched(x) ? Written{cpp_for_each_sample(w, "batch_mean", w.full(x).text)} : w.operand(x);
}

Written sum_to(const CodeWriter& w, Value v) {
  return with_extents(w, "sum_to", w.full(v.input(0)), v.shape());
}

Written one_hot(const CodeWriter& w, Value v) {
  return with_extents(w, "one_hot", w.operand(v.input(0)), v.shape());
}

Written batch_broadcast(const CodeWriter& w, Value v) { return w.operand(v.input(0)); }

Written batch_size(const CodeWriter& w, Value) {
  return {w.plan().samples().empty() ? "1.0" : "double(" + w.plan().samples() + ")"};
}

constexpr std::array kCalls = {
    CodeCall{&ops::kTranspose, &transpose},
    CodeCall{&ops::kVec, &vec},
    CodeCall{&ops::kUnvec, &unvec},
    CodeCall{&ops::kIdentity, &identity},
    CodeCall{&ops::kReshape, &reshape},
    CodeCall{&ops::kSlice, &slice},
    CodeCall{&ops::kConcat, &concat},
    CodeCall{&ops::kBroadcast, &broadcast},
    CodeCall{&ops::kSumTo, &sum_to},
    CodeCall{&ops::kOneHot, &one_hot},
    CodeCall{&ops::kBatchSum, &batch_sum},
    CodeCall{&ops::kBatchMean, &batch_mean},
    CodeCall{&ops::kBatchBroadcast, &batch_broadcast},
    CodeCall{&ops::kBatchSize, &batch_size},
};

}  // namespace

CodeLanguage cpp_language() {
  return {.name = "C++",
          .keywords = cpp_keywords(),
          .helpers = cpp_helpers(),
          .calls = kCalls,
          .has_row = [](const Op& op) { return find_row(op).has_value(); },
          .by_row = by_row,
          .number = text_of,
          .size = "double({0.})",
          .sample = "s",
          .filled = filled,
          .definition = definition,
          .is_costly = is_the_same_for_all_samples,
          .inline_width = inline_width};
}

std::string cpp_assignment(const std::string& type, const std::string& name, const std::string& code) {
  const std::string line = fmt::format("const {} {} = {};", type, name, code);
  return line.size() <= 97 ? line : fmt::format("const {} {} =\n      {};", type, name, code);
}

// Of a batched value, `code` is one sample's.
std::string cpp_for_each_sample(const CodeWriter& w, std::string_view function, const std::string& code) {
  return fmt::format("{}({}, [&](std::size_t{}) {{ return {}; }})", function, w.plan().samples(),
                     mentions(code, w.sample()) ? " " + w.sample() : "", code);
}

std::string cpp_type(const CodeWriter& w, Value v) {
  const bool is_batch = v.batched() && !w.plan().samples().empty();
  return is_batch ? "Batch<" + type_of(v) + ">" : type_of(v);
}

bool calls_cpp_arithmetic(const CodeWriter& w) {
  return std::ranges::any_of(w.plan().order(),
                             [&](Value v) { return w.is_called(v) && is_arithmetic(w, v); });
}

}  // namespace catenary::derive
