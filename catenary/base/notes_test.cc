#include "catenary/base/notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace catenary {
namespace {

using testing::EndsWith;

const Error kError(ErrorKind::kData, "line 3: needed 2 cells");

TEST(Notes, StandBelowTheErrorThatTheyExplain) {
  const std::vector<std::string> notes = {"the separator is ';'", "two\nlines"};
  const Error error = with_notes(kError, notes);
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_STREQ(error.what(), "line 3: needed 2 cells\nnote: the separator is ';'\nnote: two\\x0Alines");
  EXPECT_STREQ(with_notes(kError, {}).what(), kError.what());
}

TEST(Notes, StayWhereTheErrorIsReworded) {
  const std::vector<std::string> notes = {"a"};
  EXPECT_STREQ(reworded(with_notes(kError, notes), "fold 1: ", "; see --data").what(),
               "fold 1: line 3: needed 2 cells; see --data\nnote: a");
  EXPECT_STREQ(with_notes(with_notes(kError, notes), notes).what(),
               "line 3: needed 2 cells\nnote: a\nnote: a");
}

TEST(Notes, OfManyTheFirstAreShown) {
  const std::vector<std::string> notes(25, "a");
  EXPECT_THAT(with_notes(kError, notes).what(), EndsWith("note: a\nand 5 more notes"));
}

TEST(Notes, AreThoseOfTheTimeOfTheError) {
  std::vector<std::string> notes;
  const auto work = [&](bool fails) {
    return explained_by(notes, [&] {
      notes.emplace_back("late");
      if (fails) throw kError;
      return 7;
    });
  };
  EXPECT_EQ(work(false), 7);
  try {
    (void)work(true);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), EndsWith("note: late\nnote: late"));
  }
}

}  // namespace
}  // namespace catenary
