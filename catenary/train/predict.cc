#include "catenary/train/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "catenary/base/error.h"
#include "catenary/engine/step.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/evaluate.h"
#include "catenary/train/model.h"

namespace catenary::train {

namespace {

// A CSV cell, in quotes where RFC 4180 asks for them.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string header(const StoredRun& run) {
  const bool has_classes = is_classification(run.config);
  const Schema& schema = run.model.schema;
  const std::string of_class = facts_of(run.config.train.loss).takes_labels ? "probability_" : "score_";
  std::string text = has_classes ? "prediction" : "";
  for (const std::string& name : has_classes ? schema.classes : schema.target_names) {
    text += (text.empty() ? "" : ",") + csv_cell((has_classes ? of_class : "prediction_") + name);
  }
  return text + "\n";
}

// Puts the rows together: a class's name, then numbers.
class Writer {
 public:
  explicit Writer(const StoredRun& run)
      : classes_(run.model.schema.classes),
        has_classes_(is_classification(run.config)),
        is_binary_(facts_of(run.config.train.loss).is_binary),
        csv_(header(run)) {}

  void add_class(float index) { csv_ += csv_cell(classes_[static_cast<std::size_t>(index)]); }

  void add_numbers(std::span<const float> numbers) {
    // One logit gives the probability of the second class; the first one's is what is left.
    if (is_binary_) return add_row(std::array{1 - numbers[0], numbers[0]});
    add_row(numbers);
  }

  [[nodiscard]] std::string take() { return std::move(csv_); }

 private:
  void add_row(std::span<const float> numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!std::isfinite(numbers[i]))
        fail(ErrorKind::kNumeric, "expected a finite prediction, found {}", numbers[i]);
      fmt::format_to(std::back_inserter(csv_), "{}{}", i > 0 || has_classes_ ? "," : "", numbers[i]);
    }
    csv_ += '\n';
  }

  const std::vector<std::string>& classes_;
  bool has_classes_;
  bool is_binary_;
  std::string csv_;
};

void write_batch(const Step& step, std::int64_t size, bool has_classes, Writer& writer) {
  const std::span<const float> numbers = step.rows("prediction");
  const std::size_t columns = numbers.size() / static_cast<std::size_t>(size);
  for (std::size_t i = 0; i < static_cast<std::size_t>(size); ++i) {
    if (has_classes) writer.add_class(step.rows("class")[i]);
    writer.add_numbers(numbers.subspan(i * columns, columns));
  }
}

}  // namespace

Predictions predict(const StoredRun& run, const std::string& input, int threads) {
  const Examples data = load_inputs(run.config, run.model.schema, input);
  const SampleRows rows(data);
  Model model(run.config, run.model.schema);
  Variables variables(model.graph, static_cast<std::uint64_t>(run.config.seed));
  load_parameters(run.model, variables);
  ThreadPool pool(threads);
  Step step = compile(prediction_program(model), variables, {.pool = &pool});
  step.bind("x", rows.inputs());
  Writer writer(run);
  const std::int64_t samples = data.size();
  for (std::int64_t first = 0; first < samples; first += kEvaluationBatch) {
    const std::int64_t size = std::min(kEvaluationBatch, samples - first);
    require_ok(step.run({.size = size, .first = first}));
    write_batch(step, size, bool(model.predicted_class), writer);
  }
  return {samples, writer.take()};
}

}  // namespace catenary::train
