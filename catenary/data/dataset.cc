#include "catenary/data/dataset.h"

namespace catenary {

namespace {

template <typename T>
std::span<const T> elements_of(const Features& features) {
  if (const auto* elements = std::get_if<std::vector<T>>(&features.elements)) return *elements;
  if (const auto* mapped = std::get_if<MappedArray<T>>(&features.elements)) return mapped->view();
  return {};
}

}  // namespace

void split_rows(Features& features, std::int64_t steps) {
  features.rows *= steps;
  features.columns /= steps;
}

std::span<const float> floats_of(const Features& features) { return elements_of<float>(features); }

std::span<const std::uint8_t> bytes_of(const Features& features) {
  return elements_of<std::uint8_t>(features);
}

bool are_mapped(const Features& features) {
  return std::holds_alternative<MappedArray<std::uint8_t>>(features.elements) ||
         std::holds_alternative<MappedArray<float>>(features.elements);
}

}  // namespace catenary
