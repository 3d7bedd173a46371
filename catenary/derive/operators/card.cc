#include "catenary/derive/operators/card.h"

#include <algorithm>

namespace catenary::derive {

const OperatorCard* card_of(const Op& op) {
  for (const auto cards :
       {activation_cards(), arithmetic_cards(), batch_cards(), index_cards(), kronecker_cards(),
        linalg_cards(), loss_cards(), matrix_cards(), reduce_cards(), shape_cards()}) {
    const auto it = std::ranges::find(cards, &op, &OperatorCard::op);
    if (it != cards.end()) return &*it;
  }
  return nullptr;
}

}  // namespace catenary::derive
