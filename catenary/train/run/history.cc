#include "catenary/train/run/history.h"

#include <fmt/format.h>

#include <cmath>

namespace catenary::train {

namespace {

std::string csv_number(std::optional<double> value) { return value ? fmt::format("{}", *value) : ""; }

// JSON has no infinity and no NaN.
std::string json_number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

std::string members(const Score& score) {
  std::string text = fmt::format("\"loss\":{}", json_number(score.loss));
  if (score.accuracy) text += fmt::format(",\"accuracy\":{}", json_number(*score.accuracy));
  return text;
}

}  // namespace

std::string to_csv(const History& history) {
  std::string text = "epoch,loss,accuracy,test_loss,test_accuracy\n";
  for (const EpochRecord& record : history) {
    const Score test = record.test.value_or(Score{});
    text +=
        fmt::format("{},{},{},{},{}\n", record.epoch, record.train.loss, csv_number(record.train.accuracy),
                    record.test ? csv_number(test.loss) : "", csv_number(test.accuracy));
  }
  return text;
}

std::string to_json(const Score& score) { return fmt::format("{{{}}}", members(score)); }

std::string to_json(const EpochRecord& record) {
  return fmt::format("{{\"epoch\":{},{},\"test\":{}}}", record.epoch, members(record.train),
                     record.test ? to_json(*record.test) : "null");
}

std::string to_jsonl(const History& history) {
  std::string text;
  for (const EpochRecord& record : history) text += to_json(record) + "\n";
  return text;
}

}  // namespace catenary::train
