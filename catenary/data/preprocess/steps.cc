#include "catenary/data/preprocess/steps.h"

#include <array>

namespace catenary::preprocess {

std::string_view name_of(const Options& options) {
  // In the order of the variant.
  constexpr std::array<std::string_view, std::variant_size_v<Options>> kNames = {
      "auto",  "drop",     "impute", "onehot", "ordinal",           "dates", "standardize", "minmax",
      "scale", "quantile", "log",    "clip",   "target_standardize"};
  return kNames[options.index()];
}

std::string_view name_of(Statistic by) {
  constexpr std::array<std::string_view, 4> kNames = {"median", "mean", "most_frequent", "constant"};
  return kNames[static_cast<std::size_t>(by)];
}

std::span<const Options> all_steps() {
  static const std::array<Options, std::variant_size_v<Options>> kAll = {
      Auto(),  Drop(),     Impute(), OneHot(), Ordinal(),          Dates(), Standardize(), MinMax(),
      Scale(), Quantile(), Log(),    Clip(),   TargetStandardize()};
  return kAll;
}

}  // namespace catenary::preprocess
