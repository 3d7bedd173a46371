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

namespace {

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

}  // namespace

CppOperators::CppOperators(const CodeRequest& request)
    : CodeWriter(request, cpp_keywords(), cpp_helpers()), sample_(plan_.claim("s")) {}

bool CppOperators::has_code(const Op& op) {
  return find_row(op) ||
         std::any_of(specials().begin(), specials().end(), [&](const Special& s) { return s.op == &op; });
}

Written CppOperators::call(Value v) {
  for (const Special& special : specials()) {
    if (is(v, *special.op)) return (this->*special.emit)(v);
  }
  const std::optional<CppRow> row = find_row(v.op());
  if (!row) fail(ErrorKind::kConfig, "there is no C++ code for the operator {}", v.op().name);
  return by_row(v, *row);
}

Written CppOperators::by_row(Value v, const CppRow& row) {
  const bool of_scalars = v.input(0).shape().rank() == 0;
  const bool makes_scalar = v.shape().rank() == 0 || plan_.form(v).compact;
  switch (row.kind) {
    case kWhole:
      return write_call(of_scalars && !row.scalar.empty() ? row.scalar : row.code, row.binding,
                        operands(v, false), "");
    case kExpression:
      uses_arithmetic_ = uses_arithmetic_ || !makes_scalar;
      return write_call(row.code, row.binding, operands(v, true), "");
    case kEach: return makes_scalar ? on_numbers(v, row) : on_elements("map", v, row);
    case kSumOf: return of_scalars ? on_numbers(v, row) : on_elements("sum_of", v, row);
  }
  return {};
}

std::string CppOperators::arguments(Value v) {
  std::vector<std::string> list;
  for (const Written& x : operands(v, true)) list.push_back(x.text);
  if (const auto* number = std::get_if<double>(&v.attribute())) list.push_back(text_of(*number));
  return fmt::format("{}", fmt::join(list, ", "));
}

Written CppOperators::on_elements(std::string_view how, Value v, const CppRow& row) {
  return {fmt::format("{}({}, {})", how, row.code, arguments(v))};
}

Written CppOperators::on_numbers(Value v, const CppRow& row) {
  return {fmt::format("{}({})", row.code, arguments(v))};
}

Written CppOperators::batch_size(Value) {
  return {plan_.samples().empty() ? "1.0" : "double(" + plan_.samples() + ")"};
}

Written CppOperators::number(double x) const {
  return {text_of(x), std::signbit(x) ? Notation::kNegation : Notation::kAtom};
}

Written CppOperators::named(Value v, const std::string& name) const {
  return {batched(v) ? fmt::format("{}[{}]", name, sample_) : name};
}

// Of a batched value, `code` is one sample's.
std::string CppOperators::for_each_sample(std::string_view function, const std::string& samples,
                                          const std::string& code) const {
  return fmt::format("{}({}, [&](std::size_t{}) {{ return {}; }})", function, samples,
                     mentions(code, sample_) ? " " + sample_ : "", code);
}

std::string CppOperators::assignment(const std::string& type, const std::string& name,
                                     const std::string& code) {
  const std::string line = fmt::format("const {} {} = {};", type, name, code);
  return line.size() <= 97 ? line : fmt::format("const {} {} =\n      {};", type, name, code);
}

std::string CppOperators::definition(Value v, const std::string& name, const Written& code) {
  const std::string type = plan_.form(v).compact ? "double" : type_of(v);
  if (!batched(v)) return assignment(type, name, code.text);
  return assignment("Batch<" + type + ">", name, for_each_sample("per_sample", plan_.samples(), code.text));
}

// What no sample changes is computed before, not for each of them.
bool CppOperators::is_costly(Value v) const {
  const Value user = plan_.only_user(v);
  if (!user || batched(v) || !batched(user) || is_cheap(v)) return false;
  const auto has_elements = [&](Value x) { return x.shape().rank() > 0 && !plan_.form(x).compact; };
  bool any = has_elements(v);
  for (int i = 0; i < v.input_count(); ++i) any = any || has_elements(v.input(i));
  return any;
}

// Sums over samples stand on a line of their own.
std::size_t CppOperators::inline_width(Value v) const {
  const Value user = plan_.only_user(v);
  return user && user.op().batch == BatchRule::kReduces ? 2 * kInlineWidth : kInlineWidth;
}

// One sample's.
std::string CppOperators::type_of(Value v) {
  switch (v.shape().rank()) {
    case 0: return "double";
    case 1: return "Vector";
    case 2: return "Matrix";
    default:
      fail(ErrorKind::kConfig, "C++ code has numbers, vectors and matrices; found a value of shape {}",
           v.shape().str());
  }
}

// As the caller sees it.
std::string CppOperators::full_type(Value v) const {
  const bool is_batch = v.batched() && !plan_.samples().empty();
  return is_batch ? "Batch<" + type_of(v) + ">" : type_of(v);
}

// "FUNCTION(x, m, n)" with the extents of a shape.
Written CppOperators::with_extents(std::string_view function, const Written& x, const Shape& shape) const {
  return {fmt::format("{}({}, {})", function, x.text, fmt::join(plan_.extents(shape), ", "))};
}

Written CppOperators::transpose(Value v) {
  const Value a = v.input(0);
  return plan_.form(v).compact ? operand(a) : Written{"transpose(" + full(a).text + ")"};
}

Written CppOperators::vec(Value v) {
  const Value a = v.input(0);
  return plan_.form(v).compact ? operand(a) : Written{"vec(" + full(a).text + ")"};
}

Written CppOperators::unvec(Value v) {
  const Value x = v.input(0);
  return plan_.form(v).compact ? operand(x) : with_extents("unvec", full(x), v.shape());
}

Written CppOperators::identity(Value v) { return {"identity(" + plan_.extent(v.shape()[0]) + ")"}; }

Written CppOperators::reshape(Value v) {
  if (plan_.form(v).compact) return operand(v.input(0));
  const std::string flat = "flat(" + full(v.input(0)).text + ")";
  if (v.shape().rank() == 0) return {flat + "[0]"};
  if (v.shape().rank() == 1) return {flat};
  const std::vector<std::string> extents = plan_.extents(v.shape());
  return {fmt::format("{}{{{}, {}}}", type_of(v), fmt::join(extents, ", "), flat)};
}

Written CppOperators::slice(Value v) {
  const auto range = std::get<SliceRange>(v.attribute());
  std::vector<std::string> arguments = {full(v.input(0)).text};
  for (int i = 0; i < v.shape().rank(); ++i) {
    const bool is_cut = i == range.axis;
    arguments.push_back(is_cut ? plan_.extent(range.begin) : "0");
    arguments.push_back(plan_.extent(is_cut ? range.end : v.shape()[i]));
  }
  return {fmt::format("slice({})", fmt::join(arguments, ", "))};
}

Written CppOperators::concat(Value v) {
  const std::string_view function = std::get<std::int64_t>(v.attribute()) == 0 ? "above" : "beside";
  std::string text = full(v.input(0)).text;
  for (int i = 1; i < v.input_count(); ++i)
    text = fmt::format("{}({}, {})", function, text, full(v.input(i)).text);
  return {text};
}

Written CppOperators::broadcast(Value v) {
  if (plan_.form(v).compact) return operand(v.input(0));
  return with_extents("broadcast", full(v.input(0)), v.shape());
}

Written CppOperators::batch_sum(Value v) {
  const Value x = v.input(0);
  if (batched(x)) return {for_each_sample("batch_sum", plan_.samples(), full(x).text)};
  uses_arithmetic_ = uses_arithmetic_ || type_of(v) != "double";
  const std::array<Written, 2> factors = {Written{"double(" + plan_.samples() + ")"}, operand(x)};
  return write_call("{0} * {1!}", Notation::kProduct, factors, "");
}

Written CppOperators::batch_mean(Value v) {
  const Value x = v.input(0);
  return batched(x) ? Written{for_each_sample("batch_mean", plan_.samples(), full(x).text)} : operand(x);
}

std::span<const CppOperators::Special> CppOperators::specials() {
  static constexpr std::array kSpecials = {
      Special{&ops::kTranspose, &CppOperators::transpose},
      Special{&ops::kVec, &CppOperators::vec},
      Special{&ops::kUnvec, &CppOperators::unvec},
      Special{&ops::kIdentity, &CppOperators::identity},
      Special{&ops::kReshape, &CppOperators::reshape},
      Special{&ops::kSlice, &CppOperators::slice},
      Special{&ops::kConcat, &CppOperators::concat},
      Special{&ops::kBroadcast, &CppOperators::broadcast},
      Special{&ops::kSumTo, &CppOperators::sum_to},
      Special{&ops::kOneHot, &CppOperators::one_hot},
      Special{&ops::kBatchSum, &CppOperators::batch_sum},
      Special{&ops::kBatchMean, &CppOperators::batch_mean},
      Special{&ops::kBatchBroadcast, &CppOperators::batch_broadcast},
      Special{&ops::kBatchSize, &CppOperators::batch_size},
  };
  return kSpecials;
}

}  // namespace catenary::derive
