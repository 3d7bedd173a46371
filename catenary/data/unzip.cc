#include "catenary/data/unzip.h"

#define ZLIB_CONST  // zlib then promises not to write to its input
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "catenary/base/error.h"

namespace catenary {

namespace {

constexpr int kGzipOnly = 15 + 16;  // zlib: the largest window, with a gzip header and checksum
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // fits zlib's 32-bit counters

bool is_gzip(std::span<const std::byte> file) {
  return file.size() >= 2 && file[0] == std::byte{0x1f} && file[1] == std::byte{0x8b};
}

unsigned limited(std::size_t size) { return static_cast<unsigned>(std::min(size, kMostAtOnce)); }

}  // namespace

struct UnzipStream::Inflater {
  explicit Inflater(const std::string& name) {
    if (inflateInit2(&zlib, kGzipOnly) != Z_OK) fail(ErrorKind::kInternal, "{}: zlib cannot start", name);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&zlib); }

  z_stream zlib{};
  bool at_end = false;
};

UnzipStream::UnzipStream(std::span<const std::byte> file, std::string name)
    : rest_(file), size_(file.size()), name_(std::move(name)) {
  if (is_gzip(file)) inflater_ = std::make_unique<Inflater>(name_);
}

UnzipStream::~UnzipStream() = default;

std::size_t UnzipStream::read(std::span<std::byte> out) {
  const std::size_t count = inflater_ ? read_gzip(out) : read_plain(out);
  offset_ += count;
  return count;
}

std::size_t UnzipStream::read_plain(std::span<std::byte> out) {
  const std::size_t count = std::min(out.size(), rest_.size());
  if (count > 0) std::memcpy(out.data(), rest_.data(), count);
  rest_ = rest_.subspan(count);
  return count;
}

std::size_t UnzipStream::read_gzip(std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size() && !inflater_->at_end) filled += inflate_some(out.subspan(filled));
  return filled;
}

// One call of zlib; steps over the border between two members.
std::size_t UnzipStream::inflate_some(std::span<std::byte> out) {
  z_stream& zlib = inflater_->zlib;
  zlib.next_in = reinterpret_cast<const Bytef*>(rest_.data());
  zlib.avail_in = limited(rest_.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = limited(out.size());
  const unsigned in_before = zlib.avail_in;
  const unsigned out_before = zlib.avail_out;
  const int status = inflate(&zlib, Z_NO_FLUSH);
  rest_ = rest_.subspan(in_before - zlib.avail_in);
  if (status == Z_STREAM_END) {
    next_member();
  } else if (status != Z_OK) {
    fail_damaged(status);
  }
  return out_before - zlib.avail_out;
}

void UnzipStream::next_member() {
  if (rest_.empty()) {
    inflater_->at_end = true;
  } else if (!is_gzip(rest_)) {
    fail(ErrorKind::kData,
         "{}: needed the end of the file after the gzip data, at byte {}, found {} more bytes", name_,
         size_ - rest_.size(), rest_.size());
  } else {
    inflateReset(&inflater_->zlib);
  }
}

void UnzipStream::fail_damaged(int status) const {
  if (status == Z_BUF_ERROR) {
    fail(ErrorKind::kData, "{}: gzip data is cut short, the file ends at byte {}", name_, size_);
  }
  const char* reason = inflater_->zlib.msg;
  fail(ErrorKind::kData, "{}: gzip data is damaged before byte {} ({})", name_, size_ - rest_.size(),
       reason == nullptr ? zError(status) : reason);
}

}  // namespace catenary
