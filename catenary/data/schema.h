#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catenary/base/cpp20.h"

namespace catenary {

/// What the cells of a column are.
enum class ColumnType { kNumber, kCategory, kBoolean, kTime };

/// "number", "category", "boolean", "time".
[[nodiscard]] std::string_view name_of(ColumnType type);

/// How many numbers stand for a cell in a row: of a time its day and the seconds since midnight, else one.
[[nodiscard]] constexpr std::size_t numbers_of(ColumnType type) { return type == ColumnType::kTime ? 2 : 1; }

/// Which part of a date is written first.
enum class DateOrder { kYearFirst, kMonthFirst, kDayFirst };

/// "year_first", "month_first", "day_first".
[[nodiscard]] std::string_view name_of(DateOrder order);

/// What becomes of a category's value that the training rows do not have.
enum class Unseen { kOther, kRefuse };

/// "other", "refuse".
[[nodiscard]] std::string_view name_of(Unseen unseen);

/// A column that a model reads: what its cells are and which numbers stand for them. A cell that is missing
/// is NaN.
struct ColumnSchema {
  std::string name;                              ///< in the header, or made up
  ColumnType type = ColumnType::kNumber;         ///< of its cells
  DateOrder date_order = DateOrder::kYearFirst;  ///< of a time
  /// Of a category: a cell is the position of its value, or their number for any other value.
  std::vector<std::string> levels = {};
  /// Of a category with too many values to list: a cell is its value's hash modulo so many. 0: see `levels`.
  std::int64_t buckets = 0;
  Unseen unseen = Unseen::kOther;  ///< of a category: whether other values are errors
  [[nodiscard]] bool operator==(const ColumnSchema&) const = default;
};

/// The number that a cell's number stands for by a list of codes; without a list, and where it is missing:
/// itself.
[[nodiscard]] inline float decoded(float number, std::span<const float> codes) {
  const bool is_code = number >= 0 && number < static_cast<float>(codes.size());
  return is_code ? codes[static_cast<std::size_t>(number)] : number;
}

/// The parts of a time that networks can use.
enum class TimePart { kYear, kMonth, kDay, kWeekday, kHour };

/// "year", "month", "day", "weekday", "hour".
[[nodiscard]] std::string_view name_of(TimePart part);

/// What a fitted step of preprocessing makes of a number x; NaN is a missing one.
namespace fitted {

/// x, or `value` where it is missing.
struct Impute {
  float value = 0;
  [[nodiscard]] bool operator==(const Impute&) const = default;
};
/// (x − shift) / scale.
struct Affine {
  float shift = 0, scale = 1;
  [[nodiscard]] bool operator==(const Affine&) const = default;
};
/// sign(x)·ln(1 + |x|).
struct Log {
  [[nodiscard]] bool operator==(const Log&) const = default;
};
/// x, or the nearer of the bounds beyond them.
struct Clip {
  float low = 0, high = 0;  ///< the bounds
  [[nodiscard]] bool operator==(const Clip&) const = default;
};
/// The share of the training rows below x, by linear interpolation between their quantiles; `normal`: the
/// standard normal distribution's quantile of that share.
struct Quantile {
  std::vector<float> quantiles;  ///< ascending, of the shares 0, 1/(n-1), ..., 1
  bool normal = false;
  [[nodiscard]] bool operator==(const Quantile&) const = default;
};
/// 1 where x is `code`, else 0, also where it is missing.
struct Equals {
  float code = 0;
  [[nodiscard]] bool operator==(const Equals&) const = default;
};
/// 1 where x is missing, else 0.
struct IsMissing {
  [[nodiscard]] bool operator==(const IsMissing&) const = default;
};
/// x below `levels`, else missing: the position of a level in its order.
struct Ordinal {
  float levels = 0;
  [[nodiscard]] bool operator==(const Ordinal&) const = default;
};
/// A part of a time; the first step of what is made of one.
struct Part {
  TimePart part = TimePart::kYear;
  [[nodiscard]] bool operator==(const Part&) const = default;
};

}  // namespace fitted

/// Any of them.
using FittedStep = std::variant<fitted::Impute, fitted::Affine, fitted::Log, fitted::Clip, fitted::Quantile,
                                fitted::Equals, fitted::IsMissing, fitted::Ordinal, fitted::Part>;

/// An input of the network: a function of one cell of a row.
struct Input {
  std::string name;                    ///< "age", "town=Ulm", "when.month"
  std::size_t column = 0;              ///< in Schema::columns
  std::vector<FittedStep> steps = {};  ///< one after the other
  [[nodiscard]] bool operator==(const Input&) const = default;
};

/// What a sequence is to foretell: numbers or a class of the whole, or of each of its rows.
enum class SequenceTarget { kWhole, kEachRow };

/// How examples are made of a table's rows where an example is a sequence of them, one row a step.
struct SequenceSchema {
  std::int64_t steps = 0;    ///< rows that the network reads, T; 0: an example is a single row
  bool has_lengths = false;  ///< an example may have fewer rows than T
  SequenceTarget target = SequenceTarget::kWhole;  ///< of what the targets are
  /// Rows whose targets are foretold at once, one after another; of whole sequences of numbers.
  std::int64_t horizon = 1;
  /// Rows from a window to the next one, which begins with the states that recurrent layers have there; 0:
  /// each begins anew. Of kEachRow the last ones of a window are answered, so that each row is once.
  std::int64_t advance = 0;

  /// Of kEachRow how many rows' targets an example has; of one with a length no more than that.
  [[nodiscard]] std::int64_t answered() const { return advance > 0 ? advance : steps; }
  [[nodiscard]] bool operator==(const SequenceSchema&) const = default;
};

/// What a trained model must remember to read further files in the same way.
struct Schema {
  std::vector<ColumnSchema> columns = {};      ///< of the features, in training order
  std::vector<Input> inputs = {};              ///< of the network, in order; set by fit()
  std::vector<std::string> target_names = {};  ///< CSV header names; empty for IDX
  std::vector<std::string> classes = {};       ///< class index = position; empty for numeric targets
  /// For each numeric target how the network sees it; empty: as it is.
  std::vector<fitted::Affine> target_scales = {};
  std::string id = {};           ///< the column that is carried into predictions; "": none
  SequenceSchema sequence = {};  ///< how rows become examples
  [[nodiscard]] bool operator==(const Schema&) const = default;
};

}  // namespace catenary
