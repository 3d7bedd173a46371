#include "catenary/train/run/model_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "catenary/train/model.h"
#include "catenary/train/testing.h"
#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing_support::error_of;
using testing_support::TemporaryDirectory;

const Schema kSchema = {
    .columns = {{.name = "a"}, {.name = "b"}},
    .inputs = {{.name = "a", .column = 0, .steps = {fitted::Impute{1}, fitted::Affine{1, 3}}},
               {.name = "b", .column = 1, .steps = {fitted::Affine{2, 0.1F}}}},
    .target_names = {"side"},
    .classes = {"left", "right, \"or\" not"},
    .id = "name"};

Config resolved_config() {
  const TemporaryDirectory folder;
  Config config = small_config(folder, "side", "softmax_cross_entropy", {"data.standardize=true"});
  resolve_units(config, kSchema);
  return config;
}

Safetensors packed() {
  Model model(resolved_config(), kSchema);
  Variables variables(model.graph, 1);
  return pack_model(variables, kSchema);
}

// The error of a stored model that `damage` has changed.
template <typename F>
std::string error_after(F&& damage) {
  Safetensors content = packed();
  damage(content);
  return error_of([&] { (void)unpack_model(std::move(content), resolved_config(), "w"); });
}

Tensor& tensor(Safetensors& content, const std::string& name) {
  return *std::find_if(content.tensors.begin(), content.tensors.end(),
                       [&](const Tensor& t) { return t.name == name; });
}

TEST(ModelFile, HoldsParametersInputsAndNames) {
  const StoredModel model = unpack_model(packed(), resolved_config(), "w");
  EXPECT_EQ(model.schema, kSchema);
  std::string names;
  for (const Tensor& stored : model.content.tensors) names += stored.name + stored.shape.str() + " ";
  EXPECT_EQ(names, "hidden.weight[3, 2] hidden.bias[3] output.weight[2, 3] output.bias[2] ");
  const auto& metadata = model.content.metadata;
  EXPECT_EQ(metadata.at("columns"), R"(["a","b"])");
  EXPECT_EQ(metadata.at("inputs"), R"([{"column":0,"steps":[{"impute":1.0},{"affine":[1.0,3.0]}]},)"
                                   R"({"column":1,"steps":[{"affine":[2.0,0.1]}]}])");
  EXPECT_EQ(metadata.at("target_scales"), "[]");
  EXPECT_EQ(metadata.at("id"), "name");
}

TEST(ModelFile, ParametersComeBackBitForBit) {
  const StoredModel model = unpack_model(packed(), resolved_config(), "w");
  Model other(resolved_config(), kSchema);
  Variables variables(other.graph, 99);
  load_parameters(model, variables);
  EXPECT_EQ(pack_model(variables, kSchema), packed());
}

TEST(ModelFile, PackingTakesTheMemoryOfOneCopy) {
  Config config = resolved_config();
  config.layers[0].units = 20'000;
  Model model(config, kSchema);
  Variables variables(model.graph, 1);
  constexpr std::int64_t kBytes = 4 * (20'000 * (2 + 1) + 2 * (20'000 + 1));
  constexpr std::int64_t kRest = 16 * 1024;  // names, and each array's last page
  EXPECT_LT(testing_support::most_bytes_allocated([&] { (void)pack_model(variables, kSchema); }),
            kBytes + kRest);
}

TEST(ModelFile, SaysWhatDoesNotFitTheConfig) {
  EXPECT_EQ(error_after([](Safetensors& s) { s.tensors.erase(s.tensors.begin()); }),
            "format: w: expected the tensor 'hidden.weight', found none");
  EXPECT_EQ(error_after([](Safetensors& s) {
              tensor(s, "hidden.weight") = make_tensor("hidden.weight", {2}, std::vector<float>(2));
            }),
            "format: w: tensor 'hidden.weight': expected f32 [3, 2], found f32 [2]");
  EXPECT_EQ(error_after([](Safetensors& s) {
              tensor(s, "hidden.bias") = make_tensor("hidden.bias", {3}, std::vector<double>(3));
            }),
            "format: w: tensor 'hidden.bias': expected f32 [3], found f64 [3]");
  EXPECT_EQ(error_after([](Safetensors& s) {
              const float infinity = std::numeric_limits<float>::infinity();
              tensor(s, "hidden.bias") = make_tensor("hidden.bias", {3}, std::vector<float>{0, infinity, 0});
            }),
            "format: w: tensor 'hidden.bias': expected finite numbers, found inf at 1");
  EXPECT_EQ(error_after(
                [](Safetensors& s) { s.tensors.push_back(make_tensor("more", {1}, std::vector<float>(1))); }),
            "format: w: tensor 'more': the config has no such layer");
}

TEST(ModelFile, SaysWhatIsWrongWithTheNames) {
  EXPECT_EQ(error_after([](Safetensors& s) { s.metadata.erase("classes"); }),
            "format: w: expected the metadata 'classes', found none");
  EXPECT_EQ(error_after([](Safetensors& s) { s.metadata["classes"] = "[1]"; }),
            "format: w: metadata 'classes': expected a JSON array of strings, found '[1]'");
  EXPECT_EQ(error_after([](Safetensors& s) { s.metadata["classes"] = "[\"one\"]"; }),
            "format: w: expected 2 classes, found 1");
  EXPECT_EQ(error_after([](Safetensors& s) { s.metadata["inputs"] = "[]"; }),
            "format: w: expected at least 1 input, found none");
}

TEST(ModelFile, NamesOfAClassifierAreDistinctAndItsOneTargetIsNoFeature) {
  const auto with = [](const char* key, const char* list) {
    return error_after([&](Safetensors& s) { s.metadata[key] = list; });
  };
  EXPECT_EQ(with("targets", R"(["a"])"),
            "format: w: expected targets that are no features, found 'a' among both");
  EXPECT_EQ(with("columns", R"(["a","a"])"),
            "format: w: metadata 'columns': expected distinct names, found 'a' twice");
  EXPECT_EQ(with("classes", R"(["x","x"])"),
            "format: w: metadata 'classes': expected distinct names, found 'x' twice");
  EXPECT_EQ(with("targets", R"(["side","side"])"), "format: w: expected 1 targets, found 2");
  EXPECT_EQ(with("targets", R"(["side","c"])"), "format: w: expected 1 targets, found 2");
  EXPECT_EQ(with("targets", "[]"), "format: w: expected 1 targets, found 0");
}

// Those that cannot be right are counted, not kept.
TEST(ModelFile, NamesBeyondThoseOfTheTensorsTakeNoMemory) {
  std::string names = "[\"0\"";
  for (int i = 1; i < 100'000; ++i) names += fmt::format(",\"{}\"", i);
  names += "]";
  for (const auto& [key, found] : {std::pair("classes", "expected 2 classes, found 100000"),
                                   {"targets", "expected 1 targets, found 100000"}}) {
    Safetensors content = packed();
    content.metadata[key] = names;
    std::string message;
    const std::int64_t most = testing_support::most_bytes_allocated(
        [&] { message = error_of([&] { (void)unpack_model(std::move(content), resolved_config(), "w"); }); });
    EXPECT_EQ(message, fmt::format("format: w: {}", found));
    EXPECT_LT(most, 100'000) << key;
  }
}

// They are parsed into many times their bytes.
TEST(ModelFile, ColumnsAndInputsBeyondThoseOfTheTensorsAreRefusedBeforeTheyAreParsed) {
  for (const char* key : {"columns", "inputs", "target_scales"}) {
    Safetensors content = packed();
    std::string numbers = "[0";
    numbers.reserve((std::size_t{9} << 20) + 8);
    while (numbers.size() < std::size_t{9} << 20) numbers += ",0";
    content.metadata[key] = numbers + "]";
    std::string message;
    const std::int64_t most = testing_support::most_bytes_allocated(
        [&] { message = error_of([&] { (void)unpack_model(std::move(content), resolved_config(), "w"); }); });
    EXPECT_EQ(message,
              fmt::format("format: w: metadata '{}': expected at most {} bytes for 2 inputs, found {}", key,
                          (8 << 20) + 2 * 4096, (9 << 20) + 1));
    EXPECT_LT(most, 100'000) << key;
  }
}

TEST(ModelFile, ScalesOfTargetsAreThoseOfItsOutputs) {
  EXPECT_EQ(error_after([](Safetensors& s) { s.metadata["target_scales"] = "[[0,1]]"; }),
            "format: w: expected 0 target scales, found 1");
  EXPECT_EQ(error_after([](Safetensors& s) { s.metadata.erase("id"); }),
            "format: w: expected the metadata 'id', found none");
}

TEST(ModelFile, TheFirstLayerHasAWeightForEachInput) {
  EXPECT_EQ(error_after([](Safetensors& s) { s.metadata["inputs"] = "[0,1,0]"; }),
            "format: w: tensor 'hidden.weight': expected f32 [3, 3], found f32 [3, 2]");
}

// An embedding, an LSTM both ways with all that it may have, and a dense layer on each row.
TEST(ModelFile, HoldsLayersOfSequences) {
  Schema schema{.columns = {{.name = "letter", .type = ColumnType::kCategory, .levels = {"a", "b", "c"}}},
                .inputs = {{.name = "letter", .column = 0}},
                .target_names = {"next"},
                .classes = {"a", "b", "c"},
                .sequence = {.steps = 5, .has_lengths = true, .target = SequenceTarget::kEachRow}};
  Config config = parse_config(
      "format = 1\n[data]\ntrain = \"a.csv\"\ntarget = \"next\"\n[data.sequence]\nsteps = 5\ntarget = "
      "\"each_row\"\nseries = \"id\"\n[[model.layers]]\ntype = \"embedding\"\nunits = 4\n"
      "[[model.layers]]\ntype = \"lstm\"\nunits = 2\nbidirectional = true\npeepholes = true\nlayer_norm = "
      "true\n"
      "dropout = 0.5\n[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\n",
      "c.toml");
  resolve_units(config, schema);
  Network network(config, schema);
  const Safetensors content = pack_model(network.variables, schema);
  const StoredModel stored = unpack_model(content, config, "w");
  EXPECT_EQ(stored.schema, schema);
  EXPECT_EQ(stored.content.tensors.size(), 1u + 2 * 8 + 2);
  const auto without = [&](const std::string& name) {
    Safetensors damaged = content;
    std::erase_if(damaged.tensors, [&](const Tensor& t) { return t.name == name; });
    return error_of([&] { (void)unpack_model(std::move(damaged), config, "w"); });
  };
  EXPECT_EQ(without("lstm2.backward.cell_gain"),
            "format: w: expected the tensor 'lstm2.backward.cell_gain', found none");
  Safetensors wider = content;
  tensor(wider, "embedding1.weight") = make_tensor("embedding1.weight", {4, 4}, std::vector<float>(16));
  EXPECT_EQ(error_of([&] { (void)unpack_model(std::move(wider), config, "w"); }),
            "format: w: tensor 'embedding1.weight': expected f32 [3, 4], found f32 [4, 4]");
}

}  // namespace
}  // namespace catenary::train
