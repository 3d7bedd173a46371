#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catenary {

/// Where an array comes from.
struct NpySource {
  /// Fills `out`; fewer bytes than asked for only at the end.
  std::function<std::size_t(std::span<std::byte> out)> read;
  /// How many bytes there are in all.
  std::uint64_t bytes;
  /// In messages.
  std::string name;
  /// Called when all was read; throws if there is more, or if it was damaged.
  std::function<void()> require_end = {};
};

/// What stands before an array's elements.
struct NpyHeader {
  std::string descr;              ///< byte order and type: "<f4", "|u1", "<U12"
  std::size_t element_bytes = 0;  ///< at most kMostNpyElementBytes
  bool is_fortran = false;        ///< the first index runs fastest
  std::vector<std::int64_t> shape;
  std::uint64_t elements = 1;  ///< at most 2^40

  [[nodiscard]] std::string_view code() const { return std::string_view(descr).substr(1); }
  [[nodiscard]] bool is_text() const { return descr[1] == 'U' || descr[1] == 'S'; }
  /// Extents but for the first, multiplied: of an array of rows their columns.
  [[nodiscard]] std::uint64_t columns() const;
};

/// A text of more is no label. Read in pieces of that size, elements stay in L2.
inline constexpr std::size_t kMostNpyElementBytes = std::size_t{1} << 16;

/// Reads the header of an array in NumPy's format, versions 1 to 3, up to its first element: floating-point
/// numbers of 2, 4 or 8 bytes, integers, Booleans and texts of fixed width, of either byte order, in C or
/// Fortran order. Throws Error{data} that says what was needed and found, and for other types what to do in
/// Python. [NumPy Enhancement Proposal 1; numpy.lib.format]
[[nodiscard]] NpyHeader read_npy_header(const NpySource& source);

/// Fills all of `out`, or throws Error{data} that says how many bytes of `what` there were.
void read_npy_bytes(const NpySource& source, std::span<std::byte> out, std::string_view what);

/// Throws Error{data}: numbers were needed, and the header says `descr`. name: the array's.
[[noreturn]] void fail_npy_type(std::string_view descr, const std::string& name);

}  // namespace catenary
