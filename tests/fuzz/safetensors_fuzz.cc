#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "catenary/base/error.h"
#include "catenary/formats/safetensors.h"

// What decodes must encode to what decodes to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto content = catenary::decode_safetensors(std::as_bytes(std::span(data, size)), "input");
    const auto again = catenary::decode_safetensors(catenary::encode_safetensors(content), "again");
    if (again != content) std::abort();
  } catch (const catenary::Error&) {
    return 0;
  }
  return 0;
}
