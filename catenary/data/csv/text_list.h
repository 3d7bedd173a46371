#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/cpp20.h"

namespace catenary {

/// Many short texts in one piece of memory.
class TextList {
 public:
  /// Adds a text at the end.
  void push_back(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(bytes_.size());
  }
  /// How many texts there are.
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  /// Whether there is none.
  [[nodiscard]] bool empty() const { return ends_.empty(); }
  /// A text by its place, valid until the next is added.
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    const std::string_view all = bytes_;
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return all.substr(begin, ends_[i] - begin);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

}  // namespace catenary
