// Recurrent layers' options beside cells that were written by hand in PyTorch: outputs and all gradients, in
// double, by the reference evaluator and by a compiled step. golden/recurrent_options.json is what
// tests/recurrent_options_by_torch.py wrote.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "catenary/nn/recurrent.h"
#include "catenary/transform/gradient.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using Numbers = std::vector<double>;
using nlohmann::json;

constexpr double kTolerance = 1e-12;

void expect_near(const Numbers& found, const Numbers& expected, const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], kTolerance * (1 + std::abs(expected[i]))) << what << " " << i;
}

nn::Cell cell_of(const json& one) {
  return one["cell"] == "lstm" ? nn::Cell::kLstm : one["cell"] == "gru" ? nn::Cell::kGru : nn::Cell::kRnn;
}

nn::RecurrentOptions options_of(const json& all, const json& one) {
  nn::RecurrentOptions options{.has_peepholes = one.value("peepholes", false),
                               .forget_bias = all["forget_bias"],
                               .has_layer_norm = one.value("layer_norm", false),
                               .drops_inputs = one.value("masked", false),
                               .drops_states = one.value("masked", false)};
  if (one.value("activation", "tanh") == "relu") options.activation = nn::relu;
  if (one.value("before_product", false)) options.reset = nn::ResetGate::kBeforeProduct;
  return options;
}

// The layers, and the gradients of a loss in which each output has a weight of its own.
struct Problem {
  Graph graph;
  std::vector<Value> outputs;      // the sequence, the last state, then the gradients
  std::vector<std::string> names;  // of what the gradients are of
};

Problem problem_of(const json& all, const json& one) {
  Problem p;
  const Value x = p.graph.input("x", {all["steps"], all["inputs"]}, DType::kF64);
  const Value length = one["lengths"].empty() ? Value() : p.graph.input("length", {}, DType::kF64);
  nn::RecurrentResult result{.sequence = x, .last = {}};
  for (int layer = 0; layer < one.value("layers", 1); ++layer) {
    nn::RecurrentOptions options = options_of(all, one);
    options.name = fmt::format("l{}", layer);
    const auto build = one.value("bidirectional", false) ? nn::bidirectional : nn::recurrent;
    result = build(cell_of(one), all["units"], {.rows = result.sequence, .length = length}, options);
  }
  const auto term = [&](Value output, const char* name) {
    return sum(p.graph.input(name, output.shape(), DType::kF64) * output);
  };
  const Value of_sequence = term(result.sequence, "sequence_weights"),
              of_last = term(result.last.hidden, "last_weights");
  std::vector<Value> wrt = p.graph.parameters();
  wrt.push_back(x);
  const Gradient found = gradient(batch_mean(of_sequence + of_last), wrt);
  p.outputs = {result.sequence, result.last.hidden};
  p.outputs.insert(p.outputs.end(), found.adjoints.begin(), found.adjoints.end());
  for (const Value v : wrt) p.names.push_back(v.name());
  return p;
}

Bindings bindings_of(const json& all, const json& one) {
  Bindings at{.batch_size = all["samples"], .leaves = {}};
  for (const char* group : {"parameters", "masks"}) {
    for (const auto& [name, list] : one[group].items()) at.leaves[name] = list.get<Numbers>();
  }
  for (const char* name : {"x", "sequence_weights", "last_weights"})
    at.leaves[name] = one[name].get<Numbers>();
  if (!one["lengths"].empty()) at.leaves["length"] = one["lengths"].get<Numbers>();
  return at;
}

void compare(const Problem& p, const json& one, const std::vector<Numbers>& found) {
  expect_near(found[0], one["sequence"], "sequence");
  expect_near(found[1], one["last"], "last");
  EXPECT_EQ(p.names.size(), one["gradients"].size() + 1);
  for (std::size_t i = 0; i < p.names.size(); ++i) {
    const json& expected = p.names[i] == "x" ? one["x_gradient"] : one["gradients"].at(p.names[i]);
    expect_near(found[2 + i], expected, p.names[i]);
  }
}

TEST(RecurrentOptionsByTorch, OutputsAndGradientsAgree) {
  std::ifstream file("tests/golden/recurrent_options.json");
  const json all = json::parse(file);
  ASSERT_EQ(all["cases"].size(), 15u);
  for (std::size_t i = 0; i < all["cases"].size(); ++i) {
    const json& one = all["cases"][i];
    SCOPED_TRACE(fmt::format("case {}, {}", i, one["cell"].get<std::string>()));
    const Problem p = problem_of(all, one);
    const Bindings at = bindings_of(all, one);
    const Evaluation reference(p.outputs, at);
    std::vector<Numbers> found;
    for (const Value v : p.outputs) found.push_back(reference[v]);
    compare(p, one, found);
    SCOPED_TRACE("compiled");
    compare(p, one, testing_support::run_step(p.outputs, at));
  }
}

}  // namespace
}  // namespace catenary
