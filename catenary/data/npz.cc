#include "catenary/data/npz.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/data/npy.h"
#include "catenary/data/zip.h"

namespace catenary {

namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{4} << 30;  // as zip archives hold without zip64
constexpr std::string_view kSuffix = ".npy";

bool starts_with(std::span<const std::byte> file, std::string_view text) {
  return file.size() >= text.size() &&
         std::equal(text.begin(), text.end(), file.begin(),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

NamedArray named(std::string name, NpyArray array) {
  return {std::move(name), std::move(array.shape), std::move(array.values)};
}

NamedArray parse_alone(std::span<const std::byte> file, const std::string& name) {
  auto rest = file;
  const auto read = [&](std::span<std::byte> out) {
    const std::size_t count = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), count, out.begin());
    rest = rest.subspan(count);
    return count;
  };
  const std::filesystem::path path(name);
  return named((path.extension() == kSuffix ? path.stem() : path.filename()).string(),
               read_npy({read, file.size(), file.size(), name}));
}

NamedArray parse_entry(const ZipEntry& entry, const std::string& name) {
  if (!entry.name.ends_with(kSuffix) || entry.name.size() == kSuffix.size()) {
    fail(ErrorKind::kData, "{}: needed only arrays, files NAME.npy, in the archive, found {}", name,
         quote(entry.name));
  }
  const std::string where = name + ": " + quote(entry.name);
  ZipEntryStream stream(entry, where);
  NpyArray array = read_npy(
      {[&](std::span<std::byte> out) { return stream.read(out); }, entry.bytes, entry.stored.size(), where});
  stream.require_end();
  return named(entry.name.substr(0, entry.name.size() - kSuffix.size()), std::move(array));
}

}  // namespace

std::vector<NamedArray> parse_npz(std::span<const std::byte> file, const std::string& name) {
  if (starts_with(file, "\x93NUMPY")) return {parse_alone(file, name)};
  if (!starts_with(file, "PK")) {
    fail(ErrorKind::kData,
         "{}: needed a NumPy file, which begins with 'PK' (.npz) or 93 'NUMPY' (.npy), found [{:02x}]", name,
         fmt::join(file.first(std::min<std::size_t>(file.size(), 6)), " "));
  }
  std::vector<NamedArray> arrays;
  std::set<std::string, std::less<>> names;
  for (const ZipEntry& entry : zip_entries(file, name)) {
    if (!names.insert(entry.name).second)
      fail(ErrorKind::kData, "{}: needed names that differ, found {} twice", name, quote(entry.name));
    arrays.push_back(parse_entry(entry, name));
  }
  return arrays;
}

std::vector<NamedArray> read_npz(const std::filesystem::path& path) {
  return parse_npz(read_file(path, kMaxFileBytes), path.string());
}

}  // namespace catenary
