#include <fmt/format.h>

#include "catenary/data/preprocess/encode.h"

namespace catenary {

namespace {

struct Describe {
  std::string operator()(const fitted::Impute& s) const { return fmt::format("impute {}", s.value); }
  std::string operator()(const fitted::Affine& s) const {
    return fmt::format("(x - {}) / {}", s.shift, s.scale);
  }
  std::string operator()(const fitted::Log& /*s*/) const { return "log"; }
  std::string operator()(const fitted::Clip& s) const {
    return fmt::format("clip to {} .. {}", s.low, s.high);
  }
  std::string operator()(const fitted::Quantile& s) const {
    return fmt::format("{} of {} quantiles", s.normal ? "normal place" : "place", s.quantiles.size());
  }
  std::string operator()(const fitted::Equals& s) const {
    return fmt::format("1 where the code is {}", s.code);
  }
  std::string operator()(const fitted::IsMissing& /*s*/) const { return "1 where it is missing"; }
  std::string operator()(const fitted::Ordinal& /*s*/) const { return "position among the levels"; }
  std::string operator()(const fitted::Part& s) const { return std::string(name_of(s.part)); }
};

}  // namespace

std::string describe_steps(const Input& input) {
  std::string text;
  for (const FittedStep& step : input.steps)
    text += (text.empty() ? ": " : ", ") + std::visit(Describe(), step);
  return text;
}

}  // namespace catenary
