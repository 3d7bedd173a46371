// What a training step costs beside the same step with relu and SGD: with other activations of the hidden
// layers, and with Adam. The sides take turns, so that a drifting machine disturbs all alike.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

#include "bench/compare/measure.h"
#include "bench/compare/peak.h"
#include "bench/compare/results.h"
#include "catenary/catenary.h"

namespace bench {
namespace {

using namespace catenary;

struct Size {
  std::int64_t width, batch;
};

// What is measured, and how long.
struct Extent {
  std::vector<Size> sizes;
  double turn_seconds;
  int rounds;
};
const Extent kWhole = {{{64, 32}, {64, 1024}, {128, 64}, {256, 128}, {512, 128}}, 0.05, 7};
const Extent kQuick = {{{64, 32}}, 0.005, 1};

struct Variant {
  std::string name;
  Value (*activation)(Value);
  bool adam;
};
const Variant kVariants[] = {
    {"relu, sgd", nn::relu, false},         {"tanh, sgd", nn::tanh, false},
    {"sigmoid, sgd", nn::sigmoid, false},   {"hard_sigmoid, sgd", nn::hard_sigmoid, false},
    {"softsign, sgd", nn::softsign, false}, {"mish, sgd", nn::mish, false},
    {"relu, adam", nn::relu, true}};

// A batch that is checked consists of so few different samples, each as often, that the reference in double
// can afford it. Adam turns gradients that are nothing but rounding into whole moves; they are few.
constexpr std::int64_t kDifferent = 4;
constexpr int kCheckedSteps = 4;
constexpr double kAllowedError = 0.02;

double norm(const std::vector<double>& numbers) {
  return std::sqrt(std::inner_product(numbers.begin(), numbers.end(), numbers.begin(), 0.0));
}

std::vector<double> difference(std::vector<double> a, const std::vector<double>& b) {
  std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::minus<>());
  return a;
}

// Four hidden layers as wide as the input, and ten classes.
class Training {
 public:
  Training(const Size& size, const Variant& variant, int threads)
      : size_(size), pool_(threads), variables_(network(variant), 1) {
    step_ = std::make_unique<Step>(compile(program_, variables_, {.pool = &pool_}));
    fill(kDifferent);
    step_->bind("x", rows_of(inputs_, size.width));
    step_->bind("y", rows_of(labels_, 1));
    check(variant);
    fill(size.batch);
  }

  double step_seconds(double turn_seconds) {
    double elapsed = 0;
    std::int64_t steps = 0;
    for (std::int64_t block = 1; elapsed < turn_seconds; block *= 2) {
      const double begin = seconds();
      for (std::int64_t i = 0; i < block; ++i) {
        if (step_->run({size_.batch}) != Status::kOk) throw std::runtime_error("the step failed");
      }
      elapsed += seconds() - begin;
      steps += block;
    }
    return elapsed / static_cast<double>(steps);
  }

 private:
  // So many different samples, each with its neighbours the same.
  void fill(std::int64_t different) {
    const auto width = static_cast<std::size_t>(size_.width);
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const std::size_t sample = i * static_cast<std::size_t>(different) / labels_.size();
      for (std::size_t k = 0; k < width; ++k)
        inputs_[i * width + k] = static_cast<float>(std::sin(0.7 * static_cast<double>(sample * width + k)));
      labels_[i] = static_cast<float>(sample % 10);
    }
  }

  // Some steps, which must move weights and moments as the operators' reference in double says.
  void check(const Variant& variant) {
    const std::int64_t times = size_.batch / kDifferent;
    Bindings at{kDifferent, {}};
    for (std::int64_t sample = 0; sample < kDifferent; ++sample) {
      const float* row = inputs_.data() + sample * times * size_.width;
      at.leaves["x"].insert(at.leaves["x"].end(), row, row + size_.width);
      at.leaves["y"].push_back(labels_[static_cast<std::size_t>(sample * times)]);
    }
    std::vector<Value> next;
    for (const Update& update : program_.updates) {
      at.leaves[update.variable.name()] = variables_.read(update.variable.name());
      next.push_back(update.next);
    }
    const auto before = at.leaves;
    for (int i = 0; i < kCheckedSteps; ++i) {
      const Evaluation reference(next, at);
      for (const Update& update : program_.updates)
        at.leaves[update.variable.name()] = reference[update.next];
      if (step_->run({size_.batch}) != Status::kOk) throw std::runtime_error("the step failed");
    }
    for (const Update& update : program_.updates) {
      const std::string name = update.variable.name();
      const std::vector<double>& expected = at.leaves[name];
      const double error = norm(difference(variables_.read(name), expected)) /
                           norm(difference(expected, before.find(name)->second));
      if (error < kAllowedError) continue;
      throw std::runtime_error(
          fmt::format("{}, width {}, batch {}: {} steps move {} otherwise than the "
                      "reference's, by {:.1e} of its move",
                      variant.name, size_.width, size_.batch, kCheckedSteps, name, error));
    }
  }

  Graph& network(const Variant& variant) {
    std::vector<nn::Layer> layers(4, nn::dense(size_.width, variant.activation));
    layers.push_back(nn::dense(10));
    const Value z = nn::sequential(layers)(graph_.input("x", {size_.width}));
    const Value loss = batch_mean(softmax_cross_entropy_labels(z, graph_.input("y", {})));
    const std::vector<Value> weights = graph_.parameters();
    const std::vector<Value> slopes = gradient(loss, weights).adjoints;
    program_ = {{{"loss", loss}},
                variant.adam ? optim::adam({.learning_rate = 1e-4})(weights, slopes)
                             : optim::sgd({.learning_rate = 0.01})(weights, slopes)};
    return graph_;
  }

  Size size_;
  Graph graph_;
  Program program_;
  ThreadPool pool_;
  Variables variables_;
  std::vector<float> inputs_ = std::vector<float>(static_cast<std::size_t>(size_.width * size_.batch));
  std::vector<float> labels_ = std::vector<float>(static_cast<std::size_t>(size_.batch));
  std::unique_ptr<Step> step_;
};

nlohmann::json compare(const Size& size, const Extent& extent, int threads) {
  std::vector<std::unique_ptr<Training>> sides;
  for (const Variant& variant : kVariants)
    sides.push_back(std::make_unique<Training>(size, variant, threads));
  std::vector<std::vector<double>> times(sides.size());
  for (auto& side : sides) (void)side->step_seconds(extent.turn_seconds);  // warms the caches
  for (int round = 0; round < extent.rounds; ++round) {
    for (std::size_t i = 0; i < sides.size(); ++i)
      times[i].push_back(sides[i]->step_seconds(extent.turn_seconds));
  }
  nlohmann::json row = {{"width", size.width}, {"batch", size.batch}, {"threads", threads}};
  fmt::print("{:>5} {:>6} {:>3} {:>10.1f} us", size.width, size.batch, threads, median(times[0]) * 1e6);
  for (std::size_t i = 0; i < sides.size(); ++i) {
    row[kVariants[i].name] = median(times[i]);
    if (i > 0) fmt::print(" {:>17.3f}", median(times[i]) / median(times[0]));
  }
  fmt::print("\n");
  return row;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  std::string json;
  CLI::App app{"Training steps with other activations and optimizers, over relu and SGD"};
  app.add_option("--json", json, "also write the figures to this file");
  bool quick = false;
  app.add_flag("--quick", quick, "one small size, once: to see that it works");
  CLI11_PARSE(app, argc, argv);
  const bench::Extent& extent = quick ? bench::kQuick : bench::kWhole;
  try {
    nlohmann::json rows = nlohmann::json::array();
    fmt::print("five layers; time over that of {}\n{:>5} {:>6} {:>3} {:>13}", bench::kVariants[0].name,
               "width", "batch", "th", bench::kVariants[0].name);
    for (const auto& variant : bench::kVariants) {
      if (&variant != bench::kVariants) fmt::print(" {:>17}", variant.name);
    }
    fmt::print("\n");
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
