#include "catenary/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "catenary/base/error.h"

namespace catenary {

namespace {

[[noreturn]] void fail_to_map(const std::filesystem::path& path, int error) {
  fail(ErrorKind::kIo, "cannot map '{}': {}", path.string(), std::generic_category().message(error));
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  map();
}

MappedFile::MappedFile(const MappedFile& other)
    : path_(other.path_), descriptor_(::fcntl(other.descriptor_, F_DUPFD_CLOEXEC, 0)) {
  map();
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  // munmap takes what mmap gave, which nobody may write to.
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());  // NOLINT
  if (descriptor_ >= 0) ::close(descriptor_);
}

void MappedFile::map() {
  if (descriptor_ < 0) fail_to_map(path_, errno);
  struct stat status {};
  int error = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (error == 0 && !S_ISREG(status.st_mode)) error = ENODEV;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (error == 0 && size > 0) {
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor_, 0);
    if (memory == MAP_FAILED) {  // NOLINT(performance-no-int-to-ptr): the system's own constant
      error = errno;
    } else {
      bytes_ = {static_cast<const std::byte*>(memory), size};
    }
  }
  if (error == 0) return;
  ::close(descriptor_);
  fail_to_map(path_, error);
}

void MappedFile::will_need(std::span<const std::byte> some) const {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto first = static_cast<std::size_t>(some.data() - bytes_.data());
  const std::size_t start = first / page * page;
  std::byte* from = const_cast<std::byte*>(bytes_.data()) + start;  // NOLINT: advice writes nothing
  (void)::madvise(from, first + some.size() - start, MADV_WILLNEED);
}

}  // namespace catenary
