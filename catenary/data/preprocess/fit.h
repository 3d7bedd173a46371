#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"
#include "catenary/data/preprocess/steps.h"

namespace catenary {

/// The rows that steps are fitted to, which should be those that are trained on.
struct FitRows {
  std::span<const std::int64_t> inputs;   ///< that inputs are read from
  std::span<const std::int64_t> targets;  ///< whose targets are foretold
};

/// Fits steps of preprocessing to some rows of a set, one after the other: fills in data.schema.inputs and
/// target_scales, drops the columns that no input reads, gives categories the levels that these rows have,
/// and their cells the numbers that go with them. Without steps, numbers and booleans are inputs as they are.
/// Adds notes on what is left out. Throws Error{config} for a step that names no column or one that it cannot
/// take, or a category or time that no step makes numbers of; Error{data} for no rows, or numbers that cannot
/// be mapped in f32. limits: mapped features are looked at a few columns at a time, as many as have room in a
/// quarter of the memory.
void fit(Dataset& data, const FitRows& rows, std::span<const preprocess::Step> steps,
         const DataLimits& limits = {});
/// The same where a row has its inputs and its targets.
inline void fit(Dataset& data, std::span<const std::int64_t> rows, std::span<const preprocess::Step> steps,
                const DataLimits& limits = {}) {
  fit(data, FitRows{rows, rows}, steps, limits);
}

}  // namespace catenary
