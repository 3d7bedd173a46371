#include "catenary/derive/code/numpy_operators.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/derive/code/numpy_helpers.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// An operator whose code is one expression, in the language of Notation. {axes} becomes ", axis=1" or the
// like: an element's axes, where there is an axis of samples before them.
struct Row {
  const Op* op;
  std::string_view code;
  Notation::Binding binding = Notation::kAtom;
  /// It works on elements until it sums them, so compact operands may stay so beside others.
  bool repeats = false;
  /// Instead of `code` for operands without axes.
  std::string_view scalar = {};
};

constexpr std::array kRows = {
    Row{&ops::kAdd, "{0} + {1}", Notation::kSum, true},
    Row{&ops::kSub, "{0} - {1!}", Notation::kSum, true},
    Row{&ops::kMul, "{0} * {1!}", Notation::kProduct, true},
    Row{&ops::kDiv, "{0} / {1!}", Notation::kProduct, true},
    Row{&ops::kNeg, "-{0!}", Notation::kNegation, true},
    Row{&ops::kSquare, "{0!}**2", Notation::kPower, true},
    Row{&ops::kPow, "{0!}**{1!}", Notation::kPower, true},
    Row{&ops::kSoftmax, "_softmax({0.})"},
    Row{&ops::kLogSoftmax, "_log_softmax({0.})"},
    Row{&ops::kLogSumExp, "_logsumexp({0.})"},
    Row{&ops::kMatMul, "{0!} @ {1!}", Notation::kProduct},
    Row{&ops::kInv, "np.linalg.inv({0.})"},
    Row{&ops::kDet, "np.linalg.det({0.})"},
    Row{&ops::kLogDet, "np.linalg.slogdet({0.})[1]"},
    Row{&ops::kKronAdjointLeft, "_kron_adjoint_left({0.}, {1.})"},
    Row{&ops::kKronAdjointRight, "_kron_adjoint_right({0.}, {1.})"},
    Row{&ops::kSum, "np.sum({0.}{axes})", Notation::kAtom, false, "{0}"},
    Row{&ops::kMean, "np.mean({0.}{axes})", Notation::kAtom, false, "{0}"},
    Row{&ops::kMax, "np.max({0.}{axes})", Notation::kAtom, false, "{0}"},
    Row{&ops::kNorm1, "np.sum(np.abs({0.}){axes})", Notation::kAtom, false, "np.abs({0.})"},
    Row{&ops::kNorm2, "np.sqrt(np.sum({0^}**2{axes}))", Notation::kAtom, false, "np.abs({0.})"},
    Row{&ops::kUnitVector, "_unit_vector({0.}{axes})", Notation::kAtom, false, "np.sign({0.})"},
    Row{&ops::kArgmax, "np.argmax({0.}, axis=-1).astype(float)"},
    Row{&ops::kPick, "_pick({0.}, {1.})"},
    Row{&ops::kSquaredError, "0.5 * np.sum(({0.} - {1+})**2{axes})", Notation::kProduct, true,
        "0.5 * ({0.} - {1+})**2"},
    Row{&ops::kCrossEntropy, "np.sum(_cross_entropy({0.}, {1.}){axes})", Notation::kAtom, true,
        "_cross_entropy({0.}, {1.})"},
    Row{&ops::kSoftmaxCrossEntropy, "np.sum(_softmax_cross_entropy({0.}, {1.}){axes})"},
    Row{&ops::kSoftmaxCrossEntropyLabels, "_pick(-_log_softmax({0.}), {1.})"},
    Row{&ops::kSigmoidCrossEntropy, "np.sum(_sigmoid_cross_entropy({0.}, {1.}){axes})", Notation::kAtom, true,
        "_sigmoid_cross_entropy({0.}, {1.})"},
    Row{&ops::kHuber, "np.sum(_huber({0.} - {1+}, {a}){axes})", Notation::kAtom, true,
        "_huber({0.} - {1+}, {a})"},
};

std::optional<Row> find_row(const Op& op) {
  const auto functions = numpy_functions();
  const auto function = std::ranges::find(functions, &op, &NumpyFunction::op);
  if (function != functions.end()) return Row{&op, function->code, Notation::kAtom, true};
  const auto row = std::ranges::find(kRows, &op, &Row::op);
  return row == kRows.end() ? std::nullopt : std::optional(*row);
}

std::string text_of(double x) {
  if (std::isnan(x)) return "np.nan";
  if (std::isinf(x)) return x < 0 ? "-np.inf" : "np.inf";
  return fmt::format("{}", x);
}

}  // namespace

std::string NumpyOperators::tuple(const std::vector<std::string>& items) {
  return items.size() == 1 ? "(" + items[0] + ",)" : fmt::format("({})", fmt::join(items, ", "));
}

NumpyOperators::NumpyOperators(const CodeRequest& request)
    : CodeWriter(request, numpy_keywords(), numpy_helpers()) {}

bool NumpyOperators::has_code(const Op& op) {
  return find_row(op) ||
         std::any_of(specials().begin(), specials().end(), [&](const Special& s) { return s.op == &op; });
}

Written NumpyOperators::call(Value v) {
  for (const Special& special : specials()) {
    if (is(v, *special.op)) return (this->*special.emit)(v);
  }
  const std::optional<Row> row = find_row(v.op());
  if (!row) fail(ErrorKind::kConfig, "there is no NumPy code for the operator {}", v.op().name);
  const bool on_scalars = v.input(0).shape().rank() == 0 && !row->scalar.empty();
  const std::string code = replaced(on_scalars ? row->scalar : row->code, "{axes}", axes(v));
  const auto* attribute = std::get_if<double>(&v.attribute());
  return write_call(code, row->binding, operands(v, row->repeats),
                    attribute == nullptr ? "" : text_of(*attribute));
}

Written NumpyOperators::number(double x) const {
  return {text_of(x), std::signbit(x) ? Notation::kNegation : Notation::kAtom};
}

std::string NumpyOperators::definition(Value, const std::string& name, const Written& code) {
  return name + " = " + code.text;
}

// Views cost nothing.
bool NumpyOperators::is_cheap(Value v) const {
  if (is(v, ops::kTranspose)) return is_leaf(v.input(0).op()) || has_line(v.input(0));
  return CodeWriter::is_cheap(v);
}

// Σₙ δₙ xₙᵀ is one product of matrices.
bool NumpyOperators::is_absorbed(Value v) const {
  const Value user = plan_.only_user(v);
  return is(v, ops::kOuter) && user && is(user, ops::kBatchSum) && v.name().empty() && batched(v);
}

// ", axis=1" for a batched operand with one axis of its own.
std::string NumpyOperators::axes(Value v) const {
  if (!batched(v) || v.input_count() == 0) return "";
  switch (v.input(0).shape().rank()) {
    case 0: return ", axis=()";
    case 1: return ", axis=1";
    case 2: return ", axis=(1, 2)";
    case 3: return ", axis=(1, 2, 3)";
    default: return ", axis=(1, 2, 3, 4)";
  }
}

std::vector<std::string> NumpyOperators::shape(const Shape& s, bool with_samples) const {
  std::vector<std::string> result = plan_.extents(s);
  if (with_samples) result.insert(result.begin(), plan_.samples());
  return result;
}

Written NumpyOperators::filled(Value v) {
  const std::vector<std::string> extents = shape(v.shape(), batched(v));
  const Written& x = operand(v);
  if (batched(v)) return {fmt::format("np.broadcast_to({}, {})", x.text, tuple(extents))};
  const std::string dims = extents.size() == 1 ? extents[0] : tuple(extents);
  if (x.text == "0" || x.text == "1")
    return {fmt::format("np.{}({})", x.text == "0" ? "zeros" : "ones", dims)};
  return {fmt::format("np.full({}, {}, dtype=float)", dims, x.text)};
}

// Its whole shape with an axis of samples.
Written NumpyOperators::spread(Value v) {
  Written x = full(v);
  if (batched(v) || plan_.samples().empty()) return x;
  return {fmt::format("np.broadcast_to({}, {})", x.text, tuple(shape(v.shape(), true)))};
}

Written NumpyOperators::with(std::string_view code, Notation::Binding binding,
                             std::vector<Written> operands) {
  return write_call(code, binding, operands, "");
}

Written NumpyOperators::transposed(Value v) {
  if (is(v, ops::kTranspose) && !has_line(v) && !batched(v)) return full(v.input(0));
  return with("{0^}.T", Notation::kAtom, {full(v)});
}

Written NumpyOperators::transpose(Value v) {
  if (plan_.form(v).compact) return operand(v.input(0));
  return batched(v) ? with("{0^}.swapaxes(1, 2)", Notation::kAtom, {full(v.input(0))})
                    : transposed(v.input(0));
}

Written NumpyOperators::matvec(Value v) {
  const Value w = v.input(0);
  const Value x = v.input(1);
  if (!batched(x)) return with("{0!} @ {1!}", Notation::kProduct, {full(w), full(x)});
  if (!batched(w)) return with("{0!} @ {1!}", Notation::kProduct, {full(x), transposed(w)});
  return with("np.einsum(\"nij,nj->ni\", {0.}, {1.})", Notation::kAtom, {full(w), full(x)});
}

Written NumpyOperators::outer(Value v) {
  const Value a = v.input(0);
  const Value b = v.input(1);
  if (!batched(v)) return with("np.outer({0.}, {1.})", Notation::kAtom, {full(a), full(b)});
  const std::string column = batched(a) ? "{0^}[:, :, None]" : "{0^}[:, None]";
  const std::string row = batched(b) ? "{1^}[:, None, :]" : "{1^}[None, :]";
  return with(column + " * " + row, Notation::kProduct, {full(a), full(b)});
}

Written NumpyOperators::dot(Value v) {
  const int rank = v.input(0).shape().rank();
  const bool one_by_one = rank != 1 || (batched(v.input(0)) && batched(v.input(1)));
  if (rank == 0) return with("{0} * {1!}", Notation::kProduct, operands(v, true));
  if (one_by_one) return with("np.sum({0^} * {1^}" + axes(v) + ")", Notation::kAtom, operands(v, true));
  if (batched(v.input(1))) return with("{1!} @ {0!}", Notation::kProduct, operands(v, false));
  return with("{0!} @ {1!}", Notation::kProduct, operands(v, false));
}

// Column by column.
Written NumpyOperators::vec(Value v) {
  if (plan_.form(v).compact) return operand(v.input(0));
  if (!batched(v)) return with("{0^}.ravel(order=\"F\")", Notation::kAtom, {full(v.input(0))});
  const std::string to = fmt::format("{}", fmt::join(shape(v.shape(), true), ", "));
  return with("{0^}.swapaxes(1, 2).reshape(" + to + ")", Notation::kAtom, {full(v.input(0))});
}

Written NumpyOperators::unvec(Value v) {
  if (plan_.form(v).compact) return operand(v.input(0));
  const std::vector<std::string> extents = plan_.extents(v.shape());
  if (!batched(v))
    return with("{0^}.reshape(" + tuple(extents) + ", order=\"F\")", Notation::kAtom, {full(v.input(0))});
  const std::string to = fmt::format("{}, {}, {}", plan_.samples(), extents[1], extents[0]);
  return with("{0^}.reshape(" + to + ").swapaxes(1, 2)", Notation::kAtom, {full(v.input(0))});
}

Written NumpyOperators::kron(Value v) {
  return with(batched(v) ? "_kron({0.}, {1.})" : "np.kron({0.}, {1.})", Notation::kAtom, operands(v, false));
}

Written NumpyOperators::trace(Value v) {
  return with(batched(v) ? "np.trace({0.}, axis1=1, axis2=2)" : "np.trace({0.})", Notation::kAtom,
              operands(v, false));
}

Written NumpyOperators::identity(Value v) { return {"np.eye(" + plan_.extent(v.shape()[0]) + ")"}; }

Written NumpyOperators::diag(Value v) {
  if (!batched(v)) return with("np.diag({0.})", Notation::kAtom, operands(v, false));
  const std::string code = "{0^}[:, :, None] * np.eye(" + plan_.extent(v.shape()[0]) + ")";
  return with(code, Notation::kProduct, operands(v, false));
}

Written NumpyOperators::diagonal(Value v) {
  return with(batched(v) ? "np.diagonal({0.}, axis1=1, axis2=2)" : "np.diag({0.})", Notation::kAtom,
              operands(v, false));
}

Written NumpyOperators::argmax_mask(Value v) {
  const int rank = v.shape().rank();
  if (rank == 0) return with("np.ones_like({0.})", Notation::kAtom, {operand(v.input(0))});
  return with(fmt::format("_argmax_mask({{0.}}, {})", rank), Notation::kAtom, {full(v.input(0))});
}

Written NumpyOperators::reshape(Value v) {
  if (plan_.form(v).compact) return operand(v.input(0));
  const std::vector<std::string> extents = shape(v.shape(), batched(v));
  const std::string to = extents.empty() ? "()" : fmt::format("{}", fmt::join(extents, ", "));
  return with("{0^}.reshape(" + to + ")", Notation::kAtom, {full(v.input(0))});
}

Written NumpyOperators::slice(Value v) {
  const auto range = std::get<SliceRange>(v.attribute());
  std::string at;
  for (int i = 0; i < range.axis + (batched(v) ? 1 : 0); ++i) at += ":, ";
  if (range.begin > 0) at += plan_.extent(range.begin);
  at += ":";
  if (range.end < v.input(0).shape()[range.axis]) at += plan_.extent(range.end);
  return with("{0^}[" + at + "]", Notation::kAtom, {full(v.input(0))});
}

Written NumpyOperators::concat(Value v) {
  std::vector<std::string> parts;
  for (int i = 0; i < v.input_count(); ++i)
    parts.push_back((batched(v) ? spread(v.input(i)) : full(v.input(i))).text);
  const auto axis = std::get<std::int64_t>(v.attribute()) + (batched(v) ? 1 : 0);
  return {fmt::format("np.concatenate([{}]{})", fmt::join(parts, ", "),
                      axis == 0 ? "" : fmt::format(", axis={}", axis))};
}

Written NumpyOperators::broadcast(Value v) {
  const Value x = v.input(0);
  if (!plan_.form(v).compact)
    return with("np.broadcast_to({0.}, " + tuple(shape(v.shape(), batched(v))) + ")", Notation::kAtom,
                {full(x)});
  if (x.shape().rank() > 0 || !batched(v)) return operand(x);
  std::string at = "[:";
  for (int i = 0; i < v.shape().rank(); ++i) at += ", None";
  return with("{0^}" + at + "]", Notation::kAtom, {operand(x)});
}

Written NumpyOperators::sum_to(Value v) {
  std::vector<int> axes;
  for (int i = 0; i < v.shape().rank(); ++i) {
    if (v.shape()[i] == 1) axes.push_back(i + (batched(v) ? 1 : 0));
  }
  const std::string list =
      axes.size() == 1 ? fmt::format("{}", axes[0]) : fmt::format("({})", fmt::join(axes, ", "));
  return with("np.sum({0.}, axis=" + list + ", keepdims=True)", Notation::kAtom, {full(v.input(0))});
}

Written NumpyOperators::one_hot(Value v) {
  return with("_one_hot({0.}, " + plan_.extent(v.shape()[0]) + ")", Notation::kAtom, {operand(v.input(0))});
}

Written NumpyOperators::batch_sum(Value v) {
  const Value x = v.input(0);
  if (!batched(x)) return with("{0} * {1!}", Notation::kProduct, {{plan_.samples()}, operand(x)});
  if (is_absorbed(x)) return sum_of_outer(x);
  return with("np.sum({0.}, axis=0)", Notation::kAtom, {full(x)});
}

Written NumpyOperators::sum_of_outer(Value product) {
  const Value a = product.input(0);
  const Value b = product.input(1);
  if (batched(a) && batched(b)) return with("{0^}.T @ {1!}", Notation::kProduct, {full(a), full(b)});
  const std::string left = batched(a) ? "np.sum({0.}, axis=0)" : "{0.}";
  const std::string right = batched(b) ? "np.sum({1.}, axis=0)" : "{1.}";
  return with("np.outer(" + left + ", " + right + ")", Notation::kAtom, {full(a), full(b)});
}

Written NumpyOperators::batch_mean(Value v) {
  const Value x = v.input(0);
  return batched(x) ? with("np.mean({0.}, axis=0)", Notation::kAtom, {full(x)}) : operand(x);
}

std::span<const NumpyOperators::Special> NumpyOperators::specials() {
  static constexpr std::array kSpecials = {
      Special{&ops::kMatVec, &NumpyOperators::matvec},
      Special{&ops::kOuter, &NumpyOperators::outer},
      Special{&ops::kDot, &NumpyOperators::dot},
      Special{&ops::kTranspose, &NumpyOperators::transpose},
      Special{&ops::kVec, &NumpyOperators::vec},
      Special{&ops::kUnvec, &NumpyOperators::unvec},
      Special{&ops::kKron, &NumpyOperators::kron},
      Special{&ops::kTrace, &NumpyOperators::trace},
      Special{&ops::kIdentity, &NumpyOperators::identity},
      Special{&ops::kDiag, &NumpyOperators::diag},
      Special{&ops::kDiagonal, &NumpyOperators::diagonal},
      Special{&ops::kArgmaxMask, &NumpyOperators::argmax_mask},
      Special{&ops::kReshape, &NumpyOperators::reshape},
      Special{&ops::kSlice, &NumpyOperators::slice},
      Special{&ops::kConcat, &NumpyOperators::concat},
      Special{&ops::kBroadcast, &NumpyOperators::broadcast},
      Special{&ops::kSumTo, &NumpyOperators::sum_to},
      Special{&ops::kOneHot, &NumpyOperators::one_hot},
      Special{&ops::kBatchSum, &NumpyOperators::batch_sum},
      Special{&ops::kBatchMean, &NumpyOperators::batch_mean},
      Special{&ops::kBatchBroadcast, &NumpyOperators::batch_broadcast},
      Special{&ops::kBatchSize, &NumpyOperators::batch_size},
  };
  return kSpecials;
}

}  // namespace catenary::derive
