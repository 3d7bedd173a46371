#include "catenary/data/csv/mark_finder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "catenary/base/philox.h"

namespace catenary {
namespace {

// One byte in six is a mark; the others are any, among them those that differ from a mark by one bit.
std::vector<char> random_text(std::uint64_t trial, char separator) {
  const Philox random(9, RandomPurpose::kTest, trial);
  const std::string marks = std::string("\"\r\n") + separator;
  std::vector<char> text(
      random.below(300, 0));  // exactly so long: AddressSanitizer sees what is read behind it
  std::uint64_t drawn = 1;
  for (char& c : text) {
    const bool is_mark = random.below(6, drawn++) == 0;
    c = is_mark ? marks[random.below(4, drawn++)] : static_cast<char>(random.below(256, drawn++));
  }
  return text;
}

TEST(MarkFinder, FindsSeparatorsQuotesAndLineEndsAndNothingElse) {
  for (const char separator : {',', ';', '\t', '|'}) {
    MarkFinder finder(separator);
    for (std::uint64_t trial = 0; trial < 200; ++trial) {
      const std::vector<char> text = random_text(trial, separator);
      const std::string marks = std::string("\"\r\n") + separator;
      const char* const end = text.data() + text.size();
      finder.start({text.data(), text.size()});
      for (const char* at = text.data();; ++at) {
        const char* const expected = std::find_first_of(at, end, marks.begin(), marks.end());
        ASSERT_EQ(finder.next(at), expected) << trial;
        if (expected == end) break;
        at = expected;
      }
    }
  }
}

TEST(MarkFinder, PassesOverAsManyBytesAsItIsToldTo) {
  const std::string text = std::string(1000, 'x') + "," + std::string(200, 'y');
  MarkFinder finder(',');
  for (std::size_t skipped = 0; skipped <= 1000; skipped += 7) {
    finder.start(text);
    EXPECT_EQ(finder.next(text.data() + skipped), text.data() + 1000);
    EXPECT_EQ(finder.next(text.data() + 1001), text.data() + text.size());
  }
  EXPECT_EQ(finder.next(text.data() + text.size()), text.data() + text.size());
}

}  // namespace
}  // namespace catenary
