#include <cstdlib>
#include <string>
#include <vector>

#include "catenary/train/config/config.h"
#include "tests/fuzz/fuzz.h"

// A config, then, each after a byte 0, values of --set. What is read is written so that it reads back the
// same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  const std::string_view text = fuzz::text_of(data, size);
  std::vector<std::string> overrides;
  for (std::size_t at = text.find('\0'); at != text.npos;) {
    const std::size_t end = text.find('\0', at + 1);
    overrides.emplace_back(text.substr(at + 1, end == text.npos ? end : end - at - 1));
    at = end;
  }
  fuzz::answer_or_refuse([&] {
    const train::Config config = train::parse_config(text.substr(0, text.find('\0')), "/c.toml", overrides);
    if (!(train::parse_config(train::to_toml(config), "/c.toml") == config)) std::abort();
  });
  return 0;
}
