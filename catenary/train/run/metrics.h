#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace catenary::train {

/// How often samples of each class were taken for each class.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::vector<std::string> classes);

  /// Counts one sample. Both are class indices.
  void add(std::int64_t truth, std::int64_t predicted);
  /// Counts the samples of another matrix of the same classes, too.
  void add(const ConfusionMatrix& other);

  [[nodiscard]] const std::vector<std::string>& classes() const { return classes_; }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(classes_.size()); }
  [[nodiscard]] std::int64_t count(std::int64_t truth, std::int64_t predicted) const;
  [[nodiscard]] std::int64_t samples() const { return samples_; }
  /// The share of samples on the diagonal; 0 without samples.
  [[nodiscard]] double accuracy() const;
  /// Of the samples taken for the class, the share that belong to it; nothing when none was.
  [[nodiscard]] std::optional<double> precision(std::int64_t index) const;
  /// Of the samples of the class, the share taken for it; nothing when there is none.
  [[nodiscard]] std::optional<double> recall(std::int64_t index) const;

  /// An aligned table with precision and recall; beyond 16 classes the most frequent confusions instead.
  [[nodiscard]] std::string str() const;

 private:
  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string worst_pairs() const;

  std::vector<std::string> classes_;
  std::vector<std::int64_t> counts_;  // [truth][predicted]
  std::int64_t samples_ = 0;
};

/// The index of the greatest number, the first of equals. values: at least one.
[[nodiscard]] std::int64_t argmax(std::span<const float> values);

}  // namespace catenary::train
