#include <algorithm>
#include <array>

#include "catenary/base/error.h"
#include "catenary/ops/catalogue.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::size_t kMaxLayers = 1000;

void check_name_is_new(const std::vector<LayerConfig>& layers, const TomlNode& node) {
  const std::size_t last = layers.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    if (layers[i].name != layers[last].name) continue;
    fail(ErrorKind::kConfig, "{}: model.layers.{}.name: '{}' is the name of model.layers.{} already",
         node.place, last, layers[last].name, i);
  }
}

// Of two directions each answers its units: how many there are to be is not for the data to say.
void check_units(const std::vector<LayerConfig>& layers) {
  const std::size_t last = output_layer(layers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool is_open = i == last && !layers[i].recurrent.is_bidirectional;
    if (layers[i].units > 0 || is_open || !has_units(layers[i].type)) continue;
    fail(ErrorKind::kConfig, "{}: missing key 'model.layers.{}.units': {}", layers[i].place.text, i,
         i == last ? "those of a bidirectional layer do not follow from the data"
                   : "only the last layer's follow from the data");
  }
  if (!has_units(layers[last].type))
    fail(ErrorKind::kConfig, "{}: model.layers: expected at least one layer with units, found none",
         layers[last].place.text);
  for (std::size_t i = last; i < layers.size(); ++i) {
    if (layers[i].type == LayerType::kFlatten)
      fail(ErrorKind::kConfig, "{}: model.layers.{}: expected a layer with units after flatten, found none",
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
  check_units(layers);
  check_logits(layers[output_layer(layers)], loss);
  check_binary_units(layers[output_layer(layers)], loss);
  return layers;
}

}  // namespace catenary::train
