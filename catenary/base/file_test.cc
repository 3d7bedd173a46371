#include "catenary/base/file.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <future>
#include <string>

#include "tests/support/errors.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using testing_support::error_of;
using testing_support::TemporaryDirectory;

std::string text_of(const fs::path& path) {
  const auto bytes = read_file(path, 1 << 20);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(File, ReadReturnsWhatWasWritten) {
  const TemporaryDirectory dir;
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 100'000}) {
    const std::string text(size, 'x');
    write_file_atomically(dir / "a", text);
    EXPECT_EQ(text_of(dir / "a"), text);
  }
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("a"));
}

TEST(File, ReadStopsAtTheLimit) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "a", "12345");
  EXPECT_EQ(read_file(dir / "a", 5).size(), 5u);
  EXPECT_EQ(error_of([&] { (void)read_file(dir / "a", 4); }),
            fmt::format("io: cannot read '{}': needed at most 4 bytes, found more", (dir / "a").string()));
  EXPECT_THAT(error_of([] { (void)read_file("/dev/zero", 100'000); }), HasSubstr("at most 100000 bytes"));
}

TEST(File, ErrorsNamePathAndReason) {
  const TemporaryDirectory dir;
  EXPECT_EQ(error_of([] { (void)read_file("/nowhere/a", 1); }),
            "io: cannot open '/nowhere/a': No such file or directory");
  EXPECT_THAT(error_of([&] { (void)read_file(dir.path(), 1 << 20); }), HasSubstr("Is a directory"));
  EXPECT_THAT(error_of([] { write_file_atomically("/nowhere/a", "x"); }),
              HasSubstr("No such file or directory"));
}

TEST(File, AFailedWriteLeavesNothing) {
  const TemporaryDirectory dir;
  fs::create_directory(dir / "taken");
  EXPECT_EQ(error_of([&] { write_file_atomically(dir / "taken", "x"); }),
            fmt::format("io: cannot write '{}': Is a directory", (dir / "taken").string()));
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("taken"));
}

// No file may grow beyond so many bytes while one of these lives: the disk is full.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(File, AWriteThatFailsHalfWayLeavesTheOldFileAndNoTemporary) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "a", "old");
  const std::string text(100'000, 'x');
  std::string message, fresh;
  {
    const SizeLimit limit(4096);
    message = error_of([&] { write_file_atomically(dir / "a", text); });
    fresh = error_of([&] { write_file_atomically(dir / "b", text); });
  }
  EXPECT_EQ(message, fmt::format("io: cannot write '{}': File too large", (dir / "a").string()));
  EXPECT_EQ(fresh, fmt::format("io: cannot write '{}': File too large", (dir / "b").string()));
  EXPECT_EQ(text_of(dir / "a"), "old");
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("a"));
}

TEST(File, AWriteFollowsSymbolicLinks) {
  const TemporaryDirectory dir;
  fs::create_directory(dir / "deep");
  write_file_atomically(dir / "deep/file", "old");
  fs::create_symlink("deep/file", dir / "second");
  fs::create_symlink("second", dir / "first");
  write_file_atomically(dir / "first", "new");
  EXPECT_EQ(text_of(dir / "deep/file"), "new");
  EXPECT_TRUE(fs::is_symlink(dir / "first"));
  fs::create_symlink("deep/none", dir / "dangling");
  write_file_atomically(dir / "dangling", "made");
  EXPECT_EQ(text_of(dir / "deep/none"), "made");
  fs::create_symlink("loop", dir / "loop");
  EXPECT_THAT(error_of([&] { write_file_atomically(dir / "loop", "x"); }), HasSubstr("symbolic links"));
}

TEST(File, AWriteReplacesNoPipe) {
  const TemporaryDirectory dir;
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", dir / "link");
  const std::string message =
      fmt::format("io: cannot write '{}': needed a regular file or a free name, found something else",
                  (dir / "pipe").string());
  EXPECT_EQ(error_of([&] { write_file_atomically(dir / "pipe", "x"); }), message);
  EXPECT_EQ(error_of([&] { write_file_atomically(dir / "link", "x"); }), message);
  EXPECT_TRUE(fs::is_fifo(dir / "pipe"));
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("link", "pipe"));
}

// A file that this process has open, and its names.
class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags) : number_(::open(path.c_str(), flags, 0600)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(number_); }
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] std::vector<std::string> names() const {
    return {fmt::format("/dev/fd/{}", number_), fmt::format("/proc/self/fd/{}", number_),
            fmt::format("/proc/thread-self/fd/{}", number_),
            fmt::format("/proc/{}/fd/{}", ::getpid(), number_)};
  }

 private:
  int number_;
};

TEST(Streams, ADescriptorIsKnownByEachOfItsNames) {
  const TemporaryDirectory dir;
  EXPECT_EQ(descriptor_of("/dev/stdin"), 0);
  EXPECT_EQ(descriptor_of("/dev/stdout"), 1);
  EXPECT_EQ(descriptor_of("/dev/stderr"), 2);
  const OpenFile file(dir / "a", O_RDWR | O_CREAT);
  for (const std::string& name : file.names()) EXPECT_EQ(descriptor_of(name), file.number()) << name;
  fs::create_symlink(file.names()[0], dir / "second");
  fs::create_symlink("second", dir / "first");
  EXPECT_EQ(descriptor_of(dir / "first"), file.number());
  fs::create_symlink("loop", dir / "loop");
  for (const fs::path& other :
       {dir / "a", dir / "loop", dir / "none/a", fs::path("/dev/null"), fs::path("/dev/fd"),
        fs::path("/dev/fd/x"), fs::path("/dev/fd/99999999999"), fs::path("-"), fs::path()}) {
    EXPECT_EQ(descriptor_of(other), std::nullopt) << other;
  }
}

TEST(Streams, AWriteToADescriptorGoesOnWhereItStands) {
  const TemporaryDirectory dir;
  for (const int flags : {O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_APPEND}) {
    const OpenFile file(dir / "all", flags);
    for (const std::string& name : file.names()) write_output(name, name + "\n");
    ASSERT_EQ(::write(file.number(), "end\n", 4), 4);
    const std::string lines = fmt::format("{}\nend\n", fmt::join(file.names(), "\n"));
    EXPECT_EQ(text_of(dir / "all"), flags & O_APPEND ? lines + lines : lines);
  }
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("all"));
}

TEST(Streams, AFileThatAnotherProcessHasOpenIsAddedTo) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "log", "kept\n");
  const OpenFile file(dir / "log", O_WRONLY);
  const pid_t other = ::fork();
  if (other == 0) ::alarm(60), ::pause();
  write_output(fmt::format("/proc/{}/fd/{}", other, file.number()), "new\n");
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  EXPECT_EQ(text_of(dir / "log"), "kept\nnew\n");
}

TEST(Streams, ADescriptorIsReadFromWhereItStands) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "a", "header\nrest");
  const OpenFile file(dir / "a", O_RDONLY);
  std::array<char, 7> header{};
  ASSERT_EQ(::read(file.number(), header.data(), header.size()), 7);
  EXPECT_EQ(text_of(file.names()[0]), "rest");
}

TEST(Streams, PipesAndDevicesAreWrittenInto) {
  const TemporaryDirectory dir;
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", dir / "link");
  for (const char* name : {"pipe", "link"}) {
    auto read = std::async(std::launch::async, [&] { return text_of(dir / "pipe"); });
    write_output(dir / name, std::string(100'000, 'x'));  // more than a pipe holds
    EXPECT_EQ(read.get(), std::string(100'000, 'x'));
  }
  write_output("/dev/null", "x");
  EXPECT_EQ(error_of([] { write_output("/dev/full", "x"); }),
            "io: cannot write '/dev/full': No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("link", "pipe"));
}

TEST(Streams, AClosedDescriptorIsNoStream) {
  for (const std::string name : {"/dev/fd/1000000", "/proc/self/fd/1000000"}) {
    const std::string message = fmt::format("io: cannot open '{}': Bad file descriptor", name);
    EXPECT_EQ(error_of([&] { write_output(name, "x"); }), message);
    EXPECT_EQ(error_of([&] { const InputFile file(name); }), message);
  }
}

TEST(Streams, NoDescriptorIsReplacedByAFile) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "all", "kept");
  const OpenFile file(dir / "all", O_WRONLY | O_APPEND);
  for (const std::string& name : file.names())
    EXPECT_THAT(error_of([&] { write_file_atomically(name, "x"); }), HasSubstr("found something else"));
  EXPECT_EQ(text_of(dir / "all"), "kept");
}

TEST(Streams, OtherOutputsAreFilesThatAppearWhole) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "a", "old and longer");
  write_output(dir / "a", "new");
  write_output(dir / "-", "dash");
  EXPECT_EQ(text_of(dir / "a"), "new");
  EXPECT_EQ(text_of(dir / "-"), "dash");
  EXPECT_EQ(error_of([&] { write_output(dir.path(), "x"); }),
            fmt::format("io: cannot write '{}': Is a directory", dir.path().string()));
}

TEST(OutputFile, AppearsWholeOnCommit) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "a", "old");
  OutputFile file(dir / "a");
  for (const char* piece : {"one ", "", "two ", "three"}) file.write(piece);
  EXPECT_EQ(text_of(dir / "a"), "old");
  file.commit();
  EXPECT_EQ(text_of(dir / "a"), "one two three");
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("a"));
}

TEST(OutputFile, WithoutCommitLeavesTheOldFileAndNoTemporary) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "a", "old");
  {
    OutputFile old_name(dir / "a"), new_name(dir / "b");
    old_name.write("half"), new_name.write("half");
  }
  EXPECT_EQ(text_of(dir / "a"), "old");
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("a"));
}

TEST(OutputFile, WhoseNameWasTakenMeanwhileLeavesNoTemporary) {
  const TemporaryDirectory dir;
  {
    OutputFile file(dir / "a");
    fs::create_directory(dir / "a");
    EXPECT_EQ(error_of([&] { file.commit(); }),
              fmt::format("io: cannot write '{}': Is a directory", (dir / "a").string()));
  }
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("a"));
}

TEST(OutputFile, OfAProgramThatIsKilledLeavesNothing) {
  const TemporaryDirectory dir;
  const OpenFile nameless(dir.path(), O_WRONLY | O_TMPFILE);
  if (nameless.number() < 0) GTEST_SKIP() << "needs a file system with files that have no name";
  const pid_t child = ::fork();
  if (child == 0) {
    OutputFile file(dir / "a");
    file.write("half");
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_THAT(dir.names(), IsEmpty());
}

TEST(OutputFile, WritesIntoAStreamPieceByPiece) {
  const TemporaryDirectory dir;
  const OpenFile log(dir / "log", O_RDWR | O_CREAT);
  OutputFile file(log.names()[0]);
  file.write("one ");
  EXPECT_EQ(text_of(dir / "log"), "one ");
  file.write("two");
  EXPECT_EQ(text_of(dir / "log"), "one two");
  file.commit();
}

TEST(OutputFile, NamesTheFileThatCannotBeWritten) {
  const TemporaryDirectory dir;
  EXPECT_EQ(error_of([&] { const OutputFile file(dir.path()); }),
            fmt::format("io: cannot write '{}': Is a directory", dir.path().string()));
  EXPECT_THAT(error_of([] { const OutputFile file("/nowhere/a"); }), HasSubstr("No such file or directory"));
  OutputFile full("/dev/full");
  EXPECT_EQ(error_of([&] { full.write("x"); }), "io: cannot write '/dev/full': No space left on device");
}

TEST(File, NamesInErrorsHaveNoControlCharacters) {
  EXPECT_EQ(
      error_of([] { (void)read_file("/nowhere/a\n\x1b[31m\x07\xff\x7f\u202E", 1); }),
      "io: cannot open '/nowhere/a\\x0A\\x1B[31m\\x07\\xFF\\x7F\\xE2\\x80\\xAE': No such file or directory");
}

TEST(File, ALeftoverTemporaryDoesNotStopAWrite) {
  const TemporaryDirectory dir;
  const fs::path leftover = dir.file(fmt::format(".a.tmp-{}", ::getpid()), "old");
  write_file_atomically(dir / "a", "new");
  EXPECT_EQ(text_of(dir / "a"), "new");
  EXPECT_EQ(text_of(leftover), "old");
}

TEST(File, InputFileReadsOnFromWhereItStopped) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "a", "abcde");
  InputFile file(dir / "a");
  EXPECT_EQ(file.size(), 5u);
  std::array<std::byte, 3> part{};
  EXPECT_EQ(file.read(part), 3u);
  EXPECT_EQ(file.read(part), 2u);
  EXPECT_EQ(part[0], std::byte{'d'});
  EXPECT_EQ(file.read(part), 0u);
}

TEST(File, InputFileReadsAtAnyPlaceAndStaysWhereItWas) {
  const TemporaryDirectory dir;
  write_file_atomically(dir / "a", "abcde");
  InputFile file(dir / "a");
  std::array<std::byte, 3> part{};
  EXPECT_EQ(file.read_at(1, part), 3u);
  EXPECT_EQ(part[2], std::byte{'d'});
  EXPECT_EQ(file.read_at(4, part), 1u);
  EXPECT_EQ(part[0], std::byte{'e'});
  EXPECT_EQ(file.read_at(5, part), 0u);
  EXPECT_EQ(file.read(part), 3u);
  EXPECT_EQ(part[0], std::byte{'a'});
}

TEST(File, AStagedDirectoryAppearsOnlyOnCommit) {
  const TemporaryDirectory dir;
  StagedDirectory staged(dir / "run", IfExists::kFail);
  fs::create_directory(staged.path() / "deep");
  write_file_atomically(staged.path() / "deep" / "a", "x");
  EXPECT_FALSE(fs::exists(dir / "run"));
  staged.commit();
  EXPECT_EQ(text_of(dir / "run" / "deep" / "a"), "x");
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("run"));
}

TEST(File, AStagedDirectoryWithoutCommitVanishes) {
  const TemporaryDirectory dir;
  {
    const StagedDirectory staged(dir / "run", IfExists::kFail);
    write_file_atomically(staged.path() / "a", "x");
  }
  EXPECT_THAT(dir.names(), IsEmpty());
}

TEST(File, AStagedDirectoryReplacesTheOldOneWhole) {
  const TemporaryDirectory dir;
  fs::create_directory(dir / "run");
  write_file_atomically(dir / "run" / "old", "x");
  StagedDirectory staged(dir / "run/", IfExists::kReplace);
  write_file_atomically(staged.path() / "new", "y");
  EXPECT_TRUE(fs::exists(dir / "run" / "old"));
  staged.commit();
  EXPECT_FALSE(fs::exists(dir / "run" / "old"));
  EXPECT_EQ(text_of(dir / "run" / "new"), "y");
  EXPECT_THAT(dir.names(), ::testing::ElementsAre("run"));
}

TEST(File, AStagedDirectoryNeverTakesATakenName) {
  const TemporaryDirectory dir;
  StagedDirectory staged(dir / "run", IfExists::kFail);
  fs::create_directory(dir / "run");  // empty: a plain rename would replace it
  const std::string message = fmt::format("io: cannot create '{}': File exists", (dir / "run").string());
  EXPECT_EQ(error_of([&] { staged.commit(); }), message);
  EXPECT_EQ(error_of([&] { const StagedDirectory second(dir / "run", IfExists::kFail); }), message);
}

}  // namespace
}  // namespace catenary
