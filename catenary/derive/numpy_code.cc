#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/derive/code_writer.h"
#include "catenary/derive/numpy_helpers.h"

namespace catenary::derive {

namespace {

// An operator whose code is one expression, in the language of Notation. {axes} becomes ", axis=1" or the
// like: an element's axes, where there is an axis of samples before them.
struct Row {
  std::string_view op;
  std::string_view code;
  Notation::Binding binding = Notation::kAtom;
  /// It works on elements until it sums them, so compact operands may stay so beside others.
  bool repeats = false;
  /// Instead of `code` for operands without axes.
  std::string_view scalar = {};
};

constexpr std::array kRows = {
    Row{"add", "{0} + {1}", Notation::kSum, true},
    Row{"sub", "{0} - {1!}", Notation::kSum, true},
    Row{"mul", "{0} * {1!}", Notation::kProduct, true},
    Row{"div", "{0} / {1!}", Notation::kProduct, true},
    Row{"neg", "-{0!}", Notation::kNegation, true},
    Row{"square", "{0!}**2", Notation::kPower, true},
    Row{"sqrt", "np.sqrt({0.})", Notation::kAtom, true},
    Row{"pow", "{0!}**{1!}", Notation::kPower, true},
    Row{"exp", "np.exp({0.})", Notation::kAtom, true},
    Row{"log", "np.log({0.})", Notation::kAtom, true},
    Row{"abs", "np.abs({0.})", Notation::kAtom, true},
    Row{"sign", "np.sign({0.})", Notation::kAtom, true},
    Row{"step", "np.where({0.} > 0, 1.0, 0.0)", Notation::kAtom, true},
    Row{"equal", "np.where({0.} == {1.}, 1.0, 0.0)", Notation::kAtom, true},
    Row{"clip", "np.clip({0.}, -{a}, {a})", Notation::kAtom, true},
    Row{"erf", "_erf({0.})", Notation::kAtom, true},
    Row{"sigmoid", "_sigmoid({0.})", Notation::kAtom, true},
    Row{"tanh", "np.tanh({0.})", Notation::kAtom, true},
    Row{"relu", "np.maximum({0.}, 0.0)", Notation::kAtom, true},
    Row{"leaky_relu", "_leaky_relu({0.}, {a})", Notation::kAtom, true},
    Row{"elu", "_elu({0.}, {a})", Notation::kAtom, true},
    Row{"softplus", "np.logaddexp(0.0, {0.})", Notation::kAtom, true},
    Row{"gelu", "_gelu({0.})", Notation::kAtom, true},
    Row{"silu", "_silu({0.})", Notation::kAtom, true},
    Row{"softmax", "_softmax({0.})"},
    Row{"log_softmax", "_log_softmax({0.})"},
    Row{"logsumexp", "_logsumexp({0.})"},
    Row{"matmul", "{0!} @ {1!}", Notation::kProduct},
    Row{"sum", "np.sum({0.}{axes})", Notation::kAtom, false, "{0}"},
    Row{"mean", "np.mean({0.}{axes})", Notation::kAtom, false, "{0}"},
    Row{"max", "np.max({0.}{axes})", Notation::kAtom, false, "{0}"},
    Row{"norm1", "np.sum(np.abs({0.}){axes})", Notation::kAtom, false, "np.abs({0.})"},
    Row{"norm2", "np.sqrt(np.sum({0^}**2{axes}))", Notation::kAtom, false, "np.abs({0.})"},
    Row{"unit_vector", "_unit_vector({0.}{axes})", Notation::kAtom, false, "np.sign({0.})"},
    Row{"argmax", "np.argmax({0.}, axis=-1).astype(float)"},
    Row{"pick", "_pick({0.}, {1.})"},
    Row{"squared_error", "0.5 * np.sum(({0.} - {1+})**2{axes})", Notation::kProduct, true,
        "0.5 * ({0.} - {1+})**2"},
    Row{"cross_entropy", "np.sum(_cross_entropy({0.}, {1.}){axes})", Notation::kAtom, true,
        "_cross_entropy({0.}, {1.})"},
    Row{"softmax_cross_entropy", "-np.sum({1^} * _log_softmax({0.}){axes})", Notation::kNegation},
    Row{"softmax_cross_entropy_labels", "_pick(-_log_softmax({0.}), {1.})"},
    Row{"sigmoid_cross_entropy", "np.sum(_sigmoid_cross_entropy({0.}, {1.}){axes})", Notation::kAtom, true,
        "_sigmoid_cross_entropy({0.}, {1.})"},
    Row{"huber", "np.sum(_huber({0.} - {1+}, {a}){axes})", Notation::kAtom, true, "_huber({0.} - {1+}, {a})"},
};

const Row* find_row(std::string_view op) {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.op == op; });
  return row == kRows.end() ? nullptr : row;
}

std::string tuple(const std::vector<std::string>& items) {
  return items.size() == 1 ? "(" + items[0] + ",)" : fmt::format("({})", fmt::join(items, ", "));
}

std::string text_of(double x) {
  if (std::isnan(x)) return "np.nan";
  if (std::isinf(x)) return x < 0 ? "-np.inf" : "np.inf";
  return fmt::format("{}", x);
}

class NumpyWriter final : public CodeWriter {
 public:
  explicit NumpyWriter(const CodeRequest& request) : CodeWriter(request, numpy_keywords(), numpy_helpers()) {}

  std::string module() {
    read_parameters();
    write_values();
    write_results();
    std::string body = lines(4);
    const std::string helpers = helpers_for(body);
    std::string imports =
        mentions(helpers, "math") ? "import math\n\nimport numpy as np\n" : "import numpy as np\n";
    return fmt::format("{}\n{}\ndef value_and_gradient({}):\n{}{}", imports, helpers,
                       fmt::join(plan_.parameter_names(), ", "), docstring(), body);
  }

 private:
  using Emit = Written (NumpyWriter::*)(Value);
  struct Special {
    std::string_view op;
    Emit emit;
  };
  static std::span<const Special> specials();

 public:
  static bool has_code(std::string_view op) {
    return find_row(op) != nullptr ||
           std::any_of(specials().begin(), specials().end(), [&](const Special& s) { return s.op == op; });
  }

 private:
  [[nodiscard]] bool batched(Value v) const { return plan_.form(v).batched; }

  Written call(Value v) override {
    for (const Special& special : specials()) {
      if (is(v, special.op)) return (this->*special.emit)(v);
    }
    const Row* row = find_row(v.op().name);
    if (row == nullptr) fail(ErrorKind::kConfig, "there is no NumPy code for the operator {}", v.op().name);
    const bool on_scalars = v.input(0).shape().rank() == 0 && !row->scalar.empty();
    const std::string code = replaced(on_scalars ? row->scalar : row->code, "{axes}", axes(v));
    const auto* attribute = std::get_if<double>(&v.attribute());
    return write_call(code, row->binding, operands(v, row->repeats),
                      attribute == nullptr ? "" : text_of(*attribute));
  }

  Written number(double x) const override {
    return {text_of(x), std::signbit(x) ? Notation::kNegation : Notation::kAtom};
  }
  Written size(Value leaf) const override { return {plan_.name(leaf)}; }
  Written named(Value, const std::string& name) const override { return {name}; }
  std::string definition(Value, const std::string& name, const Written& code) override {
    return name + " = " + code.text;
  }

  // Views cost nothing.
  bool is_cheap(Value v) const override {
    if (is(v, "transpose")) return is_leaf(v.input(0).op()) || has_line(v.input(0));
    return CodeWriter::is_cheap(v);
  }

  // Σₙ δₙ xₙᵀ is one product of matrices.
  bool is_absorbed(Value v) const override {
    const Value user = plan_.only_user(v);
    return is(v, "outer") && user && is(user, "batch_sum") && v.name().empty() && batched(v);
  }

  // ", axis=1" for a batched operand with one axis of its own.
  std::string axes(Value v) const {
    if (!batched(v) || v.input_count() == 0) return "";
    switch (v.input(0).shape().rank()) {
      case 0: return ", axis=()";
      case 1: return ", axis=1";
      case 2: return ", axis=(1, 2)";
      case 3: return ", axis=(1, 2, 3)";
      default: return ", axis=(1, 2, 3, 4)";
    }
  }

  std::vector<std::string> shape(const Shape& s, bool with_samples) const {
    std::vector<std::string> result = plan_.extents(s);
    if (with_samples) result.insert(result.begin(), plan_.samples());
    return result;
  }

  Written filled(Value v) override {
    const std::vector<std::string> extents = shape(v.shape(), batched(v));
    const Written& x = operand(v);
    if (batched(v)) return {fmt::format("np.broadcast_to({}, {})", x.text, tuple(extents))};
    const std::string dims = extents.size() == 1 ? extents[0] : tuple(extents);
    if (x.text == "0" || x.text == "1")
      return {fmt::format("np.{}({})", x.text == "0" ? "zeros" : "ones", dims)};
    return {fmt::format("np.full({}, {}, dtype=float)", dims, x.text)};
  }

  // Its whole shape with an axis of samples.
  Written spread(Value v) {
    const Written x = full(v);
    if (batched(v) || plan_.samples().empty()) return x;
    return {fmt::format("np.broadcast_to({}, {})", x.text, tuple(shape(v.shape(), true)))};
  }

  static Written with(std::string_view code, Notation::Binding binding, std::vector<Written> operands) {
    return write_call(code, binding, operands, "");
  }

  Written transposed(Value v) {
    if (is(v, "transpose") && !has_line(v) && !batched(v)) return full(v.input(0));
    return with("{0^}.T", Notation::kAtom, {full(v)});
  }

  Written transpose(Value v) {
    if (plan_.form(v).compact) return operand(v.input(0));
    return batched(v) ? with("{0^}.swapaxes(1, 2)", Notation::kAtom, {full(v.input(0))})
                      : transposed(v.input(0));
  }

  Written matvec(Value v) {
    const Value w = v.input(0);
    const Value x = v.input(1);
    if (!batched(x)) return with("{0!} @ {1!}", Notation::kProduct, {full(w), full(x)});
    if (!batched(w)) return with("{0!} @ {1!}", Notation::kProduct, {full(x), transposed(w)});
    return with("np.einsum(\"nij,nj->ni\", {0.}, {1.})", Notation::kAtom, {full(w), full(x)});
  }

  Written outer(Value v) {
    const Value a = v.input(0);
    const Value b = v.input(1);
    if (!batched(v)) return with("np.outer({0.}, {1.})", Notation::kAtom, {full(a), full(b)});
    const std::string column = batched(a) ? "{0^}[:, :, None]" : "{0^}[:, None]";
    const std::string row = batched(b) ? "{1^}[:, None, :]" : "{1^}[None, :]";
    return with(column + " * " + row, Notation::kProduct, {full(a), full(b)});
  }

  Written dot(Value v) {
    const int rank = v.input(0).shape().rank();
    const bool one_by_one = rank != 1 || (batched(v.input(0)) && batched(v.input(1)));
    if (rank == 0) return with("{0} * {1!}", Notation::kProduct, operands(v, true));
    if (one_by_one) return with("np.sum({0^} * {1^}" + axes(v) + ")", Notation::kAtom, operands(v, true));
    if (batched(v.input(1))) return with("{1!} @ {0!}", Notation::kProduct, operands(v, false));
    return with("{0!} @ {1!}", Notation::kProduct, operands(v, false));
  }

  Written argmax_mask(Value v) {
    const int rank = v.shape().rank();
    if (rank == 0) return with("np.ones_like({0.})", Notation::kAtom, {operand(v.input(0))});
    return with(fmt::format("_argmax_mask({{0.}}, {})", rank), Notation::kAtom, {full(v.input(0))});
  }

  Written reshape(Value v) {
    if (plan_.form(v).compact) return operand(v.input(0));
    const std::vector<std::string> extents = shape(v.shape(), batched(v));
    const std::string to = extents.empty() ? "()" : fmt::format("{}", fmt::join(extents, ", "));
    return with("{0^}.reshape(" + to + ")", Notation::kAtom, {full(v.input(0))});
  }

  Written slice(Value v) {
    const auto range = std::get<SliceRange>(v.attribute());
    std::string at;
    for (int i = 0; i < range.axis + (batched(v) ? 1 : 0); ++i) at += ":, ";
    if (range.begin > 0) at += plan_.extent(range.begin);
    at += ":";
    if (range.end < v.input(0).shape()[range.axis]) at += plan_.extent(range.end);
    return with("{0^}[" + at + "]", Notation::kAtom, {full(v.input(0))});
  }

  Written concat(Value v) {
    std::vector<std::string> parts;
    for (int i = 0; i < v.input_count(); ++i)
      parts.push_back((batched(v) ? spread(v.input(i)) : full(v.input(i))).text);
    const auto axis = std::get<std::int64_t>(v.attribute()) + (batched(v) ? 1 : 0);
    return {fmt::format("np.concatenate([{}]{})", fmt::join(parts, ", "),
                        axis == 0 ? "" : fmt::format(", axis={}", axis))};
  }

  Written broadcast(Value v) {
    const Value x = v.input(0);
    if (!plan_.form(v).compact)
      return with("np.broadcast_to({0.}, " + tuple(shape(v.shape(), batched(v))) + ")", Notation::kAtom,
                  {full(x)});
    if (x.shape().rank() > 0 || !batched(v)) return operand(x);
    std::string at = "[:";
    for (int i = 0; i < v.shape().rank(); ++i) at += ", None";
    return with("{0^}" + at + "]", Notation::kAtom, {operand(x)});
  }

  Written sum_to(Value v) {
    std::vector<int> axes;
    for (int i = 0; i < v.shape().rank(); ++i) {
      if (v.shape()[i] == 1) axes.push_back(i + (batched(v) ? 1 : 0));
    }
    const std::string list =
        axes.size() == 1 ? fmt::format("{}", axes[0]) : fmt::format("({})", fmt::join(axes, ", "));
    return with("np.sum({0.}, axis=" + list + ", keepdims=True)", Notation::kAtom, {full(v.input(0))});
  }

  Written one_hot(Value v) {
    return with("_one_hot({0.}, " + plan_.extent(v.shape()[0]) + ")", Notation::kAtom, {operand(v.input(0))});
  }

  Written batch_sum(Value v) {
    const Value x = v.input(0);
    if (!batched(x)) return with("{0} * {1!}", Notation::kProduct, {{plan_.samples()}, operand(x)});
    if (is_absorbed(x)) return sum_of_outer(x);
    return with("np.sum({0.}, axis=0)", Notation::kAtom, {full(x)});
  }

  Written sum_of_outer(Value product) {
    const Value a = product.input(0);
    const Value b = product.input(1);
    if (batched(a) && batched(b)) return with("{0^}.T @ {1!}", Notation::kProduct, {full(a), full(b)});
    const std::string left = batched(a) ? "np.sum({0.}, axis=0)" : "{0.}";
    const std::string right = batched(b) ? "np.sum({1.}, axis=0)" : "{1.}";
    return with("np.outer(" + left + ", " + right + ")", Notation::kAtom, {full(a), full(b)});
  }

  Written batch_mean(Value v) {
    const Value x = v.input(0);
    return batched(x) ? with("np.mean({0.}, axis=0)", Notation::kAtom, {full(x)}) : operand(x);
  }

  Written batch_broadcast(Value v) { return operand(v.input(0)); }
  Written batch_size(Value) { return {plan_.samples().empty() ? "1" : plan_.samples()}; }

  void read_parameters();
  void read_sizes();
  void check_shapes();
  [[nodiscard]] bool shares_memory(Value v) const;
  void write_results();
  std::string result(Value v, std::string_view wanted);
  std::string docstring() const;

  std::vector<bool> is_read_;  // by parameter: all of its shape was read, so that it is right
};

std::span<const NumpyWriter::Special> NumpyWriter::specials() {
  static constexpr std::array kSpecials = {
      Special{"matvec", &NumpyWriter::matvec},
      Special{"outer", &NumpyWriter::outer},
      Special{"dot", &NumpyWriter::dot},
      Special{"transpose", &NumpyWriter::transpose},
      Special{"argmax_mask", &NumpyWriter::argmax_mask},
      Special{"reshape", &NumpyWriter::reshape},
      Special{"slice", &NumpyWriter::slice},
      Special{"concat", &NumpyWriter::concat},
      Special{"broadcast", &NumpyWriter::broadcast},
      Special{"sum_to", &NumpyWriter::sum_to},
      Special{"one_hot", &NumpyWriter::one_hot},
      Special{"batch_sum", &NumpyWriter::batch_sum},
      Special{"batch_mean", &NumpyWriter::batch_mean},
      Special{"batch_broadcast", &NumpyWriter::batch_broadcast},
      Special{"batch_size", &NumpyWriter::batch_size},
  };
  return kSpecials;
}

void NumpyWriter::read_parameters() {
  const auto& names = plan_.parameter_names();
  is_read_.resize(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    line(fmt::format("{0} = _array(\"{0}\", {0}, \"{1}\")", names[i],
                     fmt::join(plan_.parameter_extents(i), ", ")));
  }
  read_sizes();
  check_shapes();
}

// "m, n = W.shape" where all of a shape is new, else one line a size.
void NumpyWriter::read_sizes() {
  const auto& names = plan_.parameter_names();
  std::string samples = plan_.samples();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Value p = plan_.request().parameters[i];
    std::vector<std::string> variables, lines;
    const auto read = [&](const std::string& variable, int axis, std::int64_t divisor) {
      if (divisor == 1) variables.push_back(variable);
      lines.push_back(fmt::format("{} = {}.shape[{}]{}", variable, names[i], axis,
                                  divisor == 1 ? "" : fmt::format(" // {}", divisor)));
    };
    if (batched(p) && !samples.empty()) read(std::exchange(samples, ""), 0, 1);
    for (const SizeReading& r : plan_.readings()) {
      if (r.parameter == i) read(r.variable, r.axis + (batched(p) ? 1 : 0), r.divisor);
    }
    const bool is_all = variables.size() > 1 && variables == plan_.parameter_extents(i);
    if (is_all) lines = {fmt::format("{} = {}.shape", fmt::join(variables, ", "), names[i])};
    for (const std::string& text : lines) line(text);
    is_read_[i] = variables == plan_.parameter_extents(i);
  }
}

void NumpyWriter::check_shapes() {
  const auto& names = plan_.parameter_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (is_read_[i]) continue;
    const std::vector<std::string> extents = plan_.parameter_extents(i);
    line(fmt::format("_check_shape(\"{0}\", {0}, \"{1}\", {2})", names[i], fmt::join(extents, ", "),
                     tuple(extents)));
  }
}

// Whether the code may be a view of a parameter, or of a value that is returned, too.
bool NumpyWriter::shares_memory(Value v) const {
  if (plan_.form(v).compact) return false;
  if (is_leaf(v.op()) || plan_.literal(v)) return is_leaf(v.op());
  const bool is_view = is_alias(v, operand(v)) || is(v, "transpose") || is(v, "reshape") || is(v, "slice") ||
                       is(v, "broadcast");
  return is_view && (has_line(v.input(0)) || shares_memory(v.input(0)));
}

// What the caller gets shares no memory with a parameter and has its whole shape.
std::string NumpyWriter::result(Value v, std::string_view wanted) {
  const bool has_samples = v.batched() && !plan_.samples().empty();
  const Written x = has_samples ? spread(v) : full(v);
  const bool is_view = shares_memory(v) || x.text.starts_with("np.broadcast_to");
  std::string text = x.text;
  if (is_view && v.type().shape.rank() + (has_samples ? 1 : 0) > 0) text = "np.array(" + text + ")";
  if (!has_line(v) || is_view) {
    const std::string name = plan_.claim(wanted);
    line(name + " = " + text);
    text = name;
  }
  return v.shape().rank() == 0 && !has_samples ? "float(" + text + ")" : text;
}

void NumpyWriter::write_results() {
  const CodeRequest& request = plan_.request();
  const std::string value = result(request.value, "value");
  std::vector<std::string> entries;
  for (const CodeRequest::Named& g : request.gradients)
    entries.push_back(fmt::format("\"{}\": {}", g.name, result(g.value, "d" + g.name)));
  line(fmt::format("return {}, {{{}}}", value, fmt::join(entries, ", ")));
}

std::string NumpyWriter::docstring() const {
  std::string text = "    r\"\"\"The value of f and its gradients by name.\n\n";
  for (const std::string& formula : description()) text += "    " + replaced(formula, "\"\"\"", "'''") + "\n";
  text += "\n    Parameters:\n";
  for (std::size_t i = 0; i < plan_.parameter_names().size(); ++i) {
    const std::vector<std::string> extents = plan_.parameter_extents(i);
    text += fmt::format("      {}: {}\n", plan_.parameter_names()[i],
                        extents.empty() ? "a number" : fmt::format("[{}]", fmt::join(extents, ", ")));
  }
  return text + "    \"\"\"\n";
}

}  // namespace

std::string numpy_code(const CodeRequest& request) { return NumpyWriter(request).module(); }

bool has_numpy_code(const Op& op) { return NumpyWriter::has_code(op.name); }

}  // namespace catenary::derive
