#include <algorithm>
#include <array>

#include "catenary/base/error.h"
#include "catenary/ops/catalogue.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::int64_t kMaxUnits = std::int64_t{1} << 24;  // class labels stay exact in f32
constexpr std::size_t kMaxLayers = 1000;
constexpr std::array<std::string_view, 5> kLayerKeys = {"type", "name", "units", "activation", "init"};
constexpr std::array<std::string_view, 1> kLayerTypes = {"dense"};
constexpr std::string_view kExpectedName =
    "a letter or '_', then letters, digits, '_', '.' or '-', at most 100";

bool is_layer_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_rest = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
  return !name.empty() && name.size() <= 100 && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), is_rest);
}

std::string read_name(const TableReader& table, std::string_view fallback) {
  const TomlNode* node = table.find("name");
  if (node == nullptr) return std::string(fallback);
  const std::string& name = as_string(*node, table.path("name"), kExpectedName);
  if (!is_layer_name(name)) fail_expected(*node, table.path("name"), kExpectedName);
  return name;
}

// Before the keys: which there may be depends on it.
void check_type(const TomlNode& node, const std::string& path) {
  const TomlEntry* type = node.table() == nullptr ? nullptr : find(*node.table(), "type");
  if (type != nullptr) (void)as_choice(type->node, path + ".type", kLayerTypes);
}

LayerConfig read_layer(const TomlNode& node, std::size_t index) {
  const std::string path = fmt::format("model.layers.{}", index);
  check_type(node, path);
  const TableReader table(node, path, kLayerKeys);
  (void)table.require("type", "type = \"dense\"");
  LayerConfig layer;
  layer.name = read_name(table, fmt::format("dense{}", index + 1));
  layer.units = table.whole("units", {1, kMaxUnits}, 0);
  layer.activation = table.choice("activation", nn::activations(), nn::Activation());
  layer.init = table.choice("init", nn::initializers(), nn::default_initializer(layer.activation));
  const TomlNode* units = table.find("units");
  layer.place = {units == nullptr ? node.place : units->place};
  return layer;
}

void check_name_is_new(const std::vector<LayerConfig>& layers, const TomlNode& node) {
  const std::size_t last = layers.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    if (layers[i].name != layers[last].name) continue;
    fail(ErrorKind::kConfig, "{}: model.layers.{}.name: '{}' is the name of model.layers.{} already",
         node.place, last, layers[last].name, i);
  }
}

void check_hidden_units(const std::vector<LayerConfig>& layers) {
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    if (layers[i].units > 0) continue;
    fail(ErrorKind::kConfig,
         "{}: missing key 'model.layers.{}.units': only the last layer's follow from the data",
         layers[i].place.text, i);
  }
}

// These losses include their own sigmoid or softmax; a second one before it is always a mistake.
void check_logits(const LayerConfig& last, Loss loss) {
  if (!facts_of(loss).takes_labels) return;
  const Op* end = last.activation.op();
  if (end != &ops::kSigmoid && end != &ops::kSoftmax) return;
  fail(ErrorKind::kConfig,
       "{}: the loss {} takes logits: expected the last layer's activation 'identity', found '{}'",
       last.place.text, name_of(loss), name_of(last.activation));
}

void check_binary_units(const LayerConfig& last, Loss loss) {
  if (!facts_of(loss).is_binary || last.units <= 1) return;
  fail(ErrorKind::kConfig, "{}: the loss {} takes one logit: expected units = 1 in the last layer, found {}",
       last.place.text, name_of(loss), last.units);
}

}  // namespace

std::vector<LayerConfig> read_layers(const TomlNode& node, Loss loss) {
  constexpr std::string_view kExpected = "at least one [[model.layers]]";
  const TableReader table(node, "model", std::array<std::string_view, 1>{"layers"});
  const TomlNode::Array& nodes = table.array("layers", kExpected);
  if (nodes.empty()) fail_expected(table.require("layers", kExpected), "model.layers", kExpected);
  if (nodes.size() > kMaxLayers) {
    fail(ErrorKind::kConfig, "{}: model.layers: expected at most {} layers, found {}", node.place, kMaxLayers,
         nodes.size());
  }
  std::vector<LayerConfig> layers;
  for (const TomlNode& layer : nodes) {
    layers.push_back(read_layer(layer, layers.size()));
    check_name_is_new(layers, layer);
  }
  check_hidden_units(layers);
  check_logits(layers.back(), loss);
  check_binary_units(layers.back(), loss);
  return layers;
}

}  // namespace catenary::train
