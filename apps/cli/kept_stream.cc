#include "kept_stream.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/data/csv/csv_format.h"
#include "catenary/data/limits.h"

namespace catenary::cli {

namespace {

[[noreturn]] void fail_to_keep(const std::string& path) {
  fail(ErrorKind::kIo, "cannot keep what {} gives, to read it again: {}", path,
       std::generic_category().message(errno));
}

// A file that nobody else sees and of which nothing is left whatever ends the program.
class NamelessFile {
 public:
  explicit NamelessFile(const std::string& stream) : stream_(stream) {
    std::string name = (std::filesystem::temp_directory_path() / "catenary-XXXXXX").string();
    descriptor_ = ::mkostemp(name.data(), 0);
    if (descriptor_ < 0) fail_to_keep(stream_);
    ::unlink(name.c_str());
  }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;
  ~NamelessFile() { ::close(descriptor_); }

  void write(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_to_keep(stream_);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void take_place_of(int descriptor) const {
    if (::dup2(descriptor_, descriptor) < 0) fail_to_keep(stream_);
  }

 private:
  const std::string& stream_;
  int descriptor_;
};

// A config's first line that is no comment begins a table or gives a key its value.
bool is_config(std::string_view start) {
  while (!start.empty()) {
    const std::string_view line = start.substr(0, start.find_first_of("\r\n"));
    const std::size_t first = line.find_first_not_of(" \t\xEF\xBB\xBF");
    if (first != std::string_view::npos && line[first] != '#')
      return line[first] == '[' || line.find('=') != std::string_view::npos;
    start.remove_prefix(std::min(line.size() + 1, start.size()));
  }
  return true;  // which says what a config needs
}

bool is_regular(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

KeptStream::KeptStream(const std::string& path, std::uint64_t most)
    : path_(path), descriptor_(descriptor_of(path).value()) {
  if (is_regular(descriptor_)) {
    start_ = ::lseek(descriptor_, 0, SEEK_CUR);
    return;
  }
  constexpr std::size_t kPiece = std::size_t{1} << 16;  // what a pipe holds
  InputFile stream(path);
  const NamelessFile file(path_);
  std::vector<std::byte> piece(kPiece);
  std::uint64_t bytes = 0;
  for (std::size_t size = stream.read(piece); size > 0; size = stream.read(piece)) {
    bytes += size;
    if (bytes > most) fail_too_large(path, most, "more from a pipe, which may take half of the limit");
    file.write(std::span(piece).first(size));
  }
  file.take_place_of(descriptor_);
  rewind();
}

void KeptStream::rewind() const {
  if (::lseek(descriptor_, start_, SEEK_SET) < 0) fail_to_keep(path_);
}

bool gives_table(const std::string& stream, std::uint64_t allowed) {
  const KeptStream kept(stream, most_of_pipe(allowed));
  const std::vector<std::byte> start = read_at_most(stream, kFormatBytes);
  kept.rewind();
  return !is_config({reinterpret_cast<const char*>(start.data()), start.size()});
}

}  // namespace catenary::cli
