// A 784-256-128-10 network on Fashion-MNIST: 60,000 images to train on, 10,000 to test on.
// Usage: fashion_mnist [EPOCHS] [DIRECTORY]   (Debian's package dataset-fashion-mnist provides the files.)
#include <catenary/catenary.h>

#include <cstdio>
#include <filesystem>
#include <numeric>
#include <thread>

using namespace catenary;

namespace {

Dataset load(const std::filesystem::path& folder, const std::string& part) {
  return load_idx({folder / (part + "-images-idx3-ubyte.gz"), folder / (part + "-labels-idx1-ubyte.gz")});
}

// The images stay bytes; the engine scales a batch to [0, 1] as it gathers it.
void bind(Step& step, const Dataset& data) {
  static constexpr double kScale[] = {1.0 / 255}, kShift[] = {0};
  const auto& pixels = std::get<std::vector<std::uint8_t>>(data.features.elements);
  step.bind("x", {pixels.data(), ElementType::kU8, data.features.rows, 0, kScale, kShift});
  step.bind("label", rows_of(data.targets, 1));
}

}  // namespace

int main(int argc, char** argv) try {
  const int epochs = argc > 1 ? std::atoi(argv[1]) : 2;
  const std::filesystem::path folder = argc > 2 ? argv[2] : "/usr/share/datasets/fashion-mnist";
  const Dataset train = load(folder, "train"), test = load(folder, "t10k");

  Graph g;
  const Value x = g.input("x", {784});
  const Value label = g.input("label", {});
  const Value logits = nn::sequential({nn::dense(256, nn::relu), nn::dense(128, nn::relu), nn::dense(10)})(x);
  const Value loss = batch_mean(softmax_cross_entropy_labels(logits, label));
  const Value correct = batch_sum(equal(argmax(logits), label));

  const auto weights = g.parameters();
  const auto updates = optim::adam({.learning_rate = 1e-3})(weights, gradient(loss, weights).adjoints);
  Variables variables(g, /*seed=*/1);
  ThreadPool pool(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  Step step = compile({.outputs = {{"loss", loss}}, .updates = updates}, variables, {.pool = &pool});
  Step check = compile({.outputs = {{"correct", correct}}}, variables, {.pool = &pool});
  bind(step, train);
  bind(check, test);

  constexpr std::int64_t kBatch = 128;
  double accuracy = 0;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const auto order = permutation(train.features.rows, /*seed=*/1, static_cast<std::uint64_t>(epoch));
    double total = 0;
    for (std::int64_t first = 0; first < train.features.rows; first += kBatch) {
      const std::int64_t size = std::min(kBatch, train.features.rows - first);
      if (step.run({.size = size, .indices = order.data() + first}) != Status::kOk) return 1;
      total += step.scalar("loss") * static_cast<double>(size);
    }
    if (check.run({.size = test.features.rows}) != Status::kOk) return 1;
    accuracy = check.scalar("correct") / static_cast<double>(test.features.rows);
    std::printf("epoch %d  loss %.4f  test accuracy %.4f\n", epoch + 1,
                total / static_cast<double>(train.features.rows), accuracy);
  }
  return accuracy > 0.8 ? 0 : 1;
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
