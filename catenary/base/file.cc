#include "catenary/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "catenary/base/error.h"

namespace catenary {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSmallestGrowth = 4096;  // a page, for pipes and for files that announce no size

// `action` reads "cannot ACTION 'PATH'".
[[noreturn]] void fail_io(std::string_view action, const fs::path& path, int error) {
  fail(ErrorKind::kIo, "cannot {} '{}': {}", action, path.string(), std::generic_category().message(error));
}

[[noreturn]] void fail_too_long(const fs::path& path, std::uint64_t max_bytes) {
  fail(ErrorKind::kIo, "cannot read '{}': needed at most {} bytes, found more", path.string(), max_bytes);
}

void check(int result, std::string_view action, const fs::path& path) {
  if (result < 0) fail_io(action, path, errno);
}

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

void sync(const fs::path& path) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  check(descriptor.number(), "open", path);
  // Some file systems know no fsync of directories and answer EINVAL; their renames are synchronous.
  if (::fsync(descriptor.number()) != 0 && errno != EINVAL) fail_io("sync", path, errno);
}

void sync_tree(const fs::path& root) try {
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::file_type type = entry.symlink_status().type();
    if (type == fs::file_type::regular || type == fs::file_type::directory) sync(entry.path());
  }
  sync(root);
} catch (const fs::filesystem_error& error) {
  fail_io("sync", root, error.code().value());
}

// "dir/NAME" without a slash at its end, so that filename() and parent_path() mean what they say.
fs::path normal_name(const fs::path& path) {
  if (path.empty()) fail_io("open", path, ENOENT);
  const fs::path normal = fs::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

fs::path temporary_sibling(const fs::path& path, int attempt) {
  const std::string suffix = attempt == 0 ? "" : fmt::format("-{}", attempt);
  return path.parent_path() / fmt::format(".{}.tmp-{}{}", path.filename().string(), ::getpid(), suffix);
}

// Calls create(name) with temporary names until one is not taken; returns create's result and the name.
template <typename Create>
std::pair<int, fs::path> create_temporary(const fs::path& path, const Create& create) {
  constexpr int kAttempts =
      100;  // names are taken only by this process, or by one that crashed with its number
  for (int attempt = 0;; ++attempt) {
    fs::path name = temporary_sibling(path, attempt);
    const int result = create(name);
    if (result >= 0) return {result, std::move(name)};
    if (errno != EEXIST || attempt == kAttempts) fail_io("create", path, errno);
  }
}

void write_all(int descriptor, std::span<const std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    check(static_cast<int>(std::min<ssize_t>(written, 1)), "write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

// A file without a name, of which nothing is left whatever ends the program; -1 where the system has none.
int create_nameless(const fs::path& folder, unsigned mode) {
#ifdef O_TMPFILE
  if (::access("/proc/self/fd", F_OK) == 0)  // where its name will come from
    return ::open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
#endif
  return -1;
}

int give_name(int nameless, const fs::path& name) {
  const std::string link = fmt::format("/proc/self/fd/{}", nameless);
  return ::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW);
}

// Renames one entry to another's name in a single step, or answers EINVAL or ENOSYS where the system cannot.
#ifdef RENAME_EXCHANGE
constexpr unsigned kExchange = RENAME_EXCHANGE;
constexpr unsigned kNoReplace = RENAME_NOREPLACE;
int rename_with(const fs::path& from, const fs::path& to, unsigned how) {
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), how);
}
#else
constexpr unsigned kExchange = 1;
constexpr unsigned kNoReplace = 2;
int rename_with(const fs::path&, const fs::path&, unsigned) {
  errno = ENOSYS;
  return -1;
}
#endif

constexpr int kMaxLinks = 40;  // as Linux follows before it says ELOOP

// The link below /proc/PID/fd that `path` is or leads to: the name of a file that a process has open. Empty
// where `path` leads elsewhere.
fs::path open_file_link(const fs::path& path) {
  if (path.empty()) return {};
  fs::path at = normal_name(path);
  for (int links = 0; links < kMaxLinks; ++links) {
    std::error_code error;
    const fs::path folder = fs::canonical(at.parent_path(), error);
    if (error) return {};
    if (folder.filename() == "fd" && folder.string().starts_with("/proc/")) return folder / at.filename();
    const fs::path next = fs::read_symlink(at, error);
    if (error) return {};
    at = folder / next;
  }
  return {};
}

// A rename would replace a device or a pipe by a file, and what a stream was directed to by another file of
// its name; whoever named one meant to write into it.
void require_replaceable(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return;
  if (S_ISDIR(status.st_mode)) fail_io("write", path, EISDIR);
  fail(ErrorKind::kIo, "cannot write '{}': needed a regular file or a free name, found something else",
       path.string());
}

bool is_taken(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

bool system_cannot() { return errno == EINVAL || errno == ENOSYS; }

void rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (rename_with(from, to, kNoReplace) == 0) return;
  if (!system_cannot()) fail_io("create", to, errno);
  if (is_taken(to)) fail_io("create", to, EEXIST);
  check(::rename(from.c_str(), to.c_str()), "create", to);
}

// Puts `from` in the place of `to`; the old `to` then stands under `from`'s name.
void exchange(const fs::path& from, const fs::path& to) {
  if (rename_with(from, to, kExchange) == 0) return;
  if (!system_cannot()) fail_io("replace", to, errno);
  const fs::path old = from.string() + "-old";
  check(::rename(to.c_str(), old.c_str()), "replace", to);
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    ::rename(old.c_str(), to.c_str());
    fail_io("replace", to, error);
  }
  check(::rename(old.c_str(), from.c_str()), "replace", to);
}

}  // namespace

std::optional<int> descriptor_of(const fs::path& path) {
  constexpr std::array<std::string_view, 3> kStandardStreams = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  const auto* known = std::ranges::find(kStandardStreams, path.native());
  if (known != kStandardStreams.end()) return static_cast<int>(known - kStandardStreams.begin());
  const fs::path link = open_file_link(path);
  std::error_code ignored;
  // A thread's descriptors, below /proc/PID/task, are those of its process.
  if (link.empty() || !link.string().starts_with(fs::canonical("/proc/self", ignored).string() + "/"))
    return std::nullopt;
  const std::string digits = link.filename().string();
  int number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

namespace {

// A second descriptor of the same open file: its position and its way of appending are shared, as they are by
// all who write to a redirected stream. Opening its name again would start at the file's first byte.
int duplicate(int descriptor) {
  constexpr int kFirst = 3;  // 0, 1 and 2 are for the standard streams, even closed ones
  return ::fcntl(descriptor, F_DUPFD_CLOEXEC, kFirst);
}

int open_for_reading(const fs::path& path) {
  const std::optional<int> descriptor = descriptor_of(path);
  return descriptor ? duplicate(*descriptor) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

// What a file that another process has open holds is kept, as its writer expects.
int open_stream(const fs::path& path) {
  const std::optional<int> descriptor = descriptor_of(path);
  return descriptor ? duplicate(*descriptor)
                    : ::open(path.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
}

bool is_stream(const fs::path& path) {
  if (descriptor_of(path) || !open_file_link(path).empty()) return true;
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
}

}  // namespace

namespace {

// read(rest, filled): reads into what is left of `out` and answers as ::read does.
template <typename Read>
std::size_t fill(std::span<std::byte> out, const fs::path& path, const Read& read) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t count = read(out.subspan(filled), filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_io("read", path, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

}  // namespace

InputFile::InputFile(fs::path path) : path_(std::move(path)), descriptor_(open_for_reading(path_)) {
  check(descriptor_, "open", path_);
}

InputFile::~InputFile() { ::close(descriptor_); }

std::size_t InputFile::read(std::span<std::byte> out) {
  return fill(out, path_, [&](std::span<std::byte> rest, std::size_t) {
    return ::read(descriptor_, rest.data(), rest.size());
  });
}

std::size_t InputFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  return fill(out, path_, [&](std::span<std::byte> rest, std::size_t filled) {
    return ::pread(descriptor_, rest.data(), rest.size(), static_cast<off_t>(offset + filled));
  });
}

std::uint64_t InputFile::size() const {
  struct stat status {};
  check(::fstat(descriptor_, &status), "read", path_);
  return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::vector<std::byte> read_at_most(InputFile& file, std::uint64_t max_bytes) {
  std::vector<std::byte> bytes(std::min(file.size() + 1, max_bytes));  // one more, to meet the end
  std::size_t filled = file.read(bytes);
  while (filled == bytes.size() && filled < max_bytes) {
    bytes.resize(std::min<std::uint64_t>(2 * filled + kSmallestGrowth, max_bytes));
    filled += file.read(std::span(bytes).subspan(filled));
  }
  bytes.resize(filled);
  return bytes;
}

std::vector<std::byte> read_at_most(const fs::path& path, std::uint64_t max_bytes) {
  InputFile file(path);
  return read_at_most(file, max_bytes);
}

std::vector<std::byte> read_file(const fs::path& path, std::uint64_t max_bytes) {
  InputFile file(path);
  if (file.size() > max_bytes) fail_too_long(path, max_bytes);
  std::vector<std::byte> bytes = read_at_most(file, max_bytes + 1);
  if (bytes.size() > max_bytes) fail_too_long(path, max_bytes);
  return bytes;
}

fs::path follow_links(const fs::path& path) {
  fs::path target = normal_name(path);
  for (int links = 0; links < kMaxLinks; ++links) {
    std::error_code error;
    const fs::path next = fs::read_symlink(target, error);
    if (error) return target;  // no link, or nothing at all
    target = target.parent_path() / next;
  }
  fail_io("follow", path, ELOOP);
}

OutputFile::OutputFile(fs::path path, Readers readers) : path_(std::move(path)) {
  if (is_stream(path_)) {
    descriptor_ = open_stream(path_);
    check(descriptor_, "open", path_);
  } else {
    open_file(readers == Readers::kOwner ? 0600 : 0666);
  }
}

OutputFile::~OutputFile() {
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::open_file(unsigned mode) {
  target_ = follow_links(path_);
  require_replaceable(target_);
  descriptor_ = create_nameless(target_.parent_path(), mode);
  if (descriptor_ >= 0) return;
  std::tie(descriptor_, temporary_) = create_temporary(target_, [&](const fs::path& name) {
    return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  });
}

void OutputFile::write(std::span<const std::byte> bytes) {
  write_all(descriptor_, bytes, target_.empty() ? path_ : target_);
}

void OutputFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void OutputFile::commit() {
  if (target_.empty()) return;
  check(::fsync(descriptor_), "sync", target_);
  if (temporary_.empty()) {
    const auto name_it = [&](const fs::path& name) { return give_name(descriptor_, name); };
    temporary_ = create_temporary(target_, name_it).second;
  }
  check(::rename(temporary_.c_str(), target_.c_str()), "write", target_);
  temporary_.clear();
  sync(target_.parent_path());
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) {
  require_replaceable(open_file_link(path).empty() ? follow_links(path) : path);
  OutputFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

void write_output(const fs::path& path, std::string_view text) {
  OutputFile file(path);
  file.write(text);
  file.commit();
}

StagedDirectory::StagedDirectory(const fs::path& final_path, IfExists if_exists)
    : final_path_(normal_name(final_path)), if_exists_(if_exists) {
  if (if_exists_ == IfExists::kFail && is_taken(final_path_)) {
    fail_io("create", final_path_, EEXIST);
  }
  staged_path_ =
      create_temporary(final_path_, [](const fs::path& name) { return ::mkdir(name.c_str(), 0777); }).second;
}

StagedDirectory::~StagedDirectory() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(staged_path_, ignored);
}

void StagedDirectory::commit() {
  sync_tree(staged_path_);
  const bool replaces = if_exists_ == IfExists::kReplace && is_taken(final_path_);
  replaces ? exchange(staged_path_, final_path_) : rename_to_free_name(staged_path_, final_path_);
  committed_ = true;
  sync(final_path_.parent_path());
  std::error_code ignored;  // the new directory stands; what is left of the old one harms nobody
  if (replaces) fs::remove_all(staged_path_, ignored);
}

}  // namespace catenary
