#include "catenary/train/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "catenary/base/error.h"
#include "catenary/data/text_dataset.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/evaluate.h"

namespace catenary::train {

namespace {

TextUnit unit_of(const Config& config) {
  if (config.data.format != DataFormat::kText)
    fail(ErrorKind::kConfig,
         "needed a run that was trained on a text ([data] format = \"text\"), found one on the "
         "format '{}'",
         name_of(config.data.format));
  if (!facts_of(config.train.loss).takes_labels)
    fail(ErrorKind::kConfig,
         "needed a run that answers with a probability for each character, as those by "
         "softmax_cross_entropy do, found the loss {}",
         name_of(config.train.loss));
  return config.data.sequence->unit;
}

const SamplerOptions& checked(const SamplerOptions& options) {
  if (!(options.temperature >= 0 && std::isfinite(options.temperature)))
    fail(ErrorKind::kConfig, "needed a temperature of 0 or more, found {}", options.temperature);
  return options;
}

// One character at a time, each with the states that those before it have left.
Schema one_by_one(Schema schema) {
  schema.sequence.steps = schema.sequence.advance = 1;
  return schema;
}

}  // namespace

Sampler::Sampler(const StoredRun& run, const SamplerOptions& options)
    : unit_(unit_of(run.config)),
      options_(checked(options)),
      random_(options.seed, RandomPurpose::kSample, 0),
      schema_(one_by_one(run.model.schema)),
      network_(run.config, schema_),
      states_(network_.model.states, 1),
      step_(compile(sampling_program(network_.model), network_.variables)) {
  load_parameters(run.model, network_.variables);
  states_.bind(step_);
  step_.bind("x", {.data = &code_, .count = 1, .columns = 1, .order = RowOrder::kByPosition});
}

void Sampler::read(std::string_view text, const std::string& name) {
  if (text.empty()) return;
  const Dataset data = parse_text(text, name, unit_, {}, schema_);
  for (const float code : data.targets) read_code(code);
}

void Sampler::read_code(float code) {
  code_ = code;
  require_ok(step_.run({.size = 1}));
  states_.end(step_);
  has_read_ = true;
}

std::string Sampler::draw() {
  const std::vector<std::string>& classes = schema_.classes;
  if (!has_read_) {
    const auto end = std::ranges::find(classes, "\n");
    read_code(end == classes.end() ? 0 : static_cast<float>(end - classes.begin()));
  }
  const std::size_t code = drawn_code();
  read_code(static_cast<float>(code));
  return bytes_of_level(classes[code], unit_);
}

// By the softmax of logits/temperature, of which two classes may have one, the second one's.
std::size_t Sampler::drawn_code() {
  const std::span<const float> logits = step_.rows("logits");
  weights_.assign(logits.begin(), logits.end());
  if (weights_.size() == 1) weights_.insert(weights_.begin(), 0.0);
  for (const double logit : weights_) {
    if (!std::isfinite(logit))
      fail(ErrorKind::kNumeric, "character {}: needed finite logits, found {}", drawn_ + 1, logit);
  }
  const auto most = std::ranges::max_element(weights_);
  const double u = random_.uniform(drawn_++);
  if (options_.temperature == 0) return static_cast<std::size_t>(most - weights_.begin());
  for (const double top = *most; double& weight : weights_)
    weight = std::exp((weight - top) / options_.temperature);
  double rest = u * std::accumulate(weights_.begin(), weights_.end(), 0.0);
  std::size_t code = 0;
  // The last one with any weight takes what rounding leaves.
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] > 0) code = i;
    rest -= weights_[i];
    if (rest < 0) break;
  }
  return code;
}

}  // namespace catenary::train
