#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/schema.h"

namespace catenary {

/// What stands for a missing cell unless a config says otherwise: NA, N/A, n/a, nan, NaN, NULL, null, None,
/// ?, -, . and, in any case, a blank one.
[[nodiscard]] std::vector<std::string> usual_missing_words();

/// How a table is written. What is absent is told by its first lines.
struct CsvFormat {
  std::optional<char> separator = {};  ///< ',', ';', tab or '|'
  std::optional<char> decimal = {};    ///< '.' or ','
  /// Of dates whose cells do not tell it, kMonthFirst or kDayFirst; absent: kMonthFirst.
  std::optional<DateOrder> date_order = {};
  bool has_header = true;  ///< the first line that is not blank has the columns' names
  std::vector<std::string> columns =
      {};  ///< without a header: the columns' names; empty: column1, column2, ...
  std::vector<std::string> missing = usual_missing_words();  ///< beside blank cells
  [[nodiscard]] bool operator==(const CsvFormat&) const = default;
};

/// Columns that a file without a header may do without, all of them or none.
struct MayLack {
  std::vector<std::string> names = {};  ///< of the columns
  std::size_t of = 0;  ///< how many columns there are with them; of names that are made up, else they tell
};

/// The separators that there are, in the order in which they are preferred.
inline constexpr std::string_view kSeparators = ",;\t|";

/// "','", "tab": a separator in a message.
[[nodiscard]] std::string separator_name(char separator);

/// Whether a file's first line, cut into cells, declares the separator and is no header: "sep=;", as Excel
/// has it.
[[nodiscard]] bool declares_separator(std::span<const std::string> cells);

/// What the format leaves open, told by the file's first bytes: the separator is the one that cuts the first
/// two lines into equally many cells, and most, but no given decimal comma unless there is no other; numbers
/// have a decimal comma where more of them are seen with one than with a point. start: kFormatBytes, or all
/// of a shorter file.
[[nodiscard]] CsvFormat tell_format(std::string_view start, CsvFormat format);

/// How much of a file tells its format.
inline constexpr std::size_t kFormatBytes = std::size_t{1} << 16;

}  // namespace catenary
