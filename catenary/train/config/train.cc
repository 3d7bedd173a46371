#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "catenary/base/error.h"
#include "catenary/train/config/names.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::array<std::string_view, 6> kTrainKeys = {"loss",   "optimizer",  "weight_decay",
                                                        "epochs", "batch_size", "metrics"};
constexpr std::array<std::string_view, 1> kMetrics = {"accuracy"};
constexpr std::int64_t kMaxEpochs = 1'000'000'000;
constexpr std::int64_t kMaxBatch = std::int64_t{1} << 20;

// The keys that each optimizer takes, in the order of OptimizerType.
constexpr std::string_view kSgdKeys[] = {"type", "learning_rate"};
constexpr std::string_view kMomentumKeys[] = {"type", "learning_rate", "momentum"};
constexpr std::string_view kAdamKeys[] = {"type", "learning_rate", "beta1", "beta2", "epsilon"};
constexpr std::string_view kAllKeys[] = {"type", "learning_rate", "momentum", "beta1", "beta2", "epsilon"};

std::span<const std::string_view> keys_of(OptimizerType type) {
  switch (type) {
    case OptimizerType::kSgd: return kSgdKeys;
    case OptimizerType::kMomentum: return kMomentumKeys;
    case OptimizerType::kAdam: return kAdamKeys;
  }
  return {};
}

void check_optimizer_keys(const TableReader& table, OptimizerType type) {
  const auto keys = keys_of(type);
  for (const std::string_view key : kAllKeys) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    table.forbid(std::span(&key, 1), fmt::format("does not apply to the optimizer '{}'; expected one of {}",
                                                 name_of(type), fmt::join(keys, ", ")));
  }
}

OptimizerConfig read_optimizer(const TomlNode& node) {
  const TableReader table(node, "train.optimizer", kAllKeys);
  OptimizerConfig optimizer;
  (void)table.require("type", "one of sgd, momentum, adam");
  optimizer.type = table.choice("type", kOptimizers, optimizer.type);
  check_optimizer_keys(table, optimizer.type);
  const double usual_rate = optimizer.type == OptimizerType::kAdam ? 0.001 : 0.01;
  optimizer.learning_rate = table.number("learning_rate", kPositive, usual_rate);
  optimizer.momentum = table.number("momentum", kBelowOne, optimizer.momentum);
  optimizer.beta1 = table.number("beta1", kBelowOne, optimizer.beta1);
  optimizer.beta2 = table.number("beta2", kBelowOne, optimizer.beta2);
  optimizer.epsilon = table.number("epsilon", kPositive, optimizer.epsilon);
  return optimizer;
}

}  // namespace

TrainConfig read_train(const TomlNode& node) {
  const TableReader table(node, "train", kTrainKeys);
  TrainConfig train;
  (void)table.require("loss", "one of softmax_cross_entropy, binary_cross_entropy, squared_error, huber");
  train.loss = table.choice("loss", kLosses, train.loss);
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
