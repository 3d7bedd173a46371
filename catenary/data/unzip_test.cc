#include "catenary/data/unzip.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/errors.h"
#include "tests/support/gzip.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using testing_support::error_of;
using testing_support::gzip;
using testing_support::TemporaryDirectory;

// Everything in a stream, read `step` bytes at a time.
std::string drain(UnzipStream& stream, std::size_t step) {
  std::string result;
  std::string part(step, '\0');
  std::size_t found = step;
  while (found == step) {
    found = stream.read(std::as_writable_bytes(std::span(part)));
    result.append(part, 0, found);
  }
  EXPECT_EQ(stream.offset(), result.size());
  return result;
}

std::string unzip(const std::string& file, std::size_t step) {
  UnzipStream stream(std::as_bytes(std::span(file)), "f.gz");
  return drain(stream, step);
}

// The same from a file on the disk, of which only `max_bytes` count.
std::string unzip_file(const std::string& bytes, std::size_t step, std::uint64_t max_bytes) {
  const TemporaryDirectory dir;
  InputFile file(dir.file("f.gz", bytes));
  UnzipStream stream(file, max_bytes, "f.gz");
  return drain(stream, step);
}

const std::string kText = [] {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += fmt::format("{} ", i * i);
  return text;
}();

TEST(UnzipStream, PlainAndZippedBytesReadTheSameAtAnyStep) {
  for (const std::size_t step : {1, 7, 4096, 100'000}) {
    EXPECT_EQ(unzip(kText, step), kText);
    EXPECT_EQ(unzip(gzip(kText), step), kText);
  }
  EXPECT_EQ(unzip("", 5), "");
  EXPECT_EQ(unzip(gzip(""), 5), "");
}

TEST(UnzipStream, MembersFollowEachOther) {
  EXPECT_EQ(unzip(gzip("one ") + gzip("") + gzip("two"), 5), "one two");
}

TEST(UnzipStream, EveryTruncationIsAnError) {
  const std::string file = gzip("some text, some more text");
  for (std::size_t size = 2; size < file.size(); ++size) {
    EXPECT_EQ(error_of([&] { (void)unzip(file.substr(0, size), 100); }),
              fmt::format("data: f.gz: gzip data is cut short, the file ends at byte {}", size));
  }
}

// Noise, so that the zipped file has several blocks, too; members of odd sizes end anywhere in one.
TEST(UnzipStream, FilesReadAsMemoryDoesWhereverTheirBlocksEnd) {
  constexpr std::uint64_t kAll = 1 << 20;
  std::string noise;
  for (std::uint64_t i = 0; i < 70'000; ++i) noise += static_cast<char>(i * i * 2654435761u >> 13);
  EXPECT_EQ(unzip_file(noise + kText, 1000, kAll), noise + kText);
  for (std::size_t cut = 65'480; cut < 65'540; ++cut) {
    EXPECT_EQ(unzip_file(gzip(noise.substr(0, cut)) + gzip(kText), 100'000, kAll),
              noise.substr(0, cut) + kText);
  }
}

TEST(UnzipStream, AFileEndsWhereItIsAllowedTo) {
  const std::string file = gzip(kText);
  EXPECT_EQ(unzip_file(kText, 7, 100), kText.substr(0, 100));
  EXPECT_EQ(error_of([&] { (void)unzip_file(file, 100, file.size() - 1); }),
            fmt::format("data: f.gz: gzip data is cut short, the file ends at byte {}", file.size() - 1));
  EXPECT_EQ(
      error_of([&] { (void)unzip_file(file + std::string(200'000, 'x'), 100, 150'000); }),
      fmt::format("data: f.gz: needed the end of the file after the gzip data, at byte {}, found {} more "
                  "bytes",
                  file.size(), 150'000 - file.size()));
}

TEST(UnzipStream, DamageAndWhatFollowsTheDataAreErrors) {
  std::string damaged = gzip("some text");
  damaged[damaged.size() - 8] = static_cast<char>(damaged[damaged.size() - 8] ^ 1);
  EXPECT_EQ(error_of([&] { (void)unzip(damaged, 100); }),
            "data: f.gz: gzip data is damaged before byte 25 (incorrect data check)");
  EXPECT_EQ(error_of([] { (void)unzip(gzip("some text") + "abc", 100); }),
            "data: f.gz: needed the end of the file after the gzip data, at byte 29, found 3 more bytes");
}

}  // namespace
}  // namespace catenary
