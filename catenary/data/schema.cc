#include "catenary/data/schema.h"

#include <array>

namespace catenary {

std::string_view name_of(ColumnType type) {
  constexpr std::array<std::string_view, 4> kNames = {"number", "category", "boolean", "time"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view name_of(DateOrder order) {
  constexpr std::string_view kNames[] = {"year_first", "month_first", "day_first"};
  return kNames[static_cast<std::size_t>(order)];
}

std::string_view name_of(Unseen unseen) { return unseen == Unseen::kOther ? "other" : "refuse"; }

std::string_view name_of(TimePart part) {
  constexpr std::array<std::string_view, 5> kNames = {"year", "month", "day", "weekday", "hour"};
  return kNames[static_cast<std::size_t>(part)];
}

}  // namespace catenary
