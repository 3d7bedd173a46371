#include "catenary/base/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "catenary/base/file.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The bytes of three floats after four bytes of something else.
std::filesystem::path write_floats(const testing_support::TemporaryDirectory& directory) {
  std::filesystem::path path = directory.path() / "floats";
  const float numbers[] = {0, 1.5, -2, 3};
  write_file_atomically(path, std::as_bytes(std::span(numbers)));
  return path;
}

TEST(MappedFile, ShowsNumbersFromAnyPlaceOn) {
  const testing_support::TemporaryDirectory directory;
  const MappedArray<float> array(MappedFile(write_floats(directory)), 4, 3);
  EXPECT_THAT(array.view(), ElementsAre(1.5, -2, 3));
  array.will_need(1, 2);
}

TEST(MappedFile, CopiesAndMovesOutliveTheFileAndEachOther) {
  const testing_support::TemporaryDirectory directory;
  const std::filesystem::path path = write_floats(directory);
  std::optional<MappedFile> first(path);
  const std::byte* const place = first->bytes().data();
  std::optional<MappedFile> copy(*first);
  MappedFile moved(std::move(*first));
  EXPECT_EQ(moved.bytes().data(), place);
  first.reset();
  std::filesystem::remove(path);
  EXPECT_EQ(copy->bytes().size(), 16u);
  moved = *copy;
  copy.reset();
  EXPECT_THAT(MappedArray<float>(moved, 0, 4).view(), ElementsAre(0, 1.5, -2, 3));
}

TEST(MappedFile, AnEmptyFileHasNoBytes) {
  const testing_support::TemporaryDirectory directory;
  write_file_atomically(directory.path() / "empty", "");
  EXPECT_TRUE(MappedFile(directory.path() / "empty").bytes().empty());
}

TEST(MappedFile, SaysWhyAFileCannotBeMapped) {
  const testing_support::TemporaryDirectory directory;
  const auto error = [&](const std::filesystem::path& path) {
    return testing_support::error_of([&] { (void)MappedFile(path); });
  };
  EXPECT_THAT(error(directory.path() / "gone"), HasSubstr("gone': No such file or directory"));
  EXPECT_THAT(error(directory.path()), HasSubstr("No such device"));
}

}  // namespace
}  // namespace catenary
