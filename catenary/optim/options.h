#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "catenary/optim/optimizer.h"

/// What is known of each optimizer, once: for its own checks, for a config that chooses one by name, for
/// documents.
namespace catenary::optim {

/// The options of any optimizer, in the order of optimizers().
using Options = std::variant<SgdOptions, MomentumOptions, AdamOptions>;

/// Which numbers an option takes.
enum class OptionKind {
  kAmount,  ///< finite, 0 or more
  kShare,   ///< of what was there before, to keep: from 0 to below 1
};

/// One number among an optimizer's options.
struct Option {
  std::string_view name;  ///< the member's, and the config's key
  OptionKind kind;
  double& (*in)(Options& options);  ///< the number itself; of options of this optimizer
  std::string_view meaning;
};

/// All that is known of an optimizer but its step.
struct OptimizerFacts {
  std::string_view name;
  Options usual;  ///< as the options' struct has them
  std::span<const Option> options;
  Optimizer (*make)(const Options& options);  ///< of options of this optimizer
};

/// Every optimizer, in the order of Options.
[[nodiscard]] std::span<const OptimizerFacts> optimizers();
[[nodiscard]] const OptimizerFacts& facts_of(const Options& options);

[[nodiscard]] double value_of(const Option& option, Options options);
/// The learning rate, which every optimizer has.
[[nodiscard]] double learning_rate_of(const Options& options);
[[nodiscard]] Optimizer make_optimizer(const Options& options);

/// Throws Error{config} where a number would make weights useless without a word.
void check_options(const Options& options);

}  // namespace catenary::optim
