#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/schema.h"

namespace catenary {

/// Whether a text is a number that has the other of the two decimal marks: 1,5 where the mark is a point.
[[nodiscard]] bool has_other_decimal(std::string_view text, char decimal);

/// ", which data.decimal = "," reads" after the message about a text that is no number, where it is one with
/// the other mark; else "". 1,234 may well mean thousands.
[[nodiscard]] std::string decimal_hint(std::string_view text, char decimal);

/// Of a category's values the numbers, if they are nearly all, and what else there is.
struct MixedNumbers {
  std::string text;                     ///< "190 of its 191 values are numbers, not 'x'"; "": they are not
  std::vector<std::string_view> words;  ///< values that are no numbers
  std::string
      other_decimal;  ///< "data.decimal = "," reads those such as '1,5'", if all are meant so; else ""
};
/// levels: must outlive the words.
[[nodiscard]] MixedNumbers mixed_numbers(std::span<const std::string> levels, char decimal);
/// What makes a target of them a number: the setting and what it does.
[[nodiscard]] std::string remedy_for(const MixedNumbers& mixed);

/// What is to be said of a category nearly all of whose values are numbers, since a text among numbers makes
/// a column one, which is seldom meant; else "".
[[nodiscard]] std::string note_on_levels(std::span<const std::string> levels, char decimal);

/// Whether the cells of a column of dates tell their order: 3/4/2024 may be either.
enum class DatesTell { kNo, kYes };

/// What is to be said of a column's dates; "" where the year is first.
[[nodiscard]] std::string note_on_dates(DateOrder order, DatesTell tell);

}  // namespace catenary
