#include <span>

#include "catenary/data/npz.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  fuzz::answer_or_refuse(
      [&] { (void)parse_npz(std::as_bytes(std::span(data, size)), "input.npy", {.max_bytes = 1 << 23}); });
  return 0;
}
