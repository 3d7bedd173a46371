#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "catenary/base/philox.h"
#include "catenary/derive/code/cpp_operators.h"

namespace catenary::derive {

namespace {

// Eight digits that tell a text from others.
std::string digits_of(const std::string& text) {
  return fmt::format("{:08x}", stream_of(text.data(), text.size()) & 0xFFFFFFFF);
}

// A C++ header with one function.
class CppHeader {
 public:
  explicit CppHeader(const CodeRequest& request) : w_(request, cpp_language()), plan_(w_.plan()) {}

  std::string text();

 private:
  void read_parameters();
  std::string parameter_list(const std::string& body) const;
  std::string result(Value v, std::string_view wanted);
  std::string member(const std::string& gradient);
  struct Results {
    std::string names, members;
  };
  Results results(const std::vector<CodeRequest::Named>& wanted, std::string_view prefix);
  std::string write_results();

  CodeWriter w_;
  const CodePlan& plan_;
};

std::string CppHeader::parameter_list(const std::string& body) const {
  std::vector<std::string> list;
  const auto& parameters = plan_.request().parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& name = plan_.parameter_names()[i];
    const std::string type = cpp_type(w_, parameters[i]);
    const bool is_number = parameters[i].shape().rank() == 0 && !w_.batched(parameters[i]);
    list.push_back(fmt::format("{}{} {}", mentions(body, name) ? "" : "[[maybe_unused]] ",
                               is_number ? type : "const " + type + "&", name));
  }
  return fmt::format("{}", fmt::join(list, ", "));
}

void CppHeader::read_parameters() {
  const auto& names = plan_.parameter_names();
  const auto& parameters = plan_.request().parameters;
  if (!plan_.samples().empty()) {
    const auto first =
        std::find_if(parameters.begin(), parameters.end(), [&](Value p) { return w_.batched(p); });
    w_.line(fmt::format("const std::size_t {} = {}.size();", plan_.samples(), plan_.name(*first)));
    w_.line(
        fmt::format("if ({} == 0) throw std::invalid_argument(\"needed at least one sample, found none\");",
                    plan_.samples()));
  }
  for (const SizeReading& r : plan_.readings()) {
    const Value p = parameters[r.parameter];
    const std::string_view member = p.shape().rank() == 1 ? "size()" : r.axis == 0 ? "rows" : "columns";
    w_.line(fmt::format("const std::size_t {} = {}{}.{}{};", r.variable, names[r.parameter],
                        w_.batched(p) ? "[0]" : "", member,
                        r.divisor == 1 ? "" : fmt::format(" / {}", r.divisor)));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::vector<std::string> extents = plan_.parameter_extents(i);
    if (extents.empty()) continue;
    w_.line(fmt::format("{}(\"{}\", {}, {});", w_.batched(parameters[i]) ? "check_samples" : "check_shape",
                        names[i], names[i], fmt::join(extents, ", ")));
  }
}

// The name of a result, with a line of its own, its whole shape and its samples.
std::string CppHeader::result(Value v, std::string_view wanted) {
  const bool is_batch = v.batched() && !plan_.samples().empty();
  const std::string* variable = w_.variable(v);
  if (variable != nullptr && !w_.compact(v) && w_.batched(v) == is_batch) return *variable;
  const std::string code = w_.full(v).text;
  std::string name = w_.claim(wanted);
  w_.line(
      cpp_assignment(cpp_type(w_, v), name, is_batch ? cpp_for_each_sample(w_, "per_sample", code) : code));
  return name;
}

// The parameter's name, if it is the gradient by one.
std::string CppHeader::member(const std::string& gradient) {
  const auto& parameters = plan_.request().parameters;
  const auto of =
      std::find_if(parameters.begin(), parameters.end(), [&](Value p) { return p.name() == gradient; });
  return of == parameters.end() ? w_.claim(gradient) : plan_.name(*of);
}

// Computes some results; their names within braces, and their declarations as members.
CppHeader::Results CppHeader::results(const std::vector<CodeRequest::Named>& wanted,
                                      std::string_view prefix) {
  std::vector<std::string> names;
  Results all;
  for (const CodeRequest::Named& r : wanted) {
    names.push_back(result(r.value, fmt::format("{}{}", prefix, r.name)));
    all.members += fmt::format("  {} {};\n", cpp_type(w_, r.value), member(r.name));
  }
  all.names = fmt::format("{{{}}}", fmt::join(names, ", "));
  return all;
}

// Writes the return statement; returns the types of what it returns.
std::string CppHeader::write_results() {
  const CodeRequest& request = plan_.request();
  const std::string value = result(request.value, "value");
  const Results gradient = results(request.gradients, "d");
  std::string types = fmt::format("\nstruct Gradient {{\n{}}};\n", gradient.members);
  std::string members = "  double value;\n  Gradient gradient;\n";
  std::string returned = value + ", " + gradient.names;
  if (!request.hessians.empty()) {
    const Results hessian = results(request.hessians, "d2");
    types += fmt::format("\nstruct Hessian {{\n{}}};\n", hessian.members);
    members += "  Hessian hessian;\n";
    returned += ", " + hessian.names;
  }
  w_.line(fmt::format("return {{{}}};", returned));
  return fmt::format("{}\nstruct ValueAndGradient {{\n{}}};\n", types, members);
}

std::string CppHeader::text() {
  read_parameters();
  w_.write_values();
  const std::string types = write_results();
  const std::string statements = w_.lines(2);
  const std::string signature =
      wrapped(fmt::format("inline ValueAndGradient value_and_gradient({}) {{", parameter_list(statements)));
  const std::string body = signature + "\n" + statements + "}\n";
  const std::string helpers = w_.helpers_for(types + body + (calls_cpp_arithmetic(w_) ? " arithmetic" : ""));
  std::string text = plan_.request().hessians.empty()
                         ? "// The value of f and its gradients by name.\n//\n"
                         : "// The value of f, its gradients and its Hessian by name.\n//\n";
  for (const std::string& formula : w_.description()) text += "// " + replaced(formula, "\\", "/") + "\n";
  const std::string all = helpers + types + "\n" + body;
  const std::string own = plan_.request().cpp_namespace;
  // Below one of ours, as the headers of C have functions and types of many names.
  const std::string name = own.empty() ? "derived_" + digits_of(all) : "derived::" + w_.claim(own);
  text += "//\n// Needs C++20.\n";
  // The same function in two files is one; another one has other digits.
  text += fmt::format("#ifndef DERIVED_{0}\n#define DERIVED_{0}\n\n", digits_of(name + all));
  // Microsoft's __cplusplus says 1997 unless it is asked.
  text +=
      "#if __cplusplus < 202002L && (!defined(_MSVC_LANG) || _MSVC_LANG < 202002L)\n"
      "#error \"this header needs C++20: compile with -std=c++20\"\n#else\n\n";
  for (const char* header :
       {"algorithm", "cmath", "concepts", "cstddef", "limits", "stdexcept", "string", "vector"})
    text += fmt::format("#include <{}>\n", header);
  return fmt::format("{0}\nnamespace {1} {{\n{2}\n}}  // namespace {1}\n\n#endif\n#endif\n", text, name, all);
}

}  // namespace

std::string cpp_code(const CodeRequest& request) { return CppHeader(request).text(); }

bool has_cpp_code(const Op& op) { return has_code(cpp_language(), op); }

}  // namespace catenary::derive
