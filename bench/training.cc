// Whole epochs of a 784-256-128-10 network on Fashion-MNIST, batch 128: shuffling, gathering and scaling the
// images, forward, backward, update. Before it is timed, one step's gradients are checked against the
// double-precision reference. Each epoch is followed by a probe of the peak by fused multiply-adds alone on
// as many threads, in wall-clock time.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/compare/peak.h"
#include "catenary/catenary.h"

using namespace catenary;

namespace {

constexpr std::int64_t kBatch = 128;
constexpr double kScale[] = {1.0 / 255}, kShift[] = {0};
// Multiply-adds of a sample: forward, weight gradients, and adjoints of the two hidden layers.
constexpr double kFlops = 2.0 * (2 * (784 * 256 + 256 * 128 + 128 * 10) + 256 * 128 + 128 * 10);

struct Network {
  Network() {
    x = g.input("x", {784});
    label = g.input("label", {});
    logits = nn::sequential({nn::dense(256, nn::relu), nn::dense(128, nn::relu), nn::dense(10)})(x);
    loss = batch_mean(softmax_cross_entropy_labels(logits, label));
    weights = g.parameters();
    adjoints = gradient(loss, weights).adjoints;
  }
  Graph g;
  Value x, label, logits, loss;
  std::vector<Value> weights, adjoints;
};

void bind(Step& step, const Dataset& data) {
  const auto& pixels = std::get<std::vector<std::uint8_t>>(data.features.elements);
  step.bind("x", {pixels.data(), ElementType::kU8, data.features.rows, 0, kScale, kShift});
  step.bind("label", rows_of(data.targets, 1));
}

// The largest difference of a gradient's element from the reference's, relative to the gradient's largest
// element.
double worst_error(const Dataset& data, ThreadPool& pool) {
  Network n;
  Program program;
  for (std::size_t i = 0; i < n.weights.size(); ++i)
    program.outputs.push_back({n.weights[i].name(), n.adjoints[i]});
  Variables variables(n.g, 1);
  Step step = compile(program, variables, {.pool = &pool});
  bind(step, data);
  if (step.run({.size = kBatch}) != Status::kOk) return INFINITY;
  Bindings bindings{kBatch, {}};
  const auto& pixels = std::get<std::vector<std::uint8_t>>(data.features.elements);
  for (std::int64_t i = 0; i < kBatch * 784; ++i) {
    bindings.leaves["x"].push_back(pixels[static_cast<std::size_t>(i)] * kScale[0]);
  }
  bindings.leaves["label"].assign(data.targets.begin(), data.targets.begin() + kBatch);
  for (const Value w : n.weights) bindings.leaves[w.name()] = variables.read(w.name());
  const Evaluation expected(n.adjoints, bindings);
  double worst = 0;
  for (std::size_t i = 0; i < n.weights.size(); ++i) {
    const std::vector<double> found = step.values(n.weights[i].name());
    double largest = 0, error = 0;
    for (std::size_t k = 0; k < found.size(); ++k) {
      largest = std::max(largest, std::abs(expected[n.adjoints[i]][k]));
      error = std::max(error, std::abs(found[k] - expected[n.adjoints[i]][k]));
    }
    worst = std::max(worst, error / largest);
  }
  return worst;
}

double epoch_seconds(Step& step, std::int64_t rows, std::uint64_t epoch) {
  const double start = bench::seconds();
  const auto order = permutation(rows, 1, epoch);
  for (std::int64_t first = 0; first < rows; first += kBatch) {
    if (step.run({.size = std::min(kBatch, rows - first), .indices = order.data() + first}) != Status::kOk)
      return NAN;
  }
  return bench::seconds() - start;
}

void measure(const Dataset& data, int threads, std::uint64_t epochs, const char* name,
             const optim::Optimizer& optimizer) {
  Network n;
  Variables variables(n.g, 1);
  ThreadPool pool(threads);
  Step step = compile({.outputs = {{"loss", n.loss}}, .updates = optimizer(n.weights, n.adjoints)}, variables,
                      {.pool = &pool});
  bind(step, data);
  const std::int64_t rows = data.features.rows;
  (void)epoch_seconds(step, rows, 0);
  std::vector<double> rates, shares;
  for (std::uint64_t epoch = 1; epoch <= epochs; ++epoch) {
    const double before = bench::peak(threads);
    const double time = epoch_seconds(step, rows, epoch);
    const double after = bench::peak(threads);
    rates.push_back(kFlops * static_cast<double>(rows) / time * 1e-9);
    shares.push_back(100 * rates.back() / ((before + after) / 2));
  }
  const auto [low, high] = std::minmax_element(shares.begin(), shares.end());
  std::printf("%-10s %d thread%s  %7.1f GFLOP/s  %8.0f samples/s  %5.1f %% of peak (%.1f to %.1f)\n", name,
              threads, threads == 1 ? " " : "s", bench::median(rates), bench::median(rates) * 1e9 / kFlops,
              bench::median(shares), *low, *high);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string folder = "/usr/share/datasets/fashion-mnist";
  bool quick = false;
  CLI::App app{"Whole epochs on Fashion-MNIST, against the peak that is measured between them"};
  app.add_option("folder", folder, "where the data lie")
      ->capture_default_str()
      ->check(CLI::ExistingDirectory);
  app.add_flag("--quick", quick, "one epoch each, on one thread: to see that it works");
  CLI11_PARSE(app, argc, argv);
  const Dataset data =
      load_idx({folder + "/train-images-idx3-ubyte.gz", folder + "/train-labels-idx1-ubyte.gz"});
  ThreadPool pool(2);
  const double error = worst_error(data, pool);
  std::printf("gradients of one batch: within %.1e of the double-precision reference\n", error);
  // 784 products and 128 samples in f32: some hundred roundings of 6e-8, that partly cancel.
  if (!(error < 1e-5)) return 1;
  const std::uint64_t epochs = quick ? 1 : 5;
  for (int threads = 1; threads <= (quick ? 1 : 2); ++threads) {
    measure(data, threads, epochs, "sgd", optim::sgd({.learning_rate = 0.01}));
    measure(data, threads, epochs, "adam", optim::adam({.learning_rate = 3e-4}));
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
