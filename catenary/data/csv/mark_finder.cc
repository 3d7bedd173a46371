#include "catenary/data/csv/mark_finder.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace catenary {

namespace {

using Bytes = signed char __attribute__((vector_size(16)));  // GCC and Clang calculate with it as with one

}  // namespace

void MarkFinder::start(std::string_view text) {
  end_ = text.data() + text.size();
  look_at(text.data());
}

void MarkFinder::look_at(const char* block) {
  block_ = block;
  std::array<char, kBlockBytes> bytes;
  const auto size = static_cast<std::size_t>(end_ - block);
  if (size < kBlockBytes) {
    bytes.fill(separator_);
    std::copy_n(block, size, bytes.data());
    block = bytes.data();
  }
  std::array<std::uint8_t, kBlockBytes> is_mark;
  for (std::size_t i = 0; i < kBlockBytes; i += sizeof(Bytes)) {
    Bytes c;
    std::memcpy(&c, block + i, sizeof c);
    const auto where = [&](char wanted) { return c == static_cast<signed char>(wanted); };
    const Bytes ones = (where(separator_) | where('"') | where('\r') | where('\n')) & 1;
    std::memcpy(&is_mark[i], &ones, sizeof ones);
  }
  // Of eight bytes that are 0 or 1 the product's top byte has each as a bit.
  constexpr std::uint64_t kGather = 0x0102040810204080;
  marks_ = 0;
  for (std::size_t i = 0; i < kBlockBytes; i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, &is_mark[i], sizeof eight);
    marks_ |= eight * kGather >> 56 << i;
  }
}

}  // namespace catenary
