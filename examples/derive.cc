// The derivation of a gradient: of a formula, and of a network built in C++.
#include <catenary/catenary.h>

#include <cstdio>

using namespace catenary;

namespace {

// Numbers are random here; derive::Valuation also takes given ones.
bool print(const derive::Derivation& derivation) {
  const derive::Valuation numbers(derivation, derive::random_point(derivation, /*seed=*/1));
  const derive::Document document = derive::compose(derivation, {.valuation = &numbers});
  std::printf("%s\n", derive::render_text(document).c_str());
  for (const GradientAgreement& agreement : numbers.agreements()) {
    if (!agreement.agrees()) return false;
  }
  return true;
}

}  // namespace

int main() {
  const derive::Expression e = derive::parse_expression("norm(W*x-y)^2", "W: m×n, x: n, y: m");
  bool agrees = print(derive::derive(e.value, e.variables, {.dimensions = e.dimensions}));

  Graph g;
  const Value x = g.input("x", {2}), y = g.input("y", {1});
  const Value z = nn::sequential({nn::dense(3, nn::tanh), nn::dense(1)})(x);
  agrees &= print(derive::derive(batch_mean(sigmoid_cross_entropy(z, y)), g.parameters()));
  return agrees ? 0 : 1;
}
