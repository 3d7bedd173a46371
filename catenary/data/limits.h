#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catenary/base/cpp20.h"

namespace catenary {

/// How much the data of one file may be. What is more is refused before memory is taken for it, with a
/// message that names the limit as a config has it: data.max_bytes, data.max_columns, data.max_classes.
struct DataLimits {
  /// Memory for the samples, or arrays, once they are read: features, targets, names and 32 bytes a row.
  /// Absent: half of the machine's memory and, of a compressed file, at most the larger of 1 GiB and 64 times
  /// its own bytes.
  std::optional<std::uint64_t> max_bytes = {};
  /// 2^20: an image of 1024 x 1024 bytes. A column has a name, which may take a hundred times its cells.
  std::size_t max_columns = std::size_t{1} << 20;
  /// More classes than this are taken for a mistake, such as an identifier as the target.
  std::size_t max_classes = 10'000;
  [[nodiscard]] bool operator==(const DataLimits&) const = default;
};

/// What becomes of an array beyond max_bytes: an error, or, of one that lies in its file as memory would have
/// it, its place there in place of memory.
enum class BeyondLimit { kRefuse, kMap };

/// What a row takes beside its features: a target in f32, and its number in the lists of rows that train and
/// that test, in an epoch's order and, at worst, among the rows' lines.
inline constexpr std::uint64_t kRowBytes = 32;

/// The memory of the machine, or of the container that the process is in.
[[nodiscard]] std::uint64_t machine_bytes();

/// The bytes that a plain file's data may take in memory.
[[nodiscard]] std::uint64_t allowed_bytes(const DataLimits& limits);

/// The same for a compressed file of `packed_bytes` bytes; 0 if that is not known, as of a pipe.
[[nodiscard]] std::uint64_t allowed_bytes(const DataLimits& limits, std::uint64_t packed_bytes);

/// The bytes that such a file's data may take on disk in place of memory.
[[nodiscard]] std::uint64_t plausible_bytes(const DataLimits& limits, std::uint64_t packed_bytes);

/// Throws Error{data} unless `bytes` are allowed. file: its name in messages.
void require_allowed(std::uint64_t bytes, std::uint64_t allowed, const std::string& file);

/// The error itself. found: a number of bytes, or "more".
[[noreturn]] void fail_too_large(const std::string& file, std::uint64_t allowed, std::string_view found);

}  // namespace catenary
