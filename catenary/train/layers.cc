#include "catenary/train/layers.h"

#include <algorithm>
#include <variant>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/nn/network.h"
#include "catenary/nn/recurrent.h"
#include "catenary/nn/sequence.h"

namespace catenary::train {

namespace {

std::string where(const LayerPlace& at) {
  return fmt::format("{}: model.layers.{}", at.layer.place.text, at.index);
}

bool reads_sequences(LayerType type) {
  return is_recurrent(type) || type == LayerType::kMeanOverTime || type == LayerType::kLastRow ||
         type == LayerType::kFlatten;
}

void require_sequence(const LayerPlace& at) {
  if (at.x.shape().rank() == 2) return;
  const bool ended = at.schema.sequence.steps > 0;
  fail(ErrorKind::kConfig, "{}: a layer of the type {} reads a sequence [T, n], found {}; {}", where(at),
       name_of(at.layer.type), at.x.shape().str(),
       ended ? "'return_sequences = true' in the layer before keeps one"
             : "[data.sequence] makes sequences of a table's rows");
}

nn::Cell cell_of(LayerType type) {
  return type == LayerType::kLstm  ? nn::Cell::kLstm
         : type == LayerType::kGru ? nn::Cell::kGru
                                   : nn::Cell::kRnn;
}

nn::RecurrentOptions options_of(const LayerPlace& at) {
  const RecurrentConfig& config = at.layer.recurrent;
  const bool trains = at.purpose == BuiltFor::kTraining;
  nn::RecurrentOptions options{.name = at.layer.name,
                               .has_peepholes = config.has_peepholes,
                               .forget_bias = config.forget_bias,
                               .reset = config.reset,
                               .has_layer_norm = config.has_layer_norm,
                               .drops_inputs = trains && config.dropout > 0,
                               .drops_states = trains && config.recurrent_dropout > 0,
                               .recompute = config.recompute,
                               .init = at.layer.init,
                               .recurrent_init = config.recurrent_init};
  if (at.layer.type == LayerType::kRnn) options.activation = at.layer.activation.op()->traits.activation;
  return options;
}

Value answer_of(const LayerPlace& at, const nn::RecurrentResult& result) {
  return at.layer.recurrent.returns_sequences.value_or(false) ? result.sequence : result.last.hidden;
}

// A layer whose states go on after so many rows, where the next window begins.
AddedLayer add_stateful(const LayerPlace& at) {
  if (at.layer.recurrent.is_bidirectional) {
    fail(ErrorKind::kConfig,
         "{}: a bidirectional layer reads a window from its end, too, where no state comes from: needed "
         "'bidirectional = false', or [data.sequence] without 'stateful = true'",
         where(at));
  }
  AddedLayer added;
  const auto state = [&](std::string_view part) {
    added.states.push_back({.name = fmt::format("{}.{}", at.layer.name, part), .before = {}, .after = {}});
    return added.states.back().before = at.x.graph().input(added.states.back().name, {at.layer.units});
  };
  nn::RecurrentInput input{.rows = at.x, .length = at.length};
  input.start.hidden = state("hidden");
  if (at.layer.type == LayerType::kLstm) input.start.cell = state("cell");
  const nn::RecurrentResult result =
      nn::recurrent(cell_of(at.layer.type), at.layer.units, input, options_of(at));
  const std::int64_t next = at.schema.sequence.advance;
  const auto row = [&](Value all) { return reshape(slice(all, 0, next, next + 1), {at.layer.units}); };
  added.states[0].after = row(result.all.hidden);
  if (at.layer.type == LayerType::kLstm) added.states[1].after = row(result.all.cell);
  added.output = answer_of(at, result);
  return added;
}

AddedLayer add_recurrent(const LayerPlace& at) {
  require_sequence(at);
  if (at.schema.sequence.advance > 0) return add_stateful(at);
  const nn::RecurrentInput input{.rows = at.x, .length = at.length};
  const auto build = at.layer.recurrent.is_bidirectional ? nn::bidirectional : nn::recurrent;
  return {answer_of(at, build(cell_of(at.layer.type), at.layer.units, input, options_of(at)))};
}

// The number of codes of the one category that an embedding reads.
std::int64_t vocabulary(const LayerPlace& at) {
  const std::vector<Input>& inputs = at.schema.inputs;
  if (at.index > 0)
    fail(ErrorKind::kConfig, "{}: an embedding reads the data's codes: expected it as the first layer",
         where(at));
  if (inputs.size() != 1)
    fail(ErrorKind::kConfig, "{}: an embedding reads one category of each row, found {} inputs", where(at),
         inputs.size());
  const ColumnSchema& column = at.schema.columns[inputs[0].column];
  const bool are_codes = std::ranges::all_of(
      inputs[0].steps, [](const FittedStep& step) { return std::holds_alternative<fitted::Ordinal>(step); });
  const std::int64_t codes = column.buckets > 0 ? column.buckets : std::ssize(column.levels);
  if (column.type == ColumnType::kCategory && are_codes && codes > 0) return codes;
  fail(ErrorKind::kConfig,
       "{}: an embedding reads codes, those of a category that preprocessing leaves or makes ordinal; found "
       "the input {} of the {} column {}",
       where(at), quote(inputs[0].name), name_of(column.type), quote(column.name));
}

// What stands beyond a sample's rows is no part of it.
Value flattened(const LayerPlace& at) {
  const bool is_sequence = at.x.shape().rank() == 2;
  const Value rows = is_sequence && at.length ? nn::without_rows_beyond(at.x, at.length) : at.x;
  return reshape(rows, {rows.shape().size()});
}

Value add_dense(const LayerPlace& at) {
  const LayerConfig& layer = at.layer;
  const nn::Layer dense = nn::dense(layer.units, layer.activation, {.name = layer.name, .init = layer.init});
  return at.x.shape().rank() == 1 ? dense(at.x, layer.name) : nn::each_row(dense)(at.x, layer.name);
}

}  // namespace

bool has_row_targets(const Schema& schema) {
  return schema.sequence.steps > 0 && schema.sequence.target == SequenceTarget::kEachRow;
}

void resolve_sequences(Config& config, const Schema& schema) {
  const auto has_states = [](const LayerConfig& layer) { return is_recurrent(layer.type); };
  if (schema.sequence.advance > 0 && std::ranges::none_of(config.layers, has_states)) {
    fail(ErrorKind::kConfig,
         "{}: data.sequence.stateful: needed a layer of the type rnn, lstm or gru, whose states go on, found "
         "none",
         config.data.sequence->place.text);
  }
  bool is_needed = has_row_targets(schema);
  for (std::size_t i = config.layers.size(); i-- > 0;) {
    LayerConfig& layer = config.layers[i];
    if (is_recurrent(layer.type) && !layer.recurrent.returns_sequences)
      layer.recurrent.returns_sequences = is_needed;
    is_needed = is_needed || reads_sequences(layer.type);
  }
}

AddedLayer add_layer(const LayerPlace& at) {
  switch (at.layer.type) {
    case LayerType::kRnn:
    case LayerType::kLstm:
    case LayerType::kGru: return add_recurrent(at);
    case LayerType::kEmbedding:
      return {nn::embedding(vocabulary(at), at.layer.units, {.name = at.layer.name, .init = at.layer.init})(
          at.x, at.layer.name)};
    case LayerType::kMeanOverTime:
      return require_sequence(at), AddedLayer{nn::mean_over_time(at.x, at.length)};
    case LayerType::kLastRow: return require_sequence(at), AddedLayer{nn::last_row(at.x, at.length)};
    case LayerType::kFlatten: return {flattened(at)};
    case LayerType::kDense: break;
  }
  return {add_dense(at)};
}

double weight_count(const LayerPlace& at) {
  const LayerConfig& layer = at.layer;
  const auto units = static_cast<double>(layer.units);
  const auto inputs = static_cast<double>(at.x.shape()[at.x.shape().rank() - 1]);
  if (layer.type == LayerType::kDense) return (inputs + 1) * units;
  if (layer.type == LayerType::kEmbedding) return static_cast<double>(vocabulary(at)) * units;
  if (!is_recurrent(layer.type)) return 0;
  const auto gates = static_cast<double>(nn::gates_of(cell_of(layer.type)));
  return gates * units * (inputs + units + 1) * (layer.recurrent.is_bidirectional ? 2 : 1);
}

std::vector<DropoutMask> masks_of(const LayerPlace& at) {
  const LayerConfig& layer = at.layer;
  if (!is_recurrent(layer.type) || at.purpose != BuiltFor::kTraining) return {};
  std::vector<DropoutMask> masks;
  const auto add = [&](const std::string& name) {
    const RecurrentConfig& config = layer.recurrent;
    if (config.dropout > 0) masks.push_back({name + ".mask", at.x.shape()[1], config.dropout});
    if (config.recurrent_dropout > 0)
      masks.push_back({name + ".recurrent_mask", layer.units, config.recurrent_dropout});
  };
  if (!layer.recurrent.is_bidirectional) return add(layer.name), masks;
  add(layer.name + ".forward");
  add(layer.name + ".backward");
  return masks;
}

}  // namespace catenary::train
