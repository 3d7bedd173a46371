#include <cstddef>
#include <cstdint>
#include <string_view>

#include "catenary/base/error.h"
#include "catenary/data/csv.h"

// Tiny chunks, so that every state of the scanner meets the end of one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)catenary::parse_csv(text, "input", {.types = {}, .chunk_bytes = 5});
  } catch (const catenary::Error&) {
    return 0;
  }
  return 0;
}
