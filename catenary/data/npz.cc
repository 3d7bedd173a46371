#include "catenary/data/npz.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/text.h"
#include "catenary/data/npy.h"
#include "catenary/data/zip.h"

namespace catenary {

namespace {

constexpr std::uint64_t kMostFileBytes = std::uint64_t{4} << 30;  // as zip archives hold without zip64
constexpr std::uint64_t kHeaderBytes = std::uint64_t{1} << 20;
constexpr std::string_view kSuffix = ".npy";

bool starts_with(std::span<const std::byte> file, std::string_view text) {
  return file.size() >= text.size() &&
         std::equal(text.begin(), text.end(), file.begin(),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

NamedArray named(std::string name, NpyArray array) {
  return {std::move(name), std::move(array.shape), std::move(array.values)};
}

NamedArray parse_alone(std::span<const std::byte> file, const std::string& name, std::uint64_t allowed) {
  auto rest = file;
  const auto read = [&](std::span<std::byte> out) {
    const std::size_t count = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), count, out.begin());
    rest = rest.subspan(count);
    return count;
  };
  const std::filesystem::path path(name);
  return named((path.extension() == kSuffix ? path.stem() : path.filename()).string(),
               read_npy({read, file.size(), file.size(), name,
                         [&](std::uint64_t bytes) { require_allowed(bytes, allowed, name); }}));
}

// How much room all of an archive's arrays have, and what those before took of it.
struct Room {
  std::uint64_t allowed;
  std::uint64_t taken = 0;
};

NamedArray parse_entry(const ZipEntry& entry, const std::string& name, const Room& room) {
  if (!entry.name.ends_with(kSuffix) || entry.name.size() == kSuffix.size()) {
    fail(ErrorKind::kData, "{}: needed only arrays, files NAME.npy, in the archive, found {}", name,
         quote(entry.name));
  }
  const std::string where = name + ": " + quote(entry.name);
  ZipEntryStream stream(entry, where);
  const auto require_room = [&](std::uint64_t bytes) {
    require_allowed(room.taken + bytes, room.allowed, where);
  };
  NpyArray array = read_npy({[&](std::span<std::byte> out) { return stream.read(out); }, entry.bytes,
                             entry.stored.size(), where, require_room});
  stream.require_end();
  return named(entry.name.substr(0, entry.name.size() - kSuffix.size()), std::move(array));
}

}  // namespace

std::vector<NamedArray> parse_npz(std::span<const std::byte> file, const std::string& name,
                                  const DataLimits& limits) {
  if (starts_with(file, "\x93NUMPY")) return {parse_alone(file, name, allowed_bytes(limits))};
  if (!starts_with(file, "PK")) {
    fail(ErrorKind::kData,
         "{}: needed a NumPy file, which begins with 'PK' (.npz) or 93 'NUMPY' (.npy), found {}", name,
         describe_file(file.first(std::min(file.size(), kFileStartBytes)), file.size()));
  }
  Room room{allowed_bytes(limits, file.size())};
  std::vector<NamedArray> arrays;
  std::set<std::string, std::less<>> names;
  for (const ZipEntry& entry : zip_entries(file, name)) {
    if (!names.insert(entry.name).second)
      fail(ErrorKind::kData, "{}: needed names that differ, found {} twice", name, quote(entry.name));
    arrays.push_back(parse_entry(entry, name, room));
    room.taken += arrays.back().values.size() * sizeof(double);
  }
  return arrays;
}

std::vector<NamedArray> read_npz(const std::filesystem::path& path, const DataLimits& limits) {
  const std::uint64_t allowed = allowed_bytes(limits);
  const std::uint64_t most = std::min(allowed, kMostFileBytes) + kHeaderBytes;
  std::error_code ignored;
  const std::uint64_t size = std::filesystem::is_regular_file(path, ignored) ? file_size(path, ignored) : 0;
  if (most < kMostFileBytes && size > most) fail_too_large(path.string(), allowed, fmt::to_string(size));
  if (most >= kMostFileBytes) return parse_npz(read_file(path, kMostFileBytes), path.string(), limits);
  const std::vector<std::byte> bytes = read_at_most(path, most + 1);  // a stream does not announce its size
  if (bytes.size() > most) fail_too_large(path.string(), allowed, "more");
  return parse_npz(bytes, path.string(), limits);
}

}  // namespace catenary
