#include "catenary/optim/options.h"

#include <cmath>
#include <iterator>

#include "catenary/base/error.h"

namespace catenary::optim {

namespace {

template <typename O>
O owner_of(double O::*number);

// The member kNumber of the options that have it.
template <auto kNumber>
double& in(Options& options) {
  return std::get<decltype(owner_of(kNumber))>(options).*kNumber;
}

template <typename O, Optimizer (*kMake)(O)>
Optimizer make(const Options& options) {
  return kMake(std::get<O>(options));
}

constexpr Option kSgd[] = {
    {"learning_rate", OptionKind::kAmount, in<&SgdOptions::learning_rate>, "η of w ← w − η·g"}};

constexpr Option kMomentum[] = {
    {"learning_rate", OptionKind::kAmount, in<&MomentumOptions::learning_rate>, "η of w ← w − η·v"},
    {"momentum", OptionKind::kShare, in<&MomentumOptions::momentum>, "μ of v ← μ·v + g"}};

constexpr Option kAdam[] = {
    {"learning_rate", OptionKind::kAmount, in<&AdamOptions::learning_rate>, "η of w ← w − η·m̂/(√v̂ + ε)"},
    {"beta1", OptionKind::kShare, in<&AdamOptions::beta1>, "β₁ of m ← β₁·m + (1 − β₁)·g, m̂ = m/(1 − β₁ᵗ)"},
    {"beta2", OptionKind::kShare, in<&AdamOptions::beta2>, "β₂ of v ← β₂·v + (1 − β₂)·g², v̂ = v/(1 − β₂ᵗ)"},
    {"epsilon", OptionKind::kAmount, in<&AdamOptions::epsilon>, "ε"}};

constexpr OptimizerFacts kOptimizers[] = {
    {"sgd", SgdOptions{}, kSgd, make<SgdOptions, sgd>},
    {"momentum", MomentumOptions{}, kMomentum, make<MomentumOptions, momentum>},
    {"adam", AdamOptions{}, kAdam, make<AdamOptions, adam>}};

constexpr bool is_ordered_as_options() {
  for (std::size_t i = 0; i < std::size(kOptimizers); ++i) {
    if (kOptimizers[i].usual.index() != i) return false;
  }
  return std::size(kOptimizers) == std::variant_size_v<Options>;
}
static_assert(is_ordered_as_options());

}  // namespace

std::span<const OptimizerFacts> optimizers() { return kOptimizers; }

const OptimizerFacts& facts_of(const Options& options) { return kOptimizers[options.index()]; }

double value_of(const Option& option, Options options) { return option.in(options); }

double learning_rate_of(const Options& options) {
  return std::visit([](const auto& o) { return o.learning_rate; }, options);
}

Optimizer make_optimizer(const Options& options) { return facts_of(options).make(options); }

void check_options(const Options& options) {
  const OptimizerFacts& facts = facts_of(options);
  for (const Option& option : facts.options) {
    const double x = value_of(option, options);
    if (option.kind == OptionKind::kAmount && !(std::isfinite(x) && x >= 0))
      fail(ErrorKind::kConfig, "{} needs a finite {} of 0 or more, found {}", facts.name, option.name, x);
    if (option.kind == OptionKind::kShare && !(x >= 0 && x < 1))
      fail(ErrorKind::kConfig, "{} needs a {} from 0 to below 1, found {}", facts.name, option.name, x);
  }
}

}  // namespace catenary::optim
