#include <array>

#include "catenary/data/csv/csv.h"
#include "tests/fuzz/fuzz.h"

// A byte that says how the table is written, then the table. Tiny chunks, so that every state of the scanner
// meets the end of one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  if (size == 0) return 0;
  constexpr std::array<std::optional<char>, 5> kSeparators = {std::nullopt, ',', ';', '\t', '|'};
  constexpr std::array<std::optional<char>, 3> kDecimals = {std::nullopt, '.', ','};
  const unsigned how = data[0] - std::min<unsigned>(data[0], '0');
  CsvFormat format{.separator = kSeparators[how % 5], .decimal = kDecimals[how / 5 % 3]};
  format.has_header = how / 15 % 2 == 0;
  if (how / 30 % 2 == 1) format.missing = {"-999", "gone"};
  fuzz::answer_or_refuse([&] {
    (void)parse_csv(fuzz::text_of(data, size).substr(1), "input", {.format = format, .chunk_bytes = 5});
  });
  return 0;
}
