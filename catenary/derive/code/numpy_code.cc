#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "catenary/derive/code/numpy_operators.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

class NumpyWriter final : public NumpyOperators {
 public:
  using NumpyOperators::NumpyOperators;

  std::string module();

 private:
  void read_parameters();
  void read_sizes();
  void check_shapes();
  [[nodiscard]] bool shares_memory(Value v) const;
  void write_results();
  std::string result(Value v, std::string_view wanted);
  std::string docstring() const;

  std::vector<bool> is_read_;  // by parameter: all of its shape was read, so that it is right
};

std::string NumpyWriter::module() {
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
  const bool is_view = is_alias(v, operand(v)) || is(v, ops::kTranspose) || is(v, ops::kReshape) ||
                       is(v, ops::kSlice) || is(v, ops::kBroadcast) || is(v, ops::kVec) ||
                       is(v, ops::kUnvec) || is(v, ops::kDiagonal);
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
  const auto entries = [&](const std::vector<CodeRequest::Named>& results, std::string_view prefix) {
    std::vector<std::string> all;
    for (const CodeRequest::Named& r : results)
      all.push_back(fmt::format("\"{}\": {}", r.name, result(r.value, fmt::format("{}{}", prefix, r.name))));
    return fmt::format("{{{}}}", fmt::join(all, ", "));
  };
  std::string statement = fmt::format("return {}, {}", value, entries(request.gradients, "d"));
  if (!request.hessians.empty()) statement += ", " + entries(request.hessians, "d2");
  line(statement);
}

std::string NumpyWriter::docstring() const {
  std::string text = (plan_.request().hessians.empty()
                          ? "    r\"\"\"The value of f and its gradients by name.\n\n"
                          : "    r\"\"\"The value of f, its gradients and its Hessian by name.\n\n");
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

bool has_numpy_code(const Op& op) { return NumpyOperators::has_code(op); }

}  // namespace catenary::derive
