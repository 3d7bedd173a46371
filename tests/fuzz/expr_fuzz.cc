#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/derivation.h"
#include "tests/fuzz/fuzz.h"

// A formula of these variables. A short one, whose derivation takes no time, is derived and printed, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  constexpr std::string_view kGiven =
      "W: m×n, X: n×m, A: n×n symmetric, B: n×n, x: n, y: m, z: n, c: 1, d: 1, u: n batched, k: 1 batched";
  constexpr std::size_t kShort = 40;
  fuzz::answer_or_refuse([&] {
    const derive::Expression e = derive::parse_expression(fuzz::text_of(data, size), kGiven);
    if (size > kShort || e.value.batched()) return;
    const derive::Derivation d = derive::derive(
        e.value, e.variables, {.dimensions = e.dimensions, .symmetric = e.symmetric, .leaves = e.variables});
    (void)derive::render_text(derive::compose(d, {.full = true}));
  });
  return 0;
}
