// Recurrent layers beside ONNX's equations: its node tests for RNN, LSTM and GRU. golden/recurrent_onnx.json
// is what tests/recurrent_by_onnx.py made of them.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "catenary/nn/recurrent.h"
#include "catenary/ops/evaluate.h"

namespace catenary {
namespace {

nn::Cell cell_of(const std::string& name) {
  return name == "lstm" ? nn::Cell::kLstm : name == "gru" ? nn::Cell::kGru : nn::Cell::kRnn;
}

Bindings bindings_of(const nlohmann::json& one) {
  Bindings at{.batch_size = one["samples"], .leaves = {}};
  at.leaves["x"] = one["x"].get<std::vector<double>>();
  for (const char* name : {"input_weight", "recurrent_weight", "bias", "peephole"}) {
    if (one.contains(name)) at.leaves[std::string("layer.") + name] = one[name].get<std::vector<double>>();
  }
  return at;
}

TEST(RecurrentByOnnx, OutputsAreThoseOfTheNodeTests) {
  std::ifstream file("tests/golden/recurrent_onnx.json");
  const nlohmann::json all = nlohmann::json::parse(file);
  ASSERT_EQ(all["cases"].size(), 12u);
  for (const nlohmann::json& one : all["cases"]) {
    SCOPED_TRACE(one["name"].get<std::string>());
    Graph graph;
    const Value x = graph.input("x", {one["steps"], one["inputs"]}, DType::kF64);
    const nn::RecurrentResult layer = recurrent(cell_of(one["cell"]), one["units"], {.rows = x},
                                                {.name = "layer",
                                                 .has_peepholes = one.contains("peephole"),
                                                 .forget_bias = 0,
                                                 .reset = nn::ResetGate::kBeforeProduct});
    const Evaluation found({layer.sequence, layer.last.hidden}, bindings_of(one));
    ASSERT_FALSE(one["outputs"].empty());
    for (const auto& [what, numbers] : one["outputs"].items()) {
      const std::vector<double>& ours = found[what == "sequence" ? layer.sequence : layer.last.hidden];
      ASSERT_EQ(ours.size(), numbers.size());
      for (std::size_t i = 0; i < ours.size(); ++i)
        EXPECT_NEAR(ours[i], numbers[i].get<double>(), 1e-6) << what;
    }
  }
}

}  // namespace
}  // namespace catenary
