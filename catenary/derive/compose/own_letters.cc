#include "catenary/derive/compose/own_letters.h"

namespace catenary::derive {

OwnLetters::OwnLetters(const Derivation& derivation) {
  const auto take = [&](const Formula* name) {
    if (name != nullptr) taken_.insert(name->text);
  };
  for (const Value v : derivation.leaves) take(derivation.names.find(v));
  for (const Definition& definition : derivation.forward) take(derivation.names.find(definition.value));
  take(&derivation.sample.name);
  if (derivation.batch) take(&derivation.batch->name);
  for (const auto& [symbol, extent] : derivation.dimensions.symbols()) taken_.insert(symbol);
  if (derivation.batch) taken_.insert(derivation.names.sample_index());
}

Formula OwnLetters::imaginary_unit() const {
  if (taken_.contains("i")) return {"√−1 ", R"(\sqrt{-1}\,)"};
  return {"i", "i"};
}

std::string OwnLetters::first_free(const std::vector<std::string_view>& letters, int index) {
  std::string name;
  for (const std::string_view letter : letters) {
    name = std::string(letter) + (index == 0 ? "" : std::to_string(index));
    if (taken_.insert(symbol(name).text).second) return name;
  }
  return name;
}

}  // namespace catenary::derive
