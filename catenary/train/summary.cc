#include "catenary/train/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/scan.h"
#include "catenary/train/model.h"

namespace catenary::train {

namespace {

void require_pass(const std::string& name) {
  const auto names = pass_names();
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
  fail(ErrorKind::kConfig, "unknown pass {}{}", quote(name), suggestion(name, names));
}

std::int64_t product_flops(std::span<const Value> values);

// Of what a sample's products take: two for each multiplication that is added up.
std::int64_t product_flops(Value v) {
  if (!v.batched()) return 0;
  if (is(v, ops::kMatVec) || is(v, ops::kOuter))
    return 2 * v.input(0).shape().size() * v.shape().size() / v.input(0).shape()[0];
  if (is(v, ops::kMatMul)) return 2 * v.shape().size() * v.input(0).shape()[1];
  if (!is(v, ops::kScan)) return 0;
  const Body& body = *std::get<BodyHandle>(v.attribute());
  const std::int64_t steps = v.input(static_cast<int>(body.carries.size())).shape()[0];
  return steps * product_flops(body.results());
}

std::int64_t product_flops(std::span<const Value> values) {
  std::int64_t total = 0;
  for (const Value v : reachable(values)) total += product_flops(v);
  return total;
}

std::vector<LayerSummary> layers_of(const Config& config, const Model& model) {
  std::vector<LayerSummary> layers;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const std::int64_t all = product_flops(std::span(&model.layers[i], 1));
    layers.push_back({config.layers[i].name, model.layers[i].shape(), model.layer_parameters[i],
                      all - std::exchange(before, all)});
  }
  return layers;
}

std::int64_t product_flops(const Program& program) {
  std::vector<Value> all;
  for (const Output& output : program.outputs) all.push_back(output.value);
  for (const Update& update : program.updates) all.push_back(update.next);
  return product_flops(all);
}

std::string short_bytes(std::int64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (size < 1024) return fmt::format("{} B", bytes);
  if (size < 1024 * 1024) return fmt::format("{:.1f} KiB", size / 1024);
  if (size < 1024.0 * 1024 * 1024) return fmt::format("{:.1f} MiB", size / (1024 * 1024));
  return fmt::format("{:.2f} GiB", size / (1024.0 * 1024 * 1024));
}

}  // namespace

NetworkSummary summarize(const Config& config, const Schema& schema, const CompileOptions& options) {
  require_pass(options.dump_after);
  NetworkSummary summary;
  summary.features = std::ssize(schema.inputs);
  Model model(config, schema, BuiltFor::kTraining);
  summary.input = model.x.shape();
  summary.layers = layers_of(config, model);
  summary.parameters = parameter_count(model);
  summary.forward_flops = product_flops(std::span(&model.output, 1));
  summary.batch_size = config.train.batch_size;
  Variables variables(model.graph, static_cast<std::uint64_t>(config.seed));
  const Program program = training_program(model, config);
  summary.training_flops = product_flops(program);
  const Step step = compile(program, variables, options);
  summary.plan = step.summary();
  summary.planned_bytes = step.planned_bytes(summary.batch_size);
  summary.dump = step.dump();
  return summary;
}

std::string str(const NetworkSummary& summary) {
  std::size_t widest = 5;
  for (const LayerSummary& layer : summary.layers) widest = std::max(widest, layer.name.size());
  const auto row = [&](const auto&... cells) {
    return fmt::format("{:<{}}  {:>10}  {:>12}  {:>13}\n", cells...);
  };
  std::string text = row("layer", widest, "output", "parameters", "FLOPs/sample");
  text += row("x", widest, summary.input.str(), 0, 0);
  for (const LayerSummary& layer : summary.layers) {
    text += row(layer.name, widest, layer.output.str(), layer.parameters, layer.flops);
  }
  text += row("total", widest, "", summary.parameters, summary.forward_flops);
  text += fmt::format("\ntraining: {} FLOPs/sample, {} stages, {} instructions\n", summary.training_flops,
                      summary.plan.stages, summary.plan.instructions);
  text += fmt::format("planned peak memory: {} for batches of {} (variables {}, beside the data)\n",
                      short_bytes(summary.planned_bytes), summary.batch_size,
                      short_bytes(summary.plan.variable_bytes));
  return text;
}

}  // namespace catenary::train
