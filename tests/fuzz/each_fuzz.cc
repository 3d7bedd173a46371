#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/derivation.h"
#include "tests/fuzz/fuzz.h"

// Steps one after another, of these variables; of short ones the derivation, too, as a recursion and written
// out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  constexpr std::string_view kGiven = "X: 3×2, W: 2×2, U: 2×2, b: 2, h0: 2, c: 1, P: 3×2 batched";
  constexpr std::size_t kShort = 60;
  fuzz::answer_or_refuse([&] {
    const derive::Expression e = derive::parse_expression(
        {.formula = "sum(h) + sum(rows(h))", .declarations = kGiven, .each = fuzz::text_of(data, size)});
    if (size > kShort || e.value.batched()) return;
    for (const derive::Scans scans : {derive::Scans::kRecursion, derive::Scans::kWrittenOut}) {
      const derive::Derivation d = derive::derive(
          e.value, e.variables, {.leaves = e.variables, .scans = scans, .row_names = e.row_names});
      (void)derive::render_text(derive::compose(d, {.full = true}));
    }
  });
  return 0;
}
