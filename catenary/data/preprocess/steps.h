#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catenary/data/schema.h"

namespace catenary {

/// The steps of preprocessing as they are asked for, before they are fitted.
namespace preprocess {

/// What any table needs, each column by its type: numbers are imputed by their median and standardized,
/// booleans imputed by the more frequent of the two, categories one-hot, times taken apart; where values are
/// missing in the training rows an indicator is added; columns without information are left out. Numeric
/// targets are standardized. Bytes, as of images, are standardized alone.
struct Auto {
  bool standardize = true;  ///< false: numbers and targets are taken as they are
  [[nodiscard]] bool operator==(const Auto&) const = default;
};
/// Leaves columns out.
struct Drop {
  [[nodiscard]] bool operator==(const Drop&) const = default;
};

/// What a missing number is taken for.
enum class Statistic { kMedian, kMean, kMostFrequent, kConstant };

/// "median", "mean", "most_frequent", "constant".
[[nodiscard]] std::string_view name_of(Statistic by);

/// Fills in missing numbers.
struct Impute {
  Statistic by = Statistic::kMedian;  ///< of the training rows' numbers
  double value = 0;                   ///< of kConstant
  bool indicator = true;  ///< adds NAME.missing, 1 where it was, if any is missing in the training rows
  [[nodiscard]] bool operator==(const Impute&) const = default;
};
/// A column for each value of a category, and NAME=other for values that at most one training row has.
struct OneHot {
  std::int64_t max_levels = 100;   ///< a category of more is hashed
  std::int64_t buckets = 64;       ///< into so many columns
  Unseen unseen = Unseen::kOther;  ///< kRefuse: each value has a column, others are errors
  [[nodiscard]] bool operator==(const OneHot&) const = default;
};
/// A category's values as numbers: 0, 1, ...
struct Ordinal {
  std::vector<std::string> order = {};  ///< empty: sorted, by value where all are numbers
  [[nodiscard]] bool operator==(const Ordinal&) const = default;
};
/// A time as numbers.
struct Dates {
  /// In the order of the inputs.
  std::vector<TimePart> parts = {TimePart::kYear, TimePart::kMonth, TimePart::kDay, TimePart::kWeekday,
                                 TimePart::kHour};
  [[nodiscard]] bool operator==(const Dates&) const = default;
};
/// To mean 0 and standard deviation 1.
struct Standardize {
  [[nodiscard]] bool operator==(const Standardize&) const = default;
};
/// The training rows' least number to `low`, their greatest to `high`.
struct MinMax {
  double low = 0, high = 1;
  [[nodiscard]] bool operator==(const MinMax&) const = default;
};
/// Times `factor`.
struct Scale {
  double factor = 1;
  [[nodiscard]] bool operator==(const Scale&) const = default;
};
/// Its place among the training rows: uniform from 0 to 1, or as a standard normal distribution has it.
struct Quantile {
  std::int64_t quantiles = 100;  ///< how many are kept: at least 2
  bool normal = false;
  [[nodiscard]] bool operator==(const Quantile&) const = default;
};
/// sign(x)·ln(1 + |x|).
struct Log {
  [[nodiscard]] bool operator==(const Log&) const = default;
};
/// To bounds; those that are absent are quantiles of the training rows.
struct Clip {
  std::optional<double> low = {}, high = {};  ///< absent: a quantile
  double quantile = 0.01;                     ///< at the low end; at the high end 1 - quantile
  [[nodiscard]] bool operator==(const Clip&) const = default;
};
/// Numeric targets to mean 0 and standard deviation 1; losses and predictions are in their own units all the
/// same.
struct TargetStandardize {
  [[nodiscard]] bool operator==(const TargetStandardize&) const = default;
};

/// One of the steps with its options.
using Options = std::variant<Auto, Drop, Impute, OneHot, Ordinal, Dates, Standardize, MinMax, Scale, Quantile,
                             Log, Clip, TargetStandardize>;

/// A step and what it is for.
struct Step {
  Options options;                        ///< which step
  std::vector<std::string> columns = {};  ///< empty: all that the step can take
  [[nodiscard]] bool operator==(const Step&) const = default;
};

/// What a config calls the step: "auto", "drop", "impute", "onehot", "ordinal", "dates", "standardize",
/// "minmax", "scale", "quantile", "log", "clip", "target_standardize".
[[nodiscard]] std::string_view name_of(const Options& options);

/// Steps of every type, as they are without any key.
[[nodiscard]] std::span<const Options> all_steps();

}  // namespace preprocess

}  // namespace catenary
