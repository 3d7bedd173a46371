#include "catenary/data/preprocess/normal.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace catenary {

// Newton's method on Φ(x) = p from 0. Above 0 Φ is concave, so each step falls short of the root and none
// passes it.
double normal_quantile(double p) {
  constexpr double kLeast = 1e-7, kClose = 1e-12;
  constexpr int kMostSteps = 60;
  if (p < 0.5) return -normal_quantile(1 - p);
  const double above = std::max(1 - p, kLeast);
  double x = 0;
  for (int i = 0; i < kMostSteps; ++i) {
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    const double step = (std::erfc(x / std::numbers::sqrt2) / 2 - above) / density;
    x += step;
    if (std::abs(step) < kClose) break;
  }
  return x;
}

}  // namespace catenary
