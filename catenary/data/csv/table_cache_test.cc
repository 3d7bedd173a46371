#include "catenary/data/csv/table_cache.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "catenary/base/philox.h"
#include "catenary/data/csv/csv_testing.h"
#include "tests/support/errors.h"
#include "tests/support/gzip.h"
#include "tests/support/temporary_directory.h"

namespace catenary::csv_testing {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

constexpr std::size_t kRows = 500;

// Columns of all types, with gaps; the category's values come in another order than that of their bytes.
std::string many_rows(std::string_view first_town = "Ulm") {
  std::string text = "id,a,town,open,when,b,y\n";
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::string_view town = i == 0 ? first_town : i % 3 == 1 ? "Bonn" : i % 7 == 0 ? "" : "Aachen";
    text += fmt::format("r{},{},{},{},2024-0{}-1{},{}.5,{}\n", i, static_cast<int>(i * 37 % 101) - 50, town,
                        i % 2 == 0 ? "yes" : "no", i % 9 + 1, i % 10, i, i % 5 == 0 ? "lo" : "hi");
  }
  return text;
}

CsvOptions options(const fs::path& cache, std::uint64_t max_bytes) {
  CsvOptions result{.limits = {.max_bytes = max_bytes}, .cache = cache};
  result.chunk_bytes = 1000;
  result.requests = [](std::span<const std::string> names) {
    std::vector<ColumnRequest> requests(names.size());
    requests.front().role = ColumnRole::kText;
    requests.back().role = ColumnRole::kTarget;
    return requests;
  };
  return result;
}

// All that is in a table, but for its notes.
std::vector<std::string> contents(const Table& table) {
  std::vector<std::string> result;
  for (const Column& column : table.columns) {
    result.push_back(fmt::format("{} {} {} {}", column.name, static_cast<int>(column.role),
                                 static_cast<int>(column.type), column.missing));
    result.insert(result.end(), column.levels.begin(), column.levels.end());
    for (std::size_t row = 0; row < table.lines.size(); ++row) {
      result.push_back(static_cast<std::size_t>(column.role) < kMatrixRoles
                           ? fmt::format("{}: {}", table.lines[row], table.number(row, column))
                       : column.texts.empty() ? ""
                                              : std::string(column.texts[row]));
    }
  }
  return result;
}

constexpr std::uint64_t kEnough = 1 << 20;
// For what is kept in memory, but not for the features beside it.
constexpr std::uint64_t kTooFew = 36'000;

bool is_mapped(const Table& table) { return table.of(ColumnRole::kFeature).mapped.has_value(); }

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(TableCache, ATableBeyondTheLimitIsTheSameFromAFile) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows()), cache = folder / "a";
  const Table whole = read_csv(path, options(cache, kEnough));
  EXPECT_FALSE(is_mapped(whole));
  EXPECT_FALSE(fs::exists(cache));
  const Table first = read_csv(path, options(cache, kTooFew));
  EXPECT_TRUE(is_mapped(first));
  EXPECT_EQ(contents(first), contents(whole));
  EXPECT_THAT(first.notes, ElementsAre(HasSubstr("rows are read from " + cache.string())));
}

TEST(TableCache, IsReadInPlaceOfTheFileUntilThatChanges) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows()), cache = folder / "cache";
  const Table first = read_csv(path, options(cache, kTooFew));
  const fs::path kept = *fs::directory_iterator(cache);
  const auto made = fs::last_write_time(kept);
  EXPECT_EQ(contents(read_csv(path, options(cache, kTooFew))), contents(first));
  EXPECT_FALSE(is_mapped(read_csv(path, options(cache, kEnough))));
  EXPECT_EQ(fs::last_write_time(kept), made);
  (void)folder.file("data.csv", many_rows("Rome"));
  const Table changed = read_csv(path, options(cache, kTooFew));
  EXPECT_THAT(changed.columns[2].levels, ElementsAre("Aachen", "Bonn", "Rome"));
  EXPECT_THAT(folder.names(), ElementsAre("cache", "data.csv"));
  EXPECT_EQ(std::distance(fs::directory_iterator(cache), fs::directory_iterator()), 1);
}

TEST(TableCache, OtherColumnsOrAnotherFormatAreKeptBesideIt) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows()), cache = folder / "cache";
  (void)read_csv(path, options(cache, kTooFew));
  CsvOptions other = options(cache, kTooFew);
  other.format.missing = {"no"};
  EXPECT_EQ(read_csv(path, other).columns[3].missing, 250);
  other = options(cache, kTooFew);
  other.requests = [](auto names) {
    std::vector<ColumnRequest> requests(names.size());
    requests.front().role = ColumnRole::kSkip;
    return requests;
  };
  other.limits.max_bytes = 30'000;
  EXPECT_EQ(read_csv(path, other).columns[0].role, ColumnRole::kSkip);
  EXPECT_EQ(std::distance(fs::directory_iterator(cache), fs::directory_iterator()), 3);
}

TEST(TableCache, DamageAnywhereIsNoticedAndMended) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows()), cache = folder / "cache";
  const std::vector<std::string> good = contents(read_csv(path, options(cache, kTooFew)));
  const fs::path kept = *fs::directory_iterator(cache);
  const std::string bytes = bytes_of(kept);
  for (std::size_t at = 0; at < bytes.size(); at += bytes.size() / 40) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    std::ofstream(kept, std::ios::binary) << damaged;
    const Table mended = read_csv(path, options(cache, kTooFew));
    EXPECT_EQ(contents(mended), good);
    EXPECT_THAT(mended.notes, ElementsAre(HasSubstr("was damaged"), HasSubstr("rows are read from"))) << at;
    EXPECT_EQ(bytes_of(kept), bytes);
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(kept, std::ios::binary) << bytes.substr(0, size);
    EXPECT_EQ(contents(read_csv(path, options(cache, kTooFew))), good) << size;
  }
}

TEST(TableCache, AGuessThatFailsLateBeginsTheFileAnew) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows() + "last,rotary,Ulm,yes,2024-01-01,1,lo\n");
  const Table table = read_csv(path, options(folder / "cache", 200'000));
  EXPECT_EQ(table.columns[1].type, ColumnType::kCategory);
  const Table mapped = read_csv(path, options(folder / "cache", 48'000));
  EXPECT_TRUE(is_mapped(mapped));
  EXPECT_EQ(contents(mapped), contents(table));
}

TEST(TableCache, SeveralFilesAndZippedOnesAreKept) {
  const TemporaryDirectory folder;
  const std::string text = many_rows();
  const fs::path path = folder.file("data.csv.gz", testing_support::gzip(text));
  const fs::path more = folder.file("more.csv", text);
  CsvOptions few = options(folder / "cache", 140'000), enough = options(folder / "cache", kEnough);
  few.more = enough.more = {more};
  const Table whole = read_csv(path, enough);
  EXPECT_FALSE(is_mapped(whole));
  const Table mapped = read_csv(path, few);
  EXPECT_TRUE(is_mapped(mapped));
  EXPECT_EQ(contents(mapped), contents(whole));
  EXPECT_EQ(cell_position(mapped, kRows + 1, 1), cell_position(whole, kRows + 1, 1));
}

TEST(TableCache, WhatIsBesideTheFeaturesMustFitInMemory) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows());
  EXPECT_THAT(error_of([&] { (void)read_csv(path, options(folder / "cache", 16'000)); }),
              HasSubstr("needed data that take at most 16000 bytes of memory, found more"));
  EXPECT_THAT(error_of([&] { (void)read_csv(path, options({}, kTooFew)); }),
              HasSubstr("needed data that take at most 36000 bytes of memory, found more"));
  EXPECT_TRUE(fs::is_empty(folder / "cache"));
}

TEST(TableCache, TheLimitHoldsForWhatWasKeptToo) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows());
  (void)read_csv(path, options(folder / "cache", kTooFew));
  EXPECT_THAT(
      error_of([&] { (void)read_csv(path, options(folder / "cache", 10'000)); }),
      HasSubstr("needed data that take at most 10000 bytes of memory, found more, though a file has"));
}

TEST(TableCache, IsItsOwnersAlone) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows()), cache = folder / "new" / "cache";
  (void)read_csv(path, options(cache, kTooFew));
  constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;
  EXPECT_EQ(fs::status(cache).permissions() & kOthers, fs::perms::none);
  EXPECT_EQ(fs::status(*fs::directory_iterator(cache)).permissions() & kOthers, fs::perms::none);
}

TEST(TableCache, AChangeThatHidesIsNoticed) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows("Rome")), cache = folder / "cache";
  (void)read_csv(path, options(cache, kTooFew));
  const auto time = fs::last_write_time(path);
  (void)folder.file("data.csv", many_rows("Bern"));
  fs::last_write_time(path, time);
  EXPECT_THAT(read_csv(path, options(cache, kTooFew)).columns[2].levels, testing::Contains("Bern"));
}

TEST(TableCache, AFolderThatCannotBeMadeIsNamed) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("data.csv", many_rows());
  EXPECT_THAT(error_of([&] { (void)read_csv(path, options(path / "cache", kTooFew)); }),
              HasSubstr("data.csv/cache': Not a directory"));
}

TEST(TableCache, TheUsersOwnFolderIsWhereTheDesktopSaysOrInTheHome) {
  const auto with = [](const char* cache, const char* home) {
    ::setenv("XDG_CACHE_HOME", cache, 1);
    ::setenv("HOME", home, 1);
    return default_cache_folder();
  };
  const std::string cache = std::getenv("XDG_CACHE_HOME") == nullptr ? "" : std::getenv("XDG_CACHE_HOME");
  const std::string home = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
  EXPECT_EQ(with("/x", "/home/me"), "/x/catenary");
  EXPECT_EQ(with("relative", "/home/me"), "/home/me/.cache/catenary");
  EXPECT_EQ(with("", ""), "");
  (void)with(cache.c_str(), home.c_str());
}

}  // namespace
}  // namespace catenary::csv_testing
