#include "catenary/train/run/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <functional>

#include "catenary/base/text.h"

namespace catenary::train {

namespace {

constexpr std::int64_t kMostColumns = 16;  // 16 columns of 8 fit a wide terminal
constexpr int kLongestName = 12;

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

int width_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), starts_code_point));
}

// A class name as a cell: control characters would move the terminal's cursor, long names would break the
// table. A character that does not fit is left out whole, with all of the escape that stands for it.
std::string cell(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const auto next = std::find_if(name.begin() + 1, name.end(), starts_code_point);
    const auto length = static_cast<std::size_t>(next - name.begin());
    const std::string character = printable(name.substr(0, length));
    if (width_of(text) + width_of(character) > kLongestName) break;
    text += character;
    name.remove_prefix(length);
  }
  return text;
}

// {fmt} pads by its estimate of terminal columns, which agrees with code points for the scripts we expect.
std::string share(std::optional<double> value) { return value ? fmt::format("{:.3f}", *value) : "-"; }

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::vector<std::string> classes)
    : classes_(std::move(classes)), counts_(classes_.size() * classes_.size()) {}

void ConfusionMatrix::add(std::int64_t truth, std::int64_t predicted) {
  assert(truth >= 0 && truth < size() && predicted >= 0 && predicted < size());
  ++counts_[static_cast<std::size_t>(truth * size() + predicted)];
  ++samples_;
}

void ConfusionMatrix::add(const ConfusionMatrix& other) {
  assert(other.classes_ == classes_);
  std::ranges::transform(counts_, other.counts_, counts_.begin(), std::plus());
  samples_ += other.samples_;
}

std::int64_t ConfusionMatrix::count(std::int64_t truth, std::int64_t predicted) const {
  return counts_[static_cast<std::size_t>(truth * size() + predicted)];
}

double ConfusionMatrix::accuracy() const {
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < size(); ++i) right += count(i, i);
  return samples_ == 0 ? 0 : static_cast<double>(right) / static_cast<double>(samples_);
}

std::optional<double> ConfusionMatrix::precision(std::int64_t index) const {
  std::int64_t taken = 0;
  for (std::int64_t truth = 0; truth < size(); ++truth) taken += count(truth, index);
  if (taken == 0) return std::nullopt;
  return static_cast<double>(count(index, index)) / static_cast<double>(taken);
}

std::optional<double> ConfusionMatrix::recall(std::int64_t index) const {
  std::int64_t present = 0;
  for (std::int64_t predicted = 0; predicted < size(); ++predicted) present += count(index, predicted);
  if (present == 0) return std::nullopt;
  return static_cast<double>(count(index, index)) / static_cast<double>(present);
}

std::string ConfusionMatrix::str() const { return size() <= kMostColumns ? table() : worst_pairs(); }

std::string ConfusionMatrix::table() const {
  constexpr int kNarrowest = 9;  // "precision"
  int first = kNarrowest;
  for (const std::string& name : classes_) first = std::max(first, width_of(cell(name)));
  const auto width = [&](std::int64_t i) {
    return std::max(6, width_of(cell(classes_[static_cast<std::size_t>(i)])));
  };
  std::string text = fmt::format("{:<{}}", "", first);
  for (std::int64_t i = 0; i < size(); ++i) {
    text += fmt::format("  {:>{}}", cell(classes_[static_cast<std::size_t>(i)]), width(i));
  }
  text += "  recall\n";
  for (std::int64_t truth = 0; truth < size(); ++truth) {
    text += fmt::format("{:<{}}", cell(classes_[static_cast<std::size_t>(truth)]), first);
    for (std::int64_t i = 0; i < size(); ++i) text += fmt::format("  {:>{}}", count(truth, i), width(i));
    text += fmt::format("  {:>6}\n", share(recall(truth)));
  }
  text += fmt::format("{:<{}}", "precision", first);
  for (std::int64_t i = 0; i < size(); ++i) text += fmt::format("  {:>{}}", share(precision(i)), width(i));
  return text + "\n";
}

std::string ConfusionMatrix::worst_pairs() const {
  constexpr std::size_t kPairs = 10;
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] > 0 && i / classes_.size() != i % classes_.size()) wrong.push_back(i);
  }
  std::stable_sort(wrong.begin(), wrong.end(), [&](auto a, auto b) { return counts_[a] > counts_[b]; });
  if (wrong.size() > kPairs) wrong.resize(kPairs);
  std::string text = "most frequent confusions:\n";
  for (const std::size_t i : wrong) {
    text += fmt::format("{:>8}  {} taken for {}\n", counts_[i], cell(classes_[i / classes_.size()]),
                        cell(classes_[i % classes_.size()]));
  }
  return text;
}

std::int64_t argmax(std::span<const float> values) {
  return std::max_element(values.begin(), values.end()) - values.begin();
}

}  // namespace catenary::train
