// Small programs as users write them, against what was installed. Prints the names of those that go wrong.
// Usage: consumer FOLDER    (a place for files)
#include <catenary/catenary.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>

using namespace catenary;

namespace {

bool runs(Step& step, std::int64_t size, int times = 1) {
  for (int i = 0; i < times; ++i) {
    if (step.run({.size = size}) != Status::kOk) return false;
  }
  return true;
}

// d(w²)/dw = 2w, so 6 at w = 3.
bool derivative() {
  Graph graph;
  const Value w = graph.shared_input("w", {}, DType::kF64);
  const Value slope = gradient(w * w, {w}).adjoints.front();
  return Evaluation({slope}, {.leaves = {{"w", {3.0}}}})[slope].front() == 6;
}

// sin(3x) from doubles, by an f32 network.
bool regression() {
  Graph g;
  const Value x = g.input("x", {1}), y = g.input("y", {1});
  const Value a = nn::sequential({nn::dense(16, tanh), nn::dense(1)})(x);
  const Value loss = batch_mean(squared_error(a, y));
  const auto weights = g.parameters();
  const auto updates = optim::adam({.learning_rate = 0.02})(weights, gradient(loss, weights).adjoints);
  Variables variables(g, 1);
  Step step = compile({.outputs = {{"loss", loss}}, .updates = updates}, variables);
  std::vector<double> xs, ys;
  for (int i = -32; i < 32; ++i) {
    xs.push_back(i / 32.0);
    ys.push_back(std::sin(3 * xs.back()));
  }
  step.bind("x", rows_of(xs, 1));
  step.bind("y", rows_of(ys, 1));
  return runs(step, 64, 500) && step.scalar("loss") < 0.01;
}

// Two networks, one of them on two inputs, each with an optimizer and a step of its own: the critic tells the
// number 3 from what the generator makes, until that is 3.
bool two_networks() {
  Graph g;
  const Value real = g.input("real", {1}), noise = g.input("noise", {1});
  const Value fake = nn::sequential({nn::dense(4, relu), nn::dense(1)})(noise);
  const auto generator = g.parameters();
  const Value of_real = nn::sequential({nn::dense(8, leaky_relu), nn::dense(1)})(real);
  const Value of_fake = nn::substitute(of_real, real, fake);
  const auto all = g.parameters();
  const std::vector<Value> critic(all.begin() + std::ssize(generator), all.end());
  const Value critic_loss = batch_mean(sum(softplus(-of_real) + softplus(of_fake)));
  const Value generator_loss = batch_mean(sum(softplus(-of_fake)));
  const auto trained = [&](Value loss, std::span<const Value> weights) {
    return optim::adam({.learning_rate = 0.01})(weights, gradient(loss, weights).adjoints);
  };
  const auto critic_updates = trained(critic_loss, critic);
  const auto generator_updates = trained(generator_loss, generator);
  Variables variables(g, 1);
  Step criticise = compile({{{"loss", critic_loss}}, critic_updates}, variables);
  Step generate = compile({{{"fake", batch_mean(fake)}}, generator_updates}, variables);
  const std::vector<float> threes(16, 3.f);
  std::vector<float> numbers;
  for (int i = 0; i < 16; ++i) numbers.push_back(static_cast<float>(i) / 8 - 1);
  criticise.bind("real", rows_of(threes, 1));
  for (Step* step : {&criticise, &generate}) step->bind("noise", rows_of(numbers, 1));
  for (int i = 0; i < 600; ++i) {
    if (!runs(criticise, 16) || !runs(generate, 16)) return false;
  }
  return std::abs(generate.scalar("fake") - 3) < 1;
}

// Adam's first step is as long as its learning rate; a group without an optimizer is frozen.
bool groups() {
  Graph g;
  const Value x = g.input("x", {2}), y = g.input("y", {1});
  const Value a = nn::sequential({nn::dense(3, sigmoid), nn::dense(3, sigmoid), nn::dense(1)})(x);
  const Value loss = batch_mean(huber(a, y));
  std::vector<Update> updates;
  for (const auto& [name, rate] : {std::pair{"dense1.weight", 0.1}, std::pair{"dense3.weight", 0.01}}) {
    const std::array group{g.find(name)};
    for (const Update& update : optim::adam({.learning_rate = rate})(group, gradient(loss, group).adjoints)) {
      updates.push_back(update);
    }
  }
  Variables variables(g, 1);
  Step step = compile({{{"loss", loss}}, updates}, variables);
  Variables start(g, 1);
  const auto moved = [&](const std::string& name) {
    return std::abs(variables.read(name)[0] - start.read(name)[0]);
  };
  const std::vector<float> xs = {1, 2}, ys = {3};
  step.bind("x", rows_of(xs, 2));
  step.bind("y", rows_of(ys, 1));
  return runs(step, 1) && std::abs(moved("dense1.weight") - 0.1) < 1e-4 &&
         std::abs(moved("dense3.weight") - 0.01) < 1e-5 && moved("dense2.weight") == 0;
}

// Bytes, read as 0 to 1, and labels.
bool images() {
  Graph g;
  const Value x = g.input("x", {4}), label = g.input("label", {});
  const Value z = nn::dense(2, identity, {.name = "out"})(x, "");
  const Value loss = batch_mean(softmax_cross_entropy_labels(z, label));
  const auto weights = g.parameters();
  const auto updates = optim::sgd({.learning_rate = 0.5})(weights, gradient(loss, weights).adjoints);
  Variables variables(g, 1);
  Step step = compile({{{"x", x}, {"class", argmax(z)}}, updates}, variables);
  const std::vector<std::uint8_t> pixels = {255, 0, 0, 0, 0, 0, 0, 255}, labels = {0, 1};
  const std::array scale{1.0 / 255}, shift{0.0};
  Rows rows = rows_of(pixels, 4);
  rows.scale = scale;
  rows.shift = shift;
  step.bind("x", rows);
  step.bind("label", rows_of(labels, 1));
  return runs(step, 2, 50) && step.rows("x")[0] == 1 && step.values("class") == std::vector<double>{0, 1};
}

// A loss of one's own in f64, and its gradient for each sample: ∂(w·x)²/∂w = 2 (w·x) x.
bool per_sample() {
  Graph g;
  const Value x = g.input("x", {2}, DType::kF64), w = g.parameter("w", {2}, {}, DType::kF64);
  Variables variables(g, 1);
  Step step = compile({.outputs = {{"slopes", gradient(square(dot(w, x)), {w}).adjoints[0]}}}, variables);
  variables.write("w", {1, 1});
  const std::vector<double> xs = {1, 2, 3, 4};
  step.bind("x", rows_of(xs, 2));
  return runs(step, 2) && step.values("slopes") == std::vector<double>{6, 12, 42, 56};
}

// Weights to a file and back into a network that started from another seed.
bool weights_in_a_file(const std::filesystem::path& path) {
  const auto build = [](Graph& g) {
    return nn::sequential({nn::dense(3, gelu), nn::dense(1)})(g.input("x", {2}));
  };
  Graph first, second;
  (void)build(first);
  (void)build(second);
  const Variables trained(first, 1);
  Variables loaded(second, 2);
  Safetensors file;
  for (const std::string& name : trained.names()) {
    const std::vector<double> numbers = trained.read(name);
    const std::vector<float> f32(numbers.begin(), numbers.end());
    file.tensors.push_back(make_tensor(name, trained.type(name).shape, f32));
  }
  write_safetensors(path, file);
  for (const Tensor& tensor : read_safetensors(path).tensors) loaded.write(tensor.name, f32_values(tensor));
  for (const std::string& name : trained.names()) {
    if (loaded.read(name) != trained.read(name)) return false;
  }
  return true;
}

}  // namespace

int main(int, char** arguments) try {
  int failures = 0;
  const auto check = [&](const char* name, bool passed) {
    if (passed) return;
    std::printf("%s went wrong\n", name);
    ++failures;
  };
  check("derivative", derivative());
  check("regression", regression());
  check("two_networks", two_networks());
  check("groups", groups());
  check("images", images());
  check("per_sample", per_sample());
  check("weights_in_a_file", weights_in_a_file(std::filesystem::path(arguments[1]) / "weights.safetensors"));
  return failures;
} catch (const Error& error) {
  std::printf("%s\n", error.what());
  return 1;
}
