#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/csv/csv_format.h"
#include "catenary/data/csv/level_table.h"
#include "catenary/data/csv/number.h"
#include "catenary/data/csv/table.h"

namespace catenary {

/// What a column is taken for while it is read. It is what the first cell says that is not missing; a cell
/// that is something else makes it another guess, and where cells read before would have been kept otherwise
/// under that one, the file is read again. So a column ends as the first of these that all of its cells are.
enum class Guess { kOpen, kNumber, kYearFirst, kMonthFirst, kDayFirst, kBoolean, kCategory };

/// What a column's guess may become while it is read.
enum class Freedom {
  kAny,
  kNumberOrCategory,
  kDates,  ///< a time, in whatever order its dates are
  kNone    ///< the guess is a demand
};

/// Turns the cells of one column into numbers.
class ColumnReader {
 public:
  struct Options {
    Guess guess = Guess::kOpen;
    Freedom freedom = Freedom::kAny;  ///< a cell that is something else is refused
  };
  /// format: must outlive the reader.
  ColumnReader(const Options& options, const CsvFormat& format);

  /// Puts the numbers of a cell to `out`, room for two. Null, or what was needed of the cell. text: trimmed.
  [[nodiscard]] const char* read(std::string_view text, float* out) {
    ++cells_;
    if (options_.guess == Guess::kNumber && !may_numbers_be_missing_) {
      *out = static_cast<float>(plain_number(text, decimal_));
      if (std::isfinite(*out)) return nullptr;
    }
    return read_other(text, out);
  }

  /// Whether the type was asked for.
  [[nodiscard]] bool is_fixed() const { return options_.freedom == Freedom::kNone; }
  [[nodiscard]] Guess guess() const { return options_.guess; }
  /// Whether the cells read so far must be read again, by guess().
  [[nodiscard]] bool must_reread() const { return must_reread_; }
  [[nodiscard]] std::int64_t missing() const { return missing_; }
  /// The memory that the distinct values take.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Whether a value was not in UTF-8.
  [[nodiscard]] bool has_other_bytes() const { return has_other_bytes_; }
  /// The first number that f32 cannot hold, among the cells read: an error if the column ends as numbers.
  struct TooLarge {
    std::int64_t cell;
    double number;
  };
  [[nodiscard]] const std::optional<TooLarge>& too_large() const { return too_large_; }
  /// Numbers that are infinite, which count as missing.
  [[nodiscard]] std::int64_t infinite() const { return infinite_; }

  /// What the column is, and for each code that a category's cells were given the number that they shall
  /// have.
  struct Result {
    ColumnType type = ColumnType::kNumber;
    DateOrder date_order = DateOrder::kYearFirst;
    std::vector<std::string> levels = {};
    std::vector<float> codes = {};
  };
  [[nodiscard]] Result finish() const;

 private:
  [[nodiscard]] bool is_missing(std::string_view text) const;
  [[nodiscard]] std::optional<double> number_of(std::string_view text) const;
  [[nodiscard]] Guess first_guess(std::string_view text) const;
  [[nodiscard]] Guess next_guess(std::string_view text) const;
  void take_number(double number, float* out);
  const char* read_other(std::string_view text, float* out);
  const char* read_level(std::string_view text, float* out);
  const char* change_guess(std::string_view text, float* out);

  Options options_;
  const CsvFormat* format_;
  char decimal_;
  bool may_numbers_be_missing_;  // a missing word is a number, such as -999
  std::int64_t cells_ = 0, missing_ = 0, infinite_ = 0;
  LevelTable levels_;
  std::vector<bool> is_level_missing_;
  std::uint64_t bytes_ = 0;
  bool must_reread_ = false, has_other_bytes_ = false;
  std::optional<TooLarge> too_large_;
};

/// The guess that a type makes; that of a time hangs on the order of its dates.
[[nodiscard]] Guess guess_for(ColumnType type, DateOrder order = DateOrder::kYearFirst);

/// How many numbers a column of that guess has in a row.
[[nodiscard]] std::size_t numbers_of(Guess guess);

}  // namespace catenary
