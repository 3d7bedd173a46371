#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/base/error.h"
#include "catenary/derive/code_writer.h"
#include "catenary/derive/cpp_helpers.h"

namespace catenary::derive {

namespace {

// An operator whose code is one expression of one sample's operands, in the language of Notation.
struct Row {
  // What a row's code is.
  enum class Kind {
    kExpression,  // the expression itself; arrays have its operators
    kEach,        // a function of numbers, called for each element
    kSumOf,       // a function of numbers, summed over the elements
    kWhole,       // a function of whole arrays; of numbers, `scalar`
  };
  std::string_view op;
  std::string_view code;
  Kind kind = Kind::kEach;
  Notation::Binding binding = Notation::kAtom;
  std::string_view scalar = {};
};

using enum Row::Kind;

constexpr std::array kRows = {
    Row{"add", "{0} + {1}", kExpression, Notation::kSum},
    Row{"sub", "{0} - {1!}", kExpression, Notation::kSum},
    Row{"mul", "{0} * {1!}", kExpression, Notation::kProduct},
    Row{"div", "{0} / {1!}", kExpression, Notation::kProduct},
    Row{"neg", "-{0!}", kExpression, Notation::kNegation},
    Row{"square", "square"},
    Row{"sqrt", "sqrt"},
    Row{"pow", "pow"},
    Row{"exp", "exp"},
    Row{"log", "log"},
    Row{"abs", "abs"},
    Row{"sign", "sign"},
    Row{"step", "step"},
    Row{"equal", "equal"},
    Row{"clip", "clip"},
    Row{"erf", "erf"},
    Row{"sigmoid", "sigmoid"},
    Row{"tanh", "tanh"},
    Row{"relu", "relu"},
    Row{"leaky_relu", "leaky_relu"},
    Row{"elu", "elu"},
    Row{"softplus", "softplus"},
    Row{"gelu", "gelu"},
    Row{"silu", "silu"},
    Row{"squared_error", "squared_error", kSumOf},
    Row{"cross_entropy", "cross_entropy", kSumOf},
    Row{"sigmoid_cross_entropy", "sigmoid_cross_entropy", kSumOf},
    Row{"huber", "huber", kSumOf},
    Row{"sum", "sum({0.})", kWhole, Notation::kAtom, "{0}"},
    Row{"mean", "mean({0.})", kWhole, Notation::kAtom, "{0}"},
    Row{"max", "largest({0.})", kWhole, Notation::kAtom, "{0}"},
    Row{"norm1", "norm1({0.})", kWhole},
    Row{"norm2", "norm2({0.})", kWhole},
    Row{"unit_vector", "unit_vector({0.})", kWhole, Notation::kAtom, "sign({0.})"},
    Row{"argmax", "argmax({0.})", kWhole},
    Row{"argmax_mask", "argmax_mask({0.})", kWhole, Notation::kAtom, "equal({0.}, {0.})"},
    Row{"softmax", "softmax({0.})", kWhole},
    Row{"log_softmax", "log_softmax({0.})", kWhole},
    Row{"logsumexp", "logsumexp({0.})", kWhole},
    Row{"softmax_cross_entropy", "softmax_cross_entropy({0.}, {1.})", kWhole},
    Row{"softmax_cross_entropy_labels", "softmax_cross_entropy_labels({0.}, {1.})", kWhole},
    Row{"pick", "pick({0.}, {1.})", kWhole},
    Row{"dot", "dot({0.}, {1.})", kWhole},
    Row{"matvec", "matvec({0.}, {1.})", kWhole},
    Row{"matmul", "matmul({0.}, {1.})", kWhole},
    Row{"outer", "outer({0.}, {1.})", kWhole},
};

const Row* find_row(std::string_view op) {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.op == op; });
  return row == kRows.end() ? nullptr : row;
}

std::string text_of(double x) {
  if (std::isnan(x)) return "std::numeric_limits<double>::quiet_NaN()";
  if (std::isinf(x)) return fmt::format("{}std::numeric_limits<double>::infinity()", x < 0 ? "-" : "");
  const std::string text = fmt::format("{}", x);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

class CppWriter final : public CodeWriter {
 public:
  explicit CppWriter(const CodeRequest& request) : CodeWriter(request, cpp_keywords(), cpp_helpers()) {}

  std::string header();

  static bool has_code(std::string_view op) {
    return find_row(op) != nullptr ||
           std::any_of(specials().begin(), specials().end(), [&](const Special& s) { return s.op == op; });
  }

 private:
  struct Special {
    std::string_view op;
    Written (CppWriter::*emit)(Value);
  };
  static std::span<const Special> specials();

  [[nodiscard]] bool batched(Value v) const { return plan_.form(v).batched; }

  Written call(Value v) override {
    for (const Special& special : specials()) {
      if (is(v, special.op)) return (this->*special.emit)(v);
    }
    const Row* row = find_row(v.op().name);
    if (row == nullptr) fail(ErrorKind::kConfig, "there is no C++ code for the operator {}", v.op().name);
    return by_row(v, *row);
  }

  Written by_row(Value v, const Row& row) {
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

  std::string arguments(Value v) {
    std::vector<std::string> list;
    for (const Written& x : operands(v, true)) list.push_back(x.text);
    if (const auto* number = std::get_if<double>(&v.attribute())) list.push_back(text_of(*number));
    return fmt::format("{}", fmt::join(list, ", "));
  }

  Written on_numbers(Value v, const Row& row) { return {fmt::format("{}({})", row.code, arguments(v))}; }

  Written on_elements(std::string_view how, Value v, const Row& row) {
    return {fmt::format("{}({}, {})", how, row.code, arguments(v))};
  }

  Written number(double x) const override {
    return {text_of(x), std::signbit(x) ? Notation::kNegation : Notation::kAtom};
  }
  Written size(Value leaf) const override { return {"double(" + plan_.name(leaf) + ")"}; }
  Written named(Value v, const std::string& name) const override {
    return {batched(v) ? name + "[s]" : name};
  }

  // Of a batched value, `code` is one sample's.
  static std::string for_each_sample(std::string_view function, const std::string& samples,
                                     const std::string& code) {
    return fmt::format("{}({}, [&](std::size_t{}) {{ return {}; }})", function, samples,
                       mentions(code, "s") ? " s" : "", code);
  }

  static std::string assignment(const std::string& type, const std::string& name, const std::string& code) {
    const std::string line = fmt::format("const {} {} = {};", type, name, code);
    return line.size() <= 97 ? line : fmt::format("const {} {} =\n      {};", type, name, code);
  }

  std::string definition(Value v, const std::string& name, const Written& code) override {
    const std::string type = plan_.form(v).compact ? "double" : type_of(v);
    if (!batched(v)) return assignment(type, name, code.text);
    return assignment("Batch<" + type + ">", name, for_each_sample("per_sample", plan_.samples(), code.text));
  }

  // What no sample changes is computed before, not for each of them.
  bool is_costly(Value v) const override {
    const Value user = plan_.only_user(v);
    if (!user || batched(v) || !batched(user) || is_cheap(v)) return false;
    const auto has_elements = [&](Value x) { return x.shape().rank() > 0 && !plan_.form(x).compact; };
    bool any = has_elements(v);
    for (int i = 0; i < v.input_count(); ++i) any = any || has_elements(v.input(i));
    return any;
  }

  // Sums over samples stand on a line of their own.
  std::size_t inline_width(Value v) const override {
    const Value user = plan_.only_user(v);
    return user && user.op().batch == BatchRule::kReduces ? 2 * kInlineWidth : kInlineWidth;
  }

  // One sample's.
  static std::string type_of(Value v) {
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
  [[nodiscard]] std::string full_type(Value v) const {
    const bool is_batch = v.batched() && !plan_.samples().empty();
    return is_batch ? "Batch<" + type_of(v) + ">" : type_of(v);
  }

  // "FUNCTION(x, m, n)" with the extents of a shape.
  Written with_extents(std::string_view function, const Written& x, const Shape& shape) const {
    return {fmt::format("{}({}, {})", function, x.text, fmt::join(plan_.extents(shape), ", "))};
  }

  Written filled(Value v) override { return with_extents("filled", operand(v), v.shape()); }

  Written transpose(Value v) {
    const Value a = v.input(0);
    return plan_.form(v).compact ? operand(a) : Written{"transpose(" + full(a).text + ")"};
  }

  Written reshape(Value v) {
    if (plan_.form(v).compact) return operand(v.input(0));
    const std::string flat = "flat(" + full(v.input(0)).text + ")";
    if (v.shape().rank() == 0) return {flat + "[0]"};
    if (v.shape().rank() == 1) return {flat};
    const std::vector<std::string> extents = plan_.extents(v.shape());
    return {fmt::format("{}{{{}, {}}}", type_of(v), fmt::join(extents, ", "), flat)};
  }

  Written slice(Value v) {
    const auto range = std::get<SliceRange>(v.attribute());
    std::vector<std::string> arguments = {full(v.input(0)).text};
    for (int i = 0; i < v.shape().rank(); ++i) {
      const bool is_cut = i == range.axis;
      arguments.push_back(is_cut ? plan_.extent(range.begin) : "0");
      arguments.push_back(plan_.extent(is_cut ? range.end : v.shape()[i]));
    }
    return {fmt::format("slice({})", fmt::join(arguments, ", "))};
  }

  Written concat(Value v) {
    const std::string_view function = std::get<std::int64_t>(v.attribute()) == 0 ? "above" : "beside";
    std::string text = full(v.input(0)).text;
    for (int i = 1; i < v.input_count(); ++i)
      text = fmt::format("{}({}, {})", function, text, full(v.input(i)).text);
    return {text};
  }

  Written broadcast(Value v) {
    if (plan_.form(v).compact) return operand(v.input(0));
    return with_extents("broadcast", full(v.input(0)), v.shape());
  }

  Written sum_to(Value v) { return with_extents("sum_to", full(v.input(0)), v.shape()); }
  Written one_hot(Value v) { return with_extents("one_hot", operand(v.input(0)), v.shape()); }

  Written batch_sum(Value v) {
    const Value x = v.input(0);
    if (batched(x)) return {for_each_sample("batch_sum", plan_.samples(), full(x).text)};
    uses_arithmetic_ = uses_arithmetic_ || type_of(v) != "double";
    const std::array<Written, 2> factors = {Written{"double(" + plan_.samples() + ")"}, operand(x)};
    return write_call("{0} * {1!}", Notation::kProduct, factors, "");
  }

  Written batch_mean(Value v) {
    const Value x = v.input(0);
    return batched(x) ? Written{for_each_sample("batch_mean", plan_.samples(), full(x).text)} : operand(x);
  }

  Written batch_broadcast(Value v) { return operand(v.input(0)); }
  Written batch_size(Value) { return {plan_.samples().empty() ? "1.0" : "double(" + plan_.samples() + ")"}; }

  void read_parameters();
  std::string parameter_list(const std::string& body) const;
  std::string result(Value v, std::string_view wanted);
  std::string member(const std::string& gradient);
  std::string write_results();

  bool uses_arithmetic_ = false;
};

std::span<const CppWriter::Special> CppWriter::specials() {
  static constexpr std::array kSpecials = {
      Special{"transpose", &CppWriter::transpose},   Special{"reshape", &CppWriter::reshape},
      Special{"slice", &CppWriter::slice},           Special{"concat", &CppWriter::concat},
      Special{"broadcast", &CppWriter::broadcast},   Special{"sum_to", &CppWriter::sum_to},
      Special{"one_hot", &CppWriter::one_hot},       Special{"batch_sum", &CppWriter::batch_sum},
      Special{"batch_mean", &CppWriter::batch_mean}, Special{"batch_broadcast", &CppWriter::batch_broadcast},
      Special{"batch_size", &CppWriter::batch_size},
  };
  return kSpecials;
}

std::string CppWriter::parameter_list(const std::string& body) const {
  std::vector<std::string> list;
  const auto& parameters = plan_.request().parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& name = plan_.parameter_names()[i];
    const std::string type = full_type(parameters[i]);
    list.push_back(fmt::format("{}{} {}", mentions(body, name) ? "" : "[[maybe_unused]] ",
                               type == "double" ? type : "const " + type + "&", name));
  }
  return fmt::format("{}", fmt::join(list, ", "));
}

void CppWriter::read_parameters() {
  const auto& names = plan_.parameter_names();
  const auto& parameters = plan_.request().parameters;
  if (!plan_.samples().empty()) {
    const auto first =
        std::find_if(parameters.begin(), parameters.end(), [&](Value p) { return batched(p); });
    line(fmt::format("const std::size_t {} = {}.size();", plan_.samples(), plan_.name(*first)));
    line(fmt::format("if ({} == 0) throw std::invalid_argument(\"needed at least one sample, found none\");",
                     plan_.samples()));
  }
  for (const SizeReading& r : plan_.readings()) {
    const Value p = parameters[r.parameter];
    const std::string_view member = p.shape().rank() == 1 ? "size()" : r.axis == 0 ? "rows" : "columns";
    line(fmt::format("const std::size_t {} = {}{}.{}{};", r.variable, names[r.parameter],
                     batched(p) ? "[0]" : "", member, r.divisor == 1 ? "" : fmt::format(" / {}", r.divisor)));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::vector<std::string> extents = plan_.parameter_extents(i);
    if (extents.empty()) continue;
    line(fmt::format("{}(\"{}\", {}, {});", batched(parameters[i]) ? "check_samples" : "check_shape",
                     names[i], names[i], fmt::join(extents, ", ")));
  }
}

// The name of a result, with a line of its own, its whole shape and its samples.
std::string CppWriter::result(Value v, std::string_view wanted) {
  const bool is_batch = v.batched() && !plan_.samples().empty();
  const Written x = full(v);
  const bool is_named = has_line(v) && !plan_.form(v).compact && batched(v) == is_batch;
  if (is_named) return x.text.substr(0, x.text.find('['));
  const std::string name = plan_.claim(wanted);
  line(assignment(full_type(v), name,
                  is_batch ? for_each_sample("per_sample", plan_.samples(), x.text) : x.text));
  return name;
}

// The parameter's name, if it is the gradient by one.
std::string CppWriter::member(const std::string& gradient) {
  const auto& parameters = plan_.request().parameters;
  const auto of =
      std::find_if(parameters.begin(), parameters.end(), [&](Value p) { return p.name() == gradient; });
  return of == parameters.end() ? plan_.claim(gradient) : plan_.name(*of);
}

// Writes the return statement; returns the types of what it returns.
std::string CppWriter::write_results() {
  const CodeRequest& request = plan_.request();
  std::string members;
  std::vector<std::string> gradients;
  const std::string value = result(request.value, "value");
  for (const CodeRequest::Named& g : request.gradients) {
    gradients.push_back(result(g.value, "d" + g.name));
    members += fmt::format("  {} {};\n", full_type(g.value), member(g.name));
  }
  line(fmt::format("return {{{}, {{{}}}}};", value, fmt::join(gradients, ", ")));
  return fmt::format(
      "\nstruct Gradient {{\n{}}};\n\nstruct ValueAndGradient {{\n  double value;\n  Gradient "
      "gradient;\n}};\n",
      members);
}

std::string CppWriter::header() {
  read_parameters();
  write_values();
  const std::string types = write_results();
  const std::string statements = lines(2);
  const std::string signature =
      wrapped(fmt::format("inline ValueAndGradient value_and_gradient({}) {{", parameter_list(statements)));
  const std::string body = signature + "\n" + statements + "}\n";
  const std::string helpers = helpers_for(types + body + (uses_arithmetic_ ? " arithmetic" : ""));
  std::string text = "// The value of f and its gradients by name.\n//\n";
  for (const std::string& formula : description()) text += "// " + replaced(formula, "\\", "/") + "\n";
  text += "#pragma once\n\n";
  for (const char* name :
       {"algorithm", "cmath", "concepts", "cstddef", "limits", "stdexcept", "string", "vector"})
    text += fmt::format("#include <{}>\n", name);
  return fmt::format("{}\nnamespace {} {{\n{}{}\n{}\n}}  // namespace {}\n", text,
                     plan_.request().cpp_namespace, helpers, types, body, plan_.request().cpp_namespace);
}

}  // namespace

std::string cpp_code(const CodeRequest& request) { return CppWriter(request).header(); }

bool has_cpp_code(const Op& op) { return CppWriter::has_code(op.name); }

}  // namespace catenary::derive
