// Training steps on demand: for each line "NETWORK COUNT" of standard input runs so many steps of that
// network and prints the seconds that they took and the last loss. before.py lets two builds of it take
// turns. It uses nothing but what earlier versions of the library have, too.
//
// NETWORK is WIDTHS:ACTIVATION:OPTIMIZER:BATCH:THREADS:TYPE:ROWS, such as
// 784-128-10:relu:sgd:64:1:f32:shuffled; ROWS is shuffled, or in_order.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "catenary/catenary.h"

using namespace catenary;

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

struct Problem {
  std::vector<std::int64_t> widths;
  std::string activation, optimizer;
  std::int64_t batch = 0;
  int threads = 1;
  DType dtype = DType::kF32;
  bool shuffled = false;
};

Problem problem_of(const std::string& name) {
  const std::vector<std::string> parts = split(name, ':');
  if (parts.size() != 7) throw std::invalid_argument("a network has seven parts, found '" + name + "'");
  Problem p;
  p.activation = parts[1];
  p.optimizer = parts[2];
  for (const std::string& width : split(parts[0], '-')) p.widths.push_back(std::stoll(width));
  p.batch = std::stoll(parts[3]);
  p.threads = std::stoi(parts[4]);
  p.dtype = parts[5] == "f64" ? DType::kF64 : DType::kF32;
  p.shuffled = parts[6] == "shuffled";
  return p;
}

Value activated(const std::string& name, Value z) {
  if (name == "relu") return relu(z);
  if (name == "tanh") return catenary::tanh(z);
  if (name == "sigmoid") return sigmoid(z);
  if (name == "gelu") return gelu(z);
  throw std::invalid_argument("unknown activation '" + name + "'");
}

// So small a rate that a thousand steps change no number's magnitude.
optim::Optimizer optimizer_of(const std::string& name) {
  constexpr double kRate = 1e-6;
  if (name == "sgd") return optim::sgd({.learning_rate = kRate});
  if (name == "momentum") return optim::momentum({.learning_rate = kRate});
  if (name == "adam") return optim::adam({.learning_rate = kRate});
  throw std::invalid_argument("unknown optimizer '" + name + "'");
}

Program training_of(Graph& g, const Problem& p) {
  const Value x = g.input("x", {p.widths.front()}, p.dtype), y = g.input("y", {p.widths.back()}, p.dtype);
  Value a = x;
  for (std::size_t i = 1; i < p.widths.size(); ++i) {
    const Value z = nn::dense(p.widths[i])(a, "layer" + std::to_string(i));
    a = i + 1 < p.widths.size() ? activated(p.activation, z) : z;
  }
  const Value loss = batch_mean(squared_error(a, y));
  const std::vector<Value> weights = g.parameters();
  return {{{"loss", loss}}, optimizer_of(p.optimizer)(weights, gradient(loss, weights).adjoints)};
}

std::vector<double> numbers(std::int64_t count) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(static_cast<double>(i * 37 % 101 - 50) / 50);
  return all;
}

// A step with all that it runs on.
class Training {
 public:
  explicit Training(const Problem& p)
      : pool_(p.threads),
        program_(training_of(graph_, p)),
        variables_(graph_, 1),
        step_(compile(program_, variables_, {.pool = &pool_})),
        batch_{.size = p.batch} {
    constexpr std::int64_t kFewestRows = 256;
    const std::int64_t rows = std::max(p.batch, kFewestRows);
    bind("x", rows, p.widths.front(), p.dtype);
    bind("y", rows, p.widths.back(), p.dtype);
    for (std::int64_t i = 0; i < p.batch && p.shuffled; ++i) indices_.push_back(i * 7919 % rows);
    if (p.shuffled) batch_.indices = indices_.data();
  }

  double seconds(std::int64_t steps) {
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < steps; ++i) {
      if (step_.run(batch_) != Status::kOk) throw std::runtime_error("a step failed");
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  [[nodiscard]] double loss() const { return step_.scalar("loss"); }

 private:
  void bind(const char* name, std::int64_t rows, std::int64_t columns, DType dtype) {
    doubles_.push_back(numbers(rows * columns));
    floats_.emplace_back(doubles_.back().begin(), doubles_.back().end());
    const bool is_f64 = dtype == DType::kF64;
    step_.bind(name, is_f64 ? rows_of(doubles_.back(), columns) : rows_of(floats_.back(), columns));
  }

  Graph graph_;
  ThreadPool pool_;
  Program program_;
  Variables variables_;
  Step step_;
  std::vector<std::vector<double>> doubles_;
  std::vector<std::vector<float>> floats_;
  std::vector<std::int64_t> indices_;
  Batch batch_;
};

void serve() {
  std::string name, current;
  std::unique_ptr<Training> training;
  for (std::int64_t count = 0; std::cin >> name >> count;) {
    if (name != current) training = std::make_unique<Training>(problem_of(name));
    current = name;
    const double seconds = training->seconds(count);
    std::printf("%.9e %.17g\n", seconds, training->loss());
    std::fflush(stdout);
  }
}

}  // namespace

int main() try {
  serve();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "steps_bench: %s\n", error.what());
  return 1;
}
