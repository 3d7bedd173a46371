#include "catenary/train/predict.h"

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/column_names.h"
#include "catenary/data/table_columns.h"
#include "catenary/train/evaluate.h"
#include "catenary/train/model.h"
#include "catenary/train/predictor.h"

namespace catenary::train {

namespace {

// The input's columns as they stand, if they are asked for.
std::vector<TextColumn> input_texts(const StoredRun& run, const PredictOptions& options) {
  if (!options.with_inputs) return {};
  const auto require_file = [&](const std::string& file) {
    if (run.config.data.format == DataFormat::kCsv && !descriptor_of(file)) return;
    fail(ErrorKind::kConfig,
         "--inputs: needed the columns of a table in a file, which can be read twice, found {}", quote(file));
  };
  require_file(options.input);
  for (const std::string& file : options.more) require_file(file);
  return load_texts(options.input, {.format = run.config.data.table,
                                    .may_lack = without_targets(run.model.schema),
                                    .more = {options.more.begin(), options.more.end()},
                                    .limits = run.config.data.limits});
}

// The columns that stand beside the predictions: the id, unless all of the input's are asked for.
std::vector<CarriedColumn> carried_columns(const Examples& data, const std::vector<TextColumn>& texts) {
  std::vector<CarriedColumn> carried;
  const auto carry = [&](const std::string& name, const TextList& cells) {
    carried.push_back({name, [&cells](std::int64_t row) { return cells[static_cast<std::size_t>(row)]; }});
  };
  for (const TextColumn& column : texts) carry(column.name, column.texts);
  if (texts.empty() && !data.data.ids.empty()) carry(data.data.schema.id, data.data.ids);
  return carried;
}

}  // namespace

std::int64_t predict(const StoredRun& run, const PredictOptions& options, const Sink& sink) {
  const DataFiles files{options.input, "", options.more};
  const Examples data = load_inputs(run.config, run.model.schema, files);
  if (options.on_notes) options.on_notes(data.data.notes);
  const std::vector<TextColumn> texts = input_texts(run, options);
  const std::int64_t samples = data.size();
  PredictionTable table = prediction_table(run.config, run.model.schema, samples);
  table.carried = carried_columns(data, texts);
  Network network(run.config, run.model.schema);
  load_parameters(run.model, network.variables);
  ThreadPool pool(options.threads);
  Predictor predictor(network, data, title(files), pool);
  PredictionWriter writer(options.format, std::move(table), sink);
  for (std::int64_t first = 0; first < samples; first += kEvaluationBatch) {
    predictor.predict({.size = std::min(kEvaluationBatch, samples - first), .first = first},
                      [&](const Prediction& prediction) { writer.add(prediction); });
  }
  writer.finish();
  return samples;
}

}  // namespace catenary::train
