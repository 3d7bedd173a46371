// A recurrent layer's training step that recomputes, beside the same step that keeps what backpropagation
// reads: time, and memory for a sample's activations. First the two must move all weights to the same bits.
// The sides take turns, so that a drifting machine disturbs both alike.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "bench/compare/measure.h"
#include "bench/compare/peak.h"
#include "bench/compare/results.h"
#include "catenary/catenary.h"

namespace bench {
namespace {

using namespace catenary;

struct Size {
  nn::Cell cell;
  std::int64_t inputs, units, batch, steps;
};

// What is measured, and how long.
struct Extent {
  std::vector<Size> sizes;
  double turn_seconds;
  int rounds;
};
const Extent kWhole = {{{nn::Cell::kLstm, 64, 256, 64, 128},
                        {nn::Cell::kLstm, 64, 256, 64, 512},
                        {nn::Cell::kLstm, 64, 512, 64, 128},
                        {nn::Cell::kGru, 64, 256, 64, 128},
                        {nn::Cell::kRnn, 64, 256, 64, 128},
                        {nn::Cell::kLstm, 1, 32, 32, 1024}},
                       0.3,
                       7};
const Extent kQuick = {{{nn::Cell::kLstm, 2, 16, 16, 40}}, 0.005, 1};

class Training {
 public:
  Training(const Size& size, bool recompute, int threads)
      : size_(size), pool_(threads), variables_(network(recompute), 1) {
    for (std::size_t i = 0; i < inputs_.size(); ++i) inputs_[i] = std::sin(0.7F * static_cast<float>(i));
    for (std::size_t i = 0; i < targets_.size(); ++i) targets_[i] = std::cos(0.3F * static_cast<float>(i));
    step_ = std::make_unique<Step>(compile(program_, variables_, {.pool = &pool_}));
    step_->bind("x", rows_of(inputs_, size.steps * size.inputs));
    step_->bind("y", rows_of(targets_, size.units));
    step_->reserve(size.batch);
  }

  void step() {
    if (step_->run({size_.batch}) != Status::kOk) throw std::runtime_error("the step failed");
  }

  double step_seconds(double turn_seconds) {
    double elapsed = 0;
    std::int64_t steps = 0;
    for (std::int64_t block = 1; elapsed < turn_seconds; block *= 2) {
      const double begin = seconds();
      for (std::int64_t i = 0; i < block; ++i) step();
      elapsed += seconds() - begin;
      steps += block;
    }
    return elapsed / static_cast<double>(steps);
  }

  // Of a sample: its rows and whatever is computed of it that something else reads.
  [[nodiscard]] double sample_bytes() const { return static_cast<double>(step_->summary().tile_bytes); }

  [[nodiscard]] std::vector<std::vector<double>> weights() const {
    std::vector<std::vector<double>> all;
    for (const std::string& name : variables_.names()) all.push_back(variables_.read(name));
    return all;
  }

 private:
  Graph& network(bool recompute) {
    const Value x = graph_.input("x", {size_.steps, size_.inputs}), y = graph_.input("y", {size_.units});
    const nn::RecurrentResult layer =
        nn::recurrent(size_.cell, size_.units, {.rows = x}, {.name = "layer", .recompute = recompute});
    const Value loss = batch_mean(squared_error(layer.last.hidden, y));
    const std::vector<Value> weights = graph_.parameters();
    program_ = {{{"loss", loss}},
                optim::sgd({.learning_rate = 0.01})(weights, gradient(loss, weights).adjoints)};
    return graph_;
  }

  Size size_;
  Graph graph_;
  Program program_;
  ThreadPool pool_;
  Variables variables_;
  std::vector<float> inputs_ =
      std::vector<float>(static_cast<std::size_t>(size_.batch * size_.steps * size_.inputs));
  std::vector<float> targets_ = std::vector<float>(static_cast<std::size_t>(size_.batch * size_.units));
  std::unique_ptr<Step> step_;
};

void check(Training& kept, Training& again) {
  for (int i = 0; i < 3; ++i) {
    kept.step();
    again.step();
  }
  if (kept.weights() != again.weights())
    throw std::runtime_error("recomputing has changed bits of the weights");
}

nlohmann::json compare(const Size& size, const Extent& extent, int threads) {
  Training kept(size, false, threads), again(size, true, threads);
  check(kept, again);
  std::array<std::vector<double>, 2> times;
  std::vector<double> ratios;
  for (int round = 0; round < extent.rounds; ++round) {
    times[0].push_back(kept.step_seconds(extent.turn_seconds));
    times[1].push_back(again.step_seconds(extent.turn_seconds));
    ratios.push_back(times[1].back() / times[0].back());
  }
  const double ratio = median(ratios), memory = again.sample_bytes() / kept.sample_bytes();
  fmt::print(
      "{:<5} {:>6} {:>6} {:>6} {:>6} {:>3} {:>10.1f} {:>10.1f} {:>7.3f} {:>10.1f} {:>10.1f} {:>7.3f}\n",
      nn::name_of(size.cell), size.inputs, size.units, size.batch, size.steps, threads,
      median(times[0]) * 1e6, median(times[1]) * 1e6, ratio, kept.sample_bytes() / 1024,
      again.sample_bytes() / 1024, memory);
  return {{"cell", nn::name_of(size.cell)},
          {"inputs", size.inputs},
          {"units", size.units},
          {"batch", size.batch},
          {"steps", size.steps},
          {"threads", threads},
          {"kept_seconds", median(times[0])},
          {"recomputed_seconds", median(times[1])},
          {"time", ratio},
          {"kept_sample_bytes", kept.sample_bytes()},
          {"recomputed_sample_bytes", again.sample_bytes()},
          {"memory", memory}};
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  std::string json;
  CLI::App app{"Recurrent training steps that recompute, beside those that keep everything"};
  app.add_option("--json", json, "also write the figures to this file");
  bool quick = false;
  app.add_flag("--quick", quick, "one small size, once: to see that it works");
  CLI11_PARSE(app, argc, argv);
  const bench::Extent& extent = quick ? bench::kQuick : bench::kWhole;
  try {
    nlohmann::json rows = nlohmann::json::array();
    fmt::print("{:<5} {:>6} {:>6} {:>6} {:>6} {:>3} {:>10} {:>10} {:>7} {:>10} {:>10} {:>7}\n", "cell",
               "inputs", "units", "batch", "steps", "th", "kept us", "again us", "time", "KiB/sample",
               "again", "memory");
    for (const int threads : {1, 2}) {
      bench::pin(threads);
      for (const auto& size : extent.sizes) rows.push_back(bench::compare(size, extent, threads));
    }
    bench::write_results(json, rows.dump(2) + '\n');
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
