#include "catenary/derive/compose/compose.h"

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/derive/compose/composer.h"
#include "catenary/ir/walk.h"

namespace catenary::derive {

Composer::Composer(const Derivation& derivation, const ComposeOptions& options)
    : d(derivation), o(options), document{.language = options.language} {
  for (const Definition& definition : d.forward) {
    walk(definition.value, [&](Value v) {
      const bool is_below = v != definition.value && (is_leaf(v.op()) || d.names.find(v) != nullptr);
      if (!is_below) equations_with[v.id()].push_back(definition.number);
      return !is_below;
    });
  }
}

namespace {

// Means over the samples are written with their number, N, which nothing else may be called.
void refuse_another_count(const Derivation& d, const ComposeOptions& options) {
  const bool has_samples = std::ranges::any_of(d.leaves, &Value::batched);
  if (!has_samples || (d.batch && !options.batch)) return;
  const bool is_leaf_name =
      std::ranges::any_of(d.leaves, [&](Value v) { return d.names.find(v)->text == "N"; });
  const bool is_dimension =
      std::ranges::any_of(d.dimensions.symbols(), [](const auto& s) { return s.first == "N"; });
  if (!is_leaf_name && !is_dimension) return;
  fail(ErrorKind::kConfig,
       "N is the number of samples in the derivation of a batch, found a {} of that name: give it another, "
       "such as M",
       is_leaf_name ? "variable" : "dimension");
}

}  // namespace

Document compose(const Derivation& derivation, const ComposeOptions& options) {
  refuse_another_count(derivation, options);
  if (options.valuation != nullptr) options.valuation->require_of(derivation);
  Composer c(derivation, options);
  add_symbols(c);
  add_forward(c);
  if (options.sample || !derivation.batch) {
    add_backward(c, derivation.sample);
    add_results(c);
  }
  if (derivation.batch && options.batch) add_batch(c);
  add_recap(c);
  add_hessian(c);
  add_check(c);
  add_notation(c);
  return std::move(c.document);
}

}  // namespace catenary::derive
