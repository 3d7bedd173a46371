#include "catenary/derive/compose.h"

#include "catenary/derive/composer.h"

namespace catenary::derive {

Composer::Composer(const Derivation& derivation, const ComposeOptions& options)
    : d(derivation), o(options), document{.language = options.language} {
  for (const Definition& definition : d.forward) {
    std::vector<Value> open = {definition.value};
    while (!open.empty()) {
      const Value v = open.back();
      open.pop_back();
      std::vector<int>& numbers = equations_with[v.id()];
      if (numbers.empty() || numbers.back() != definition.number) numbers.push_back(definition.number);
      for (int i = 0; i < v.input_count(); ++i) {
        if (!is_leaf(v.input(i).op()) && d.names.find(v.input(i)) == nullptr) open.push_back(v.input(i));
      }
    }
  }
}

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
