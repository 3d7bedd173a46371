#include "catenary/base/file_pattern.h"

#include <gmock/gmock.h>

#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::TemporaryDirectory;

TEST(FilePattern, StandsForTheFilesThatHaveIt) {
  const TemporaryDirectory folder;
  const std::string b = folder.file("part-b.csv", ""), a = folder.file("part-a.csv", "");
  (void)folder.file("other.csv", "");
  EXPECT_THAT(files_of_pattern((folder / "part-*.csv").string()), ElementsAre(a, b));
  EXPECT_THAT(files_of_pattern((folder / "part-?.csv").string()), ElementsAre(a, b));
  EXPECT_THAT(files_of_pattern((folder / "part-[b].csv").string()), ElementsAre(b));
  EXPECT_THAT(files_of_pattern((folder / "part-?.tsv").string()), IsEmpty());
}

TEST(FilePattern, IsItsOwnNameWhereItIsAFilesOrNone) {
  const TemporaryDirectory folder;
  const std::string odd = folder.file("a[1]*.csv", ""), gone = (folder / "gone[1].csv").string();
  (void)folder.file("a1.csv", "");
  EXPECT_THAT(files_of_pattern(odd), ElementsAre(odd));
  EXPECT_THAT(files_of_pattern(gone), ElementsAre(gone));
  EXPECT_THAT(files_of_pattern("gone.csv"), ElementsAre("gone.csv"));
}

}  // namespace
}  // namespace catenary
