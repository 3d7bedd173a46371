#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "catenary/derive/code/code.h"
#include "catenary/ops/evaluate.h"
#include "tests/support/temporary_directory.h"

namespace catenary::testing_support {

/// A function to generate, run and compare with the reference evaluator. Its code is written for sizes that
/// stand for symbols (n, m, k, l), and run with others.
struct CodeCase {
  /// Makes the function in a graph, at the given sizes; binds numbers to its leaves.
  using Build = std::function<derive::CodeRequest(Graph&, const ExampleSizes&, Bindings&)>;

  explicit CodeCase(const Build& build, const ExampleSizes& sizes = {.n = 4, .m = 2, .k = 6, .l = 3})
      : dimensions(std::make_unique<derive::Dimensions>()) {
    at.batch_size = 3;
    const ExampleSizes symbols{dimensions->extent("n"), dimensions->extent("m"), dimensions->extent("k"),
                               dimensions->extent("l")};
    Bindings unused = at;
    written = build(*graphs[0], symbols, unused);
    written.dimensions = dimensions.get();
    run = build(*graphs[1], sizes, at);
  }

  std::unique_ptr<derive::Dimensions> dimensions;
  std::unique_ptr<Graph> graphs[2] = {std::make_unique<Graph>(), std::make_unique<Graph>()};
  derive::CodeRequest written, run;
  Bindings at;
};

/// The value, the gradients and the second derivatives, each with all its elements.
using CodeResults = std::vector<std::vector<double>>;

/// The gradients, then the second derivatives.
inline std::vector<derive::CodeRequest::Named> named_results(const derive::CodeRequest& request) {
  std::vector<derive::CodeRequest::Named> all = request.gradients;
  all.insert(all.end(), request.hessians.begin(), request.hessians.end());
  return all;
}

inline CodeResults reference_results(const CodeCase& c) {
  std::vector<Value> values = {c.run.value};
  for (const auto& g : named_results(c.run)) values.push_back(g.value);
  const Evaluation evaluation(values, c.at);
  CodeResults results;
  for (const Value v : values) results.push_back(evaluation[v]);
  return results;
}

/// What a command prints; it must succeed.
inline std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0) << output.substr(0, 4000);
  return output;
}

/// What a program prints, one result a line; the cases one after another.
inline std::vector<CodeResults> run_program(const std::string& command, std::span<const CodeCase> cases) {
  std::istringstream lines(output_of(command));
  std::vector<CodeResults> all;
  for (const CodeCase& c : cases) {
    CodeResults& results = all.emplace_back(1 + named_results(c.written).size());
    for (std::vector<double>& result : results) {
      std::string line;
      std::getline(lines, line);
      std::istringstream numbers(line);
      for (std::string number; numbers >> number;) result.push_back(std::strtod(number.c_str(), nullptr));
    }
  }
  return all;
}

/// Every result's largest error beside its largest element.
inline void expect_reference(std::span<const CodeCase> cases, const std::vector<CodeResults>& found,
                             double tolerance) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const CodeResults expected = reference_results(cases[i]);
    for (std::size_t k = 0; k < expected.size(); ++k) {
      const std::string name = k == 0 ? "value" : named_results(cases[i].run)[k - 1].name;
      ASSERT_EQ(found[i][k].size(), expected[k].size()) << "case " << i << ", " << name;
      double scale = 0, error = 0;
      for (std::size_t j = 0; j < expected[k].size(); ++j) {
        scale = std::max(scale, std::abs(expected[k][j]));
        const bool both_nan = std::isnan(found[i][k][j]) && std::isnan(expected[k][j]);
        const double difference = both_nan ? 0 : std::abs(found[i][k][j] - expected[k][j]);
        error = difference <= error ? error : difference;  // keeps a NaN
      }
      EXPECT_LE(error, tolerance * scale) << "case " << i << ", " << name;
    }
  }
}

inline std::string numpy_argument(Value leaf, const Bindings& at, bool one_sample) {
  std::vector<std::int64_t> shape(leaf.shape().extents().begin(), leaf.shape().extents().end());
  if (leaf.batched() && !one_sample) shape.insert(shape.begin(), at.batch_size);
  return fmt::format("np.array([{}]).reshape([{}])", fmt::join(at.leaves.at(leaf.name()), ", "),
                     fmt::join(shape, ", "));
}

/// Runs the NumPy code of all cases in one process.
inline std::vector<CodeResults> run_numpy(std::span<const CodeCase> cases, const std::string& python) {
  const TemporaryDirectory dir;
  std::string script = "import numpy as np\nnp.seterr(all='raise', under='ignore')\ninf = np.inf\n";
  for (std::size_t i = 0; i < cases.size(); ++i) {
    (void)dir.file(fmt::format("case{}.py", i), derive::numpy_code(cases[i].written));
    std::vector<std::string> arguments;
    for (const Value p : cases[i].run.parameters)
      arguments.push_back(numpy_argument(p, cases[i].at, cases[i].run.value.batched()));
    script +=
        fmt::format("import case{0}\nvalue, *groups = case{0}.value_and_gradient({1})\nprint(repr(value))\n",
                    i, fmt::join(arguments, ",\n    "));
    script += "for g in [g for group in groups for g in group.values()]:\n";
    script += "    print(*(repr(float(x)) for x in np.ravel(g)))\n";
  }
  return run_program(fmt::format("{} -B {}", python, dir.file("main.py", script).string()), cases);
}

inline std::string cpp_sample(Value leaf, std::span<const double> x) {
  const std::string numbers = fmt::format("{{{}}}", fmt::join(x, ", "));
  if (leaf.shape().rank() == 0) return fmt::format("double({})", x[0]);
  if (leaf.shape().rank() == 1) return "Vector" + numbers;
  return fmt::format("Matrix{{{}, {}, {}}}", leaf.shape()[0], leaf.shape()[1], numbers);
}

inline std::string cpp_argument(Value leaf, const Bindings& at, bool one_sample) {
  const std::span<const double> all = at.leaves.at(leaf.name());
  if (!leaf.batched() || one_sample) return cpp_sample(leaf, all);
  std::vector<std::string> samples;
  for (std::int64_t s = 0; s < at.batch_size; ++s)
    samples.push_back(cpp_sample(leaf, all.subspan(static_cast<std::size_t>(s * leaf.shape().size()),
                                                   static_cast<std::size_t>(leaf.shape().size()))));
  return fmt::format("{{{{{}}}}}", fmt::join(samples, ", "));
}

/// Compiles the C++ code of all cases as one program, with all warnings as errors, and runs it.
inline std::vector<CodeResults> run_cpp(std::span<const CodeCase> cases, const std::string& compiler) {
  const TemporaryDirectory dir;
  std::string includes, calls;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    derive::CodeRequest request = cases[i].written;
    request.cpp_namespace = fmt::format("case{}", i);
    (void)dir.file(fmt::format("case{}.h", i), derive::cpp_code(request));
    includes += fmt::format("#include \"case{}.h\"\n", i);
    std::vector<std::string> arguments;
    for (const Value p : cases[i].run.parameters)
      arguments.push_back(cpp_argument(p, cases[i].at, cases[i].run.value.batched()));
    calls +=
        fmt::format("{{\n  using namespace derived::case{};\n  const auto all = value_and_gradient({});\n", i,
                    fmt::join(arguments, ",\n    "));
    calls += "  print(all.value);\n  std::puts(\"\");\n";
    for (const auto& g : request.gradients)
      calls += fmt::format("  print(all.gradient.{});\n  std::puts(\"\");\n", g.name);
    for (const auto& h : request.hessians) {
      std::string member = h.name;
      std::replace(member.begin(), member.end(), ',', '_');
      calls += fmt::format("  print(all.hessian.{});\n  std::puts(\"\");\n", member);
    }
    calls += "}\n";
  }
  const auto main = dir.file("main.cc", includes + R"(#include <cstdio>
#include <limits>
constexpr double inf = std::numeric_limits<double>::infinity();
void print(double x) { std::printf("%.17g ", x); }
template <class T>
void print(const T& x) {
  if constexpr (requires { x.data[0]; }) {
    for (double e : x.data) print(e);
  } else if constexpr (requires { x.samples; }) {
    for (const auto& sample : x.samples) print(sample);
  } else {
    for (double e : x) print(e);
  }
}
int main() {
)" + calls + "}\n");
  const std::string program = (dir / "program").string();
  return run_program(fmt::format("{0} -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Werror {1} -o {2} && {2}",
                                 compiler, main.string(), program),
                     cases);
}

}  // namespace catenary::testing_support
