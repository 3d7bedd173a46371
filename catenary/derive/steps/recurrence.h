#pragma once

#include <span>
#include <vector>

#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/naming.h"

/// The scans of a derivation, as steps with names. Private to steps/.
namespace catenary::derive {

/// The scans that `outputs` need, without their steps. Throws what scan_views() throws.
[[nodiscard]] std::vector<Recurrence> find_recurrences(std::span<const Value> outputs);

/// What the views of the recurrences are called: h₃ a row, H the rows h₁ᵀ to h₃ᵀ.
void name_views(const std::vector<Recurrence>& recurrences, GivenNames& names);

/// After which step a row of a carry was made, or by which that of an output: from 1; 0 or T + 1 is what a
/// carry starts with.
[[nodiscard]] std::int64_t step_of_row(const Recurrence& r, const ScanView& view, std::int64_t row);

/// Writes the step of the recurrence d.recurrences[place] into d's graph, and names its values: in
/// naming.names, in naming.deltas, and in front of what comes after it in naming.defined.
void write_step(Derivation& d, int place, Naming& naming);

}  // namespace catenary::derive
