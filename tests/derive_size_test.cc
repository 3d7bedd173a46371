// What long formulas cost.
#include <gtest/gtest.h>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "tests/support/count_allocations.h"

namespace catenary {
namespace {

std::string repeated(std::string_view part, std::string_view sign, int times) {
  std::string formula(part);
  for (int i = 1; i < times; ++i) formula.append(sign).append(part);
  return formula;
}

std::int64_t allocations_of(const std::string& formula) {
  return testing_support::count_allocations([&] {
    const derive::Expression e = derive::parse_expression(formula, "a: 1, x: n");
    const derive::Derivation d =
        derive::derive(e.value, e.variables, {.dimensions = e.dimensions, .leaves = e.variables});
    (void)derive::render_text(derive::compose(d, {}));
    (void)derive::render_numpy(d);
  });
}

// Twice as long a formula takes twice the work, and not four times.
TEST(SlowDeriveSize, TakesWorkInProportionToTheFormula) {
  for (const auto& [part, sign] : {std::pair{"a", "*"}, std::pair{"a", "/"}, std::pair{"sin(a)", "+"},
                                   std::pair{"a*x'*x", "-"}, std::pair{"exp(a)", "*"}}) {
    const std::int64_t once = allocations_of(repeated(part, sign, 150));
    const std::int64_t twice = allocations_of(repeated(part, sign, 300));
    EXPECT_LT(static_cast<double>(twice), 2.3 * static_cast<double>(once)) << part << sign;
  }
}

}  // namespace
}  // namespace catenary
