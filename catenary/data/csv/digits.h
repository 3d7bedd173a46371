#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// The digits of a number, eight characters at once, without a loop over them. How many digits stand before
/// and behind the mark differs from cell to cell; each branch on it would be guessed wrongly about as often
/// as not, which costs more than all of this arithmetic.
///
/// A word has characters side by side, the first lowest, each as its distance from '0' (by xor, so that
/// digits are 0 to 9 and all else is more). A shorter text stands at the word's upper end, behind zeros.
namespace catenary::digits {

static_assert(std::endian::native == std::endian::little, "a text's first byte is a word's lowest");

inline constexpr std::size_t kMost = 16;                        // characters of a number that is read so
inline constexpr std::uint64_t kEachByte = 0x0101010101010101;  // times a byte: that byte, eight times
inline constexpr std::uint64_t kEachTop = 0x8080808080808080;

/// As many characters as Bits has bytes.
template <std::unsigned_integral Bits>
[[nodiscard]] inline Bits load(const char* bytes) {
  Bits bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits ^ static_cast<Bits>(kEachByte * '0');
}

/// So many characters out of the word at its upper end, 0 to 8. Twice half of it: a shift by 64 is undefined.
[[nodiscard]] inline std::uint64_t moved(std::uint64_t word, std::size_t characters) {
  return word << (4 * characters) << (4 * characters);
}

/// text: as many characters as Bits has bytes, to twice as many, at most 8. Nothing outside it is read: what
/// starts with the first of them and what ends with the last overlap.
template <std::unsigned_integral Bits>
[[nodiscard]] inline std::uint64_t overlapped(std::string_view text) {
  const std::uint64_t last = load<Bits>(text.data() + text.size() - sizeof(Bits));
  return moved(load<Bits>(text.data()), 8 - text.size()) | last << (64 - 8 * sizeof(Bits));
}

/// Whether all bytes are 0 to 9. Only a byte above 0x89 carries into the next, and that one is no digit.
[[nodiscard]] inline bool are_digits(std::uint64_t word) {
  return (((word + kEachByte * (0x80 - 10)) | word) & kEachTop) == 0;
}

/// All bits of a word up to the end of its first byte that is `mark`; none where none is.
[[nodiscard]] inline std::uint64_t up_to_mark(std::uint64_t word, std::uint8_t mark) {
  const std::uint64_t difference = word ^ kEachByte * mark;
  // The top bit of each byte that is 0. Only above one of those may a 1 be taken for a 0, as the subtraction
  // borrows from it; so the lowest is right.
  const std::uint64_t zeros = (difference - kEachByte) & ~difference & kEachTop;
  const std::uint64_t first = zeros & (0 - zeros);
  return (first << 1) - std::uint64_t{zeros != 0};
}

/// Bytes above those that are all set in the mask. The 1: to count the zeros of 0 takes a branch on some
/// CPUs.
[[nodiscard]] inline std::size_t bytes_above(std::uint64_t mask) {
  return static_cast<std::size_t>(std::countl_zero(mask | 1) + 1) / 8;
}

/// The word without what the mask covers last: what stands before that moves up, `before` comes in below.
[[nodiscard]] inline std::uint64_t without_last(std::uint64_t word, std::uint64_t mask,
                                                std::uint64_t before) {
  return (word & ~mask) | ((word << 8 | before) & mask);
}

/// The number that eight digits are: neighbours are joined to pairs, those to fours, those to eight.
/// [Lemire 2021, "Number parsing at a gigabyte per second", section 4]
[[nodiscard]] inline std::uint64_t value_of(std::uint64_t word) {
  constexpr std::uint64_t kPairs = 0x000000FF000000FF;
  word = word * 10 + (word >> 8);
  return ((word & kPairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
          (word >> 16 & kPairs) * (1 + (std::uint64_t{10'000} << 32))) >>
         32;
}

/// The digits of a text as a whole number, and how many of them stand behind its mark.
struct Decimal {
  std::uint64_t digits = 0;
  std::size_t places = 0;
  bool is_plain = false;  // the text has digits, with at most one mark, and nothing else
};

/// text: 2 to 8 characters.
[[nodiscard]] inline Decimal short_decimal(std::string_view text, std::uint8_t mark) {
  const std::uint64_t word =
      text.size() >= 4 ? overlapped<std::uint32_t>(text) : overlapped<std::uint16_t>(text);
  const std::uint64_t mask = up_to_mark(word, mark);
  const std::uint64_t digits = without_last(word, mask, 0);
  return {.digits = value_of(digits), .places = bytes_above(mask) % 8, .is_plain = are_digits(digits)};
}

/// text: 9 to 16 characters.
[[nodiscard]] inline Decimal long_decimal(std::string_view text, std::uint8_t mark) {
  const std::uint64_t front = moved(load<std::uint64_t>(text.data()), 16 - text.size());
  const std::uint64_t back = load<std::uint64_t>(text.data() + text.size() - 8);
  const std::uint64_t back_mask = up_to_mark(back, mark);
  const std::uint64_t front_mask = up_to_mark(front, mark) | (0 - std::uint64_t{back_mask != 0});
  const std::uint64_t first = without_last(front, front_mask, 0);
  const std::uint64_t last = without_last(back, back_mask, front >> 56);
  return {.digits = value_of(first) * 100'000'000 + value_of(last),
          .places = (bytes_above(front_mask) + bytes_above(back_mask)) % 16,
          .is_plain = are_digits(first) && are_digits(last)};
}

/// text: 1 to kMost characters.
[[nodiscard]] inline Decimal decimal_of(std::string_view text, char mark) {
  const auto distance = static_cast<std::uint8_t>(mark ^ '0');
  if (text.size() == 1) {
    const std::uint8_t digit = load<std::uint8_t>(text.data());
    return {.digits = digit, .is_plain = digit <= 9};
  }
  return text.size() <= 8 ? short_decimal(text, distance) : long_decimal(text, distance);
}

}  // namespace catenary::digits
