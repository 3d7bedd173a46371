#include "catenary/data/unzip.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/errors.h"
#include "tests/support/gzip.h"

namespace catenary {
namespace {

using testing_support::error_of;
using testing_support::gzip;

// Everything in `file`, read `step` bytes at a time.
std::string unzip(const std::string& file, std::size_t step) {
  UnzipStream stream(std::as_bytes(std::span(file)), "f.gz");
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
