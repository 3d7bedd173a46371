#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "catenary/train/config/config.h"
#include "catenary/train/run/run_directory.h"
#include "catenary/train/trainer.h"
#include "tests/support/temporary_directory.h"

/// Small data and configs for the tests of this floor.
namespace catenary::train {

/// Eight points in the plane, named by the side of the line a = b that they are on; 'left' where a < b.
inline constexpr const char* kSides =
    "a,b,side\n0,1,left\n1,0,right\n-1,2,left\n2,-1,right\n0.5,1,left\n1,0.5,right\n-2,-1,left\n-1,-2,"
    "right\n";

/// y = 2a - b + 1.
inline constexpr const char* kPlane = "a,b,y\n0,0,1\n1,0,3\n0,1,0\n1,1,2\n2,1,4\n-1,0,-1\n-1,-1,0\n";

/// A config in `folder` on the file data.csv with the target column `target`: 3 hidden units and an output
/// layer. Its numbers are not standardized unless an override says so.
inline Config small_config(const testing_support::TemporaryDirectory& folder, const std::string& target,
                           const std::string& loss, const std::vector<std::string>& overrides = {}) {
  const bool has_steps = std::ranges::any_of(
      overrides, [](const std::string& override_text) { return override_text.starts_with("preprocess"); });
  const std::string text =
      "format = 1\n[data]\ntrain = \"data.csv\"\ntarget = \"" + target + "\"\n" +
      (has_steps ? "" : "standardize = false\n") +
      "[[model.layers]]\ntype = \"dense\"\nname = \"hidden\"\nunits = 3\nactivation = \"tanh\"\n"
      "[[model.layers]]\ntype = \"dense\"\nname = \"output\"\n[train]\nloss = \"" +
      loss + "\"\noptimizer = { type = \"adam\", learning_rate = 0.05 }\nepochs = 200\nbatch_size = 3\n";
  return parse_config(text, folder / "small.toml", overrides);
}

/// A config's network with these parameters instead of trained ones, as read_run would give it. Its data must
/// be there.
inline StoredRun stored_with(const Config& config,
                             const std::map<std::string, std::vector<float>>& parameters) {
  Run run = train(config, {})->run;
  for (Tensor& tensor : run.weights.tensors) {
    if (const auto found = parameters.find(tensor.name); found != parameters.end())
      tensor = make_tensor(tensor.name, tensor.shape, found->second);
  }
  return {run.config, unpack_model(run.weights, run.config, "weights")};
}

/// Overrides that leave of small_config's network the last layer, without training it.
inline const std::vector<std::string> kOneLayer = {R"(model.layers=[{type="dense", name="output"}])",
                                                   "train.epochs=0"};

/// An IDX file of bytes, of these extents.
inline std::string idx_bytes(const std::vector<int>& extents, const std::string& bytes) {
  std::string text{'\0', '\0', '\x08', static_cast<char>(extents.size())};
  for (const int extent : extents) text += {'\0', '\0', '\0', static_cast<char>(extent)};
  return text + bytes;
}

}  // namespace catenary::train
