#include "catenary/derive/code/numpy_operators.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

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

// ", axis=1" for a batched operand with one axis of its own.
std::string axes(const CodeWriter& w, Value v) {
  if (!w.batched(v) || v.input_count() == 0) return "";
  switch (v.input(0).shape().rank()) {
    case 0: return ", axis=()";
    case 1: return ", axis=1";
    case 2: return ", axis=(1, 2)";
    case 3: return ", axis=(1, 2, 3)";
    default: return ", axis=(1, 2, 3, 4)";
  }
}

Written by_row(const CodeWriter& w, Value v) {
  const Row row = *find_row(v.op());
  const bool on_scalars = v.input(0).shape().rank() == 0 && !row.scalar.empty();
  const std::string code = replaced(on_scalars ? row.scalar : row.code, "{axes}", axes(w, v));
  const auto* attribute = std::get_if<double>(&v.attribute());
  return write_call(code, row.binding, w.operands(v, row.repeats),
                    attribute == nullptr ? "" : text_of(*attribute));
}

std::string definition(const CodeWriter&, Value, const std::string& name, const std::string& code) {
  return name + " = " + code;
}

// Views cost nothing.
bool is_view(const CodeWriter& w, Value v) {
  return is(v, ops::kTranspose) && (is_leaf(v.input(0).op()) || w.variable(v.input(0)) != nullptr);
}

// Σₙ δₙ xₙᵀ is one product of matrices.
bool is_summed_product(const CodeWriter& w, Value v) {
  const Value user = w.plan().only_user(v);
  return is(v, ops::kOuter) && user && is(user, ops::kBatchSum) && v.name().empty() && w.batched(v);
}

std::vector<std::string> with_samples(const CodeWriter& w, Value v) {
  std::vector<std::string> extents = w.plan().extents(v.shape());
  extents.insert(extents.begin(), w.plan().samples());
  return extents;
}

std::vector<std::string> extents_of(const CodeWriter& w, Value v) {
  return w.batched(v) ? with_samples(w, v) : w.plan().extents(v.shape());
}

Written filled(const CodeWriter& w, Value v) {
  const std::vector<std::string> extents = extents_of(w, v);
  const std::string& x = w.operand(v).text;
  if (w.batched(v)) return {fmt::format("np.broadcast_to({}, {})", x, numpy_tuple(extents))};
  const std::string dims = extents.size() == 1 ? extents[0] : numpy_tuple(extents);
  const std::optional<double> number = w.plan().literal(v);
  if (number == 0 && !std::signbit(*number)) return {fmt::format("np.zeros({})", dims)};
  if (number == 1) return {fmt::format("np.ones({})", dims)};
  return {fmt::format("np.full({}, {}, dtype=float)", dims, x)};
}

Written with(std::string_view code, Notation::Binding binding, const std::vector<Written>& operands) {
  return write_call(code, binding, operands, "");
}

Written transposed(const CodeWriter& w, Value v) {
  if (is(v, ops::kTranspose) && w.variable(v) == nullptr && !w.batched(v)) return w.full(v.input(0));
  return with("{0^}.T", Notation::kAtom, {w.full(v)});
}

Written transpose(const CodeWriter& w, Value v) {
  if (w.compact(v)) return w.operand(v.input(0));
  return w.batched(v) ? with("{0^}.swapaxes(1, 2)", Notation::kAtom, {w.full(v.input(0))})
                      : transposed(w, v.input(0));
}

Written matvec(const CodeWriter& w, Value v) {
  const Value a = v.input(0);
  const Value x = v.input(1);
  if (!w.batched(x)) return with("{0!} @ {1!}", Notation::kProduct, {w.full(a), w.full(x)});
  if (!w.batched(a)) return with("{0!} @ {1!}", Notation::kProduct, {w.full(x), transposed(w, a)});
  return with("np.einsum(\"nij,nj->ni\", {0.}, {1.})", Notation::kAtom, {w.full(a), w.full(x)});
}

Written outer(const CodeWriter& w, Value v) {
  const Value a = v.input(0);
  const Value b = v.input(1);
  if (!w.batched(v)) return with("np.outer({0.}, {1.})", Notation::kAtom, {w.full(a), w.full(b)});
  const std::string column = w.batched(a) ? "{0^}[:, :, None]" : "{0^}[:, None]";
  const std::string row = w.batched(b) ? "{1^}[:, None, :]" : "{1^}[None, :]";
  return with(column + " * " + row, Notation::kProduct, {w.full(a), w.full(b)});
}

Written dot(const CodeWriter& w, Value v) {
  const int rank = v.input(0).shape().rank();
  const bool one_by_one = rank != 1 || (w.batched(v.input(0)) && w.batched(v.input(1)));
  if (rank == 0) return with("{0} * {1!}", Notation::kProduct, w.operands(v, true));
  if (one_by_one) return with("np.sum({0^} * {1^}" + axes(w, v) + ")", Notation::kAtom, w.operands(v, true));
  if (w.batched(v.input(1))) return with("{1!} @ {0!}", Notation::kProduct, w.operands(v, false));
  return with("{0!} @ {1!}", Notation::kProduct, w.operands(v, false));
}

// Column by column.
Written vec(const CodeWriter& w, Value v) {
  if (w.compact(v)) return w.operand(v.input(0));
  if (!w.batched(v)) return with("{0^}.ravel(order=\"F\")", Notation::kAtom, {w.full(v.input(0))});
  const std::string to = fmt::format("{}", fmt::join(extents_of(w, v), ", "));
  return with("{0^}.swapaxes(1, 2).reshape(" + to + ")", Notation::kAtom, {w.full(v.input(0))});
}

Written unvec(const CodeWriter& w, Value v) {
  if (w.compact(v)) return w.operand(v.input(0));
  const std::vector<std::string> extents = w.plan().extents(v.shape());
  if (!w.batched(v))
    return with("{0^}.reshape(" + numpy_tuple(extents) + ", order=\"F\")", Notation::kAtom,
                {w.full(v.input(0))});
  const std::string to = fmt::format("{}, {}, {}", w.plan().samples(), extents[1], extents[0]);
  return with("{0^}.reshape(" + to + ").swapaxes(1, 2)", Notation::kAtom, {w.full(v.input(0))});
}

Written kron(const CodeWriter& w, Value v) {
  return with(w.batched(v) ? "_kron({0.}, {1.})" : "np.kron({0.}, {1.})", Notation::kAtom,
              w.operands(v, false));
}

Written trace(const CodeWriter& w, Value v) {
  return with(w.batched(v) ? "np.trace({0.}, axis1=1, axis2=2)" : "np.trace({0.})", Notation::kAtom,
              w.operands(v, false));
}

Written identity(const CodeWriter& w, Value v) { return {"np.eye(" + w.plan().extent(v.shape()[0]) + ")"}; }

Written diag(const CodeWriter& w, Value v) {
  if (!w.batched(v)) return with("np.diag({0.})", Notation::kAtom, w.operands(v, false));
  const std::string code = "{0^}[:, :, None] * np.eye(" + w.plan().extent(v.shape()[0]) + ")";
  return with(code, Notation::kProduct, w.operands(v, false));
}

Written diagonal(const CodeWriter& w, Value v) {
  return with(w.batched(v) ? "np.diagonal({0.}, axis1=1, axis2=2)" : "np.diag({0.})", Notation::kAtom,
              w.operands(v, false));
}

Written argmax_mask(const CodeWriter& w, Value v) {
  const int rank = v.shape().rank();
  if (rank == 0) return with("np.ones_like({0.})", Notation::kAtom, {w.operand(v.input(0))});
  return with(fmt::format("_argmax_mask({{0.}}, {})", rank), Notation::kAtom, {w.full(v.input(0))});
}

Written reshape(const CodeWriter& w, Value v) {
  if (w.compact(v)) return w.operand(v.input(0));
  const std::vector<std::string> extents = extents_of(w, v);
  const std::string to = extents.empty() ? "()" : fmt::format("{}", fmt::join(extents, ", "));
  return with("{0^}.reshape(" + to + ")", Notation::kAtom, {w.full(v.input(0))});
}

Written slice(const CodeWriter& w, Value v) {
  const auto range = std::get<SliceRange>(v.attribute());
  std::string at;
  for (int i = 0; i < range.axis + (w.batched(v) ? 1 : 0); ++i) at += ":, ";
  if (range.begin > 0) at += w.plan().extent(range.begin);
  at += ":";
  if (range.end < v.input(0).shape()[range.axis]) at += w.plan().extent(range.end);
  return with("{0^}[" + at + "]", Notation::kAtom, {w.full(v.input(0))});
}

Written concat(const CodeWriter& w, Value v) {
  std::vector<std::string> parts;
  for (int i = 0; i < v.input_count(); ++i)
    parts.push_back((w.batched(v) ? numpy_spread(w, v.input(i)) : w.full(v.input(i))).text);
  const auto axis = std::get<std::int64_t>(v.attribute()) + (w.batched(v) ? 1 : 0);
  return {fmt::format("np.concatenate([{}]{})", fmt::join(parts, ", "),
                      axis == 0 ? "" : fmt::format(", axis={}", axis))};
}

Written broadcast(const CodeWriter& w, Value v) {
  const Value x = v.input(0);
  if (!w.compact(v))
    return with("np.broadcast_to({0.}, " + numpy_tuple(extents_of(w, v)) + ")", Notation::kAtom, {w.full(x)});
  if (x.shape().rank() > 0 || !w.batched(v)) return w.operand(x);
  std::string at = "[:";
  for (int i = 0; i < v.shape().rank(); ++i) at += ", None";
  return with("{0^}" + at + "]", Notation::kAtom, {w.operand(x)});
}

Written sum_to(const CodeWriter& w, Value v) {
  std::vector<int> axes;
  for (int i = 0; i < v.shape().rank(); ++i) {
    if (v.shape()[i] == 1) axes.push_back(i + (w.batched(v) ? 1 : 0));
  }
  const std::string list =
      axes.size() == 1 ? fmt::format("{}", axes[0]) : fmt::format("({})", fmt::join(axes, ", "));
  return with("np.sum({0.}, axis=" + list + ", keepdims=True)", Notation::kAtom, {w.full(v.input(0))});
}

Written one_hot(const CodeWriter& w, Value v) {
  return with("_one_hot({0.}, " + w.plan().extent(v.shape()[0]) + ")", Notation::kAtom,
              {w.operand(v.input(0))});
}

Written sum_of_outer(const CodeWriter& w, Value product) {
  const Value a = product.input(0);
  const Value b = product.input(1);
  if (w.batched(a) && w.batched(b)) return with("{0^}.T @ {1!}", Notation::kProduct, {w.full(a), w.full(b)});
  const std::string left = w.batched(a) ? "np.sum({0.}, axis=0)" : "{0.}";
  const std::string right = w.batched(b) ? "np.sum({1.}, axis=0)" : "{1.}";
  return with("np.outer(" + left + ", " + right + ")", Notation::kAtom, {w.full(a), w.full(b)});
}

Written batch_sum(const CodeWriter& w, Value v) {
  const Value x = v.input(0);
  if (!w.batched(x)) return with("{0} * {1!}", Notation::kProduct, {{w.plan().samples()}, w.operand(x)});
  if (w.is_absorbed(x)) return sum_of_outer(w, x);
  return with("np.sum({0.}, axis=0)", Notation::kAtom, {w.full(x)});
}

Written batch_mean(const CodeWriter& w, Value v) {
  const Value x = v.input(0);
  return w.batched(x) ? with("np.mean({0.}, axis=0)", Notation::kAtom, {w.full(x)}) : w.operand(x);
}

Written batch_broadcast(const CodeWriter& w, Value v) { return w.operand(v.input(0)); }

Written batch_size(const CodeWriter& w, Value) {
  return {w.plan().samples().empty() ? "1" : w.plan().samples()};
}

constexpr std::array kCalls = {
    CodeCall{&ops::kMatVec, &matvec},
    CodeCall{&ops::kOuter, &outer},
    CodeCall{&ops::kDot, &dot},
    CodeCall{&ops::kTranspose, &transpose},
    CodeCall{&ops::kVec, &vec},
    CodeCall{&ops::kUnvec, &unvec},
    CodeCall{&ops::kKron, &kron},
    CodeCall{&ops::kTrace, &trace},
    CodeCall{&ops::kIdentity, &identity},
    CodeCall{&ops::kDiag, &diag},
    CodeCall{&ops::kDiagonal, &diagonal},
    CodeCall{&ops::kArgmaxMask, &argmax_mask},
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

CodeLanguage numpy_language() {
  return {.name = "NumPy",
          .keywords = numpy_keywords(),
          .helpers = numpy_helpers(),
          .calls = kCalls,
          .has_row = [](const Op& op) { return find_row(op).has_value(); },
          .by_row = by_row,
          .number = text_of,
          .filled = filled,
          .definition = definition,
          .is_absorbed = is_summed_product,
          .is_cheap = is_view};
}

Written numpy_spread(const CodeWriter& w, Value v) {
  Written x = w.full(v);
  if (w.batched(v) || w.plan().samples().empty()) return x;
  return {fmt::format("np.broadcast_to({}, {})", x.text, numpy_tuple(with_samples(w, v)))};
}

std::string numpy_tuple(const std::vector<std::string>& items) {
  return items.size() == 1 ? "(" + items[0] + ",)" : fmt::format("({})", fmt::join(items, ", "));
}

}  // namespace catenary::derive
