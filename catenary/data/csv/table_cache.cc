#include "catenary/data/csv/table_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/mapped_file.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/level_table.h"
#include "catenary/data/csv/table_archive.h"

namespace catenary {

namespace fs = std::filesystem;

namespace {

// Counts up whenever the same text is read as another table, or a file is laid out in another way.
constexpr std::uint32_t kVersion = 2;
constexpr std::array<char, 8> kMagic = {'c', 'a', 't', 't', 'a', 'b', 'l', 'e'};
constexpr std::size_t kBlockBytes = std::size_t{1} << 22;  // with a checksum each

// The end of a file. Another machine's byte order makes another version of it.
struct Trailer {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t rest_checksum = 0;
  std::uint64_t feature_bytes = 0, rest_bytes = 0;
  [[nodiscard]] bool operator==(const Trailer&) const = default;
};

std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t checksum(std::string_view text) { return checksum(std::as_bytes(std::span(text))); }

// What stands between features and trailer: the key, the blocks' checksums and the table.
struct Rest {
  std::string_view source, state, checksums, table;
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

std::optional<Rest> parse_rest(std::string_view bytes) {
  Rest rest;
  for (std::string_view* part : {&rest.source, &rest.state, &rest.checksums, &rest.table}) {
    const std::optional<std::string_view> text = take(bytes);
    if (!text) return std::nullopt;
    *part = *text;
  }
  return rest;
}

// The trailer, if the file is as long as it says.
std::optional<Trailer> find_trailer(std::span<const std::byte> file) {
  Trailer trailer;
  if (file.size() < sizeof trailer) return std::nullopt;
  std::memcpy(&trailer, file.last(sizeof trailer).data(), sizeof trailer);
  const std::uint64_t content = file.size() - sizeof trailer;
  if (trailer.magic != kMagic || trailer.version != kVersion || trailer.feature_bytes > content ||
      trailer.rest_bytes != content - trailer.feature_bytes)
    return std::nullopt;
  return trailer;
}

bool fit(std::span<const std::byte> features, std::string_view checksums) {
  const std::size_t blocks = (features.size() + kBlockBytes - 1) / kBlockBytes;
  if (checksums.size() != blocks * sizeof(std::uint32_t)) return false;
  for (std::size_t i = 0; i < blocks; ++i) {
    std::uint32_t stored = 0;
    std::memcpy(&stored, checksums.data() + i * sizeof stored, sizeof stored);
    const std::size_t first = i * kBlockBytes;
    if (checksum(features.subspan(first, std::min(kBlockBytes, features.size() - first))) != stored)
      return false;
  }
  return true;
}

void attach(Table& table, MappedFile file, std::uint64_t feature_bytes) {
  table.of(ColumnRole::kFeature).mapped.emplace(std::move(file), 0, feature_bytes / sizeof(float));
}

// A table of the file's; nothing where what it holds is not what it says.
std::optional<Table> unpack(const MappedFile& file, const Trailer& trailer, const Rest& rest) try {
  Table table = unpack_table(std::as_bytes(std::span(rest.table)));
  const std::uint64_t numbers = trailer.feature_bytes / sizeof(float);
  const std::size_t width = table.of(ColumnRole::kFeature).width;
  const bool fits = width > 0 ? numbers / width == table.lines.size() && numbers % width == 0 : numbers == 0;
  if (!fits || trailer.feature_bytes % sizeof(float) != 0) return std::nullopt;
  attach(table, file, trailer.feature_bytes);
  return table;
} catch (const Error& error) {
  if (error.kind() == ErrorKind::kData) return std::nullopt;
  throw;
}

std::string state_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    fail(ErrorKind::kIo, "cannot read '{}': {}", path.string(), std::generic_category().message(errno));
  return fmt::format("{} {} {}.{:09}\n", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

}  // namespace

TableKey table_key(std::span<const fs::path> files, const CsvFormat& format,
                   std::span<const ColumnRequest> requests) {
  TableKey key;
  for (const fs::path& file : files) {
    const fs::path path = fs::absolute(file).lexically_normal();
    append(key.source, path.string());
    key.state += state_of(path);
  }
  const int dates = format.date_order ? static_cast<int>(*format.date_order) : -1;
  key.source += fmt::format("{}{}{}{}", *format.separator, *format.decimal, format.has_header, dates);
  for (const std::string& name : format.columns) append(key.source, name);
  append(key.source, "missing");
  for (const std::string& word : format.missing) append(key.source, word);
  for (const ColumnRequest& request : requests) {
    const int type = request.type ? static_cast<int>(*request.type) : -1;
    const int order = request.date_order ? static_cast<int>(*request.date_order) : -1;
    key.source += fmt::format("\n{} {} {} {}", static_cast<int>(request.role), type, order, request.order);
  }
  return key;
}

fs::path cache_path(const fs::path& folder, const TableKey& key) {
  return folder / fmt::format("{:016x}.table", hash_of(key.source));
}

CachedTable open_table_cache(const fs::path& path, const TableKey& key) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return {};
  const MappedFile file(path);
  const std::optional<Trailer> trailer = find_trailer(file.bytes());
  if (!trailer) return {.table = {}, .is_damaged = true};
  const std::span<const std::byte> bytes = file.bytes().subspan(trailer->feature_bytes, trailer->rest_bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::optional<Rest> rest = checksum(text) == trailer->rest_checksum ? parse_rest(text) : std::nullopt;
  if (!rest) return {.table = {}, .is_damaged = true};
  if (TableKey{std::string(rest->source), std::string(rest->state)} != key) return {};
  if (!fit(file.bytes().first(trailer->feature_bytes), rest->checksums))
    return {.table = {}, .is_damaged = true};
  std::optional<Table> table = unpack(file, *trailer, *rest);
  const bool is_damaged = !table;
  return {std::move(table), is_damaged};
}

TableCacheWriter::TableCacheWriter(fs::path path)
    : path_(std::move(path)), file_([&] {
        std::error_code error;
        fs::create_directories(path_.parent_path(), error);
        if (error)
          fail(ErrorKind::kIo, "cannot create '{}': {}", path_.parent_path().string(), error.message());
        return path_;
      }()) {}

void TableCacheWriter::add(std::span<const float> numbers) {
  std::span<const std::byte> bytes = std::as_bytes(numbers);
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

void TableCacheWriter::end_block() { checksums_.push_back(std::exchange(checksum_, 0)); }

void TableCacheWriter::finish(const TableKey& key, Table& table) {
  if (bytes_ % kBlockBytes != 0) end_block();
  std::string rest;
  append(rest, key.source);
  append(rest, key.state);
  append(rest, {reinterpret_cast<const char*>(checksums_.data()), checksums_.size() * sizeof(std::uint32_t)});
  append(rest, pack_table(table));
  const Trailer trailer{.rest_checksum = checksum(rest), .feature_bytes = bytes_, .rest_bytes = rest.size()};
  file_.write(rest);
  file_.write(std::as_bytes(std::span(&trailer, 1)));
  file_.commit();
  attach(table, MappedFile(path_), bytes_);
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
