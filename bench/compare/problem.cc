#include "problem.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "recurrence.h"

namespace bench {

namespace {

// Of the different samples in a batch that is checked: fewer would show too little.
constexpr std::int64_t kFewest = 8;

Numbers normal(std::mt19937& random, std::int64_t count, double deviation) {
  std::normal_distribution<float> distribution(0, static_cast<float>(deviation));
  Numbers numbers(static_cast<std::size_t>(count));
  for (float& x : numbers) x = distribution(random);
  return numbers;
}

// z = Σ wₖ aₖ + b is summed in float with an error of some 3e-8·√k, and of five times that hardly ever, where
// its terms are such that z is of the order of 1.
constexpr double kNearKink = 1.5e-7;
// Beyond all doubt, and next to nothing beside the units' other numbers.
constexpr float kOffKink = 0.01F;

Parameters parameters_of(const Problem& p) {
  Parameters all;
  for (std::size_t l = 0; l < p.weights.size(); ++l) {
    all.emplace_back(p.weights[l].begin(), p.weights[l].end());
    all.emplace_back(p.biases[l].begin(), p.biases[l].end());
  }
  return all;
}

// The units of each layer whose slope rounding decides about.
using Undecided = std::vector<std::set<std::size_t>>;

// f(W·a + b) of one sample; of the last layer W·a + b.
Doubles forward(const Problem& p, const Parameters& at, int layer, const Doubles& a, Undecided& undecided) {
  const auto l = static_cast<std::size_t>(2 * layer);
  Doubles z(static_cast<std::size_t>(p.out(layer)));
  const double near = kNearKink * std::sqrt(static_cast<double>(a.size()));
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double* row = at[l].data() + i * a.size();
    z[i] = at[l + 1][i];
    for (std::size_t k = 0; k < a.size(); ++k) z[i] += row[k] * a[k];
    if (layer + 1 == p.layers()) continue;
    if (!p.tanh && std::abs(z[i]) < near) undecided[static_cast<std::size_t>(layer)].insert(i);
    z[i] = p.tanh ? std::tanh(z[i]) : std::max(z[i], 0.0);
  }
  return z;
}

// δ of the last layer: softmax(z) − y, or z − y, times the sample's share of the batch.
Doubles last_delta(const Problem& p, const Doubles& z, float target, double share) {
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
  for (double& d : delta) d *= share;
  return delta;
}

// Wᵀ·δ ⊙ f'(z), with f'(z) told by a = f(z).
Doubles earlier_delta(const Problem& p, const Doubles& weights, const Doubles& delta, const Doubles& a) {
  Doubles earlier(a.size(), 0.0);
  for (std::size_t i = 0; i < delta.size(); ++i) {
    const double* row = weights.data() + i * a.size();
    for (std::size_t k = 0; k < a.size(); ++k) earlier[k] += row[k] * delta[i];
  }
  for (std::size_t k = 0; k < a.size(); ++k) {
    earlier[k] *= p.tanh ? std::max(1 - a[k] * a[k], p.least_slope) : (a[k] > 0 ? 1.0 : 0.0);
  }
  return earlier;
}

// Adds what a sample does to the gradients.
void add_gradients(const Problem& p, const Parameters& at, std::size_t sample, Parameters& gradients,
                   Undecided& undecided) {
  const float* row = p.inputs.data() + sample * static_cast<std::size_t>(p.widths[0]);
  std::vector<Doubles> a = {Doubles(row, row + p.widths[0])};
  for (int l = 0; l < p.layers(); ++l) a.push_back(forward(p, at, l, a.back(), undecided));
  const double share = static_cast<double>(p.times[sample]) / static_cast<double>(p.batch);
  Doubles delta = last_delta(p, a.back(), p.targets[sample], share);
  for (int l = p.layers() - 1; l >= 0; --l) {
    const Doubles& input = a[static_cast<std::size_t>(l)];
    Doubles& weight = gradients[static_cast<std::size_t>(2 * l)];
    Doubles& bias = gradients[static_cast<std::size_t>(2 * l + 1)];
    for (std::size_t i = 0; i < delta.size(); ++i) {
      bias[i] += delta[i];
      for (std::size_t k = 0; k < input.size(); ++k) weight[i * input.size() + k] += delta[i] * input[k];
    }
    if (l > 0) delta = earlier_delta(p, at[static_cast<std::size_t>(2 * l)], delta, input);
  }
}

std::vector<Numbers> moves_of(const Problem& p, double learning_rate, int steps, Undecided& undecided) {
  const Parameters start = parameters_of(p);
  Parameters at = start;
  for (int step = 0; step < steps; ++step) {
    Parameters gradients;
    for (const Doubles& tensor : at) gradients.emplace_back(tensor.size());
    for (std::size_t sample = 0; sample < p.times.size(); ++sample) {
      if (p.recurrence) {
        add_recurrent_gradients(p, at, sample, gradients);
      } else {
        add_gradients(p, at, sample, gradients, undecided);
      }
    }
    for (std::size_t i = 0; i < at.size(); ++i) {
      for (std::size_t k = 0; k < at[i].size(); ++k) at[i][k] -= learning_rate * gradients[i][k];
    }
  }
  std::vector<Numbers> moves;
  for (std::size_t i = 0; i < at.size(); ++i) {
    Numbers& tensor = moves.emplace_back(at[i].size());
    for (std::size_t k = 0; k < tensor.size(); ++k) tensor[k] = static_cast<float>(at[i][k] - start[i][k]);
  }
  return moves;
}

}  // namespace

std::int64_t Problem::inputs_of_sample() const {
  return recurrence ? recurrence->steps * recurrence->inputs : widths[0];
}

double Problem::flops() const {
  if (recurrence) {
    const Recurrence& r = *recurrence;
    return 6.0 * static_cast<double>(batch * r.steps * r.gates() * r.units * (r.inputs + r.units));
  }
  double products = 0;
  for (int l = 0; l < layers(); ++l) products += static_cast<double>(in(l)*out(l)) * (l == 0 ? 2 : 3);
  return 2 * products * static_cast<double>(batch);
}

std::int64_t Problem::parameters() const {
  std::size_t count = 0;
  for (std::size_t l = 0; l < weights.size(); ++l) count += weights[l].size() + biases[l].size();
  return static_cast<std::int64_t>(count);
}

double Problem::least_bytes() const {
  const std::int64_t numbers =
      4 * parameters() - static_cast<std::int64_t>(weights[0].size()) + batch * inputs_of_sample();
  return 4.0 * static_cast<double>(numbers);
}

double Problem::own_bytes() const {
  return 4.0 * static_cast<double>(parameters() + batch * inputs_of_sample());
}

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
  p.times.assign(static_cast<std::size_t>(batch), 1);
  return p;
}

Problem make_problem(std::string name, const Recurrence& r, std::int64_t batch) {
  Problem p{
      .name = std::move(name), .widths = {}, .batch = batch, .loss = Loss::kSquaredError, .recurrence = r};
  std::mt19937 random(1);
  const std::int64_t rows = r.gates() * r.units;
  const auto weights = [&](std::int64_t columns) {
    return normal(random, rows * columns, 1 / std::sqrt(static_cast<double>(columns)));
  };
  p.inputs = normal(random, batch * p.inputs_of_sample(), 1);
  p.weights.push_back(weights(r.inputs));
  p.biases.push_back(normal(random, rows, 0.1));
  p.weights.push_back(weights(r.units));
  p.biases.push_back(normal(random, r.cell == Cell::kGru ? r.units : 0, 0.1));
  p.targets = normal(random, batch * r.units, 1);
  p.times.assign(static_cast<std::size_t>(batch), 1);
  return p;
}

Problem few_samples(const Problem& problem, double multiply_adds) {
  Problem p = problem;
  const double sample = p.flops() / 2 / static_cast<double>(p.batch);
  const std::int64_t affordable = std::max(static_cast<std::int64_t>(multiply_adds / sample), kFewest);
  const std::int64_t different = std::min(affordable, p.batch);
  p.times.assign(static_cast<std::size_t>(different), 1);
  std::mt19937 random(2);
  std::uniform_int_distribution<std::int64_t> draw(0, different - 1);
  for (std::int64_t to = different; to < p.batch; ++to) {
    const std::int64_t from = draw(random);
    ++p.times[static_cast<std::size_t>(from)];
    const auto copy = [&](Numbers& all, std::int64_t width) {
      std::copy_n(all.begin() + from * width, width, all.begin() + to * width);
    };
    copy(p.inputs, p.inputs_of_sample());
    copy(p.targets, p.targets_of_sample());
  }
  return p;
}

Reference reference_of(Problem problem, double learning_rate, int steps) {
  for (;;) {
    Undecided undecided(problem.weights.size());
    std::vector<Numbers> moves = moves_of(problem, learning_rate, steps, undecided);
    bool is_settled = true;
    for (std::size_t layer = 0; layer < undecided.size(); ++layer) {
      for (const std::size_t unit : undecided[layer]) {
        problem.biases[layer][unit] += kOffKink;
        is_settled = false;
      }
    }
    if (is_settled) return {std::move(problem), std::move(moves)};
  }
}

std::vector<Bar> bars() {
  return {
      {"2-8-1", {2, 8, 1}, 4},
      {"4-16-3", {4, 16, 3}, 16},
      {"64-64-10", {64, 64, 10}, 32},
      {"784-128-10", {784, 128, 10}, 64},
      {"784-512-512-10", {784, 512, 512, 10}, 128},
      {"64 wide x 5", {64, 64, 64, 64, 64, 64}, 65'536},
      {"256 wide x 4", {256, 256, 256, 256, 256}, 8'192},
      {"28-300x5-1 tanh", {28, 300, 300, 300, 300, 300, 1}, 100, true},
      {"1024 wide x 4", {1024, 1024, 1024, 1024, 1024}, 512},
      {"4096 wide x 3", {4096, 4096, 4096, 4096}, 1024},
      {"784-128-10", {784, 128, 10}, 1},
      {.name = "lstm 16-16 x 32",
       .widths = {},
       .batch = 16,
       .recurrence = Recurrence{Cell::kLstm, 16, 16, 32}},
      {.name = "lstm 1-32 x 64", .widths = {}, .batch = 32, .recurrence = Recurrence{Cell::kLstm, 1, 32, 64}},
      {.name = "lstm 64-256 x 128",
       .widths = {},
       .batch = 64,
       .recurrence = Recurrence{Cell::kLstm, 64, 256, 128}},
      {.name = "lstm 64-512 x 128",
       .widths = {},
       .batch = 64,
       .recurrence = Recurrence{Cell::kLstm, 64, 512, 128}},
      {.name = "gru 64-256 x 128",
       .widths = {},
       .batch = 64,
       .recurrence = Recurrence{Cell::kGru, 64, 256, 128}},
      {.name = "rnn 64-256 x 128",
       .widths = {},
       .batch = 64,
       .recurrence = Recurrence{Cell::kTanh, 64, 256, 128}},
  };
}

Problem make_problem(const Bar& bar) {
  if (bar.recurrence) return make_problem(bar.name, *bar.recurrence, bar.batch);
  return make_problem(bar.name, bar.widths, bar.batch, bar.tanh);
}

}  // namespace bench
