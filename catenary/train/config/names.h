#pragma once

#include <string_view>

#include "catenary/train/config/config.h"
#include "catenary/train/config/table_reader.h"

// The spellings of the config's enumerators, for reading and for writing.
namespace catenary::train {

inline constexpr Choice<DataFormat> kDataFormats[] = {{"idx", DataFormat::kIdx}, {"csv", DataFormat::kCsv}};

inline constexpr Choice<Loss> kLosses[] = {{"softmax_cross_entropy", Loss::kSoftmaxCrossEntropy},
                                           {"binary_cross_entropy", Loss::kBinaryCrossEntropy},
                                           {"squared_error", Loss::kSquaredError},
                                           {"huber", Loss::kHuber}};

inline constexpr Choice<OptimizerType> kOptimizers[] = {
    {"sgd", OptimizerType::kSgd}, {"momentum", OptimizerType::kMomentum}, {"adam", OptimizerType::kAdam}};

template <typename E, std::size_t n>
[[nodiscard]] constexpr std::string_view spelling(const Choice<E> (&choices)[n], E value) {
  for (const auto& choice : choices) {
    if (choice.value == value) return choice.name;
  }
  return {};
}

}  // namespace catenary::train
