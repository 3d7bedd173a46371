// Recurrent layers beside PyTorch's: outputs, last states and all gradients, in double. golden/recurrent.json
// is what tests/recurrent_by_torch.py wrote.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "catenary/nn/recurrent.h"
#include "catenary/ops/evaluate.h"
#include "catenary/transform/gradient.h"

namespace catenary {
namespace {

using Numbers = std::vector<double>;

constexpr double kTolerance = 1e-12;

nlohmann::json golden() {
  std::ifstream file("tests/golden/recurrent.json");
  return nlohmann::json::parse(file);
}

void expect_near(const Numbers& found, const Numbers& expected, const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], kTolerance * (1 + std::abs(expected[i]))) << what << " " << i;
}

Numbers numbers(const nlohmann::json& json) { return json.get<Numbers>(); }

Numbers sum(Numbers a, const Numbers& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

nn::Cell cell_of(const std::string& name) {
  return name == "lstm" ? nn::Cell::kLstm : name == "gru" ? nn::Cell::kGru : nn::Cell::kRnn;
}

// Torch's parameters of one direction under our names. `biases`: what its two are, which we have the sum of,
// but for a GRU's candidate.
std::map<std::string, Numbers> ours(const nlohmann::json& theirs, const std::string& name,
                                    const std::string& suffix, nn::Cell cell, const auto& biases) {
  const auto of = [&](const char* what) { return numbers(theirs.at(what + suffix)); };
  const Numbers of_input = of("bias_ih_l0"), of_state = of("bias_hh_l0");
  std::map<std::string, Numbers> made{{name + ".input_weight", of("weight_ih_l0")},
                                      {name + ".recurrent_weight", of("weight_hh_l0")},
                                      {name + ".bias", biases(of_input, of_state)}};
  if (cell != nn::Cell::kGru) return made;
  const auto candidate = static_cast<std::ptrdiff_t>(2 * of_input.size() / 3);
  std::copy(of_input.begin() + candidate, of_input.end(), made[name + ".bias"].begin() + candidate);
  made[name + ".candidate_bias"] = {of_state.begin() + candidate, of_state.end()};
  return made;
}

struct Problem {
  Graph graph;
  Value x;
  nn::RecurrentResult result;
  std::vector<Value> starts;
  Value loss;
};

// The layer, and the loss in which each of its outputs has a weight of its own.
Problem problem_of(const nlohmann::json& all, const nlohmann::json& one) {
  Problem p;
  const std::int64_t steps = all["steps"], inputs = all["inputs"], units = all["units"];
  const nn::Cell cell = cell_of(one["cell"]);
  const bool two_way = one["bidirectional"];
  p.x = p.graph.input("x", {steps, inputs}, DType::kF64);
  nn::RecurrentOptions options{.name = "layer", .forget_bias = 0};
  if (one["activation"] == "relu") options.activation = nn::relu;
  if (two_way) {
    p.result = bidirectional(cell, units, {.rows = p.x}, options);
  } else {
    for (std::size_t i = 0; i < one["starts"].size(); ++i)
      p.starts.push_back(p.graph.input(fmt::format("start{}", i), {units}, DType::kF64));
    p.result = recurrent(cell, units,
                         {.rows = p.x, .start = {p.starts[0], p.starts.size() > 1 ? p.starts[1] : Value()}},
                         options);
  }
  std::vector<Value> outputs = {p.result.sequence, p.result.last.hidden};
  if (p.result.last.cell) outputs.push_back(p.result.last.cell);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Value weights = p.graph.input(fmt::format("weights{}", i), outputs[i].shape(), DType::kF64);
    const Value term = catenary::sum(weights * outputs[i]);
    p.loss = p.loss ? p.loss + term : term;
  }
  p.loss = batch_mean(p.loss);
  return p;
}

std::map<std::string, Numbers> parameters_of(const nlohmann::json& one, const char* which,
                                             const auto& biases) {
  const nn::Cell cell = cell_of(one["cell"]);
  if (!one["bidirectional"].get<bool>()) return ours(one[which], "layer", "", cell, biases);
  std::map<std::string, Numbers> both = ours(one[which], "layer.forward", "", cell, biases);
  both.merge(ours(one[which], "layer.backward", "_reverse", cell, biases));
  return both;
}

TEST(RecurrentByTorch, OutputsStatesAndGradientsAgree) {
  const nlohmann::json all = golden();
  ASSERT_EQ(all["cases"].size(), 7u);
  for (const nlohmann::json& one : all["cases"]) {
    SCOPED_TRACE(one["cell"].get<std::string>());
    Problem p = problem_of(all, one);
    Bindings at{.batch_size = all["samples"], .leaves = {}};
    for (const auto& [name, list] : parameters_of(one, "parameters", sum)) at.leaves[name] = list;
    at.leaves["x"] = numbers(one["x"]);
    for (std::size_t i = 0; i < p.starts.size(); ++i)
      at.leaves[p.starts[i].name()] = numbers(one["starts"][i]);
    at.leaves["weights0"] = numbers(one["sequence_weights"]);
    for (std::size_t i = 0; i < one["last_weights"].size(); ++i)
      at.leaves[fmt::format("weights{}", i + 1)] = numbers(one["last_weights"][i]);

    const std::vector<Value> parameters = p.graph.parameters();
    std::vector<Value> wrt = parameters;
    wrt.push_back(p.x);
    wrt.insert(wrt.end(), p.starts.begin(), p.starts.end());
    const Gradient gradients = gradient(p.loss, wrt);
    std::vector<Value> outputs = gradients.adjoints;
    outputs.push_back(p.result.sequence);
    outputs.push_back(p.result.last.hidden);
    if (p.result.last.cell) outputs.push_back(p.result.last.cell);
    const Evaluation found(outputs, at);

    expect_near(found[p.result.sequence], numbers(one["sequence"]), "sequence");
    expect_near(found[p.result.last.hidden], numbers(one["lasts"][0]), "last h");
    if (p.result.last.cell) expect_near(found[p.result.last.cell], numbers(one["lasts"][1]), "last c");
    const auto expected =
        parameters_of(one, "parameter_gradients", [](const Numbers& a, const Numbers&) { return a; });
    EXPECT_EQ(parameters.size(), expected.size());
    for (std::size_t i = 0; i < parameters.size(); ++i)
      expect_near(found[gradients.adjoints[i]], expected.at(parameters[i].name()), parameters[i].name());
    expect_near(found[gradients.adjoints[parameters.size()]], numbers(one["x_gradient"]), "x");
    for (std::size_t i = 0; i < p.starts.size(); ++i)
      expect_near(found[gradients.adjoints[parameters.size() + 1 + i]], numbers(one["start_gradients"][i]),
                  "start");
  }
}

}  // namespace
}  // namespace catenary
