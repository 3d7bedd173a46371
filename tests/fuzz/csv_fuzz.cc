#include "catenary/data/csv/csv.h"
#include "tests/fuzz/fuzz.h"

// Tiny chunks, so that every state of the scanner meets the end of one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  fuzz::answer_or_refuse(
      [&] { (void)parse_csv(fuzz::text_of(data, size), "input", {.chunk_bytes = 5}); });
  return 0;
}
