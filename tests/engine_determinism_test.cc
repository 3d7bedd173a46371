// Promise 4: the same program gives the same bits on any number of threads, on any SIMD width, for any tile.
// Each network trains for 50 steps; afterwards every weight and all optimizer state must equal the baseline's
// bit by bit.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <thread>

#include "catenary/base/philox.h"
#include "catenary/engine/step.h"
#include "catenary/nn/network.h"
#include "catenary/optim/optimizer.h"
#include "catenary/transform/gradient.h"

namespace catenary {
namespace {

constexpr std::int64_t kRows = 700, kFeatures = 20, kClasses = 5;
// Some cut into one lane, some into several; remainders of a tile, one sample, and enough work for the thread
// pool.
constexpr std::int64_t kBatchSizes[] = {64, 37, 300, 1, 16, 130, 7, 5};
constexpr int kSteps = 50;

struct Recipe {
  std::string name;
  std::vector<nn::Layer> layers;
  optim::Optimizer optimizer;
  double weight_decay = 0;
  DType dtype = DType::kF32;
};

Recipe recipe(const std::string& name) {
  using nn::dense;
  if (name == "sgd")
    return {name, {dense(48, nn::relu), dense(kClasses)}, optim::sgd({.learning_rate = 0.1})};
  if (name == "momentum_l2") {
    return {name, {dense(33, nn::tanh), dense(17, nn::relu), dense(kClasses)}, optim::momentum(), 1e-3};
  }
  if (name == "adam")
    return {name, {dense(40, nn::relu), dense(24, nn::tanh), dense(kClasses)}, optim::adam()};
  return {name, {dense(19, nn::tanh), dense(kClasses)}, optim::adam(), 1e-2, DType::kF64};
}

/// How a step runs; none of it may show in the results.
struct Variant {
  int threads = 1;
  kernels::Simd simd = kernels::supported_simd().back();
  std::int64_t tile = 0;
  ThreadPool* pool = nullptr;  ///< null: one of its own

  [[nodiscard]] std::string str() const {
    return fmt::format("{}threads_{}_tile{}", threads, kernels::name_of(simd), tile);
  }
};

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const int threads : {1, 2, 3, 8}) all.push_back({.threads = threads});
  for (const kernels::Simd simd : kernels::supported_simd()) {
    for (const std::int64_t tile : {16, 48, 96}) {
      all.push_back({.simd = simd, .tile = tile});
      all.push_back({.threads = 2, .simd = simd, .tile = tile});
    }
  }
  return all;
}

struct Data {
  std::vector<float> x;
  std::vector<std::uint8_t> labels;
};

Data random_data() {
  const Philox random(1, RandomPurpose::kTest, 0);
  Data data;
  for (std::uint64_t i = 0; i < kRows * kFeatures; ++i)
    data.x.push_back(static_cast<float>(random.normal(i)));
  for (std::uint64_t i = 0; i < kRows; ++i) {
    data.labels.push_back(static_cast<std::uint8_t>(random.below(kClasses, 1'000'000 + i)));
  }
  return data;
}

using Bits = std::map<std::string, std::vector<std::uint64_t>>;

/// The bits of all variables after training, and of the last loss.
Bits train(const Recipe& recipe, const Variant& variant) {
  Graph graph;
  const Value x = graph.input("x", {kFeatures}, recipe.dtype), label = graph.input("label", {}, recipe.dtype);
  const Value logits = nn::sequential(recipe.layers)(x);
  Value loss = batch_mean(softmax_cross_entropy_labels(logits, label));
  if (recipe.weight_decay > 0) loss = loss + nn::l2_penalty(graph, recipe.weight_decay);
  const std::vector<Value> parameters = graph.parameters();
  const Program program{{{"loss", loss}}, recipe.optimizer(parameters, gradient(loss, parameters).adjoints)};

  ThreadPool own(variant.threads);
  ThreadPool* pool = variant.pool == nullptr ? &own : variant.pool;
  Variables variables(graph, 7);
  Step step = compile(program, variables, {.pool = pool, .simd = variant.simd, .tile = variant.tile});
  const Data data = random_data();
  step.bind("x", {data.x.data(), ElementType::kF32, kRows});
  step.bind("label", {data.labels.data(), ElementType::kU8, kRows});
  for (int i = 0; i < kSteps; ++i) {
    const std::int64_t size = kBatchSizes[static_cast<std::size_t>(i) % std::size(kBatchSizes)];
    EXPECT_EQ(step.run({.size = size, .first = (37 * i) % (kRows - size)}), Status::kOk);
  }
  Bits bits;
  for (const std::string& name : variables.names()) {
    for (const double number : variables.read(name))
      bits[name].push_back(std::bit_cast<std::uint64_t>(number));
  }
  bits["loss"] = {std::bit_cast<std::uint64_t>(step.scalar("loss"))};
  return bits;
}

const Bits& baseline(const std::string& name) {
  static std::map<std::string, Bits> known;
  const auto it = known.find(name);
  return it != known.end() ? it->second : known.emplace(name, train(recipe(name), {})).first->second;
}

class Training : public testing::TestWithParam<std::tuple<std::string, Variant>> {};
INSTANTIATE_TEST_SUITE_P(Networks, Training,
                         testing::Combine(testing::Values("sgd", "momentum_l2", "adam", "adam_f64"),
                                          testing::ValuesIn(variants())),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" + std::get<1>(test.param).str();
                         });

TEST_P(Training, GivesTheSameBits) {
  const auto& [name, variant] = GetParam();
  const Bits found = train(recipe(name), variant);
  for (const auto& [variable, bits] : baseline(name)) EXPECT_EQ(found.at(variable), bits) << variable;
}

// Whoever finds the pool busy works alone; either way the bits are the same.
TEST(Pool, SharedByTwoTrainingsAtOnceGivesTheSameBits) {
  const Recipe sgd = recipe("sgd"), adam = recipe("adam");
  ThreadPool pool(3);
  Bits found;
  std::thread other([&] { found = train(sgd, {.pool = &pool}); });
  const Bits own = train(adam, {.pool = &pool});
  other.join();
  EXPECT_EQ(found, baseline("sgd"));
  EXPECT_EQ(own, baseline("adam"));
}

}  // namespace
}  // namespace catenary
