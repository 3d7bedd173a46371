#include <cstddef>
#include <cstdint>
#include <span>

#include "catenary/base/error.h"
#include "catenary/data/npz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)catenary::parse_npz(std::as_bytes(std::span(data, size)), "input.npy", {.max_bytes = 1 << 23});
  } catch (const catenary::Error&) {
    return 0;
  }
  return 0;
}
