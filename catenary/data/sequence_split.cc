#include "catenary/data/sequence_split.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/base/error.h"

namespace catenary {

namespace {

constexpr std::array<std::string_view, 3> kPartNames = {"train", "validation", "test"};

// The part that all rows of a range are in, or none.
Part common_part(std::span<const Part> part_of, std::int64_t first, std::int64_t end) {
  const auto rows = part_of.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
  return std::ranges::all_of(rows, [&](Part part) { return part == rows.front(); }) ? rows.front() : kNoPart;
}

void require_windows(const Parts& parts, std::span<const Part> part_of, const Sequences& windows) {
  const std::array<std::size_t, 3> found = {parts.train.size(), parts.validation.size(), parts.test.size()};
  for (const Part part : {kTrain, kValidation, kTest}) {
    const auto rows = std::ranges::count(part_of, part);
    if (found[part] > 0 || (rows == 0 && part != kTrain)) continue;
    fail(ErrorKind::kConfig,
         "needed a window for each part, found none for {}, which has {} of {} rows: it takes {} that follow "
         "each other{}",
         kPartNames[part], rows, part_of.size(),
         part == kTrain ? windows.targets.end : windows.targets.end - windows.targets.first,
         part == kTrain ? "" : ", after the rows that the window reads");
  }
}

}  // namespace

std::vector<Part> ordered_parts(std::span<const Series> series, HeldOut shares) {
  std::vector<Part> part_of;
  for (const Series& each : series) {
    const auto count = [&](double share) { return std::llround(static_cast<double>(each.rows) * share); };
    const std::int64_t test = count(shares.test), validation = count(shares.validation);
    part_of.insert(part_of.end(),
                   static_cast<std::size_t>(std::max<std::int64_t>(0, each.rows - validation - test)),
                   kTrain);
    part_of.insert(part_of.end(), static_cast<std::size_t>(std::min(validation, each.rows - test)),
                   kValidation);
    part_of.insert(part_of.end(), static_cast<std::size_t>(test), kTest);
  }
  for (const auto& [part, share] : {std::pair(kValidation, shares.validation), {kTest, shares.test}}) {
    if (share == 0 || std::ranges::count(part_of, part) > 0) continue;
    fail(ErrorKind::kConfig,
         "needed a row of some series for {}, found series of too few rows for a share of {}",
         kPartNames[part], share);
  }
  return part_of;
}

std::vector<Part> part_of_rows(const Parts& parts, std::int64_t rows) {
  std::vector<Part> part_of(static_cast<std::size_t>(rows), kNoPart);
  const auto mark = [&](std::span<const std::int64_t> list, Part part) {
    for (const std::int64_t row : list) part_of[static_cast<std::size_t>(row)] = part;
  };
  mark(parts.train, kTrain);
  mark(parts.validation, kValidation);
  mark(parts.test, kTest);
  return part_of;
}

Parts split_windows(const Dataset& data, const Sequences& windows, std::span<const Part> part_of) {
  Parts parts;
  const std::array<std::vector<std::int64_t>*, 3> lists = {&parts.train, &parts.validation, &parts.test};
  for (const std::int64_t first : windows.firsts) {
    const Part part = common_part(part_of, first + windows.targets.first, first + windows.targets.end);
    if (part == kNoPart) continue;
    if (part == kTrain && common_part(part_of, first, first + data.schema.sequence.steps) != kTrain) continue;
    lists[part]->push_back(first);
  }
  require_windows(parts, part_of, windows);
  return parts;
}

}  // namespace catenary
