#include "catenary/data/csv/few_texts.h"

#include <algorithm>

namespace catenary {

std::vector<std::string> FewTexts::sorted() const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; are_few_ && i < texts_.size(); ++i) texts.emplace_back(texts_[i]);
  std::ranges::sort(texts);
  return texts;
}

}  // namespace catenary
