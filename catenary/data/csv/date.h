#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "catenary/data/schema.h"

namespace catenary {

/// A point in time: the days since 1970-01-01 and the seconds since that day's midnight, without regard to
/// time zones, as it is written.
struct Time {
  std::int32_t days = 0;
  float seconds = 0;
};

/// The date, and the time of day if there is one, that the whole text is: 2024-02-29 or 2024/2/29 with the
/// year first; 2/29/2024 or 2/29/24 with the month first; 29.2.2024, 29/2/2024 or 29-2-2024 with the day
/// first (a date with points always has its day first). Times are " 10:15", "T10:15:00.5", with AM or PM, Z
/// or +01:00. Nothing where it is none. [ISO 8601]
[[nodiscard]] std::optional<Time> parse_time(std::string_view text, DateOrder order);

/// Month and day count from 1, the weekday from 0 on Monday; the hour has a fraction.
[[nodiscard]] double part_of(const Time& time, TimePart part);

}  // namespace catenary
