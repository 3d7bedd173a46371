#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "catenary/base/error.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::array<std::string_view, 6> kTrainKeys = {"loss",   "optimizer",  "weight_decay",
                                                        "epochs", "batch_size", "metrics"};
constexpr std::array<std::string_view, 1> kMetrics = {"accuracy"};
constexpr std::int64_t kMaxEpochs = 1'000'000'000;
constexpr std::int64_t kMaxBatch = std::int64_t{1} << 20;

template <typename Named>
std::vector<std::string_view> names_of(std::span<const Named> all) {
  std::vector<std::string_view> names;
  for (const Named& named : all) names.push_back(named.name);
  return names;
}

// The keys of an optimizer's table, or of any optimizer's.
std::vector<std::string_view> keys_of(std::span<const optim::OptimizerFacts> optimizers) {
  std::vector<std::string_view> keys = {"type"};
  for (const optim::OptimizerFacts& facts : optimizers) {
    for (const optim::Option& option : facts.options) {
      if (std::ranges::count(keys, option.name) == 0) keys.push_back(option.name);
    }
  }
  return keys;
}

// Training computes in f32: what is 0 or 1 there is refused.
const NumberSet& numbers_of(optim::OptionKind kind) {
  return kind == optim::OptionKind::kShare ? kBelowOne : kPositive;
}

void check_optimizer_keys(const TableReader& table, const optim::OptimizerFacts& facts) {
  const std::vector<std::string_view> own = keys_of(std::span(&facts, 1));
  for (const std::string_view key : keys_of(optim::optimizers())) {
    if (std::ranges::count(own, key) > 0) continue;
    table.forbid(std::span(&key, 1), fmt::format("does not apply to the optimizer '{}'; expected one of {}",
                                                 facts.name, fmt::join(own, ", ")));
  }
}

const optim::OptimizerFacts& optimizer_named(const TomlNode& node, const std::string& path) {
  return optim::optimizers()[as_choice(node, path, names_of(optim::optimizers()))];
}

// A table, or the type alone.
optim::Options read_optimizer(const TomlNode& node) {
  if (std::holds_alternative<std::string>(node.value))
    return usual_options(optimizer_named(node, "train.optimizer"));
  const TableReader table(node, "train.optimizer", keys_of(optim::optimizers()));
  const TomlNode* type = table.find("type");
  const optim::OptimizerFacts& facts =
      type == nullptr ? optim::facts_of(TrainConfig{}.optimizer) : optimizer_named(*type, table.path("type"));
  check_optimizer_keys(table, facts);
  optim::Options options = usual_options(facts);
  for (const optim::Option& option : facts.options) {
    double& number = option.in(options);
    number = table.number(option.name, numbers_of(option.kind), number);
  }
  return options;
}

}  // namespace

// Who calls optim::sgd has the rate in sight. A config that names none gets a tenth of C++'s 0.1, which fewer
// networks are too steep for.
optim::Options usual_options(const optim::OptimizerFacts& facts) {
  constexpr double kCautiousRate = 0.01;
  optim::Options options = facts.usual;
  if (auto* sgd = std::get_if<optim::SgdOptions>(&options)) sgd->learning_rate = kCautiousRate;
  if (auto* momentum = std::get_if<optim::MomentumOptions>(&options)) momentum->learning_rate = kCautiousRate;
  return options;
}

TrainConfig read_train(const TomlNode& node) {
  const TableReader table(node, "train", kTrainKeys);
  TrainConfig train;
  const std::vector<std::string_view> names = names_of(losses());
  const TomlNode& loss = table.require("loss", fmt::format("one of {}", fmt::join(names, ", ")));
  train.loss = losses()[as_choice(loss, table.path("loss"), names)].loss;
  if (const auto* optimizer = table.find("optimizer")) train.optimizer = read_optimizer(*optimizer);
  train.weight_decay = table.number("weight_decay", kNotNegative, train.weight_decay);
  train.epochs = table.whole("epochs", {0, kMaxEpochs}, train.epochs);
  train.batch_size = table.whole("batch_size", {1, kMaxBatch}, train.batch_size);
  return train;
}

bool read_accuracy(const TomlNode& node, bool is_classifier) {
  const TableReader table(node, "train", kTrainKeys);
  if (table.find("metrics") == nullptr) return is_classifier;
  bool accuracy = false;
  for (const TomlNode& metric : table.array("metrics", "an array of metrics, such as [\"accuracy\"]")) {
    (void)as_choice(metric, "train.metrics", kMetrics);
    if (!is_classifier) {
      fail(ErrorKind::kConfig, "{}: train.metrics: accuracy needs classes, and this loss predicts numbers",
           metric.place);
    }
    accuracy = true;
  }
  return accuracy;
}

}  // namespace catenary::train
