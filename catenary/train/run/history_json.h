#pragma once

#include <nlohmann/json_fwd.hpp>

#include "catenary/train/run/history.h"

// What was measured as JSON, which whoever writes a file or an event puts it in. A number that is not finite
// is written as null.
namespace catenary::train {

/// {"loss":0.5,"accuracy":0.9}; accuracy only where it was measured.
[[nodiscard]] nlohmann::ordered_json to_json(const Score& score);

/// {"epoch":1,"loss":...,"accuracy":...,"validation":{...}}; null without a validation
/// part.
[[nodiscard]] nlohmann::ordered_json to_json(const EpochRecord& record);

}  // namespace catenary::train
