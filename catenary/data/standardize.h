#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/dataset.h"

namespace catenary {

/// For each feature x' = element * scale + shift, where element is what Features stores (before
/// Features::scale).
struct Affine {
  std::vector<float> scale;
  std::vector<float> shift;
  [[nodiscard]] bool operator==(const Affine&) const = default;
};

/// The affine map that only applies Features::scale.
[[nodiscard]] Affine unchanged(const Features& features);

/// The affine map that gives each feature mean 0 and population variance 1 over `rows`, which should be the
/// training rows only. Two passes in double [Chan, Golub and LeVeque 1983]. A constant feature keeps
/// Features::scale and is only centred. Throws Error{data} for no rows, or where a scale or shift is not
/// finite in f32.
/// names: of the features, for messages.
[[nodiscard]] Affine standardize(const Features& features, std::span<const std::int64_t> rows,
                                 std::span<const std::string> names = {});

}  // namespace catenary
