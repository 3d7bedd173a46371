#pragma once

#include <cstdint>
#include <string>

#include "catenary/base/cpp20.h"

namespace catenary::cli {

/// A stream whose bytes can be read more than once. What cannot be rewound, such as a pipe, is read to its
/// end into a file without a name, which takes the stream's place under the same descriptor.
class KeptStream {
 public:
  /// path: of a descriptor. Throws Error{io}, and Error{data} for more than `most` bytes of a pipe.
  KeptStream(const std::string& path, std::uint64_t most);

  /// The next to read the stream begins where it stood at first.
  void rewind() const;

 private:
  std::string path_;
  int descriptor_;
  std::int64_t start_ = 0;
};

/// How much of a pipe is kept where the data of a file may take so many bytes of memory: half, as readers
/// take.
[[nodiscard]] constexpr std::uint64_t most_of_pipe(std::uint64_t allowed) { return allowed / 2; }

/// Whether what comes from a stream is a table and no config, as far as its first line tells that is no
/// remark. What was looked at can be read again. allowed: bytes of memory for a table.
[[nodiscard]] bool gives_table(const std::string& stream, std::uint64_t allowed);

}  // namespace catenary::cli
