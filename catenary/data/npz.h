#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catenary/base/mapped_file.h"
#include "catenary/data/limits.h"
#include "catenary/data/npy.h"
#include "catenary/data/stored_bytes.h"
#include "catenary/data/zip.h"

namespace catenary {

/// A file that numpy.savez, numpy.savez_compressed or numpy.save wrote: the names of its arrays, and one by
/// one what is asked for. A regular file is read piece by piece, so memory holds only what was asked for.
class NumpyFile {
 public:
  /// Throws Error{data} that names the file, what was needed and what was found; Error{io} if it cannot be
  /// read.
  explicit NumpyFile(const std::filesystem::path& path, const DataLimits& limits = {});
  /// file: memory that outlives it; `name` stands for the file in messages.
  NumpyFile(std::span<const std::byte> file, std::string name, const DataLimits& limits = {});

  [[nodiscard]] const std::string& name() const { return name_; }
  /// In the file's order. The one array of numpy.save has the file's name without ".npy".
  [[nodiscard]] const std::vector<std::string>& arrays() const { return arrays_; }
  /// Whether numpy.save wrote it: one array, whose name says nothing.
  [[nodiscard]] bool is_alone() const { return entries_.empty() && !arrays_.empty(); }
  /// The file and array `i` in messages.
  [[nodiscard]] std::string where(std::size_t i) const;
  /// The shape and type of array `i`. Throws Error{data} for an array of neither numbers nor texts.
  [[nodiscard]] NpyHeader header(std::size_t i) const;
  /// The elements of array `i`, row-major; types T and errors: see read_npy(). Throws Error{data}, too, where
  /// they take more memory than is allowed after all that was read before.
  template <typename T>
  [[nodiscard]] std::vector<T> read(std::size_t i);
  /// The elements of array `i` piece by piece, in the order of rows, as read_npy_pieces() has them; memory
  /// holds a piece. Throws Error{data}, too, for an array in Fortran's order, which has no rows one by one.
  template <typename T>
  void read_pieces(std::size_t i, const std::function<void(std::span<T> piece)>& use) const;
  /// The elements of array `i` of a regular file where they lie there; nothing where they lie otherwise than
  /// memory has them, are deflated, or are not aligned. They are read once. Errors are those of read().
  template <typename T>
  [[nodiscard]] std::optional<MappedArray<T>> map(std::size_t i) const;
  /// The file's own bytes.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.size(); }
  /// Whether so many bytes of memory are left.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const { return bytes <= allowed_ - taken_; }
  /// Counts `bytes` of memory as taken for array `i`. Throws Error{data} if that is more than is allowed.
  void take_room(std::uint64_t bytes, std::size_t i);

 private:
  void find_arrays(const DataLimits& limits);
  template <typename Use>
  [[nodiscard]] auto with_source(const StoredBytes& bytes, std::size_t i, const Use& use) const;
  void require_content(std::size_t i) const;

  StoredBytes bytes_;
  std::string name_;
  std::vector<ZipEntry> entries_;  // none: the file is an array
  std::vector<std::string> arrays_;
  std::uint64_t allowed_, taken_ = 0;
};

/// An array of a NumPy file, row-major.
struct NamedArray {
  std::string name;
  std::vector<std::int64_t> shape;  ///< [] for a single number
  std::vector<double> values;
};

/// All arrays of a NumPy file, as numbers. Throws as NumpyFile does.
[[nodiscard]] std::vector<NamedArray> read_npz(const std::filesystem::path& path,
                                               const DataLimits& limits = {});

/// The same from memory; `name` stands for the file in messages.
[[nodiscard]] std::vector<NamedArray> parse_npz(std::span<const std::byte> file, const std::string& name,
                                                const DataLimits& limits = {});

}  // namespace catenary
