#include "catenary/train/run/history.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "catenary/train/run/history_json.h"

namespace catenary::train {

namespace {

std::string csv_number(std::optional<double> value) { return value ? fmt::format("{}", *value) : ""; }

}  // namespace

std::string to_csv(const History& history) {
  std::string text = "epoch,loss,accuracy,validation_loss,validation_accuracy\n";
  for (const EpochRecord& record : history) {
    const Score validation = record.validation.value_or(Score{});
    text +=
        fmt::format("{},{},{},{},{}\n", record.epoch, record.train.loss, csv_number(record.train.accuracy),
                    record.validation ? csv_number(validation.loss) : "", csv_number(validation.accuracy));
  }
  return text;
}

nlohmann::ordered_json to_json(const Score& score) {
  nlohmann::ordered_json json{{"loss", score.loss}};
  if (score.accuracy) json["accuracy"] = *score.accuracy;
  return json;
}

nlohmann::ordered_json to_json(const EpochRecord& record) {
  nlohmann::ordered_json json{{"epoch", record.epoch}};
  json.update(to_json(record.train));
  json["validation"] = record.validation ? to_json(*record.validation) : nlohmann::ordered_json();
  return json;
}

std::string to_jsonl(const History& history) {
  std::string text;
  for (const EpochRecord& record : history) text += to_json(record).dump() + "\n";
  return text;
}

}  // namespace catenary::train
