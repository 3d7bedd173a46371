#include "catenary/data/limits.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "catenary/base/error.h"

namespace catenary {

namespace {

// Photographs' bytes shrink to a half, MNIST's to a fifth, sparse tables' to a thirtieth; deflate itself ends
// at 1032. A gibibyte is what any machine that trains can spare, so small files need not be judged by it.
constexpr std::uint64_t kMostGrowth = 64;
constexpr std::uint64_t kAlwaysAllowed = std::uint64_t{1} << 30;

// What the system gives this process and those beside it in its container: control groups of version 2,
// then 1.
std::uint64_t container_bytes() {
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::uint64_t bytes = 0;
    if (std::ifstream(path) >> bytes) return bytes;  // "max" is no number
  }
  return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

std::uint64_t machine_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page_bytes = ::sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page_bytes <= 0) return container_bytes();
  return std::min(static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes),
                  container_bytes());
}

// Half: weights, their optimizer and a second file need room, too.
std::uint64_t allowed_bytes(const DataLimits& limits) {
  return limits.max_bytes.value_or(machine_bytes() / 2);
}

std::uint64_t allowed_bytes(const DataLimits& limits, std::uint64_t packed_bytes) {
  if (limits.max_bytes) return *limits.max_bytes;
  return std::min(allowed_bytes(limits), plausible_bytes(limits, packed_bytes));
}

std::uint64_t plausible_bytes(const DataLimits& limits, std::uint64_t packed_bytes) {
  return std::max({kAlwaysAllowed, kMostGrowth * packed_bytes, limits.max_bytes.value_or(0)});
}

void require_allowed(std::uint64_t bytes, std::uint64_t allowed, const std::string& file) {
  if (bytes > allowed) fail_too_large(file, allowed, fmt::to_string(bytes));
}

void fail_too_large(const std::string& file, std::uint64_t allowed, std::string_view found) {
  fail(
      ErrorKind::kData,
      "{}: needed data that take at most {} bytes of memory, found {}; data.max_bytes (--max-bytes) sets the "
      "limit",
      file, allowed, found);
}

}  // namespace catenary
