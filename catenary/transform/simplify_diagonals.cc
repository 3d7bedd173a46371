// Rules about diagonal matrices within sums and products.
#include <algorithm>
#include <array>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/algebra.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify_rules.h"

namespace catenary::simplification {

namespace {

using algebra::Chain;
using algebra::Factor;
using algebra::Term;
using Options = SimplifyOptions;

Value sum_of_diagonals(Value v, const Options&) {
  if (!algebra::is_sum(v) || v.shape().rank() != 2) return {};
  std::vector<Term> rest, diagonals;
  for (const Term& t : algebra::terms_of(v)) {
    if (is(t.rest, ops::kDiag))
      diagonals.push_back({t.number, t.rest.input(0)});
    else
      rest.push_back(t);
  }
  if (diagonals.size() < 2) return {};
  const Value vector = diagonals[0].rest;
  rest.push_back({1, diag(algebra::sum_of(diagonals, vector))});
  return algebra::sum_of(rest, v);
}

// Two factors of a product of which one is diagonal and the other a diagonal, a column or a row; one factor.
bool joins(const Factor& a, const Factor& b, Factor& joined) {
  const bool first = is(a.value, ops::kDiag), second = is(b.value, ops::kDiag);
  if (first && second)
    joined = {diag(a.value.input(0) * b.value.input(0))};
  else if (first && b.is_column())
    joined = {a.value.input(0) * b.value};
  else if (second && a.is_row())
    joined = {a.value * b.value.input(0), true};
  else
    return false;
  return true;
}

Value diagonals_in_product(Value v, const Options&) {
  if (!algebra::is_product(v)) return {};
  Chain chain = algebra::chain_of(v);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    Factor joined;
    if (!joins(chain[i], chain[i + 1], joined)) continue;
    chain[i] = joined;
    chain.erase(chain.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return algebra::product_of(chain);
  }
  return {};
}

constexpr std::array kDiagonalRules = {
    SimplifyRule{"diag(a) + diag(b) = diag(a + b)", sum_of_diagonals},
    SimplifyRule{"A diag(a) diag(b) = A diag(a ⊙ b)", diagonals_in_product},
};

}  // namespace

std::span<const SimplifyRule> diagonal_rules() { return kDiagonalRules; }

}  // namespace catenary::simplification
