#include "catenary/data/npz.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <type_traits>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

constexpr std::string_view kSuffix = ".npy";
// Of arrays other than zeros, by deflate. What claims to grow more is unpacked once before memory is taken.
constexpr std::uint64_t kMostGrowth = 16;

bool starts_with(std::span<const std::byte> file, std::string_view text) {
  return file.size() >= text.size() &&
         std::equal(text.begin(), text.end(), file.begin(),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

std::string name_alone(const std::string& file) {
  const std::filesystem::path path(file);
  return (path.extension() == kSuffix ? path.stem() : path.filename()).string();
}

std::vector<std::string> names_of(const std::vector<ZipEntry>& entries, const std::string& file) {
  std::set<std::string_view> known;
  std::vector<std::string> names;
  for (const ZipEntry& entry : entries) {
    if (!known.insert(entry.name).second)
      fail(ErrorKind::kData, "{}: needed names that differ, found {} twice", file, quote(entry.name));
    if (!entry.name.ends_with(kSuffix) || entry.name.size() == kSuffix.size()) {
      fail(ErrorKind::kData, "{}: needed only arrays, files NAME.npy, in the archive, found {}", file,
           quote(entry.name));
    }
    names.push_back(entry.name.substr(0, entry.name.size() - kSuffix.size()));
  }
  return names;
}

// A text may take its own bytes beside the string.
template <typename T>
std::uint64_t memory_of(const NpyHeader& header) {
  return header.elements * (sizeof(T) + (std::is_same_v<T, std::string> ? header.element_bytes : 0));
}

std::vector<NamedArray> read_all(NumpyFile file) {
  std::vector<NamedArray> arrays;
  for (std::size_t i = 0; i < file.arrays().size(); ++i)
    arrays.push_back({file.arrays()[i], file.header(i).shape, file.read<double>(i)});
  return arrays;
}

}  // namespace

NumpyFile::NumpyFile(const std::filesystem::path& path, const DataLimits& limits)
    : bytes_(path, allowed_bytes(limits)), name_(path.string()), allowed_(allowed_bytes(limits)) {
  find_arrays(limits);
}

NumpyFile::NumpyFile(std::span<const std::byte> file, std::string name, const DataLimits& limits)
    : bytes_(file), name_(std::move(name)), allowed_(allowed_bytes(limits)) {
  find_arrays(limits);
}

void NumpyFile::find_arrays(const DataLimits& limits) {
  std::array<std::byte, kFileStartBytes> buffer{};
  const std::span<const std::byte> start = std::span(buffer).first(bytes_.read(0, buffer));
  if (starts_with(start, "\x93NUMPY")) {
    arrays_ = {name_alone(name_)};
  } else if (starts_with(start, "PK")) {
    entries_ = zip_entries(bytes_, name_);
    arrays_ = names_of(entries_, name_);
    allowed_ = allowed_bytes(limits, bytes_.size());
  } else {
    fail(ErrorKind::kData,
         "{}: needed a NumPy file, which begins with 'PK' (.npz) or 93 'NUMPY' (.npy), found {}", name_,
         describe_file(start, bytes_.size()));
  }
}

std::string NumpyFile::where(std::size_t i) const {
  return entries_.empty() ? name_ : name_ + ": " + quote(entries_[i].name);
}

template <typename Use>
auto NumpyFile::with_source(const StoredBytes& bytes, std::size_t i, const Use& use) const {
  if (entries_.empty()) {
    std::uint64_t at = 0;
    const auto read = [&](std::span<std::byte> out) {
      const std::size_t count = bytes.read(at, out);
      at += count;
      return count;
    };
    return use(NpySource{read, bytes.size(), name_});
  }
  ZipEntryStream stream(bytes, entries_[i], where(i));
  return use(NpySource{[&](std::span<std::byte> out) { return stream.read(out); }, entries_[i].bytes,
                       where(i), [&] { stream.require_end(); }});
}

NpyHeader NumpyFile::header(std::size_t i) const { return with_source(bytes_, i, read_npy_header); }

void NumpyFile::take_room(std::uint64_t bytes, std::size_t i) {
  require_allowed(taken_ + bytes, allowed_, where(i));
  taken_ += bytes;
}

// Throws unless the archive holds all of the content that it claims.
void NumpyFile::require_content(std::size_t i) const {
  ZipEntryStream stream(bytes_, entries_[i], where(i));
  std::vector<std::byte> block(kMostNpyElementBytes);
  while (stream.read(block) == block.size()) continue;
  stream.require_end();
}

template <typename T>
std::vector<T> NumpyFile::read(std::size_t i) {
  const std::uint64_t memory = memory_of<T>(header(i));
  take_room(memory, i);
  if (!entries_.empty() && memory / kMostGrowth > entries_[i].stored_bytes) require_content(i);
  return with_source(bytes_, i,
                     [](const NpySource& source) { return read_npy<T>(source, read_npy_header(source)); });
}

template <typename T>
void NumpyFile::read_pieces(std::size_t i, const std::function<void(std::span<T>)>& use) const {
  with_source(bytes_, i, [&](const NpySource& source) {
    const NpyHeader header = read_npy_header(source);
    if (header.is_fortran && header.columns() > 1) {
      fail(ErrorKind::kData,
           "{}: needed C's order of elements, as an array that takes more than {} bytes of memory "
           "(data.max_bytes) is read row by row, found Fortran's; np.ascontiguousarray(...) has it",
           where(i), allowed_);
    }
    read_npy_pieces<T>(source, header, use);
  });
}

// What is looked at is what is mapped, though another file may have taken the name meanwhile.
template <typename T>
std::optional<MappedArray<T>> NumpyFile::map(std::size_t i) const {
  if (!entries_.empty() && entries_[i].is_deflated) return std::nullopt;
  MappedFile file(name_);
  const StoredBytes bytes(file.bytes());
  return with_source(bytes, i, [&](const NpySource& source) -> std::optional<MappedArray<T>> {
    std::uint64_t begin = entries_.empty() ? 0 : entries_[i].stored_begin;
    NpySource counted = source;
    counted.read = [&](std::span<std::byte> out) {
      const std::size_t count = source.read(out);
      begin += count;
      return count;
    };
    const NpyHeader header = read_npy_header(counted);
    if (!lies_as<T>(header) || begin % alignof(T) != 0) return std::nullopt;
    read_npy_pieces<T>(source, header, [](std::span<T>) {});
    return MappedArray<T>(std::move(file), begin, header.elements);
  });
}

template void NumpyFile::read_pieces(std::size_t, const std::function<void(std::span<float>)>&) const;
template void NumpyFile::read_pieces(std::size_t, const std::function<void(std::span<std::uint8_t>)>&) const;
template std::optional<MappedArray<float>> NumpyFile::map(std::size_t) const;
template std::optional<MappedArray<std::uint8_t>> NumpyFile::map(std::size_t) const;
template std::vector<double> NumpyFile::read(std::size_t);
template std::vector<float> NumpyFile::read(std::size_t);
template std::vector<std::uint8_t> NumpyFile::read(std::size_t);
template std::vector<std::int64_t> NumpyFile::read(std::size_t);
template std::vector<std::string> NumpyFile::read(std::size_t);

std::vector<NamedArray> parse_npz(std::span<const std::byte> file, const std::string& name,
                                  const DataLimits& limits) {
  return read_all(NumpyFile(file, name, limits));
}

std::vector<NamedArray> read_npz(const std::filesystem::path& path, const DataLimits& limits) {
  return read_all(NumpyFile(path, limits));
}

}  // namespace catenary
