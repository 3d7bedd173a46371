#include "catenary/data/stored_bytes.h"

#include <algorithm>

#include "catenary/data/limits.h"

namespace catenary {

StoredBytes::StoredBytes(const std::filesystem::path& path, std::uint64_t allowed)
    : file_(std::make_unique<InputFile>(path)), size_(file_->size()) {
  // Of a redirected stream some may have been read: what is left of it has no offsets of its own.
  if (size_ > 0 && !descriptor_of(path)) return;
  constexpr std::uint64_t kHeaderBytes = std::uint64_t{1} << 20;  // beside the data that are limited
  const std::uint64_t most = std::max(allowed, allowed + kHeaderBytes);
  streamed_ = read_at_most(*file_, most);
  if (streamed_.size() == most) fail_too_large(path.string(), allowed, "more");
  file_.reset();
  memory_ = streamed_;
  size_ = memory_.size();
}

std::size_t StoredBytes::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset >= size_) return 0;
  const auto wanted = out.first(std::min<std::uint64_t>(out.size(), size_ - offset));
  if (file_) return file_->read_at(offset, wanted);
  std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(offset), wanted.size(), wanted.begin());
  return wanted.size();
}

}  // namespace catenary
