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
constexpr std::size_t kBlockBytes = std::size_t{1} << 16;  // read of a file at once; stays in L2

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
    : rest_(file), fetched_(file.size()), max_bytes_(file.size()), name_(std::move(name)) {
  start();
}

UnzipStream::UnzipStream(InputFile& file, std::uint64_t max_bytes, std::string name)
    : file_(&file), block_(kBlockBytes), max_bytes_(max_bytes), name_(std::move(name)) {
  start();
}

void UnzipStream::start() {
  refill(2);
  if (is_gzip(rest_)) inflater_ = std::make_unique<Inflater>(name_);
}

UnzipStream::~UnzipStream() = default;

std::size_t UnzipStream::read(std::span<std::byte> out) {
  const std::size_t count = inflater_ ? read_gzip(out) : read_plain(out);
  offset_ += count;
  return count;
}

void UnzipStream::refill(std::size_t count) {
  if (rest_.size() >= count || file_ == nullptr) return;
  const auto end = std::copy(rest_.begin(), rest_.end(), block_.begin());
  const auto kept = static_cast<std::size_t>(end - block_.begin());
  const std::uint64_t allowed = max_bytes_ - std::min(max_bytes_, fetched_);
  const std::size_t wanted = std::min<std::uint64_t>(block_.size() - kept, allowed);
  const std::size_t found = file_->read(std::span(block_).subspan(kept, wanted));
  fetched_ += found;
  rest_ = std::span(block_).first(kept + found);
}

std::size_t UnzipStream::read_plain(std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    refill(1);
    const std::size_t count = std::min(out.size() - filled, rest_.size());
    if (count == 0) break;
    std::memcpy(&out[filled], rest_.data(), count);
    rest_ = rest_.subspan(count);
    filled += count;
  }
  return filled;
}

std::size_t UnzipStream::read_gzip(std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size() && !inflater_->at_end) filled += inflate_some(out.subspan(filled));
  return filled;
}

// One call of zlib; steps over the border between two members.
std::size_t UnzipStream::inflate_some(std::span<std::byte> out) {
  z_stream& zlib = inflater_->zlib;
  refill(1);
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
  refill(2);
  if (rest_.empty()) {
    inflater_->at_end = true;
  } else if (!is_gzip(rest_)) {
    fail_trailing();
  } else {
    inflateReset(&inflater_->zlib);
  }
}

void UnzipStream::fail_trailing() {
  const std::uint64_t end_of_data = consumed();
  while (!rest_.empty()) {  // counts what is left
    rest_ = {};
    refill(1);
  }
  fail(ErrorKind::kData,
       "{}: needed the end of the file after the gzip data, at byte {}, found {} more bytes", name_,
       end_of_data, fetched_ - end_of_data);
}

void UnzipStream::fail_damaged(int status) const {
  if (status == Z_BUF_ERROR) {
    fail(ErrorKind::kData, "{}: gzip data is cut short, the file ends at byte {}", name_, fetched_);
  }
  const char* reason = inflater_->zlib.msg;
  fail(ErrorKind::kData, "{}: gzip data is damaged before byte {} ({})", name_, consumed(),
       reason == nullptr ? zError(status) : reason);
}

}  // namespace catenary
