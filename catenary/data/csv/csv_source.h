#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "catenary/data/limits.h"

namespace catenary {

/// A text that is read from front to back, as often as need be.
class CsvSource {
 public:
  struct Size {
    std::uint64_t bytes;    ///< 0: not known before the end
    std::uint64_t allowed;  ///< in memory, for what is read
    std::uint64_t most;     ///< in memory and on disk: of what is zipped, what its bytes make plausible
  };
  virtual ~CsvSource() = default;
  /// From the front.
  virtual Size start() = 0;
  /// What comes next, at most so many bytes; empty at the end. Valid until the next call.
  virtual std::string_view next(std::size_t most) = 0;
};

/// A text in memory, which must outlive the source.
[[nodiscard]] std::unique_ptr<CsvSource> memory_source(std::string_view text, const DataLimits& limits);

/// A file, which may be gzipped. A pipe or a descriptor, which can be read once, is kept in memory. limits:
/// must outlive the source. Throws Error{io}, Error{data}.
[[nodiscard]] std::unique_ptr<CsvSource> file_source(const std::filesystem::path& path,
                                                     const DataLimits& limits);

/// Whether a file is such a pipe or descriptor.
[[nodiscard]] bool can_be_read_once(const std::filesystem::path& path);

}  // namespace catenary
