#include "catenary/data/npy_element.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "catenary/base/text.h"

namespace catenary {

namespace {

struct Half {
  std::uint16_t bits;
};

struct Bool {
  std::uint8_t bits;
};

float value_of(Half half) {
  const std::uint32_t sign = (half.bits & 0x8000U) << 16, exponent = half.bits >> 10 & 31U;
  const std::uint32_t fraction = half.bits & 1023U;
  constexpr std::uint32_t kInfinite = 31, kBias = 127 - 15;
  if (exponent == 0) return std::copysign(static_cast<float>(fraction) * 0x1p-24F, sign == 0 ? 1.0F : -1.0F);
  if (exponent == kInfinite) return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13);
  return std::bit_cast<float>(sign | (exponent + kBias) << 23 | fraction << 13);
}

// put(x, out): whether `out` can be x; it then is.

template <std::floating_point S>
bool put(S x, double& out) {
  out = x;
  return true;
}

// NaN is a number that is missing.
template <std::floating_point S>
bool put(S x, float& out) {
  if (std::abs(x) > std::numeric_limits<float>::max()) return false;
  out = static_cast<float>(x);
  return true;
}

// From 2^53 on not every integer is a double.
template <std::integral S>
bool put(S x, double& out) {
  constexpr double kTwoTo53 = 0x1p53;
  out = static_cast<double>(x);
  return std::abs(out) < kTwoTo53;
}

template <std::integral S>
bool put(S x, float& out) {
  out = static_cast<float>(x);
  return true;
}

template <std::integral S>
bool put(S x, std::int64_t& out) {
  out = static_cast<std::int64_t>(x);
  return std::in_range<std::int64_t>(x);
}

bool put(std::uint8_t x, std::uint8_t& out) {
  out = x;
  return true;
}

template <typename T>
bool put(Half x, T& out) {
  return put(value_of(x), out);
}

template <typename T>
bool put(Bool x, T& out) {
  return x.bits <= 1 && put(x.bits, out);
}

template <typename S>
S element_at(std::span<const std::byte> bytes, std::size_t i) {
  S x;
  std::memcpy(&x, bytes.data() + i * sizeof(S), sizeof(S));
  return x;
}

template <typename S, typename T>
std::size_t convert(std::span<const std::byte> elements, std::span<T> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!put(element_at<S>(elements, i), out[i])) return i;
  }
  return out.size();
}

template <typename S>
std::string show(std::span<const std::byte> element) {
  const S x = element_at<S>(element, 0);
  if constexpr (std::is_same_v<S, Half>) {
    return fmt::to_string(value_of(x));
  } else if constexpr (std::is_same_v<S, Bool>) {
    return fmt::to_string(x.bits);
  } else {
    return fmt::to_string(x);
  }
}

// The UTF-8 of a code point.
void append(std::string& text, char32_t c) {
  const auto byte = [&](char32_t bits) { text.push_back(static_cast<char>(bits)); };
  const auto more = [&](int shift) { byte(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | c >> 6);
    return more(0);
  }
  byte(c < 0x10000 ? 0xE0 | c >> 12 : 0xF0 | c >> 18);
  if (c >= 0x10000) more(12);
  more(6);
  more(0);
}

bool is_character(char32_t c) { return c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF); }

// Characters of four bytes each, zeros at the end left out.
bool put_text(std::span<const std::byte> element, std::string& out, char32_t) {
  std::size_t count = element.size() / sizeof(char32_t);
  while (count > 0 && element_at<char32_t>(element, count - 1) == 0) --count;
  out.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const auto c = element_at<char32_t>(element, i);
    if (!is_character(c)) return false;
    append(out, c);
  }
  return true;
}

// Bytes, zeros at the end left out.
bool put_text(std::span<const std::byte> element, std::string& out, char) {
  out.assign(reinterpret_cast<const char*>(element.data()), element.size());
  out.erase(out.find_last_not_of('\0') + 1);
  return is_utf8(out);
}

template <typename Character>
std::size_t convert_texts(std::span<const std::byte> elements, std::span<std::string> out) {
  const std::size_t bytes = elements.size() / std::max<std::size_t>(out.size(), 1);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!put_text(elements.subspan(i * bytes, bytes), out[i], Character{})) return i;
  }
  return out.size();
}

std::string show_bytes(std::span<const std::byte> element) {
  return quote({reinterpret_cast<const char*>(element.data()), element.size()});
}

std::string show_characters(std::span<const std::byte> element) {
  for (std::size_t i = 0; i < element.size() / sizeof(char32_t); ++i) {
    const auto c = element_at<char32_t>(element, i);
    if (!is_character(c)) return fmt::format("{:08x}", static_cast<std::uint32_t>(c));
  }
  return "a text";
}

template <typename S>
constexpr NpyElement real(std::string_view code) {
  return {code, sizeof(S), "", {convert<S, double>, convert<S, float>, nullptr, nullptr, nullptr}, show<S>};
}

template <typename S>
constexpr NpyElement integer(std::string_view code, std::string_view required = "") {
  NpyElement element{
      code, sizeof(S), required, {convert<S, double>, convert<S, float>, nullptr, nullptr, nullptr}, show<S>};
  if constexpr (sizeof(S) == sizeof(std::int64_t))
    std::get<NpyConvert<std::int64_t>>(element.convert) = convert<S, std::int64_t>;
  return element;
}

constexpr NpyElement bytes() {
  NpyElement element = integer<std::uint8_t>("u1");
  std::get<NpyConvert<std::uint8_t>>(element.convert) = convert<std::uint8_t, std::uint8_t>;
  return element;
}

constexpr std::array kElements = {
    real<Half>("f2"),
    real<float>("f4"),
    real<double>("f8"),
    integer<std::int8_t>("i1"),
    integer<std::int16_t>("i2"),
    integer<std::int32_t>("i4"),
    integer<std::int64_t>("i8"),
    bytes(),
    integer<std::uint16_t>("u2"),
    integer<std::uint32_t>("u4"),
    integer<std::uint64_t>("u8"),
    integer<Bool>("b1", "0 or 1"),
    NpyElement{"U",
               sizeof(char32_t),
               "characters of Unicode",
               {nullptr, nullptr, nullptr, nullptr, convert_texts<char32_t>},
               show_characters},
    NpyElement{
        "S", 1, "a text in UTF-8", {nullptr, nullptr, nullptr, nullptr, convert_texts<char>}, show_bytes},
};

struct Foreign {
  char kind;  // NumPy's letter
  std::string_view what, advice;
};

// [numpy.dtype.kind]
constexpr std::string_view kTextAdvice =
    R"(np.save("x.npy", arr.astype("float32")) saves numbers that were texts; words may stand in a CSV file)";
constexpr std::array kForeign = {
    Foreign{'O', "Python objects", R"(np.save("x.npy", arr.astype("float32")) saves them as numbers)"},
    Foreign{'U', "texts", kTextAdvice},
    Foreign{'S', "texts", kTextAdvice},
    Foreign{'c', "complex numbers", R"(np.save("x.npy", arr.real.astype("float32")) saves their real parts)"},
    Foreign{'M', "dates", R"(np.save("x.npy", arr.astype("int64")) saves them as numbers)"},
    Foreign{'m', "spans of time", R"(np.save("x.npy", arr.astype("int64")) saves them as numbers)"},
    Foreign{'V', "records", R"(np.save("x.npy", arr["NAME"].astype("float32")) saves one of their fields)"},
    Foreign{'f', "numbers of another width", R"(np.save("x.npy", arr.astype("float64")) saves them as f8)"},
};

}  // namespace

const NpyElement* find_npy_element(std::string_view code) {
  const bool is_text = code.size() > 1 && (code[0] == 'U' || code[0] == 'S') &&
                       code.find_first_not_of("0123456789", 1) == std::string_view::npos;
  const auto* found = std::ranges::find(kElements, is_text ? code.substr(0, 1) : code, &NpyElement::code);
  const bool is_bare_text = found != kElements.end() && found->code.size() == 1 && !is_text;
  return found == kElements.end() || is_bare_text ? nullptr : found;
}

std::string describe_npy_type(std::string_view descr) {
  const char kind = descr.starts_with('[') ? 'V' : descr.size() > 1 ? descr[1] : '\0';
  const auto* found = std::ranges::find(kForeign, kind, &Foreign::kind);
  if (found == kForeign.end()) return quote(descr);
  return fmt::format("{} ({}); in Python, {}", found->what, quote(descr), found->advice);
}

}  // namespace catenary
