#include "catenary/derive/operators/card.h"

#include <algorithm>

namespace catenary::derive {

std::vector<const OperatorCard*> operator_cards() {
  std::vector<const OperatorCard*> all;
  for (const auto cards :
       {activation_cards(), arithmetic_cards(), batch_cards(), index_cards(), kronecker_cards(),
        linalg_cards(), loss_cards(), matrix_cards(), reduce_cards(), shape_cards()}) {
    for (const OperatorCard& card : cards) all.push_back(&card);
  }
  return all;
}

const OperatorCard* card_of(const Op& op) {
  const auto all = operator_cards();
  const auto it = std::ranges::find(all, &op, &OperatorCard::op);
  return it == all.end() ? nullptr : *it;
}

}  // namespace catenary::derive
