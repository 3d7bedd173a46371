#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/data/preprocess/encode.h"
#include "catenary/data/table_columns.h"
#include "catenary/data/table_summary.h"
#include "catenary/train/model.h"
#include "catenary/train/run/run_directory.h"
#include "catenary/train/run/schema_json.h"
#include "catenary/train/samples.h"
#include "catenary/train/summary.h"
#include "commands.h"
#include "kept_stream.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

struct Network {
  train::Config config;
  Schema schema;
  std::vector<ColumnSummary> columns = {};  // of a config's table
};

void say_notes(const Table& table) {
  for (const std::string& note : table.notes) say("note: {}\n", note);
}

// The streams among the training files, which are read once for the columns and once for the network's
// inputs.
std::vector<KeptStream> streams_of(const train::DataConfig& data) {
  std::vector<std::string> files = data.train.more;
  files.push_back(data.train.samples);
  std::vector<KeptStream> streams;
  for (const std::string& file : files) {
    if (descriptor_of(file)) streams.emplace_back(file, most_of_pipe(allowed_bytes(data.limits)));
  }
  return streams;
}

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
  if (network.config.data.format == train::DataFormat::kCsv) {
    const std::vector<KeptStream> streams = streams_of(network.config.data);
    const Table table = train::load_columns(network.config);
    say_notes(table);
    network.columns = summarize(table);
    for (const KeptStream& stream : streams) stream.rewind();
  }
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

Json to_json(const ColumnSummary& column) {
  Json json{{"name", column.name}, {"type", column.type}, {"missing", column.missing}};
  if (column.distinct > 0) json.update({{"distinct", column.distinct}, {"examples", column.examples}});
  if (column.least)
    json.update({{"least", *column.least}, {"median", *column.median}, {"greatest", *column.greatest}});
  if (!column.first.empty()) json.update({{"first", column.first}, {"last", column.last}});
  return json;
}

Json to_json(const std::vector<ColumnSummary>& columns) {
  Json json = Json::array();
  for (const ColumnSummary& column : columns) json.push_back(to_json(column));
  return json;
}

// What a table's name alone tells of it.
int inspect_table(const InspectArguments& arguments) {
  if (!arguments.dump_after.empty())
    fail(ErrorKind::kConfig, "--dump-after applies to a config, found the table {}", arguments.path);
  train::DataConfig how = train::table_reading(arguments.set, train::OtherKeys::kRefuse);
  if (arguments.max_bytes) how.limits.max_bytes = arguments.max_bytes;
  const Table table = catenary::load_columns(
      arguments.path, train::table_options(how, {.samples = arguments.path, .labels = ""}));
  const std::vector<ColumnSummary> columns = summarize(table);
  if (arguments.json) {
    print_json({{"rows", table.rows()}, {"columns", to_json(columns)}, {"notes", table.notes}});
    return 0;
  }
  say_notes(table);
  print(fmt::format("{} rows, {} columns\n\n{}", table.rows(), columns.size(), str(columns)));
  return 0;
}

// The inputs that columns become, with what is done to them.
std::string inputs_text(const Schema& schema) {
  constexpr std::size_t kMost = 60;
  std::string text = fmt::format("\ninputs of the network: {}\n", schema.inputs.size());
  for (const Input& input : std::span(schema.inputs).first(std::min(schema.inputs.size(), kMost)))
    text += fmt::format("  {}{}\n", printable(input.name), describe_steps(input));
  if (schema.inputs.size() > kMost) text += fmt::format("  and {} more\n", schema.inputs.size() - kMost);
  return text;
}

// What a sample is where it is a sequence of rows.
std::string sequence_text(const SequenceSchema& sequence) {
  if (sequence.steps == 0) return "";
  return fmt::format("\nsequences of {}{} rows, each with a target for {}{}\n",
                     sequence.has_lengths ? "at most " : "", sequence.steps,
                     sequence.target == SequenceTarget::kEachRow ? "each row"
                     : sequence.horizon > 1 ? fmt::format("each of {} rows", sequence.horizon)
                                            : "the whole",
                     sequence.advance == 0
                         ? ""
                         : fmt::format("; after {} rows states go on into the next", sequence.advance));
}

bool is_table(const InspectArguments& arguments) {
  if (descriptor_of(arguments.path))
    return gives_table(arguments.path, allowed_bytes({.max_bytes = arguments.max_bytes}));
  return train::format_of_name(arguments.path) == train::DataFormat::kCsv &&
         !std::filesystem::is_directory(arguments.path);
}

}  // namespace

int inspect(const InspectArguments& arguments) {
  if (is_table(arguments)) return inspect_table(arguments);
  const Network network = load_network(arguments);
  ThreadPool pool(arguments.threads);
  const train::NetworkSummary summary =
      train::summarize(network.config, network.schema, {.pool = &pool, .dump_after = arguments.dump_after});
  if (arguments.json) {
    Json json = to_json(summary);
    json["columns"] = to_json(network.columns);
    json["inputs"] = train::inputs_json(network.schema);
    if (network.schema.sequence.steps > 0) json["sequence"] = train::sequence_json(network.schema.sequence);
    if (!arguments.dump_after.empty()) json["dump"] = summary.dump;
    print_json(json);
  } else if (!arguments.dump_after.empty()) {
    print(summary.dump);
  } else {
    const std::string columns = network.columns.empty() ? "" : str(network.columns) + "\n";
    print(columns + train::str(summary) + inputs_text(network.schema) +
          sequence_text(network.schema.sequence));
  }
  return 0;
}

}  // namespace catenary::cli
