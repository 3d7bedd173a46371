#include "catenary/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>

#include "catenary/base/error.h"

namespace catenary {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A fresh directory for each test.
class FileTest : public ::testing::Test {
 protected:
  FileTest()
      : dir_(fs::path(::testing::TempDir()) /
             fmt::format("catenary-file-{}-{}", ::getpid(),
                         ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  ~FileTest() override { fs::remove_all(dir_); }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::directory_iterator(dir_)) result.push_back(entry.path().filename().string());
    std::sort(result.begin(), result.end());
    return result;
  }

  static std::string text_of(const fs::path& path) {
    const auto bytes = read_file(path, 1 << 20);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  static std::string io_error(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIo);
      return error.what();
    }
    return "no error";
  }

  fs::path dir_;
};

TEST_F(FileTest, ReadReturnsWhatWasWritten) {
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 100'000}) {
    const std::string text(size, 'x');
    write_file_atomically(dir_ / "a", text);
    EXPECT_EQ(text_of(dir_ / "a"), text);
  }
  EXPECT_THAT(names(), ::testing::ElementsAre("a"));
}

TEST_F(FileTest, ReadStopsAtTheLimit) {
  write_file_atomically(dir_ / "a", "12345");
  EXPECT_EQ(read_file(dir_ / "a", 5).size(), 5u);
  EXPECT_EQ(io_error([&] { (void)read_file(dir_ / "a", 4); }),
            fmt::format("cannot read '{}': needed at most 4 bytes, found more", (dir_ / "a").string()));
  EXPECT_THAT(io_error([] { (void)read_file("/dev/zero", 100'000); }), HasSubstr("at most 100000 bytes"));
}

TEST_F(FileTest, ErrorsNamePathAndReason) {
  EXPECT_EQ(io_error([] { (void)read_file("/nowhere/a", 1); }),
            "cannot open '/nowhere/a': No such file or directory");
  EXPECT_THAT(io_error([&] { (void)read_file(dir_, 1 << 20); }), HasSubstr("Is a directory"));
  EXPECT_THAT(io_error([] { write_file_atomically("/nowhere/a", "x"); }), HasSubstr("No such file or directory"));
}

TEST_F(FileTest, AFailedWriteLeavesNothing) {
  fs::create_directory(dir_ / "taken");
  EXPECT_EQ(io_error([&] { write_file_atomically(dir_ / "taken", "x"); }),
            fmt::format("cannot write '{}': Is a directory", (dir_ / "taken").string()));
  EXPECT_THAT(names(), ::testing::ElementsAre("taken"));
}

TEST_F(FileTest, ALeftoverTemporaryDoesNotStopAWrite) {
  std::ofstream(dir_ / fmt::format(".a.tmp-{}", ::getpid())) << "old";
  write_file_atomically(dir_ / "a", "new");
  EXPECT_EQ(text_of(dir_ / "a"), "new");
}

TEST_F(FileTest, InputFileReadsOnFromWhereItStopped) {
  write_file_atomically(dir_ / "a", "abcde");
  InputFile file(dir_ / "a");
  EXPECT_EQ(file.size(), 5u);
  std::array<std::byte, 3> part{};
  EXPECT_EQ(file.read(part), 3u);
  EXPECT_EQ(file.read(part), 2u);
  EXPECT_EQ(part[0], std::byte{'d'});
  EXPECT_EQ(file.read(part), 0u);
}

TEST_F(FileTest, AStagedDirectoryAppearsOnlyOnCommit) {
  StagedDirectory staged(dir_ / "run", IfExists::kFail);
  fs::create_directory(staged.path() / "deep");
  write_file_atomically(staged.path() / "deep" / "a", "x");
  EXPECT_FALSE(fs::exists(dir_ / "run"));
  staged.commit();
  EXPECT_EQ(text_of(dir_ / "run" / "deep" / "a"), "x");
  EXPECT_THAT(names(), ::testing::ElementsAre("run"));
}

TEST_F(FileTest, AStagedDirectoryWithoutCommitVanishes) {
  {
    const StagedDirectory staged(dir_ / "run", IfExists::kFail);
    write_file_atomically(staged.path() / "a", "x");
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(FileTest, AStagedDirectoryReplacesTheOldOneWhole) {
  fs::create_directory(dir_ / "run");
  write_file_atomically(dir_ / "run" / "old", "x");
  StagedDirectory staged(dir_ / "run/", IfExists::kReplace);
  write_file_atomically(staged.path() / "new", "y");
  EXPECT_TRUE(fs::exists(dir_ / "run" / "old"));
  staged.commit();
  EXPECT_FALSE(fs::exists(dir_ / "run" / "old"));
  EXPECT_EQ(text_of(dir_ / "run" / "new"), "y");
  EXPECT_THAT(names(), ::testing::ElementsAre("run"));
}

TEST_F(FileTest, AStagedDirectoryNeverTakesATakenName) {
  StagedDirectory staged(dir_ / "run", IfExists::kFail);
  fs::create_directory(dir_ / "run");  // empty: a plain rename would replace it
  const std::string message = fmt::format("cannot create '{}': File exists", (dir_ / "run").string());
  EXPECT_EQ(io_error([&] { staged.commit(); }), message);
  EXPECT_EQ(io_error([&] { const StagedDirectory second(dir_ / "run", IfExists::kFail); }), message);
}

}  // namespace
}  // namespace catenary
