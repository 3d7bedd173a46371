#include "catenary/derive/formula/dimensions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "catenary/base/error.h"

namespace catenary::derive {

namespace {

// The first above the second: then XᵀX of an m×n matrix X has an inverse. Without 2, as 2×2 matrices hide
// mistakes: there (A⁻¹)ᵀ and A have too much in common.
constexpr std::array<std::int64_t, 24> kPrimes = {5,  3,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,
                                                  43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97};
constexpr std::size_t kMostSymbols = 12;
// The first three in every order; the next one of an m×n matrix X gives X Xᵀ an inverse.
constexpr std::array<std::array<std::int64_t, 3>, Dimensions::kOrders> kFirstPrimes = {
    {{5, 3, 7}, {3, 5, 7}, {3, 7, 5}, {7, 3, 5}, {5, 7, 3}, {7, 5, 3}}};

}  // namespace

std::int64_t Dimensions::extent(std::string_view symbol) {
  for (const auto& [name, prime] : symbols_) {
    if (name == symbol) return prime;
  }
  const auto is_free = [&](std::int64_t prime) {
    return std::none_of(literals_.begin(), literals_.end(), [&](std::int64_t n) { return n % prime == 0; }) &&
           std::none_of(symbols_.begin(), symbols_.end(), [&](const auto& s) { return s.second == prime; });
  };
  auto primes = kPrimes;
  std::ranges::copy(kFirstPrimes[static_cast<std::size_t>(order_)], primes.begin());
  const auto prime = std::find_if(primes.begin(), primes.end(), is_free);
  if (symbols_.size() == kMostSymbols || prime == primes.end())
    fail(ErrorKind::kConfig, "at most {} symbolic dimensions, found one more: '{}'", kMostSymbols, symbol);
  symbols_.emplace_back(symbol, *prime);
  return *prime;
}

std::string Dimensions::str(std::int64_t extent) const {
  std::string names;
  for (const auto& [name, prime] : symbols_) {
    for (; extent % prime == 0; extent /= prime) names += name;
  }
  return extent == 1 && !names.empty() ? names : fmt::format("{}{}", extent, names);
}

std::string Dimensions::str(const Shape& shape) const {
  if (shape.rank() == 0) return "1";
  std::string text;
  for (const std::int64_t extent : shape.extents()) text += (text.empty() ? "" : "×") + str(extent);
  return text;
}

std::int64_t Dimensions::resized(std::int64_t extent,
                                 const std::map<std::string, std::int64_t, std::less<>>& sizes) const {
  std::int64_t result = 1;
  for (const auto& [name, prime] : symbols_) {
    for (; extent % prime == 0; extent /= prime) {
      const auto size = sizes.find(name);
      result *= size == sizes.end() ? prime : size->second;
    }
  }
  return result * extent;
}

}  // namespace catenary::derive
