#include "catenary/derive/expression/expression.h"
#include "tests/fuzz/fuzz.h"

// Declarations of variables, of which the formula needs x.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  fuzz::answer_or_refuse([&] { (void)derive::parse_expression("sum(x)", fuzz::text_of(data, size)); });
  return 0;
}
