#pragma once

namespace catenary {

/// The number below which a standard normal variable lies with the probability p, taken as 1e-7 at least and
/// 1 - 1e-7 at most: at most 5.2 in size.
[[nodiscard]] double normal_quantile(double p);

}  // namespace catenary
