#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace catenary {

/// Finds in a text the bytes that a cell without quotes cannot hold: separators, quotes and line ends. It
/// looks at 64 bytes at once, without a branch on any of them: where a cell ends is hard to guess.
class MarkFinder {
 public:
  explicit MarkFinder(char separator) : separator_(separator) {}

  void start(std::string_view text);
  /// The first such byte of the text from `at` on, or the text's end. Fast where calls go from front to back.
  [[nodiscard]] const char* next(const char* at) {
    for (;;) {
      const auto offset = static_cast<std::size_t>(at - block_);
      if (offset < kBlockBytes) {
        const std::uint64_t marks = marks_ >> offset;
        if (marks != 0) return at + std::countr_zero(marks);
        at = block_ + kBlockBytes;
      }
      look_at(at);
    }
  }

 private:
  static constexpr std::size_t kBlockBytes = 64;
  void look_at(const char* block);

  char separator_;
  const char* block_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t marks_ =
      0;  // a bit for each byte of the block; the bytes behind the text's end count as marks
};

}  // namespace catenary
