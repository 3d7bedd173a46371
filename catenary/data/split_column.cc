#include "catenary/data/split_column.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

using List = std::vector<std::int64_t> Parts::*;

constexpr std::array<std::pair<std::string_view, List>, 9> kNames = {{{"train", &Parts::train},
                                                                      {"training", &Parts::train},
                                                                      {"validation", &Parts::validation},
                                                                      {"valid", &Parts::validation},
                                                                      {"val", &Parts::validation},
                                                                      {"dev", &Parts::validation},
                                                                      {"test", &Parts::test},
                                                                      {"testing", &Parts::test},
                                                                      {"holdout", &Parts::test}}};

bool same_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::vector<List> lists_of(std::span<const std::string> levels) {
  std::vector<List> lists;
  std::vector<std::string_view> others;
  for (const std::string& level : levels) {
    const auto found =
        std::ranges::find_if(kNames, [&](const auto& name) { return same_but_for_case(name.first, level); });
    if (found == kNames.end())
      others.push_back(level);
    else
      lists.push_back(found->second);
  }
  if (others.empty()) return lists;
  fail(ErrorKind::kConfig,
       "needed names of parts: train (training), validation (valid, val, dev) and test (testing, holdout), "
       "found {}",
       listed(others));
}

}  // namespace

Parts split_by_column(std::span<const std::int64_t> rows, std::span<const std::int64_t> codes,
                      std::span<const std::string> levels) {
  const std::vector<List> lists = lists_of(levels);
  Parts parts;
  for (const std::int64_t row : rows)
    (parts.*lists[static_cast<std::size_t>(codes[static_cast<std::size_t>(row)])]).push_back(row);
  if (parts.train.empty()) {
    fail(ErrorKind::kConfig,
         "needed at least one of {} rows for train, found {} for validation and {} for test", rows.size(),
         parts.validation.size(), parts.test.size());
  }
  return parts;
}

}  // namespace catenary
