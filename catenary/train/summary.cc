#include "catenary/train/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/train/model.h"

namespace catenary::train {

namespace {

void require_pass(const std::string& name) {
  const auto names = pass_names();
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
  fail(ErrorKind::kConfig, "unknown pass {}{}", quote(name), suggestion(name, names));
}

std::vector<LayerSummary> layers_of(const Config& config, std::int64_t inputs) {
  std::vector<LayerSummary> layers;
  for (const LayerConfig& layer : config.layers) {
    layers.push_back({layer.name, {layer.units}, (inputs + 1) * layer.units, 2 * inputs * layer.units});
    inputs = layer.units;
  }
  return layers;
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
  summary.layers = layers_of(config, summary.features);
  for (const LayerSummary& layer : summary.layers) {
    summary.parameters += layer.parameters;
    summary.forward_flops += layer.flops;
  }
  summary.training_flops = 3 * summary.forward_flops - summary.layers.front().flops;
  summary.batch_size = config.train.batch_size;
  Model model(config, schema);
  Variables variables(model.graph, static_cast<std::uint64_t>(config.seed));
  const Step step = compile(training_program(model, config), variables, options);
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
  text += row("x", widest, Shape{summary.features}.str(), 0, 0);
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
