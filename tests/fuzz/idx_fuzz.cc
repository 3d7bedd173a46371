#include <span>

#include "catenary/data/idx.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  fuzz::answer_or_refuse([&] { (void)parse_idx(std::as_bytes(std::span(data, size)), "input"); });
  return 0;
}
