#include "catenary/data/zip.h"

#define ZLIB_CONST  // zlib then promises not to write to its input
#include <zlib.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryHeader = 0x02014b50, kEndRecord = 0x06054b50;
constexpr std::uint32_t kZip64EndRecord = 0x06064b50, kZip64Locator = 0x07064b50;
constexpr std::uint32_t kInZip64 = 0xFFFFFFFF;  // stands for a number of 64 bits that is elsewhere
constexpr std::size_t kLocalHeaderBytes = 30, kDirectoryHeaderBytes = 46, kEndRecordBytes = 22;
constexpr std::size_t kZip64EndRecordBytes = 56, kZip64LocatorBytes = 20;
constexpr std::size_t kMostCommentBytes = 0xFFFF;
constexpr std::uint64_t kMostGrowth = 1032;                // deflate codes at most 258 bytes in 2 bits
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // fits zlib's 32-bit counters
constexpr std::size_t kBlockBytes = std::size_t{1} << 16;  // of stored bytes, inflated at once
constexpr std::uint64_t kMostDirectoryBytes = std::uint64_t{1} << 26;  // 65,534 entries of a kilobyte

template <typename T>
T little_endian(Bytes bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;)
    value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[at + i]));
  return value;
}

std::uint64_t u64(Bytes bytes, std::size_t at) { return little_endian<std::uint64_t>(bytes, at); }
std::uint32_t u32(Bytes bytes, std::size_t at) { return little_endian<std::uint32_t>(bytes, at); }
std::uint16_t u16(Bytes bytes, std::size_t at) { return little_endian<std::uint16_t>(bytes, at); }

std::string text(Bytes bytes, std::size_t at, std::size_t size) {
  const Bytes part = bytes.subspan(at, size);
  return {reinterpret_cast<const char*>(part.data()), part.size()};
}

// Where the directory stands, and where it ends: there the end record begins.
struct Directory {
  std::uint64_t begin, end, entries;
  std::vector<std::byte> bytes;
};

// The last bytes of an archive, which may hold its end record.
struct Tail {
  std::uint64_t begin;  // in the archive
  std::vector<std::byte> bytes;
};

// Fewer than asked for only where the file ends, or was cut meanwhile.
std::vector<std::byte> read_part(const StoredBytes& file, std::uint64_t begin, std::uint64_t count) {
  std::vector<std::byte> bytes(count);
  bytes.resize(file.read(begin, bytes));
  return bytes;
}

Tail read_tail(const StoredBytes& file) {
  constexpr std::uint64_t kMost = kEndRecordBytes + kMostCommentBytes + kZip64LocatorBytes;
  const std::uint64_t begin = file.size() - std::min(file.size(), kMost);
  return {begin, read_part(file, begin, file.size() - begin)};
}

// The end record's place in the tail: it is the last thing in the file but for its own comment.
std::size_t find_end_record(const Tail& tail, std::uint64_t file_bytes, const std::string& name) {
  const std::size_t most = std::min(tail.bytes.size(), kEndRecordBytes + kMostCommentBytes);
  for (std::size_t size = kEndRecordBytes; size <= most; ++size) {
    const std::size_t at = tail.bytes.size() - size;
    if (u32(tail.bytes, at) == kEndRecord && u16(tail.bytes, at + 20) == size - kEndRecordBytes) return at;
  }
  fail(ErrorKind::kData, "{}: needed a zip archive's end record in the last {} of {} bytes, found none", name,
       most, file_bytes);
}

// What an end record says of the directory that ends at byte `end`.
struct EndRecord {
  std::uint64_t disks, entries_here, entries, bytes, begin, end;

  [[nodiscard]] bool ends_there() const { return begin <= end && bytes == end - begin; }
};

EndRecord plain_record(const Tail& tail, std::size_t at) {
  const Bytes bytes = tail.bytes;
  return {.disks = static_cast<std::uint64_t>(u16(bytes, at + 4) | u16(bytes, at + 6)),
          .entries_here = u16(bytes, at + 8),
          .entries = u16(bytes, at + 10),
          .bytes = u32(bytes, at + 12),
          .begin = u32(bytes, at + 16),
          .end = tail.begin + at};
}

// Numbers of 64 bits, as NumPy writes from 2 GiB on, stand in a record that a locator before the other one
// leads to.
EndRecord zip64_record(const StoredBytes& file, const Tail& tail, std::size_t at, const std::string& name) {
  const std::uint64_t place = u64(tail.bytes, at - kZip64LocatorBytes + 8);
  const std::vector<std::byte> bytes = read_part(file, place, kZip64EndRecordBytes);
  if (bytes.size() < kZip64EndRecordBytes || u32(bytes, 0) != kZip64EndRecord)
    fail(ErrorKind::kData, "{}: needed a zip64 archive's end record at byte {}, found none", name, place);
  return {.disks = u32(bytes, 16) | u32(bytes, 20),
          .entries_here = u64(bytes, 24),
          .entries = u64(bytes, 32),
          .bytes = u64(bytes, 40),
          .begin = u64(bytes, 48),
          .end = place};
}

EndRecord find_record(const StoredBytes& file, const std::string& name) {
  const Tail tail = read_tail(file);
  const std::size_t at = find_end_record(tail, file.size(), name);
  const EndRecord record = plain_record(tail, at);
  const bool is_plain = record.entries != 0xFFFF && record.bytes != kInZip64 && record.begin != kInZip64;
  const bool has_locator =
      at >= kZip64LocatorBytes && u32(tail.bytes, at - kZip64LocatorBytes) == kZip64Locator;
  // An entry's comment at the directory's end may look like a locator, and a small archive may have one.
  return has_locator && !(is_plain && record.ends_there()) ? zip64_record(file, tail, at, name) : record;
}

Directory find_directory(const StoredBytes& file, const std::string& name) {
  const EndRecord record = find_record(file, name);
  if (record.disks != 0 || record.entries_here != record.entries)
    fail(ErrorKind::kData, "{}: needed a zip archive in one file, found a part of several", name);
  if (!record.ends_there()) {
    fail(ErrorKind::kData, "{}: needed the zip directory to end at byte {}, found {} bytes from byte {}",
         name, record.end, record.bytes, record.begin);
  }
  if (record.bytes > kMostDirectoryBytes)
    fail(ErrorKind::kData, "{}: needed a zip directory of at most {} bytes, found {}", name,
         kMostDirectoryBytes, record.bytes);
  return {record.begin, record.end, record.entries, read_part(file, record.begin, record.bytes)};
}

// What stands at the same place in both kinds of header, after the place of the first.
struct Header {
  std::uint16_t flags, method;
};

void require_plain(const Header& header, const std::string& where) {
  constexpr std::uint16_t kEncrypted = 1 << 0 | 1 << 6 | 1 << 13;
  if ((header.flags & kEncrypted) != 0)
    fail(ErrorKind::kData, "{}: needed a file without encryption, found an encrypted one", where);
  if (header.method != 0 && header.method != Z_DEFLATED)
    fail(ErrorKind::kData, "{}: needed a file stored (0) or deflated (8), found method {}", where,
         header.method);
}

// A file with its place: from its local header to the end of its bytes.
struct PlacedEntry {
  ZipEntry entry;
  std::uint64_t begin, end;
};

// The bytes after the local header at `begin`, which must say what the directory says.
PlacedEntry place(const StoredBytes& file, const Directory& directory, std::uint64_t begin, ZipEntry entry,
                  const std::string& where) {
  const std::vector<std::byte> local = read_part(file, begin, kLocalHeaderBytes + entry.name.size());
  if (directory.begin < kLocalHeaderBytes || begin > directory.begin - kLocalHeaderBytes ||
      local.size() < kLocalHeaderBytes || u32(local, 0) != kLocalHeader)
    fail(ErrorKind::kData, "{}: needed a zip file header at byte {}, found none", where, begin);
  const Header header{u16(local, 6), u16(local, 8)};
  require_plain(header, where);
  const std::size_t name_bytes = u16(local, 26), extra_bytes = u16(local, 28);
  const std::uint64_t data = begin + kLocalHeaderBytes + name_bytes + extra_bytes;
  if (data > directory.begin || entry.stored_bytes > directory.begin - data) {
    fail(ErrorKind::kData, "{}: needed {} bytes from byte {}, found {} before the zip directory", where,
         entry.stored_bytes, data, directory.begin - std::min(data, directory.begin));
  }
  const bool has_name = name_bytes == entry.name.size() && local.size() == kLocalHeaderBytes + name_bytes &&
                        text(local, kLocalHeaderBytes, name_bytes) == entry.name;
  if (!has_name || (header.method != 0) != entry.is_deflated)
    fail(ErrorKind::kData, "{}: needed the file that the zip directory names, found another at byte {}",
         where, begin);
  entry.stored_begin = data;
  const std::uint64_t end = data + entry.stored_bytes;
  return {std::move(entry), begin, end};
}

void require_possible(const ZipEntry& entry, const std::string& where) {
  const bool fits =
      entry.is_deflated ? entry.bytes / kMostGrowth <= entry.stored_bytes : entry.bytes == entry.stored_bytes;
  if (!fits) {
    fail(ErrorKind::kData, "{}: needed a content that fits {} {} bytes, found one of {} bytes", where,
         entry.stored_bytes, entry.is_deflated ? "deflated" : "stored", entry.bytes);
  }
}

// The numbers of 64 bits in an entry's extra fields, in this order, for those that stand for one.
void read_zip64(Bytes extra, std::initializer_list<std::uint64_t*> numbers, const std::string& where) {
  constexpr std::size_t kFieldHeaderBytes = 4;
  Bytes rest;
  while (extra.size() >= kFieldHeaderBytes) {
    const std::size_t kind = u16(extra, 0);
    const Bytes content = extra.subspan(kFieldHeaderBytes);
    const std::size_t size = std::min<std::size_t>(u16(extra, 2), content.size());
    if (kind == 1) rest = content.first(size);
    extra = content.subspan(size);
  }
  for (std::uint64_t* number : numbers) {
    if (*number != kInZip64) continue;
    if (rest.size() < sizeof(*number))
      fail(ErrorKind::kData, "{}: needed a number of 64 bits in the zip directory's entry, found none",
           where);
    *number = u64(rest, 0);
    rest = rest.subspan(sizeof(*number));
  }
}

// Reads the entry at byte `at` of the directory and moves behind it.
PlacedEntry read_entry(const StoredBytes& file, const Directory& directory, std::size_t& at,
                       const std::string& name) {
  const Bytes bytes = directory.bytes;
  const std::size_t left = bytes.size() - at;
  if (left < kDirectoryHeaderBytes || u32(bytes, at) != kDirectoryHeader)
    fail(ErrorKind::kData, "{}: needed {} entries in the zip directory, found its end at byte {}", name,
         directory.entries, directory.begin + at);
  const std::size_t name_bytes = u16(bytes, at + 28);
  const std::size_t size = kDirectoryHeaderBytes + name_bytes + u16(bytes, at + 30) + u16(bytes, at + 32);
  if (size > left)
    fail(ErrorKind::kData, "{}: needed {} bytes of a zip directory entry at byte {}, found {}", name, size,
         directory.begin + at, left);
  ZipEntry entry{.name = text(bytes, at + kDirectoryHeaderBytes, name_bytes)};
  const std::string where = name + ": " + quote(entry.name);
  const Header header{u16(bytes, at + 8), u16(bytes, at + 10)};
  require_plain(header, where);
  std::uint64_t begin = u32(bytes, at + 42);
  entry.stored_bytes = u32(bytes, at + 20);
  entry.is_deflated = header.method != 0;
  entry.checksum = u32(bytes, at + 16);
  entry.bytes = u32(bytes, at + 24);
  read_zip64(bytes.subspan(at + kDirectoryHeaderBytes + name_bytes, u16(bytes, at + 30)),
             {&entry.bytes, &entry.stored_bytes, &begin}, where);
  require_possible(entry, where);
  at += size;
  return place(file, directory, begin, std::move(entry), where);
}

// Else a small archive could hold the same bytes as the content of many files.
void require_apart(std::vector<PlacedEntry>& entries, const std::string& name) {
  std::vector<const PlacedEntry*> sorted;
  for (const PlacedEntry& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->begin < b->begin; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->begin >= sorted[i - 1]->end) continue;
    fail(ErrorKind::kData, "{}: needed files that stand one after another, found {} within {} at byte {}",
         name, quote(sorted[i]->entry.name), quote(sorted[i - 1]->entry.name), sorted[i]->begin);
  }
}

}  // namespace

std::vector<ZipEntry> zip_entries(const StoredBytes& file, const std::string& name) {
  const Directory directory = find_directory(file, name);
  std::vector<PlacedEntry> placed;
  std::size_t at = 0;
  for (std::size_t i = 0; i < directory.entries; ++i) placed.push_back(read_entry(file, directory, at, name));
  if (at != directory.bytes.size())
    fail(ErrorKind::kData, "{}: needed the end of the zip directory at byte {}, found more", name,
         directory.begin + at);
  require_apart(placed, name);
  std::vector<ZipEntry> entries;
  for (PlacedEntry& entry : placed) entries.push_back(std::move(entry.entry));
  return entries;
}

struct ZipEntryStream::Inflater {
  explicit Inflater(const std::string& name) {
    constexpr int kRaw = -15;  // zlib: the largest window, no header
    if (inflateInit2(&zlib, kRaw) != Z_OK) fail(ErrorKind::kInternal, "{}: zlib cannot start", name);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&zlib); }

  z_stream zlib{};
  bool at_end = false;
};

ZipEntryStream::ZipEntryStream(const StoredBytes& archive, const ZipEntry& entry, std::string name)
    : archive_(archive), entry_(entry), name_(std::move(name)) {
  if (entry_.is_deflated) inflater_ = std::make_unique<Inflater>(name_);
}

ZipEntryStream::~ZipEntryStream() = default;

std::size_t ZipEntryStream::read(std::span<std::byte> out) {
  out = out.first(std::min<std::uint64_t>(out.size(), entry_.bytes - read_));
  std::size_t filled = 0;
  while (filled < out.size()) {
    const std::span<std::byte> wanted = out.subspan(filled, std::min(out.size() - filled, kMostAtOnce));
    const std::size_t count = read_some(wanted);
    checksum_ = static_cast<std::uint32_t>(
        crc32(checksum_, reinterpret_cast<const Bytef*>(wanted.data()), static_cast<uInt>(count)));
    filled += count;
    if (count == 0) fail_damaged("it ends too early");
  }
  read_ += filled;
  return filled;
}

std::size_t ZipEntryStream::fetch(std::span<std::byte> out) {
  out = out.first(std::min<std::uint64_t>(out.size(), entry_.stored_bytes - fetched_));
  const std::size_t count = archive_.read(entry_.stored_begin + fetched_, out);
  fetched_ += count;
  return count;
}

// Up to out.size() bytes of the content; none only at its end.
std::size_t ZipEntryStream::read_some(std::span<std::byte> out) {
  return inflater_ ? inflate_some(out) : fetch(out);
}

std::size_t ZipEntryStream::inflate_some(std::span<std::byte> out) {
  z_stream& zlib = inflater_->zlib;
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  while (!inflater_->at_end && zlib.avail_out == out.size()) {
    if (rest_.empty()) {
      block_.resize(std::min<std::uint64_t>(kBlockBytes, entry_.stored_bytes));
      rest_ = Bytes(block_).first(fetch(block_));
    }
    const auto available = static_cast<uInt>(rest_.size());
    zlib.next_in = reinterpret_cast<const Bytef*>(rest_.data());
    zlib.avail_in = available;
    const int status = inflate(&zlib, Z_NO_FLUSH);
    rest_ = rest_.subspan(available - zlib.avail_in);
    inflater_->at_end = status == Z_STREAM_END;
    if (status == Z_BUF_ERROR) fail_damaged("it ends too early");
    if (status != Z_OK && status != Z_STREAM_END)
      fail_damaged(zlib.msg == nullptr ? zError(status) : zlib.msg);
  }
  return out.size() - zlib.avail_out;
}

void ZipEntryStream::require_end() {
  if (read_ != entry_.bytes) {
    fail(ErrorKind::kData, "{}: needed the end of the content at byte {}, found {} bytes more", name_, read_,
         entry_.bytes - read_);
  }
  std::array<std::byte, 1> beyond{};
  if (read_some(beyond) > 0 || !rest_.empty() || fetched_ != entry_.stored_bytes)
    fail(ErrorKind::kData, "{}: needed the end of the stored data after {} bytes of content, found more",
         name_, read_);
  if (checksum_ != entry_.checksum) {
    fail(ErrorKind::kData, "{}: needed content with the checksum {:08x}, found {:08x}", name_,
         entry_.checksum, checksum_);
  }
}

void ZipEntryStream::fail_damaged(const char* reason) const {
  fail(ErrorKind::kData, "{}: deflated data are damaged before byte {} ({})", name_, fetched_ - rest_.size(),
       reason);
}

}  // namespace catenary
