#include "catenary/data/dataset.h"

namespace catenary {

std::span<const float> floats_of(const Features& features) {
  if (const auto* numbers = std::get_if<std::vector<float>>(&features.elements)) return *numbers;
  if (const auto* mapped = std::get_if<MappedArray<float>>(&features.elements)) return mapped->view();
  return {};
}

}  // namespace catenary
