#include "catenary/derive/compose.h"

#include "catenary/derive/composer.h"

namespace catenary::derive {

Document compose(const Derivation& derivation, const ComposeOptions& options) {
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
