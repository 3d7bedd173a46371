#pragma once

#include <optional>

#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/valuation.h"
#include "commands.h"

namespace catenary::cli {

/// What `derive` is to derive, and at which numbers.
struct DeriveProblem {
  derive::Derivation derivation;
  Bindings at;
  /// Sizes of symbolic dimensions, where the numbers have others than the derivation assumes.
  std::map<std::string, std::int64_t, std::less<>> sizes;
  bool given = false;  ///< the numbers are the user's, not random
};

/// From a formula: random numbers, or those of --values. From a config: the row --sample of the training data
/// and the initial weights, those of a run directory as trained; or --values. Throws Error{config} or
/// Error{data}.
[[nodiscard]] DeriveProblem load_derive_problem(const DeriveArguments& arguments);

}  // namespace catenary::cli
