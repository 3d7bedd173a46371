#pragma once

#include <string>
#include <vector>

namespace catenary {

/// A place on an axis and what is written at it.
struct Tick {
  double at = 0;
  std::string label;
  [[nodiscard]] bool operator==(const Tick&) const = default;
};

/// What an axis of a chart reaches over, and its ticks, ascending.
struct Axis {
  double low = 0;
  double high = 1;
  std::vector<Tick> ticks = {};
};

/// Whether an axis ends where its numbers do, or at the next ticks beyond them.
enum class AxisEnds { kExact, kAtTicks };

/// An axis of finite numbers from low to high, with ticks at multiples of 1, 2 or 5 times a power of ten, as
/// close as makes at most `most` (2 or more) of them from low to high. Equal ends are moved apart.
[[nodiscard]] Axis number_axis(double low, double high, int most, AxisEnds ends);

/// An axis of times, seconds since 1970-01-01, that ends where they do: ticks where seconds, minutes, hours,
/// days, months or years begin, labelled "1950", "1950-03", "1950-03-01", "1950-03-01 12:00" or with seconds.
[[nodiscard]] Axis date_axis(double low, double high, int most);

}  // namespace catenary
