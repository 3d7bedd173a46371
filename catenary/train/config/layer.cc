#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "catenary/base/error.h"
#include "catenary/nn/sequence.h"
#include "catenary/ops/catalogue.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::int64_t kMaxUnits = std::int64_t{1} << 24;  // class labels stay exact in f32
constexpr std::string_view kExpectedName =
    "a letter or '_', then letters, digits, '_', '.' or '-', at most 100";

using Names = std::span<const std::string_view>;

constexpr std::string_view kPlainKeys[] = {"type", "name"};
constexpr std::string_view kDenseKeys[] = {"type", "name", "units", "activation", "init"};
constexpr std::string_view kEmbeddingKeys[] = {"type", "name", "units", "init"};
constexpr std::string_view kRnnKeys[] = {
    "type",           "name",       "units",   "return_sequences",  "bidirectional", "init",
    "recurrent_init", "layer_norm", "dropout", "recurrent_dropout", "recompute",     "activation"};
constexpr std::string_view kLstmKeys[] = {
    "type",      "name",           "units",      "return_sequences", "bidirectional",
    "init",      "recurrent_init", "layer_norm", "dropout",          "recurrent_dropout",
    "recompute", "forget_bias",    "peepholes"};
constexpr std::string_view kGruKeys[] = {
    "type",           "name",       "units",   "return_sequences",  "bidirectional", "init",
    "recurrent_init", "layer_norm", "dropout", "recurrent_dropout", "recompute",     "reset_gate"};

struct TypeFacts {
  std::string_view name;
  Names keys;
};
// In the order of the enumeration.
constexpr TypeFacts kLayerTypes[] = {{"dense", kDenseKeys},         {"rnn", kRnnKeys},
                                     {"lstm", kLstmKeys},           {"gru", kGruKeys},
                                     {"embedding", kEmbeddingKeys}, {"mean_over_time", kPlainKeys},
                                     {"last_row", kPlainKeys},      {"flatten", kPlainKeys}};

const TypeFacts& facts_of(LayerType type) { return kLayerTypes[static_cast<std::size_t>(type)]; }
bool has_key(LayerType type, std::string_view key) {
  return std::ranges::count(facts_of(type).keys, key) > 0;
}

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
LayerType read_type(const TomlNode& node, const std::string& path) {
  const TomlEntry* type = node.table() == nullptr ? nullptr : find(*node.table(), "type");
  if (type == nullptr) return LayerType::kDense;
  std::vector<std::string_view> names;
  for (const TypeFacts& facts : kLayerTypes) names.push_back(facts.name);
  return static_cast<LayerType>(as_choice(type->node, path + ".type", names));
}

// A key that other types have is better answered by them than by the nearest key.
void check_keys(const TomlNode& node, const std::string& path, LayerType type) {
  if (node.table() == nullptr || find(*node.table(), "type") == nullptr) return;
  for (const TomlEntry& entry : *node.table()) {
    std::vector<std::string_view> owners;
    for (const TypeFacts& facts : kLayerTypes) {
      if (std::ranges::count(facts.keys, entry.key) > 0) owners.push_back(facts.name);
    }
    if (owners.empty() || has_key(type, entry.key)) continue;
    fail(ErrorKind::kConfig, "{}: {}.{}: the layer types that have this key are {}, found '{}'", entry.place,
         path, entry.key, fmt::join(owners, ", "), name_of(type));
  }
}

RecurrentConfig read_recurrent(const TableReader& table) {
  constexpr nn::ResetGate kResets[] = {nn::ResetGate::kAfterProduct, nn::ResetGate::kBeforeProduct};
  RecurrentConfig config;
  if (table.find("return_sequences") != nullptr)
    config.returns_sequences = table.boolean("return_sequences", false);
  config.is_bidirectional = table.boolean("bidirectional", false);
  config.recurrent_init = table.choice("recurrent_init", nn::initializers(), config.recurrent_init);
  config.has_layer_norm = table.boolean("layer_norm", false);
  config.dropout = table.number("dropout", kBelowOne, 0);
  config.recurrent_dropout = table.number("recurrent_dropout", kBelowOne, 0);
  config.recompute = table.boolean("recompute", false);
  config.forget_bias = table.number("forget_bias", kAnyNumber, config.forget_bias);
  config.has_peepholes = table.boolean("peepholes", false);
  config.reset = table.choice("reset_gate", std::span<const nn::ResetGate>(kResets), config.reset);
  return config;
}

nn::Activation read_activation(const TableReader& table, LayerType type) {
  const nn::Activation of_rnn[] = {nn::Activation(ops::kTanh), nn::Activation(ops::kRelu)};
  if (type != LayerType::kRnn) return table.choice("activation", nn::activations(), nn::Activation());
  return table.choice("activation", std::span<const nn::Activation>(of_rnn), of_rnn[0]);
}

nn::Initializer usual_init(const LayerConfig& layer) {
  if (layer.type == LayerType::kDense) return nn::default_initializer(layer.activation);
  return layer.type == LayerType::kEmbedding ? nn::EmbeddingOptions().init : nn::RecurrentOptions().init;
}

std::string recurrent_keys(const LayerConfig& layer) {
  const RecurrentConfig& config = layer.recurrent;
  std::string text;
  if (config.returns_sequences) text += fmt::format("return_sequences = {}\n", *config.returns_sequences);
  text += fmt::format(
      "bidirectional = {}\nrecurrent_init = \"{}\"\nlayer_norm = {}\ndropout = {}\nrecurrent_dropout = {}\n"
      "recompute = {}\n",
      config.is_bidirectional, name_of(config.recurrent_init), config.has_layer_norm,
      toml_number(config.dropout), toml_number(config.recurrent_dropout), config.recompute);
  if (has_key(layer.type, "forget_bias"))
    text += fmt::format("forget_bias = {}\npeepholes = {}\n", toml_number(config.forget_bias),
                        config.has_peepholes);
  if (has_key(layer.type, "reset_gate")) text += fmt::format("reset_gate = \"{}\"\n", name_of(config.reset));
  return text;
}

}  // namespace

std::string_view name_of(LayerType type) { return facts_of(type).name; }

bool has_units(LayerType type) { return has_key(type, "units"); }

bool is_recurrent(LayerType type) { return has_key(type, "return_sequences"); }

std::size_t output_layer(std::span<const LayerConfig> layers) {
  std::size_t at = layers.size();
  while (at > 0 && !has_units(layers[at - 1].type)) --at;
  return at == 0 ? layers.size() - 1 : at - 1;
}

std::int64_t answered_units(std::span<const LayerConfig> layers) {
  const LayerConfig& last = layers[output_layer(layers)];
  return last.units * (last.recurrent.is_bidirectional ? 2 : 1);
}

LayerConfig read_layer(const TomlNode& node, std::size_t index) {
  const std::string path = fmt::format("model.layers.{}", index);
  LayerConfig layer;
  layer.type = read_type(node, path);
  check_keys(node, path, layer.type);
  const TableReader table(node, path, facts_of(layer.type).keys);
  (void)table.require("type", "type = \"dense\"");
  layer.name = read_name(table, fmt::format("{}{}", name_of(layer.type), index + 1));
  layer.units = table.whole("units", {1, kMaxUnits}, 0);
  layer.activation = read_activation(table, layer.type);
  layer.init = table.choice("init", nn::initializers(), usual_init(layer));
  if (is_recurrent(layer.type)) layer.recurrent = read_recurrent(table);
  const TomlNode* units = table.find("units");
  layer.place = {units == nullptr ? node.place : units->place};
  return layer;
}

std::string to_toml(const LayerConfig& layer) {
  std::string text = fmt::format("\n[[model.layers]]\ntype = \"{}\"\nname = {}\n", name_of(layer.type),
                                 quoted_toml(layer.name));
  if (layer.units > 0) text += fmt::format("units = {}\n", layer.units);
  if (has_key(layer.type, "activation"))
    text += fmt::format("activation = \"{}\"\n", name_of(layer.activation));
  if (has_key(layer.type, "init")) text += fmt::format("init = \"{}\"\n", name_of(layer.init));
  return is_recurrent(layer.type) ? text + recurrent_keys(layer) : text;
}

}  // namespace catenary::train
