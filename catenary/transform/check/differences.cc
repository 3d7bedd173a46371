#include "catenary/transform/check/differences.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace catenary {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// Each step is four times the one before, up to a quarter of |x| or 1, whichever is more.
constexpr double kGrowth = 4, kSmallest = 1e-6, kLargest = 0.25;
// Entries of a row; each takes away a power of h.
constexpr std::size_t kColumns = 6;
// Rows without a better entry, after which truncation has taken over.
constexpr int kPatience = 3;

// Ridders' tableau of a quantity that is its limit plus a series in powers of a step.
class Tableau {
 public:
  double value = 0, error = kInfinity;

  /// step: that the series goes in, h or h²; exact, as x + h is rounded and its steps do not grow by just
  /// kGrowth. noise: of `measured`, by rounding. Returns whether an entry was better than all before.
  bool add(double step, double measured, double noise) {
    std::vector<double> row = {measured}, noises = {noise};
    steps_.push_back(step);
    bool better = false;
    for (std::size_t j = 1; j <= last_.size() && j < kColumns; ++j) {
      const double factor = step / steps_[steps_.size() - 1 - j];
      row.push_back((factor * last_[j - 1] - row[j - 1]) / (factor - 1));
      noises.push_back(last_noise_[j - 1] * factor / (factor - 1) + noises[j - 1] / (factor - 1));
      const double moved = std::max(std::abs(row[j] - row[j - 1]), std::abs(row[j] - last_[j - 1]));
      better = take(row[j], moved + noises[j]) || better;
    }
    last_ = std::move(row);
    last_noise_ = std::move(noises);
    return better;
  }

 private:
  bool take(double candidate, double estimate) {
    const bool agrees = error == kInfinity || std::abs(candidate - value) <= error + estimate;
    if (!(estimate < error) || !agrees) return false;
    value = candidate;
    error = estimate;
    return true;
  }

  std::vector<double> steps_, last_, last_noise_;
};

struct Element {
  Tableau central, left, right;
};

}  // namespace

bool MeasuredSlope::is_kink() const {
  constexpr double kSafety = 10, kUnderestimated = 1e-7;
  const double jump = std::abs(right - left), size = std::max(std::abs(left), std::abs(right));
  const double least = one_sided_error == 0 ? 0 : kUnderestimated * size;
  return jump > kSafety * one_sided_error && jump > least;
}

std::vector<MeasuredSlope> measured_slopes(const CurveFunction& f, double x,
                                           const std::vector<double>& noise) {
  const std::vector<double> middle = f(x);
  std::vector<Element> elements(middle.size());
  const double size = std::abs(x), largest = kLargest * std::max(1.0, size);
  int since_better = 0;
  for (double h = kSmallest * (size == 0 ? 1 : std::min(1.0, size)); h <= largest && since_better < kPatience;
       h *= kGrowth) {
    const std::vector<double> above = f(x + h), below = f(x - h);
    const double up = (x + h) - x, down = x - (x - h), width = up + down;  // what rounding left of h and 2h
    ++since_better;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const double rounded = kEpsilon * std::max(std::abs(above[i]), std::abs(below[i]));
      const double rounding = (noise[i] + rounded) / h;
      Element& e = elements[i];
      const bool central = e.central.add(width * width, (above[i] - below[i]) / width, rounding);
      const bool right = e.right.add(up, (above[i] - middle[i]) / up, 2 * rounding);
      const bool left = e.left.add(down, (middle[i] - below[i]) / down, 2 * rounding);
      if (central || left || right) since_better = 0;
    }
  }
  std::vector<MeasuredSlope> slopes;
  for (const Element& e : elements)
    slopes.push_back(
        {e.central.value, e.central.error, e.left.value, e.right.value, e.left.error + e.right.error});
  return slopes;
}

}  // namespace catenary
