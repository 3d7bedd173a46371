#include "catenary/train/model.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/nn/network.h"
#include "catenary/nn/sequence.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"
#include "catenary/optim/options.h"
#include "catenary/train/config/loss.h"
#include "catenary/transform/gradient.h"

namespace catenary::train {

namespace {

// 4 GiB of f32; Adam and the gradients take three times that again.
constexpr std::int64_t kMaxParameters = std::int64_t{1} << 30;

void require_classes(const Config& config, const Schema& schema, std::size_t least, std::size_t most) {
  const std::size_t found = schema.classes.size();
  if (found >= least && found <= most) return;
  fail(ErrorKind::kData, "{}: the loss {} needs {} classes, found {}", config.data.train.samples,
       name_of(config.train.loss),
       least == most ? fmt::format("{}", least) : fmt::format("at least {}", least), found);
}

// One number of each of the targets' scales, again for each row that is foretold.
Value scale_constant(Graph& graph, const Schema& schema, float fitted::Affine::*number) {
  std::vector<Value> parts;
  for (std::int64_t row = 0; row < schema.sequence.horizon; ++row) {
    for (const fitted::Affine& target : schema.target_scales)
      parts.push_back(graph.constant(static_cast<double>(target.*number), {1}));
  }
  return parts.size() == 1 ? parts.front() : concat(parts);
}

// f of a sample's output, or of each row of it.
Value of_output(const Model& model, const Schema& schema, const std::function<Value(Value)>& f) {
  if (!has_row_targets(schema)) return f(model.output);
  return nn::each_row([&](Value row, const std::string&) { return f(row); })(model.output);
}

// A loss of a sample's output and target; where each row has a target the mean over the sample's rows.
Value mean_loss(const Model& model, const Schema& schema, const std::function<Value(Value, Value)>& loss) {
  if (!has_row_targets(schema)) return loss(model.output, model.target);
  const ScanResult made =
      scan({.carries = {}, .sequences = {model.output, model.target}}, [&](const ScanStep& step) {
        return StepResult{.carries = {}, .outputs = {loss(step.rows[0], step.rows[1])}};
      });
  const Value rows = made.outputs[0];
  if (!model.length) return mean(rows);
  return dot(rows, nn::rows_within(model.length, schema.sequence.answered())) / model.length;
}

// The loss, what the network predicts, and both in the targets' own units. The losses of numbers hang on
// differences alone.
void add_loss(Model& model, const Schema& schema, const LossFacts& facts, std::int64_t classes) {
  model.loss = mean_loss(model, schema, [&](Value output, Value target) {
    return facts.build(output, classes > 0 && !facts.takes_labels ? one_hot(target, classes) : target);
  });
  model.prediction = facts.takes_labels ? of_output(model, schema, facts.prediction) : model.output;
  model.reported_loss = model.loss;
  if (schema.target_scales.empty()) return;
  const auto scaled = [&](Value numbers) {
    return numbers * scale_constant(numbers.graph(), schema, &fitted::Affine::scale);
  };
  model.prediction = of_output(model, schema, [&](Value output) {
    const Value own = scaled(output);
    return own + scale_constant(output.graph(), schema, &fitted::Affine::shift);
  });
  model.reported_loss = mean_loss(model, schema, [&](Value output, Value target) {
    const Value own = scaled(output);
    return facts.build(own, scaled(target));
  });
}

// What the network must answer of a sample.
Shape answer_shape(const Config& config, const Schema& schema) {
  const std::int64_t units = output_units(config, schema);
  return has_row_targets(schema) ? Shape{schema.sequence.steps, units} : Shape{units};
}

Shape target_shape(const Config& config, const Schema& schema) {
  const std::int64_t rows = schema.sequence.answered(), targets = std::ssize(schema.target_names);
  if (is_classification(config)) return has_row_targets(schema) ? Shape{rows} : Shape{};
  return has_row_targets(schema) ? Shape{rows, targets} : Shape{schema.sequence.horizon * targets};
}

// The layer that made one vector of a sequence.
std::size_t last_of_sequence(const Model& model) {
  std::size_t at = 0;
  while (at + 1 < model.layers.size() && model.layers[at].shape().rank() == 2) ++at;
  return at;
}

void require_answer(const Model& model, const Config& config, const Schema& schema) {
  const Shape needed = answer_shape(config, schema), found = model.output.shape();
  if (found == needed) return;
  const bool ends = has_row_targets(schema) && found.rank() == 1,
             goes_on = !has_row_targets(schema) && found.rank() == 2;
  const std::size_t at = ends ? last_of_sequence(model) : config.layers.size() - 1;
  fail(ErrorKind::kConfig, "{}: model.layers.{}: expected an answer {} in the end, found {}{}",
       config.layers[at].place.text, at, needed.str(), found.str(),
       ends      ? "; each row has a target, so each layer has to answer each row: recurrent ones by "
                   "'return_sequences = true'"
       : goes_on ? "; one answer to a whole sequence gives 'return_sequences = false' in the last recurrent "
                   "layer, or a layer of the type last_row, mean_over_time or flatten"
                 : "");
}

// Of targets of each row the answers that count: those of a window's last rows.
Value answered_rows(Value output, const Schema& schema) {
  const std::int64_t steps = schema.sequence.steps, answered = schema.sequence.answered();
  if (!has_row_targets(schema) || answered == steps) return output;
  return slice(output, 0, steps - answered, steps);
}

void require_few(const LayerConfig& layer, std::size_t index, double parameters) {
  if (parameters <= static_cast<double>(kMaxParameters)) return;
  fail(ErrorKind::kConfig,
       "{}: model.layers.{}: expected at most {} parameters in all, found {} up to this layer",
       layer.place.text, index, kMaxParameters, parameters);
}

}  // namespace

std::int64_t output_units(const Config& config, const Schema& schema) {
  if (facts_of(config.train.loss).is_binary) {
    require_classes(config, schema, 2, 2);
    return 1;
  }
  if (is_classification(config)) {
    require_classes(config, schema, 2, config.data.limits.max_classes);
    return std::ssize(schema.classes);
  }
  return schema.sequence.horizon * std::ssize(schema.target_names);
}

void resolve_units(Config& config, const Schema& schema) {
  const std::int64_t needed = output_units(config, schema);
  const std::size_t at = output_layer(config.layers);
  LayerConfig& last = config.layers[at];
  resolve_sequences(config, schema);
  if (last.units == 0) last.units = needed;
  if (answered_units(config.layers) == needed) return;
  fail(ErrorKind::kConfig, "{}: model.layers.{}.units: expected {}, one for each {} of the data, found {}",
       last.place.text, at, needed, is_classification(config) ? "class" : "target",
       answered_units(config.layers));
}

std::int64_t parameter_count(const Model& model) {
  return std::accumulate(model.layer_parameters.begin(), model.layer_parameters.end(), std::int64_t{0});
}

Model::Model(const Config& config, const Schema& schema, BuiltFor purpose) {
  const std::int64_t features = std::ssize(schema.inputs), steps = schema.sequence.steps;
  x = graph.input("x", steps > 0 ? Shape{steps, features} : Shape{features});
  if (schema.sequence.has_lengths) length = graph.input("length", {});
  output = x;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < config.layers.size(); ++i) {
    const LayerPlace at{config.layers[i], i, schema, purpose, output, length};
    require_few(at.layer, i, static_cast<double>(before) + weight_count(at));
    for (const DropoutMask& mask : masks_of(at)) masks.push_back(mask);
    AddedLayer added = add_layer(at);
    output = added.output;
    layers.push_back(output);
    std::ranges::move(added.states, std::back_inserter(states));
    std::int64_t count = 0;
    for (const Value p : graph.parameters()) count += p.shape().size();
    require_few(at.layer, i, static_cast<double>(count));
    layer_parameters.push_back(count - std::exchange(before, count));
  }
  require_answer(*this, config, schema);
  output = answered_rows(output, schema);
  target = graph.input("target", target_shape(config, schema));
  const bool is_labelled = is_classification(config);
  const LossFacts& facts = facts_of(config.train.loss);
  add_loss(*this, schema, facts, is_labelled ? output.shape()[output.shape().rank() - 1] : 0);
  if (!is_labelled) return;
  predicted_class = of_output(*this, schema, [&](Value answer) {
    return facts.is_binary ? reshape(catenary::step(answer), {}) : argmax(answer);
  });
}

Value objective(Model& model, const Config& config) {
  const Value loss = batch_mean(model.loss);
  const double decay = config.train.weight_decay;
  return decay > 0 ? loss + nn::l2_penalty(model.graph, decay) : loss;
}

std::string output_of(const CarriedState& state) { return state.name + ".after"; }

namespace {

void add_states(const Model& model, Program& program) {
  for (const CarriedState& state : model.states) program.outputs.push_back({output_of(state), state.after});
}

void add_accuracy(Model& model, Program& program) {
  const Value hits = equal(model.predicted_class, model.target);
  if (hits.shape().rank() == 0) {
    program.outputs.push_back({"correct", batch_sum(hits)});
    return;
  }
  const std::int64_t steps = hits.shape()[0];
  const Value correct = model.length ? dot(hits, nn::rows_within(model.length, steps)) : sum(hits);
  const Value judged =
      model.length ? batch_sum(model.length) : batch_size(model.graph) * static_cast<double>(steps);
  program.outputs.push_back({"correct", batch_sum(correct)});
  program.outputs.push_back({"judged", judged});
}

}  // namespace

Program training_program(Model& model, const Config& config) {
  const Value loss = batch_mean(model.reported_loss);
  const std::vector<Value> parameters = model.graph.parameters();
  const Gradient derivative = gradient(objective(model, config), parameters);
  Program program{{{"loss", loss}},
                  optim::make_optimizer(config.train.optimizer)(parameters, derivative.adjoints)};
  if (config.train.accuracy) add_accuracy(model, program);
  add_states(model, program);
  return program;
}

Program evaluation_program(const Model& model) {
  Program program{{{"loss", batch_sum(model.reported_loss)}}, {}};
  if (model.predicted_class) program.outputs.push_back({"class", model.predicted_class});
  add_states(model, program);
  return program;
}

Program prediction_program(const Model& model) {
  Program program{{{"prediction", model.prediction}}, {}};
  if (model.predicted_class) program.outputs.push_back({"class", model.predicted_class});
  add_states(model, program);
  return program;
}

Program sampling_program(const Model& model) {
  Program program{{{"logits", model.output}}, {}};
  add_states(model, program);
  return program;
}

}  // namespace catenary::train
