#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "catenary/derive/code/numpy_operators.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// A Python module with one function.
class NumpyModule {
 public:
  explicit NumpyModule(const CodeRequest& request) : w_(request, numpy_language()), plan_(w_.plan()) {}

  std::string text();

 private:
  void read_parameters();
  std::vector<bool> read_sizes();
  void check_shape(std::size_t parameter);
  [[nodiscard]] bool shares_memory(Value v) const;
  void write_results();
  std::string result(Value v, std::string_view wanted);
  std::string docstring() const;

  CodeWriter w_;
  const CodePlan& plan_;
};

std::string NumpyModule::text() {
  read_parameters();
  w_.write_values();
  write_results();
  std::string body = w_.lines(4);
  const std::string helpers = w_.helpers_for(body);
  std::string imports =
      mentions(helpers, "math") ? "import math\n\nimport numpy as np\n" : "import numpy as np\n";
  return fmt::format("{}\n{}\ndef value_and_gradient({}):\n{}{}", imports, helpers,
                     fmt::join(plan_.parameter_names(), ", "), docstring(), body);
}

void NumpyModule::read_parameters() {
  const auto& names = plan_.parameter_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    w_.line(fmt::format("{0} = _array(\"{0}\", {0}, \"{1}\")", names[i],
                        fmt::join(plan_.parameter_extents(i), ", ")));
  }
  const std::vector<bool> is_read = read_sizes();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!is_read[i]) check_shape(i);
  }
}

// "m, n = W.shape" where all of a shape is new, else one line a size. By parameter: whether all of its shape
// was read, so that it is right.
std::vector<bool> NumpyModule::read_sizes() {
  const auto& names = plan_.parameter_names();
  std::vector<bool> is_read;
  std::string samples = plan_.samples();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Value p = plan_.request().parameters[i];
    std::vector<std::string> variables, lines;
    const auto read = [&](const std::string& variable, int axis, std::int64_t divisor) {
      if (divisor == 1) variables.push_back(variable);
      lines.push_back(fmt::format("{} = {}.shape[{}]{}", variable, names[i], axis,
                                  divisor == 1 ? "" : fmt::format(" // {}", divisor)));
    };
    if (w_.batched(p) && !samples.empty()) read(std::exchange(samples, ""), 0, 1);
    for (const SizeReading& r : plan_.readings()) {
      if (r.parameter == i) read(r.variable, r.axis + (w_.batched(p) ? 1 : 0), r.divisor);
    }
    is_read.push_back(variables == plan_.parameter_extents(i));
    if (variables.size() > 1 && is_read.back())
      lines = {fmt::format("{} = {}.shape", fmt::join(variables, ", "), names[i])};
    for (const std::string& text : lines) w_.line(text);
  }
  return is_read;
}

void NumpyModule::check_shape(std::size_t parameter) {
  const std::vector<std::string> extents = plan_.parameter_extents(parameter);
  w_.line(fmt::format("_check_shape(\"{0}\", {0}, \"{1}\", {2})", plan_.parameter_names()[parameter],
                      fmt::join(extents, ", "), numpy_tuple(extents)));
}

// Whether the code may be a view of a parameter, or of a value that is returned, too.
bool NumpyModule::shares_memory(Value v) const {
  if (w_.compact(v)) return false;
  if (is_leaf(v.op()) || plan_.literal(v)) return is_leaf(v.op());
  const bool is_view = w_.is_alias(v, w_.operand(v)) || is(v, ops::kTranspose) || is(v, ops::kReshape) ||
                       is(v, ops::kSlice) || is(v, ops::kBroadcast) || is(v, ops::kVec) ||
                       is(v, ops::kUnvec) || is(v, ops::kDiagonal);
  return is_view && (w_.variable(v.input(0)) != nullptr || shares_memory(v.input(0)));
}

// What the caller gets shares no memory with a parameter and has its whole shape.
std::string NumpyModule::result(Value v, std::string_view wanted) {
  const bool has_samples = v.batched() && !plan_.samples().empty();
  const Written x = has_samples ? numpy_spread(w_, v) : w_.full(v);
  const bool is_view = shares_memory(v) || x.text.starts_with("np.broadcast_to");
  std::string text = x.text;
  if (is_view && v.type().shape.rank() + (has_samples ? 1 : 0) > 0) text = "np.array(" + text + ")";
  if (w_.variable(v) == nullptr || is_view) {
    const std::string name = w_.claim(wanted);
    w_.line(name + " = " + text);
    text = name;
  }
  return v.shape().rank() == 0 && !has_samples ? "float(" + text + ")" : text;
}

void NumpyModule::write_results() {
  const CodeRequest& request = plan_.request();
  const std::string value = result(request.value, "value");
  const auto entries = [&](const std::vector<CodeRequest::Named>& results, std::string_view prefix) {
    std::vector<std::string> all;
    for (const CodeRequest::Named& r : results)
      all.push_back(fmt::format("\"{}\": {}", r.name, result(r.value, fmt::format("{}{}", prefix, r.name))));
    return fmt::format("{{{}}}", fmt::join(all, ", "));
  };
  std::string statement = fmt::format("return {}, {}", value, entries(request.gradients, "d"));
  if (!request.hessians.empty()) statement += ", " + entries(request.hessians, "d2");
  w_.line(statement);
}

std::string NumpyModule::docstring() const {
  std::string text = (plan_.request().hessians.empty()
                          ? "    r\"\"\"The value of f and its gradients by name.\n\n"
                          : "    r\"\"\"The value of f, its gradients and its Hessian by name.\n\n");
  for (const std::string& formula : w_.description())
    text += "    " + replaced(formula, "\"\"\"", "'''") + "\n";
  text += "\n    Parameters:\n";
  for (std::size_t i = 0; i < plan_.parameter_names().size(); ++i) {
    const std::vector<std::string> extents = plan_.parameter_extents(i);
    text += fmt::format("      {}: {}\n", plan_.parameter_names()[i],
                        extents.empty() ? "a number" : fmt::format("[{}]", fmt::join(extents, ", ")));
  }
  return text + "    \"\"\"\n";
}

}  // namespace

std::string numpy_code(const CodeRequest& request) { return NumpyModule(request).text(); }

bool has_numpy_code(const Op& op) { return has_code(numpy_language(), op); }

}  // namespace catenary::derive
