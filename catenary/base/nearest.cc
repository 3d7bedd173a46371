#include "catenary/base/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "catenary/base/text.h"

namespace catenary {

namespace {

// The characters of UTF-8: each byte that begins one, with those that continue it.
std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> characters;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    characters.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return characters;
}

// The least number of letters to insert, drop, replace or exchange with the next one, by its dynamic program,
// one row at a time (optimal string alignment).
std::size_t edit_distance(std::span<const std::string_view> a, std::span<const std::string_view> b) {
  std::vector<std::size_t> row(b.size() + 1), last, before_last;
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row.back();
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  // Of four letters two wrong ones make another word: mean is not what atan means.
  constexpr std::size_t kLettersForAnEdit = 3;
  constexpr std::size_t kLongestName = 256;  // a hostile file may hold a name of megabytes
  if (name.size() > kLongestName) return {};
  const std::vector<std::string_view> letters = characters_of(name);
  std::string_view best;
  std::size_t best_distance = letters.size();
  for (const std::string_view candidate : candidates) {
    const std::vector<std::string_view> others = characters_of(candidate);
    const std::size_t distance = same_but_for_case(name, candidate) ? 0 : edit_distance(letters, others);
    const std::size_t most = std::min(letters.size(), others.size()) / kLettersForAnEdit;
    if (distance <= most && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view near = nearest(name, candidates);
  if (!near.empty()) return fmt::format("; did you mean {}?", quote(near));
  if (candidates.empty()) return "";
  return "; expected one of " + listed(candidates);
}

}  // namespace catenary
