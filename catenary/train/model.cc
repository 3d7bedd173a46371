#include "catenary/train/model.h"

#include "catenary/base/error.h"
#include "catenary/nn/network.h"
#include "catenary/ops/ops.h"
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

// One number of each of the targets' scales.
Value scale_constant(Graph& graph, const Schema& schema, float fitted::Affine::*number) {
  std::vector<Value> parts;
  for (const fitted::Affine& target : schema.target_scales)
    parts.push_back(graph.constant(static_cast<double>(target.*number), {1}));
  return parts.size() == 1 ? parts.front() : concat(parts);
}

// What the network makes of standardized targets, in the targets' own units. The losses of numbers hang on
// differences alone.
void restore_units(Model& model, const Schema& schema, const LossFacts& facts) {
  if (schema.target_scales.empty()) return;
  const Value scale = scale_constant(model.graph, schema, &fitted::Affine::scale);
  model.prediction = model.output * scale + scale_constant(model.graph, schema, &fitted::Affine::shift);
  model.reported_loss = facts.build(model.output * scale, model.target * scale);
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
  return std::ssize(schema.target_names);
}

void resolve_units(Config& config, const Schema& schema) {
  const std::int64_t needed = output_units(config, schema);
  LayerConfig& last = config.layers.back();
  if (last.units == 0) last.units = needed;
  if (last.units == needed) return;
  fail(ErrorKind::kConfig, "{}: model.layers.{}.units: expected {}, one for each {} of the data, found {}",
       last.place.text, config.layers.size() - 1, needed, is_classification(config) ? "class" : "target",
       last.units);
}

std::int64_t parameter_count(const Config& config, std::int64_t features) {
  std::int64_t total = 0;
  std::int64_t inputs = features;
  for (std::size_t i = 0; i < config.layers.size(); ++i) {
    const LayerConfig& layer = config.layers[i];
    total += (inputs + 1) * layer.units;
    inputs = layer.units;
    if (total > kMaxParameters) {
      fail(ErrorKind::kConfig,
           "{}: model.layers.{}: expected at most {} parameters in all, found {} up to this layer",
           layer.place.text, i, kMaxParameters, total);
    }
  }
  return total;
}

Model::Model(const Config& config, const Schema& schema) {
  const std::int64_t features = std::ssize(schema.inputs);
  (void)parameter_count(config, features);
  x = graph.input("x", {features});
  output = x;
  for (const LayerConfig& layer : config.layers) {
    output = nn::dense(layer.units, layer.activation, {.name = layer.name, .init = layer.init})(output,
                                                                                                layer.name);
    layers.push_back(output);
  }
  const bool is_labelled = is_classification(config);
  target = graph.input("target", is_labelled ? Shape{} : Shape{std::ssize(schema.target_names)});
  const LossFacts& facts = facts_of(config.train.loss);
  const bool is_one_hot = is_labelled && !facts.takes_labels;
  loss = facts.build(output, is_one_hot ? one_hot(target, config.layers.back().units) : target);
  prediction = facts.prediction(output);
  reported_loss = loss;
  restore_units(*this, schema, facts);
  if (!is_labelled) return;
  predicted_class = facts.is_binary ? reshape(catenary::step(output), {}) : argmax(output);
}

Value objective(Model& model, const Config& config) {
  const Value loss = batch_mean(model.loss);
  const double decay = config.train.weight_decay;
  return decay > 0 ? loss + nn::l2_penalty(model.graph, decay) : loss;
}

Program training_program(Model& model, const Config& config) {
  const Value loss = batch_mean(model.reported_loss);
  const std::vector<Value> parameters = model.graph.parameters();
  const Gradient derivative = gradient(objective(model, config), parameters);
  Program program{{{"loss", loss}},
                  optim::make_optimizer(config.train.optimizer)(parameters, derivative.adjoints)};
  if (config.train.accuracy) {
    program.outputs.push_back({"correct", batch_sum(equal(model.predicted_class, model.target))});
  }
  return program;
}

Program evaluation_program(const Model& model) {
  Program program{{{"loss", batch_sum(model.reported_loss)}}, {}};
  if (model.predicted_class) program.outputs.push_back({"class", model.predicted_class});
  return program;
}

Program prediction_program(const Model& model) {
  Program program{{{"prediction", model.prediction}}, {}};
  if (model.predicted_class) program.outputs.push_back({"class", model.predicted_class});
  return program;
}

}  // namespace catenary::train
