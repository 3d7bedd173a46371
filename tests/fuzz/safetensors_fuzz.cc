#include <cstdlib>
#include <span>

#include "catenary/formats/safetensors.h"
#include "tests/fuzz/fuzz.h"

// What decodes must encode to what decodes to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  fuzz::answer_or_refuse([&] {
    const auto content = decode_safetensors(std::as_bytes(std::span(data, size)), "input");
    const auto again = decode_safetensors(encode_safetensors(content), "again");
    if (again != content) std::abort();
  });
  return 0;
}
