// The exclusive or of two bits, learned by a network of one hidden layer.
#include <catenary/catenary.h>

#include <cstdio>

using namespace catenary;

int main() {
  // The computation for ONE sample; a mini-batch is the engine's business.
  Graph g;
  const Value x = g.input("x", {2});
  const Value y = g.input("y", {1});
  const Value z = nn::sequential({nn::dense(8, nn::tanh), nn::dense(1)})(x);
  const Value loss = batch_mean(sigmoid_cross_entropy(z, y));

  const auto weights = g.parameters();
  const auto updates = optim::adam({.learning_rate = 0.05})(weights, gradient(loss, weights).adjoints);
  Variables variables(g, /*seed=*/1);
  Step step = compile({.outputs = {{"loss", loss}, {"p", sigmoid(z)}}, .updates = updates}, variables);

  const std::vector<float> inputs = {0, 0, 0, 1, 1, 0, 1, 1};
  const std::vector<float> targets = {0, 1, 1, 0};
  step.bind("x", rows_of(inputs, 2));
  step.bind("y", rows_of(targets, 1));
  for (int i = 0; i < 500; ++i) {
    if (step.run({.size = 4}) != Status::kOk) return 1;
    if (i % 100 == 0) std::printf("step %3d  loss %.4f\n", i, step.scalar("loss"));
  }
  const auto p = step.rows("p");
  for (std::size_t i = 0; i < 4; ++i)
    std::printf("%g xor %g = %.3f\n", inputs[2 * i], inputs[2 * i + 1], p[i]);
  return step.scalar("loss") < 0.01 ? 0 : 1;
}
