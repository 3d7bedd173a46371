#include <filesystem>
#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/train/model.h"
#include "catenary/train/run/run_directory.h"
#include "catenary/train/samples.h"
#include "catenary/train/summary.h"
#include "commands.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

struct Network {
  train::Config config;
  Schema schema;
};

// A run directory knows the sizes of its inputs and outputs; for a config, the data tell.
Network load_network(const InspectArguments& arguments) {
  if (std::filesystem::is_directory(arguments.path)) {
    if (!arguments.set.empty()) {
      fail(ErrorKind::kConfig, "--set applies to a config, found the run directory {}", arguments.path);
    }
    train::StoredRun run = train::read_run(arguments.path);
    return {std::move(run.config), std::move(run.model.schema)};
  }
  Network network{train::load_config(arguments.path, arguments.set), {}};
  if (arguments.max_bytes) network.config.data.limits.max_bytes = arguments.max_bytes;
  network.schema = train::load_training_data(network.config).schema();
  train::resolve_units(network.config, network.schema);
  return network;
}

Json to_json(const train::NetworkSummary& summary) {
  Json layers = Json::array();
  for (const train::LayerSummary& layer : summary.layers) {
    layers.push_back({{"name", layer.name},
                      {"output", std::vector(layer.output.extents().begin(), layer.output.extents().end())},
                      {"parameters", layer.parameters},
                      {"flops_per_sample", layer.flops}});
  }
  return {{"features", summary.features},
          {"layers", layers},
          {"parameters", summary.parameters},
          {"forward_flops_per_sample", summary.forward_flops},
          {"training_flops_per_sample", summary.training_flops},
          {"batch_size", summary.batch_size},
          {"planned_bytes", summary.planned_bytes},
          {"stages", summary.plan.stages},
          {"instructions", summary.plan.instructions}};
}

}  // namespace

int inspect(const InspectArguments& arguments) {
  const Network network = load_network(arguments);
  ThreadPool pool(arguments.threads);
  const train::NetworkSummary summary =
      train::summarize(network.config, network.schema, {.pool = &pool, .dump_after = arguments.dump_after});
  if (arguments.json) {
    Json json = to_json(summary);
    if (!arguments.dump_after.empty()) json["dump"] = summary.dump;
    print_json(json);
  } else if (!arguments.dump_after.empty()) {
    print(summary.dump);
  } else {
    print(train::str(summary));
  }
  return 0;
}

}  // namespace catenary::cli
