#include "catenary/derive/compose/compose.h"

#include <algorithm>
#include <iterator>

#include "catenary/base/error.h"
#include "catenary/derive/compose/sections.h"

namespace catenary::derive {

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
  const Context c(derivation, options);
  const Once once = told_once(c);
  Document document{.language = options.language, .blocks = symbols_section(c)};
  Blocks& blocks = document.blocks;
  const auto after_symbols = std::ssize(blocks);
  blocks += given_numbers_section(c);
  blocks += forward_section(c);
  blocks += loss_section(c);
  if (c.tells_sample()) {
    blocks += backward_section(c, once);
    blocks += results_section(c);
  }
  if (c.tells_batch()) blocks += batch_section(c, once);
  blocks += recap_section(c);
  blocks += hessian_section(c);
  blocks += check_section(c);
  // A reader needs it before all of these, but only they show what of it is used.
  const Blocks notation = notation_section(c, document);
  blocks.insert(blocks.begin() + after_symbols, notation.begin(), notation.end());
  return document;
}

}  // namespace catenary::derive
