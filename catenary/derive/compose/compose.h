#pragma once

#include "catenary/derive/document/document.h"
#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/valuation.h"

namespace catenary::derive {

/// What of a derivation is told, and how.
struct ComposeOptions {
  Language language = Language::kEnglish;  ///< of the words
  /// Adds the general form of each rule, why shapes and transposes are what they are, and each rule's proof.
  bool full = false;
  /// Writes real numbers below each formula.
  bool numbers = false;
  /// With numbers: shapes still in symbols, m×n, not in the numbers' own sizes.
  bool symbolic_shapes = false;
  /// The parts to show: one sample's derivation, the batch's. Without a batch the first is shown in any case.
  bool sample = true;
  bool batch = true;
  /// Numbers and the check; null leaves both out.
  const Valuation* valuation = nullptr;
  /// Whether those numbers were given by the user.
  bool given = false;
};

/// The derivation in words and formulas: symbols, forward pass, function, backward pass step by step,
/// results, the batch, BP1 to BP4, the check. Throws Error of kind kConfig if something else than the number
/// of samples is called N where that is written.
[[nodiscard]] Document compose(const Derivation& derivation, const ComposeOptions& options);

}  // namespace catenary::derive
