#include "problem.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace bench {

namespace {

using Doubles = std::vector<double>;

constexpr double kReferenceWork = 1e9;  // multiply-adds

Numbers normal(std::mt19937& random, std::int64_t count, double deviation) {
  std::normal_distribution<float> distribution(0, static_cast<float>(deviation));
  Numbers numbers(static_cast<std::size_t>(count));
  for (float& x : numbers) x = distribution(random);
  return numbers;
}

// f(W·a + b) of one sample; of the last layer W·a + b.
Doubles forward(const Problem& p, int layer, const Doubles& a) {
  const auto l = static_cast<std::size_t>(layer);
  Doubles z(static_cast<std::size_t>(p.out(layer)));
  for (std::size_t i = 0; i < z.size(); ++i) {
    const float* row = p.weights[l].data() + i * a.size();
    z[i] = p.biases[l][i];
    for (std::size_t k = 0; k < a.size(); ++k) z[i] += row[k] * a[k];
    if (layer + 1 < p.layers()) z[i] = p.tanh ? std::tanh(z[i]) : std::max(z[i], 0.0);
  }
  return z;
}

// δ of the last layer: softmax(z) − y, or z − y, over the batch size.
Doubles last_delta(const Problem& p, const Doubles& z, float target) {
  Doubles delta = z;
  if (p.classifies()) {
    const double largest = *std::max_element(z.begin(), z.end());
    double sum = 0;
    for (double& d : delta) sum += d = std::exp(d - largest);
    for (double& d : delta) d /= sum;
    delta[static_cast<std::size_t>(target)] -= 1;
  } else if (delta.size() > 1) {
    delta[static_cast<std::size_t>(target)] -= 1;
  } else {
    delta[0] -= target;
  }
  for (double& d : delta) d /= static_cast<double>(p.batch);
  return delta;
}

// Wᵀ·δ ⊙ f'(z), with f'(z) told by a = f(z).
Doubles earlier_delta(const Problem& p, int layer, const Doubles& delta, const Doubles& a) {
  Doubles earlier(a.size(), 0.0);
  for (std::size_t i = 0; i < delta.size(); ++i) {
    const float* row = p.weights[static_cast<std::size_t>(layer)].data() + i * a.size();
    for (std::size_t k = 0; k < a.size(); ++k) earlier[k] += row[k] * delta[i];
  }
  for (std::size_t k = 0; k < a.size(); ++k) {
    earlier[k] *= p.tanh ? std::max(1 - a[k] * a[k], p.least_slope) : (a[k] > 0 ? 1.0 : 0.0);
  }
  return earlier;
}

}  // namespace

double Problem::flops() const {
  double products = 0;
  for (int l = 0; l < layers(); ++l) products += static_cast<double>(in(l)*out(l)) * (l == 0 ? 2 : 3);
  return 2 * products * static_cast<double>(batch);
}

std::int64_t Problem::parameters() const {
  std::int64_t count = 0;
  for (int l = 0; l < layers(); ++l) count += (in(l) + 1) * out(l);
  return count;
}

double Problem::least_bytes() const {
  const std::int64_t numbers = 4 * parameters() - in(0) * out(0) + batch * widths.front();
  return 4.0 * static_cast<double>(numbers);
}

double Problem::own_bytes() const { return 4.0 * static_cast<double>(parameters() + batch * widths.front()); }

Problem make_problem(std::string name, std::vector<std::int64_t> widths, std::int64_t batch, bool tanh) {
  Problem p{.name = std::move(name), .widths = std::move(widths), .tanh = tanh, .batch = batch};
  if (p.widths.back() == 1) p.loss = Loss::kSquaredError;
  std::mt19937 random(1);
  p.inputs = normal(random, batch * p.widths[0], 1);
  for (std::size_t l = 0; l + 1 < p.widths.size(); ++l) {
    const auto in = p.widths[l], out = p.widths[l + 1];
    p.weights.push_back(normal(random, in * out, std::sqrt((tanh ? 1.0 : 2.0) / static_cast<double>(in))));
    p.biases.push_back(normal(random, out, 0.1));
  }
  if (p.classifies()) {
    std::uniform_int_distribution<std::int64_t> label(0, p.widths.back() - 1);
    for (std::int64_t i = 0; i < batch; ++i) p.targets.push_back(static_cast<float>(label(random)));
  } else {
    p.targets = normal(random, batch, 1);
  }
  return p;
}

Problem small_batch(const Problem& problem) {
  const double sample = problem.flops() / 2 / static_cast<double>(problem.batch);
  const auto batch =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(kReferenceWork / sample), 16, problem.batch);
  return make_problem(problem.name, problem.widths, std::min(batch, problem.batch), problem.tanh);
}

std::vector<std::vector<double>> reference_gradients(const Problem& p) {
  const int layers = p.layers();
  std::vector<Doubles> gradients;
  for (int l = 0; l < layers; ++l) {
    gradients.emplace_back(static_cast<std::size_t>(p.in(l)*p.out(l)));
    gradients.emplace_back(static_cast<std::size_t>(p.out(l)));
  }
  for (std::int64_t sample = 0; sample < p.batch; ++sample) {
    const float* row = p.inputs.data() + sample * p.widths[0];
    std::vector<Doubles> a = {Doubles(row, row + p.widths[0])};
    for (int l = 0; l < layers; ++l) a.push_back(forward(p, l, a.back()));
    Doubles delta = last_delta(p, a.back(), p.targets[static_cast<std::size_t>(sample)]);
    for (int l = layers - 1; l >= 0; --l) {
      const Doubles& input = a[static_cast<std::size_t>(l)];
      Doubles& weight = gradients[static_cast<std::size_t>(2 * l)];
      Doubles& bias = gradients[static_cast<std::size_t>(2 * l + 1)];
      for (std::size_t i = 0; i < delta.size(); ++i) {
        bias[i] += delta[i];
        for (std::size_t k = 0; k < input.size(); ++k) weight[i * input.size() + k] += delta[i] * input[k];
      }
      if (l > 0) delta = earlier_delta(p, l, delta, input);
    }
  }
  return gradients;
}

std::vector<Problem (*)()> bars() {
  return {
      [] {
        return make_problem("2-8-1", {2, 8, 1}, 4);
      },
      [] {
        return make_problem("4-16-3", {4, 16, 3}, 16);
      },
      [] {
        return make_problem("64-64-10", {64, 64, 10}, 32);
      },
      [] {
        return make_problem("784-128-10", {784, 128, 10}, 64);
      },
      [] {
        return make_problem("784-512-512-10", {784, 512, 512, 10}, 128);
      },
      [] {
        return make_problem("64 wide x 5", {64, 64, 64, 64, 64, 64}, 65'536);
      },
      [] {
        return make_problem("256 wide x 4", {256, 256, 256, 256, 256}, 8'192);
      },
      [] {
        return make_problem("28-300x5-1 tanh", {28, 300, 300, 300, 300, 300, 1}, 100, true);
      },
      [] {
        return make_problem("1024 wide x 4", {1024, 1024, 1024, 1024, 1024}, 512);
      },
      [] {
        return make_problem("4096 wide x 3", {4096, 4096, 4096, 4096}, 1024);
      },
      [] {
        return make_problem("784-128-10", {784, 128, 10}, 1);
      },
  };
}

}  // namespace bench
