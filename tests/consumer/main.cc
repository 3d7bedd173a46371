#include <catenary/catenary.h>

#include <cstdio>

// d(w²)/dw = 2w, so 6 at w = 3.
int main() {
  catenary::Graph graph;
  const catenary::Value w = graph.shared_input("w", {}, catenary::DType::kF64);
  const catenary::Value slope = catenary::gradient(w * w, {w}).adjoints.front();
  const catenary::Evaluation evaluation({slope}, {.leaves = {{"w", {3.0}}}});
  std::printf("%g\n", evaluation[slope].front());
  return evaluation[slope].front() == 6 ? 0 : 1;
}
