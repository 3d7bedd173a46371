#include <algorithm>
#include <cstdlib>

#include "catenary/data/text_dataset.h"
#include "tests/fuzz/fuzz.h"

// A text by characters and by bytes, read again by the vocabulary that it has, which must make the same rows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  constexpr DataLimits kLimits{.max_bytes = 1 << 23};
  const std::string_view text = fuzz::text_of(data, size);
  for (const TextUnit unit : {TextUnit::kCharacter, TextUnit::kByte}) {
    fuzz::answer_or_refuse([&] {
      const Dataset read = parse_text(text, "input", unit, kLimits);
      const Dataset again = parse_text(text, "input", unit, kLimits, read.schema);
      if (!std::ranges::equal(floats_of(read.features), floats_of(again.features))) std::abort();
    });
  }
  return 0;
}
