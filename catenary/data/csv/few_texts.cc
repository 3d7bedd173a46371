#include "catenary/data/csv/few_texts.h"

#include <algorithm>

#include "catenary/data/csv/number.h"

namespace catenary {

std::vector<std::string> FewTexts::numbers(char decimal) const {
  std::vector<std::string> found;
  for (std::size_t i = 0; are_few_ && i < texts_.size(); ++i) {
    if (canonical_number(texts_[i], decimal)) found.emplace_back(texts_[i]);
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace catenary
