#include "catenary/data/numpy_rows.h"

#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"

namespace catenary {

namespace fs = std::filesystem;

namespace {

// Counts up whenever the same array is read as other rows.
constexpr std::string_view kHow = "array 1";

// The rows of a file of our own.
template <typename T>
MappedArray<T> kept_rows(const NumpyFile& file, std::size_t i, const NumpyPlace& place,
                         std::vector<std::string>& notes) {
  RowKey key = place.key;
  key.source += file.arrays()[i];
  const fs::path path = cache_path(place.folder, key);
  const std::uint64_t elements = file.header(i).elements;
  FoundRows found = find_rows(path, key);
  const bool fits = found.rows && found.rows->bytes == elements * sizeof(T);
  if (found.is_damaged || (found.rows && !fits)) notes.push_back(note_of_damage(path));
  const auto make = [&] {
    RowWriter writer(path);
    file.read_pieces<T>(i, [&](std::span<T> piece) { writer.add(std::as_bytes(piece)); });
    return writer.finish(key, "");
  };
  MappedArray<T> rows(fits ? std::move(found.rows->file) : make(), 0, elements);
  notes.push_back(note_of_rows(file.where(i), path));
  return rows;
}

}  // namespace

std::optional<NumpyPlace> place_of(const fs::path& path, const fs::path& folder) {
  std::error_code ignored;
  if (folder.empty() || descriptor_of(path) || !fs::is_regular_file(path, ignored)) return std::nullopt;
  return NumpyPlace{folder, row_key(std::span(&path, 1), kHow)};
}

template <typename T>
MappedArray<T> map_rows(const NumpyFile& file, std::size_t i, const NumpyPlace& place,
                        const DataLimits& limits, std::vector<std::string>& notes) {
  const std::uint64_t elements = file.header(i).elements;
  require_allowed(elements * sizeof(T), plausible_bytes(limits, file.bytes()), file.where(i));
  std::optional<MappedArray<T>> rows = file.map<T>(i);
  if (!rows) return kept_rows<T>(file, i, place, notes);
  if (rows->view().size() != elements)
    fail(ErrorKind::kData, "{}: needed the {} elements that it had when it was opened, found {}",
         file.where(i), elements, rows->view().size());
  notes.push_back(note_of_rows(file.where(i), file.name()));
  return *std::move(rows);
}

template MappedArray<float> map_rows(const NumpyFile&, std::size_t, const NumpyPlace&, const DataLimits&,
                                     std::vector<std::string>&);
template MappedArray<std::uint8_t> map_rows(const NumpyFile&, std::size_t, const NumpyPlace&,
                                            const DataLimits&, std::vector<std::string>&);

}  // namespace catenary
