// The adding problem: two of 100 numbers are marked, and after the last one their sum is asked for. An LSTM
// learns it, a plain RNN does not, and how much of the loss's derivative comes back to each step says why.
// [Hochreiter and Schmidhuber 1997, section 5.4]
// Usage: adding [--updates N] [--seed N] [--report FILE.svg]
#include <catenary/catenary.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>

#include "log_chart.h"

using namespace catenary;

namespace {

constexpr std::int64_t kSteps = 100, kUnits = 32, kBatch = 50;

struct Samples {
  std::int64_t count;
  std::vector<float> x, y;  // [count, kSteps, 2]: a number in [0, 1) and its mark, 0 or 1; [count]
};

// One number is marked in the first half, one in the second.
Samples draw(std::int64_t count, std::mt19937& random) {
  constexpr std::int64_t kHalf = kSteps / 2;
  Samples s{count, std::vector<float>(count * kSteps * 2), std::vector<float>(count)};
  for (std::int64_t i = 0; i < count; ++i) {
    float* x = &s.x[i * kSteps * 2];
    for (std::int64_t t = 0; t < kSteps; ++t) x[2 * t] = static_cast<float>(random() >> 8) * 0x1p-24F;
    for (const std::int64_t half : {std::int64_t{0}, kHalf}) {
      const std::int64_t t = half + static_cast<std::int64_t>(random() % kHalf);
      x[2 * t + 1] = 1;
      s.y[i] += x[2 * t];
    }
  }
  return s;
}

// A recurrent layer that reads all steps, and a dense one that answers from its last state.
struct Network {
  std::string name;
  nn::Cell cell;
  Variables variables;
  Step train, check;
  double error = 0;  // on the test samples, squared
};

Network network(std::string name, nn::Cell cell, double learning_rate, std::uint32_t seed) {
  Graph g;
  const Value x = g.input("x", {kSteps, 2});
  const Value y = g.input("y", {1});
  const Value h = nn::recurrent(cell, kUnits, {.rows = x}, {.name = "layer"}).last.hidden;
  const Value error = sum(square(nn::dense(1)(h) - y));  // J, a sample's
  const Value loss = batch_mean(error);

  const auto weights = g.parameters();
  const auto updates =
      optim::adam({.learning_rate = learning_rate})(weights, gradient(loss, weights).adjoints);
  const Value dh = gradient(error, {h}).adjoints[0];
  Variables variables(g, seed);
  Step train = compile({.outputs = {{"loss", loss}}, .updates = updates}, variables);
  Step check = compile({.outputs = {{"loss", loss}, {"dh", dh}}}, variables);
  return {std::move(name), cell, std::move(variables), std::move(train), std::move(check)};
}

void run(Step& step, std::int64_t count) {
  if (step.run({.size = count}) != Status::kOk) fail(ErrorKind::kNumeric, "a loss is not finite");
}

void run(Step& step, const Samples& samples) {
  step.bind("x", rows_of(samples.x, kSteps * 2));
  step.bind("y", rows_of(samples.y, 1));
  run(step, samples.count);
}

// The size of a layer's state s: h, and behind it an LSTM's c.
std::int64_t size_of_state(nn::Cell cell) { return cell == nn::Cell::kLstm ? 2 * kUnits : kUnits; }

// One step of the layer, from s to `next`, and back: from J's derivative by `next`, ds, to that by s, `back`.
Step one_step(Network& network) {
  Graph g;
  const bool is_lstm = network.cell == nn::Cell::kLstm;
  const std::int64_t size = size_of_state(network.cell);
  const Value x = g.input("x", {1, 2});
  const Value s = g.input("s", {size});
  const Value ds = g.input("ds", {size});
  nn::RecurrentState start{.hidden = slice(s, 0, 0, kUnits)};
  if (is_lstm) start.cell = slice(s, 0, kUnits, size);
  const auto last = nn::recurrent(network.cell, kUnits, {.rows = x, .start = start}, {.name = "layer"}).last;
  const Value next = is_lstm ? concat(std::vector{last.hidden, last.cell}) : last.hidden;
  const Value back = gradient(sum(ds * next), {s}).adjoints[0];
  return compile({.outputs = {{"next", next}, {"back", back}}}, network.variables);
}

// The mean over the samples of the norm of columns begin to end of numbers [samples, size].
double mean_norm(std::span<const float> numbers, std::int64_t size, std::int64_t begin, std::int64_t end) {
  double total = 0;
  for (std::size_t row = 0; row < numbers.size(); row += size) {
    double squares = 0;
    for (std::int64_t j = begin; j < end; ++j) squares += std::pow(numbers[row + j], 2);
    total += std::sqrt(squares);
  }
  return total * static_cast<double>(size) / static_cast<double>(numbers.size());
}

// The layer's step t from states s [samples, size].
void run_at(Step& step, const Samples& samples, std::int64_t t, const std::vector<float>& s) {
  step.bind("x", {.data = &samples.x[2 * t], .count = samples.count, .row_stride = kSteps * 2});
  step.bind("s", rows_of(s, std::ssize(s) / samples.count));
  run(step, samples.count);
}

using Norms = std::vector<double>;  // one for each step

// Backpropagation through time, a step at a time: the mean norm of dJ/dhₜ for each t, and of an LSTM that of
// dJ/dcₜ with hₜ held, which is 0 after the last step, whose h alone is read.
std::vector<Norms> flow(Network& network, const Samples& samples) {
  const std::int64_t size = size_of_state(network.cell), count = samples.count;
  std::vector<std::vector<float>> states(kSteps + 1, std::vector<float>(count * size));
  std::vector<float> ds(count * size);
  Step step = one_step(network);
  step.bind("ds", rows_of(ds, size));
  for (std::int64_t t = 0; t < kSteps; ++t) {
    run_at(step, samples, t, states[t]);
    std::ranges::copy(step.rows("next"), states[t + 1].begin());
  }

  run(network.check, samples);
  const auto dh = network.check.rows("dh");
  for (std::int64_t i = 0; i < count; ++i) std::copy_n(&dh[i * kUnits], kUnits, &ds[i * size]);
  std::vector<Norms> norms(size / kUnits, Norms(kSteps));
  for (std::int64_t t = kSteps - 1; t >= 0; --t) {
    for (std::size_t i = 0; i < norms.size(); ++i)
      norms[i][t] = mean_norm(ds, size, i * kUnits, (i + 1) * kUnits);
    run_at(step, samples, t, states[t]);
    std::ranges::copy(step.rows("back"), ds.begin());
  }
  return norms;
}

std::vector<log_chart::Line> lines_of(Network& rnn, Network& lstm, const Samples& samples,
                                      const std::string& when) {
  const bool is_dashed = when == "untrained";
  const std::vector<Norms> of_rnn = flow(rnn, samples), of_lstm = flow(lstm, samples);
  return {{"RNN h, " + when, "#d55e00", is_dashed, of_rnn[0]},
          {"LSTM h, " + when, "#56b4e9", is_dashed, of_lstm[0]},
          {"LSTM c, " + when, "#0072b2", is_dashed, of_lstm[1]}};
}

// Of all networks on the same samples, new ones for each update.
void train(std::vector<Network>& networks, int updates, const Samples& test, std::mt19937& random) {
  fmt::print("mean squared error on {} samples; who always says 1 has 0.1667\nupdate", test.count);
  for (const Network& n : networks) fmt::print("{:>13}", n.name);
  const int often = std::max(updates / 10, 1);
  for (int update = 0;; ++update) {
    if (update % often == 0 || update == updates) {
      fmt::print("\n{:6}", update);
      for (Network& n : networks) {
        run(n.check, test);
        n.error = n.check.scalar("loss");
        fmt::print("{:13.4f}", n.error);
      }
      std::fflush(stdout);
    }
    if (update == updates) return;
    const Samples batch = draw(kBatch, random);
    for (Network& n : networks) run(n.train, batch);
  }
}

void print(const std::vector<log_chart::Line>& lines) {
  fmt::print("\n\nmean norm of dJ/dh after each step, and of dJ/dc of an LSTM's cell\nstep");
  for (const log_chart::Line& line : lines) fmt::print("{:>19}", line.name);
  for (std::size_t t = 1; t <= kSteps; ++t) {
    if (t != 1 && t % 10 != 0) continue;
    fmt::print("\n{:4}", t);
    for (const log_chart::Line& line : lines) fmt::print("{:19.1e}", line.values[t - 1]);
  }
  fmt::print("\n");
}

void write(const std::string& path, const std::vector<log_chart::Line>& lines) {
  std::ofstream file(path);
  file << svg_of(log_chart::Chart{"Mean norms of dJ/dh and dJ/dc after step t of 100", "t", lines});
  if (!file.flush()) fail(ErrorKind::kIo, "{}: cannot be written", path);
}

struct Options {
  int updates = 1500;  // twice as many as the LSTM needs
  std::uint32_t seed = 1;
  std::string report = {};  // where the drawing goes
};

int number_of(const std::string& option, const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1)
    fail(ErrorKind::kConfig, "{}: needed a whole number from 1 on, found '{}'", option, text);
  return number;
}

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--updates") {
      options.updates = number_of(name, value);
    } else if (name == "--seed") {
      options.seed = static_cast<std::uint32_t>(number_of(name, value));
    } else if (name == "--report") {
      options.report = value;
    } else {
      fail(ErrorKind::kConfig, "needed --updates N, --seed N or --report FILE.svg, found '{}'", name);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = options_of(argc, argv);
  std::vector<Network> networks;
  // The RNN has three tries, as it could be the rate that keeps it from learning.
  for (const auto& [name, rate] : {std::pair{"RNN 0.0003", 3e-4}, {"RNN 0.001", 1e-3}, {"RNN 0.003", 3e-3}})
    networks.push_back(network(name, nn::Cell::kRnn, rate, options.seed));
  networks.push_back(network("LSTM 0.01", nn::Cell::kLstm, 1e-2, options.seed));
  Network& lstm = networks.back();

  std::mt19937 random(options.seed);
  const Samples test = draw(1000, random), few = draw(100, random);
  auto lines = lines_of(networks[0], lstm, few, "untrained");
  train(networks, options.updates, test, random);
  Network& rnn = *std::min_element(networks.begin(), networks.end() - 1,
                                   [](const Network& a, const Network& b) { return a.error < b.error; });
  for (log_chart::Line& line : lines_of(rnn, lstm, few, "trained")) lines.push_back(std::move(line));
  print(lines);
  if (!options.report.empty()) write(options.report, lines);
  return lstm.error < 0.01 && rnn.error > 0.1 ? 0 : 1;
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
