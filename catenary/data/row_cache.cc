#include "catenary/data/row_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/data/csv/level_table.h"

namespace catenary {

namespace fs = std::filesystem;

namespace {

// Counts up whenever a file is laid out in another way.
constexpr std::uint32_t kVersion = 1;
constexpr std::array<char, 8> kMagic = {'c', 'a', 't', 't', 'a', 'b', 'l', 'e'};
constexpr std::size_t kBlockBytes = std::size_t{1} << 22;  // with a checksum each

// The end of a file. Another machine's byte order makes another version of it.
struct Trailer {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t about_checksum = 0;
  std::uint64_t row_bytes = 0, about_bytes = 0;
  [[nodiscard]] bool operator==(const Trailer&) const = default;
};

std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t checksum(std::string_view text) { return checksum(std::as_bytes(std::span(text))); }

// What stands between rows and trailer: the key, the blocks' checksums and what else is known of the rows.
struct About {
  std::string_view source, state, checksums, rest;
};

void append(std::string& bytes, std::string_view text) {
  const std::uint64_t size = text.size();
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes += text;
}

std::optional<std::string_view> take(std::string_view& bytes) {
  std::uint64_t size = 0;
  if (bytes.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  if (size > bytes.size()) return std::nullopt;
  const std::string_view text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return text;
}

std::optional<About> parse_about(std::string_view bytes) {
  About about;
  for (std::string_view* part : {&about.source, &about.state, &about.checksums, &about.rest}) {
    const std::optional<std::string_view> text = take(bytes);
    if (!text) return std::nullopt;
    *part = *text;
  }
  return about;
}

// The trailer, if the file is as long as it says.
std::optional<Trailer> find_trailer(std::span<const std::byte> file) {
  Trailer trailer;
  if (file.size() < sizeof trailer) return std::nullopt;
  std::memcpy(&trailer, file.last(sizeof trailer).data(), sizeof trailer);
  const std::uint64_t content = file.size() - sizeof trailer;
  if (trailer.magic != kMagic || trailer.version != kVersion || trailer.row_bytes > content ||
      trailer.about_bytes != content - trailer.row_bytes)
    return std::nullopt;
  return trailer;
}

bool fit(std::span<const std::byte> rows, std::string_view checksums) {
  const std::size_t blocks = (rows.size() + kBlockBytes - 1) / kBlockBytes;
  if (checksums.size() != blocks * sizeof(std::uint32_t)) return false;
  for (std::size_t i = 0; i < blocks; ++i) {
    std::uint32_t stored = 0;
    std::memcpy(&stored, checksums.data() + i * sizeof stored, sizeof stored);
    const std::size_t first = i * kBlockBytes;
    if (checksum(rows.subspan(first, std::min(kBlockBytes, rows.size() - first))) != stored) return false;
  }
  return true;
}

std::string state_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    fail(ErrorKind::kIo, "cannot read '{}': {}", path.string(), std::generic_category().message(errno));
  // The second time cannot be set back by whoever changes the file.
  return fmt::format("{} {} {}.{:09} {}.{:09}\n", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

// For its owner alone: what a table has may be nobody else's business.
void make_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) fail(ErrorKind::kIo, "cannot create '{}': {}", folder.string(), error.message());
}

// How large a number of bytes is, for a person.
std::string size_text(std::uint64_t bytes) {
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace

RowKey row_key(std::span<const fs::path> files, std::string_view how) {
  RowKey key;
  for (const fs::path& file : files) {
    const fs::path path = fs::absolute(file).lexically_normal();
    append(key.source, path.string());
    key.state += state_of(path);
  }
  key.source += how;
  return key;
}

fs::path cache_path(const fs::path& folder, const RowKey& key) {
  return folder / fmt::format("{:016x}.table", hash_of(key.source));
}

FoundRows find_rows(const fs::path& path, const RowKey& key) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored) || ::access(path.c_str(), R_OK) != 0) return {};
  MappedFile file(path);
  const std::optional<Trailer> trailer = find_trailer(file.bytes());
  if (!trailer) return {.rows = {}, .is_damaged = true};
  const std::span<const std::byte> bytes = file.bytes().subspan(trailer->row_bytes, trailer->about_bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::optional<About> about =
      checksum(text) == trailer->about_checksum ? parse_about(text) : std::nullopt;
  if (!about) return {.rows = {}, .is_damaged = true};
  if (RowKey{std::string(about->source), std::string(about->state)} != key) return {};
  if (!fit(file.bytes().first(trailer->row_bytes), about->checksums)) return {.rows = {}, .is_damaged = true};
  std::string rest(about->rest);
  return {.rows = KeptRows{std::move(file), trailer->row_bytes, std::move(rest)}};
}

RowWriter::RowWriter(fs::path path)
    : path_(std::move(path)),
      file_(
          [&] {
            make_folder(path_.parent_path());
            return path_;
          }(),
          OutputFile::Readers::kOwner) {}

void RowWriter::add(std::span<const std::byte> bytes) {
  file_.write(bytes);
  while (!bytes.empty()) {
    const std::size_t left = kBlockBytes - bytes_ % kBlockBytes;
    const std::span<const std::byte> part = bytes.first(std::min(left, bytes.size()));
    checksum_ = checksum(part, checksum_);
    bytes_ += part.size();
    bytes = bytes.subspan(part.size());
    if (bytes_ % kBlockBytes == 0) end_block();
  }
}

void RowWriter::end_block() { checksums_.push_back(std::exchange(checksum_, 0)); }

MappedFile RowWriter::finish(const RowKey& key, std::string_view rest) {
  if (bytes_ % kBlockBytes != 0) end_block();
  std::string about;
  append(about, key.source);
  append(about, key.state);
  append(about,
         {reinterpret_cast<const char*>(checksums_.data()), checksums_.size() * sizeof(std::uint32_t)});
  append(about, rest);
  const Trailer trailer{.about_checksum = checksum(about), .row_bytes = bytes_, .about_bytes = about.size()};
  file_.write(about);
  file_.write(std::as_bytes(std::span(&trailer, 1)));
  file_.commit();
  return MappedFile(path_);
}

std::string note_of_rows(std::string_view data, const fs::path& path) {
  return fmt::format(
      "{}: more than the memory that is allowed (data.max_bytes): rows are read from {} as they are needed "
      "({})",
      data, path.string(), size_text(fs::file_size(path)));
}

std::string note_of_damage(const fs::path& path) {
  return fmt::format("{}: was damaged, and is made anew", path.string());
}

fs::path default_cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value == nullptr ? "" : value);
  };
  // Relative ones are to be passed over. [XDG Base Directory Specification]
  if (const fs::path cache = variable("XDG_CACHE_HOME"); cache.is_absolute()) return cache / "catenary";
  const fs::path home = variable("HOME");
  return home.is_absolute() ? home / ".cache" / "catenary" : fs::path();
}

}  // namespace catenary
