#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/dataset.h"

namespace catenary {

/// Mean and standard deviation of each feature over the training rows, of values, which are elements times
/// Features::scale. In f32, as they are stored, so that a model reads its inputs in the very way that it was
/// trained on. Both empty without standardisation.
struct Standardization {
  std::vector<float> mean;
  std::vector<float> std;
  [[nodiscard]] bool operator==(const Standardization&) const = default;
};

/// The mean and population standard deviation of each feature over `rows`, which should be the training rows
/// only. Two passes in double [Chan, Golub and LeVeque 1983]. That of a constant feature is 1, so that it is
/// only centred. names: of the features, for messages. Throws Error{data} for no rows, or where a feature's
/// elements cannot be mapped in f32.
[[nodiscard]] Standardization standardize(const Features& features, std::span<const std::int64_t> rows,
                                          std::span<const std::string> names = {});

/// How stored elements are read: x' = element · scale + shift, one number for each feature, one for all, or
/// none where x' is the element.
struct ElementMap {
  std::vector<double> scale;
  std::vector<double> shift;
  [[nodiscard]] bool operator==(const ElementMap&) const = default;
};

/// (value − mean) / std; the value where nothing is standardised.
[[nodiscard]] ElementMap element_map(const Features& features, const Standardization& standardization);

}  // namespace catenary
