#include "catenary/train/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/column_names.h"
#include "catenary/data/table_columns.h"
#include "catenary/train/batches.h"
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

// The rows of the input that predictions stand beside: of windows whose next rows are foretold their last
// ones, of whole series their first ones.
std::vector<std::int64_t> rows_beside(const PredictionInputs& inputs, const Config& config) {
  if (!config.data.sequence) return inputs.rows;
  const Dataset& data = inputs.file.data;
  if (data.schema.sequence.target == SequenceTarget::kEachRow) return rows_read(data, inputs.rows);
  std::vector<std::int64_t> rows = inputs.rows;
  if (config.data.sequence->options.task != SequenceTask::kNext) return rows;
  for (std::int64_t& row : rows) row += data.schema.sequence.steps - 1;
  return rows;
}

using RowNumbers = std::vector<std::int64_t>;

CarriedColumn carried_column(const std::string& name, const RowNumbers& rows,
                             std::function<std::string_view(std::size_t)> cell) {
  return {name, [cell = std::move(cell), &rows](std::int64_t at) {
            return cell(static_cast<std::size_t>(rows[static_cast<std::size_t>(at)]));
          }};
}

// A row's number, from 1 on.
CarriedColumn number_column(const RowNumbers& rows) {
  return {.name = "row",
          .text = [&rows, text = std::string()](std::int64_t at) mutable -> std::string_view {
            return text = fmt::format("{}", rows[static_cast<std::size_t>(at)] + 1);
          },
          .kind = CarriedKind::kNumber,
          .named = CarriedName::kMadeUp};
}

// What tells a sequence from others: its series and the time of the row; for want of a time its number.
void carry_sequence(const Dataset& data, const SequenceOptions& options, const RowNumbers& rows,
                    std::vector<CarriedColumn>& carried) {
  if (!data.series.codes.empty()) {
    carried.push_back(carried_column(options.series, rows, [&data](std::size_t row) -> std::string_view {
      return data.series.levels[static_cast<std::size_t>(data.series.codes[row])];
    }));
  }
  if (options.task == SequenceTask::kWhole) return;
  if (data.times.texts.empty()) return carried.push_back(number_column(rows));
  carried.push_back(
      carried_column(options.time, rows, [&data](std::size_t row) { return data.times.texts[row]; }));
}

// The columns that stand beside the predictions: the id, and what tells sequences apart, unless all of the
// input's are asked for.
std::vector<CarriedColumn> carried_columns(const PredictionInputs& inputs, const RowNumbers& rows,
                                           const std::vector<TextColumn>& texts, const Config& config) {
  const Dataset& data = inputs.file.data;
  std::vector<CarriedColumn> carried;
  const auto carry = [&](const std::string& name, const TextList& cells) {
    carried.push_back(carried_column(name, rows, [&cells](std::size_t row) { return cells[row]; }));
  };
  for (const TextColumn& column : texts) carry(column.name, column.texts);
  if (!texts.empty()) return carried;
  const std::string& id = data.schema.id;
  const bool has_sequences = config.data.sequence.has_value();
  const bool is_carried = has_sequences && (id == config.data.sequence->options.series ||
                                            id == config.data.sequence->options.time);
  if (!data.ids.empty() && !is_carried) carry(id, data.ids);
  if (has_sequences) carry_sequence(data, config.data.sequence->options, rows, carried);
  return carried;
}

}  // namespace

std::int64_t predict(const StoredRun& run, const PredictOptions& options, const Sink& sink) {
  const DataFiles files{options.input, "", options.more};
  const PredictionInputs inputs = load_inputs(run.config, run.model.schema, files);
  if (options.on_notes) options.on_notes(inputs.file.data.notes);
  const std::vector<TextColumn> texts = input_texts(run, options);
  const RowNumbers beside = rows_beside(inputs, run.config);
  PredictionTable table = prediction_table(run.config, run.model.schema, std::ssize(beside));
  table.carried = carried_columns(inputs, beside, texts, run.config);
  Network network(run.config, inputs.file.data.schema);
  load_parameters(run.model, network.variables);
  ThreadPool pool(options.threads);
  Predictor predictor(network, inputs.file, title(files), pool);
  PredictionWriter writer(options.format, std::move(table), sink);
  std::int64_t last = -1;
  each_batch(batches_of(inputs.rows, network.model.states.empty() ? kEvaluationBatch : 1),
             [&](const Batch& batch) {
               predictor.predict(batch, [&](const Prediction& prediction) {
                 // A series' last window has rows of the one before it.
                 if (prediction.row > last) writer.add(prediction);
                 last = std::max(last, prediction.row);
               });
               return true;
             });
  writer.finish();
  return std::ssize(beside);
}

}  // namespace catenary::train
