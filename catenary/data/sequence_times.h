#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "catenary/data/dataset.h"

// The times by which the rows of a series follow each other.
namespace catenary {

/// How the texts of times are written.
struct TimeFormat {
  char decimal = '.';                         ///< mark of numbers
  std::optional<DateOrder> date_order = {};   ///< of dates that may be read in two ways; absent: kMonthFirst
  std::span<const std::string> missing = {};  ///< words for a missing cell
};

/// Reads a column of times: numbers if all are, else dates in the first order that all can be read in: as
/// parse_time() has them, or 2024-02, which is the first of its month. position: what names a row's cell in a
/// message. Throws Error{data} for the first cell that is neither.
[[nodiscard]] Times read_times(TextList texts, const TimeFormat& format,
                               const std::function<std::string(std::size_t row)>& position);

/// What becomes of a series whose steps of time differ.
enum class Gaps { kRefuse, kAllow };

/// "refuse", "allow".
[[nodiscard]] std::string_view name_of(Gaps gaps);

/// Rows of a table that follow each other.
struct Series {
  std::int64_t first = 0;  ///< row
  std::int64_t rows = 0;
  [[nodiscard]] bool operator==(const Series&) const = default;
};

/// Throws Error{data} unless the times of a series' rows ascend and, if gaps are refused, by steps that are
/// within a tenth of their median. Dates of the same day of their months, or of the last one, count months.
/// name: of file and series, the start of a message.
void require_steady(const Times& times, const Series& series, Gaps gaps, const std::string& name);

}  // namespace catenary
