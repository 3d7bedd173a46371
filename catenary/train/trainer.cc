#include "catenary/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "catenary/base/error.h"
#include "catenary/data/limits.h"
#include "catenary/data/split.h"
#include "catenary/train/batches.h"
#include "catenary/train/dropout.h"
#include "catenary/train/feed.h"
#include "catenary/train/room.h"
#include "catenary/train/states.h"

namespace catenary::train {

namespace {

using Clock = std::chrono::steady_clock;

// on_step is asked after about this many multiply-adds, 50 to 200 µs of work: enough to hide the clock and
// the call.
constexpr std::int64_t kWorkBetweenReports = 10'000'000;
// What a step costs beside its products, about 1 µs, in multiply-adds.
constexpr std::int64_t kWorkOfAStep = 100'000;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Everything that the training of a network needs beside it. The members' order is that of their making.
class Training {
 public:
  Training(Network& network, const Config& config, const TrainingData& data, const TrainOptions& options);

  [[nodiscard]] TrainingStart start() const;
  /// By the validation rows; nothing without any.
  [[nodiscard]] std::optional<Score> validate();
  [[nodiscard]] ThreadPool& pool() { return pool_; }
  /// One pass over the training rows in the epoch's own order; nothing when asked to stop.
  [[nodiscard]] std::optional<Score> run_epoch(std::int64_t epoch);
  /// How far the training is, `done` samples into the epoch.
  [[nodiscard]] Progress progress(std::int64_t epoch, std::int64_t done) const;

 private:
  struct Sums {
    double loss = 0;
    double correct = 0, judged = 0;
  };
  [[nodiscard]] Batches batches_of_epoch(std::int64_t epoch) const;
  void run_batch(std::int64_t epoch, const Batch& batch);
  [[nodiscard]] bool report(std::int64_t epoch, std::int64_t done);
  [[nodiscard]] Score score(std::int64_t done) const;

  const Config& config_;
  const TrainingData& data_;
  const TrainOptions& options_;
  std::int64_t samples_, batch_size_;
  ThreadPool pool_;
  Feed feed_;
  Model model_;  // with what only training needs; its variables are the network's
  Step step_;
  Dropout dropout_;
  States states_;
  std::optional<Evaluator> validation_;
  std::int64_t parameters_ = 0, steps_between_reports_ = 1;
  std::int64_t steps_ = 0;
  Sums sums_;  // over the samples of this epoch
  Clock::time_point epoch_start_{};
  double seconds_ = 0;  // of the epochs before, without validations
};

Training::Training(Network& network, const Config& config, const TrainingData& data,
                   const TrainOptions& options)
    : config_(config),
      data_(data),
      options_(options),
      samples_(std::ssize(data.train_rows)),
      batch_size_(std::min(config.train.batch_size, samples_)),
      pool_(options.threads),
      feed_(data.file),
      model_(config, data.schema(), BuiltFor::kTraining),
      step_(compile(training_program(model_, config), network.variables, {.pool = &pool_})),
      dropout_(model_.masks, static_cast<std::uint64_t>(config.seed), batch_size_),
      states_(model_.states, batch_size_) {
  feed_.bind(step_);
  dropout_.bind(step_);
  states_.bind(step_);
  require_room({.needed = step_.planned_bytes(batch_size_),
                .samples = batch_size_,
                .has_steps = data.schema().sequence.steps > 0},
               machine_bytes());
  step_.reserve(batch_size_);
  parameters_ = parameter_count(model_);
  steps_between_reports_ =
      std::max<std::int64_t>(1, kWorkBetweenReports / (parameters_ * batch_size_ + kWorkOfAStep));
  if (!data.validation_rows.empty())
    validation_.emplace(network.model, network.variables, data.validation(), pool_);
}

TrainingStart Training::start() const {
  TrainingStart start{.samples = samples_,
                      .validation_samples = std::ssize(data_.validation_rows),
                      .test_samples = std::ssize(data_.test_rows),
                      .parameters = parameters_,
                      .notes = data_.notes};
  if (!model_.states.empty() && samples_ < 2 * batch_size_) {
    start.notes.push_back(fmt::format(
        "states go on into {} of {} windows that train, as {} are read side by side (train.batch_size); a "
        "smaller one makes longer streams",
        samples_ - batch_size_, samples_, batch_size_));
  }
  if (config_.data.format == DataFormat::kText && config_.layers[0].type != LayerType::kEmbedding) {
    start.notes.emplace_back(
        "the network reads a character as its number in the vocabulary, as its first layer is no embedding");
  }
  return start;
}

std::optional<Score> Training::validate() {
  if (!validation_) return std::nullopt;
  return validation_->evaluate().score;
}

// At random; where states go on, one window after the other.
Batches Training::batches_of_epoch(std::int64_t epoch) const {
  if (!model_.states.empty()) return side_by_side(data_.train_rows, batch_size_);
  std::vector<std::int64_t> order =
      permutation(samples_, static_cast<std::uint64_t>(config_.seed), static_cast<std::uint64_t>(epoch));
  for (std::int64_t& row : order) row = data_.train_rows[static_cast<std::size_t>(row)];
  return batches_of(std::move(order), batch_size_);
}

std::optional<Score> Training::run_epoch(std::int64_t epoch) {
  epoch_start_ = Clock::now();
  sums_ = {};
  const Batches batches = batches_of_epoch(epoch);
  std::int64_t done = 0;
  const bool goes_on = each_batch(batches, [&](const Batch& batch) {
    done += batch.size;
    const std::span rest = std::span(batches.rows).subspan(static_cast<std::size_t>(done));
    feed_.will_need(rest.first(std::min(rest.size(), static_cast<std::size_t>(batch_size_))));
    run_batch(epoch, batch);
    return ++steps_ % steps_between_reports_ != 0 || report(epoch, done);
  });
  if (!goes_on) return std::nullopt;
  seconds_ += seconds_since(epoch_start_);
  return score(samples_);
}

void Training::run_batch(std::int64_t epoch, const Batch& batch) {
  dropout_.draw(steps_, batch.size);
  states_.begin(data_.file.data, batch);
  const Status status = feed_.run(step_, batch);
  if (status == Status::kNotFinite) {
    fail(ErrorKind::kNumeric, "epoch {}, step {}: {}; a smaller learning_rate than {} may help", epoch,
         steps_ + 1, message(step_.not_finite().value()), optim::learning_rate_of(config_.train.optimizer));
  }
  require_ok(status);
  states_.end(step_);
  sums_.loss += step_.scalar("loss") * static_cast<double>(batch.size);
  if (!config_.train.accuracy) return;
  sums_.correct += step_.scalar("correct");
  sums_.judged += has_row_targets(data_.schema()) ? step_.scalar("judged") : static_cast<double>(batch.size);
}

bool Training::report(std::int64_t epoch, std::int64_t done) {
  if (!options_.on_step) return true;
  Progress now = progress(epoch, done);
  now.seconds += seconds_since(epoch_start_);
  return options_.on_step(now);
}

Score Training::score(std::int64_t done) const {
  Score result{sums_.loss / static_cast<double>(done), std::nullopt};
  if (config_.train.accuracy) result.accuracy = sums_.correct / sums_.judged;
  return result;
}

Progress Training::progress(std::int64_t epoch, std::int64_t done) const {
  return {.epoch = epoch,
          .epochs = config_.train.epochs,
          .done = done,
          .samples = samples_,
          .train = score(done),
          .seconds = seconds_};
}

// Looks at the numbers where they are: a copy of the weights is as large as a small data set.
bool is_finite(const Tensor& tensor) {
  for (std::size_t at = 0; at < tensor.data.size(); at += sizeof(float)) {
    float x = 0;
    std::memcpy(&x, &tensor.data[at], sizeof x);
    if (!std::isfinite(x)) return false;
  }
  return true;
}

void require_finite(const Safetensors& weights) {
  for (const Tensor& tensor : weights.tensors) {
    if (is_finite(tensor)) continue;
    fail(ErrorKind::kNumeric, "expected finite weights after the last step, found others in '{}'",
         tensor.name);
  }
}

// The weights as they are before the first step: they depend on the config's seed and their names alone.
Safetensors initial_weights(const Config& config, const TrainingData& data) {
  Network untrained(config, data.schema());
  return pack_model(untrained.variables, data.schema());
}

}  // namespace

// The memory that only training needs is free again afterwards.
std::optional<TrainResult> train_network(Network& network, const Config& config, const TrainingData& data,
                                         const TrainOptions& options) {
  Training training(network, config, data, options);
  TrainResult result{{.environment = current_environment(options.threads)}, std::nullopt};
  if (options.on_start) options.on_start(training.start());
  const auto start = Clock::now();
  for (std::int64_t epoch = 1; epoch <= config.train.epochs; ++epoch) {
    const std::optional<Score> score = training.run_epoch(epoch);
    if (!score) return std::nullopt;
    result.run.history.push_back({epoch, *score, training.validate()});
    const Progress progress = training.progress(epoch, std::ssize(data.train_rows));
    if (options.on_epoch) options.on_epoch(progress, result.run.history.back());
    result.run.environment.samples_per_second = samples_per_second(progress);
  }
  result.run.environment.seconds = seconds_since(start);
  if (!data.test_rows.empty())
    result.test = Evaluator(network.model, network.variables, data.test(), training.pool()).evaluate();
  return result;
}

std::optional<TrainResult> train(Config config, const TrainOptions& options) {
  TrainingData data = load_training_data(config);
  resolve_units(config, data.schema());
  Network network(config, data.schema());
  std::optional<TrainResult> result = train_network(network, config, data, options);
  if (!result) return std::nullopt;
  // The samples are done with; copies of the weights need not stand beside them.
  data.file.inputs.features.elements = data.file.data.features.elements = {};
  data.validation_file.reset();
  data.test_file.reset();
  result->run.initial = initial_weights(config, data);
  result->run.weights = pack_model(network.variables, data.schema());
  require_finite(result->run.weights);
  result->run.config = std::move(config);
  return result;
}

}  // namespace catenary::train
