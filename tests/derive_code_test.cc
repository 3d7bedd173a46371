// Generated code, run: NumPy by Debian's Python, C++ by the compiler that built this. Each language is
// started once for many functions.
#include <gtest/gtest.h>

#include <deque>

#include "catenary/derive/code/code.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/derivation.h"
#include "catenary/ops/catalogue.h"
#include "catenary/transform/gradient.h"
#include "tests/support/example_call.h"
#include "tests/support/random_graph.h"
#include "tests/support/run_code.h"

namespace catenary {
namespace {

using derive::CodeRequest;
using testing_support::bind_sample;
using testing_support::CodeCase;

// Operands as they are; the same but scalars repeated to their shapes; and only the first one repeated.
enum class Repeated { kNone, kAll, kFirst };

Attribute attribute_of(const Op& op, const ExampleSizes& sizes) {
  if (op.name == "slice") return SliceRange{0, 1, sizes.n};  // the example's n/2 is no symbol
  return op.example != nullptr ? op.example(sizes) : Attribute{};
}

// The call of an operator, as one more result of the request.
void add_call(CodeRequest& request, Graph& graph, const Op& op, const ExampleSizes& sizes, Bindings& at,
              std::uint32_t batched, Repeated repeated) {
  const std::string name = fmt::format("{}_{}_{}", op.name, batched, static_cast<int>(repeated));
  std::vector<Value> operands;
  for (const Shape& shape : example_shapes(op, sizes)) {
    const std::size_t i = operands.size();
    const bool is_repeated = repeated == Repeated::kAll || (repeated == Repeated::kFirst && i == 0);
    const Shape leaf_shape = is_repeated ? Shape{} : shape;
    const std::string leaf_name = fmt::format("{}_x{}", name, i);
    const Value x = (batched >> i) % 2 == 1 ? graph.input(leaf_name, leaf_shape, DType::kF64)
                                            : graph.parameter(leaf_name, leaf_shape, {}, DType::kF64);
    bind_sample(at, x, i == 1 ? op.domain2 : op.domain, 4, 1);
    request.parameters.push_back(x);
    operands.push_back(broadcast(x, shape));
  }
  request.gradients.push_back({name, graph.call(op, operands, attribute_of(op, sizes))});
}

CodeRequest all_operators(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  CodeRequest request{.value = graph.constant(1, {}, DType::kF64)};
  for (const Op* op : ops::catalogue()) {
    for (const std::uint32_t batched : testing_support::batch_choices(*op)) {
      add_call(request, graph, *op, sizes, at, batched, Repeated::kNone);
      if (op->domain.kind == Domain::Kind::kDominantDiagonal) continue;  // all equal is singular
      add_call(request, graph, *op, sizes, at, batched, Repeated::kAll);
      add_call(request, graph, *op, sizes, at, batched, Repeated::kFirst);
    }
  }
  return request;
}

void add_gradients(CodeRequest& request) {
  const std::vector<Value> adjoints = gradient(request.value, request.parameters).adjoints;
  for (std::size_t i = 0; i < adjoints.size(); ++i)
    request.gradients.push_back({request.parameters[i].name(), adjoints[i]});
}

// ½‖W x − b‖² + λ ‖W‖² / n, of one sample.
CodeRequest regularised(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const auto leaf = [&](std::string_view name, const Shape& shape) {
    const Value x = graph.parameter(name, shape, {}, DType::kF64);
    bind_sample(at, x, {}, 0, 2);
    return x;
  };
  const Value W = leaf("W", {sizes.m, sizes.n}), x = leaf("x", {sizes.n}), b = leaf("b", {sizes.m});
  const Value lambda = leaf("lambda", {});
  const Value n = graph.shared_input("n", {}, DType::kF64);
  at.leaves["n"] = {static_cast<double>(sizes.n)};
  CodeRequest request{.parameters = {W, x, b, lambda}, .sizes = {n}};
  request.value = squared_error(matmul(W, x), b) + lambda * sum(square(W)) / n;
  add_gradients(request);
  for (auto& g : request.gradients) g.name = g.name == "lambda" ? "lambda_weight" : g.name;
  return request;
}

// A network with one hidden layer, a batch of samples, and a penalty.
CodeRequest network(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const auto bound = [&](Value leaf) { return bind_sample(at, leaf, {}, 0, 3), leaf; };
  const Value x = bound(graph.input("x", {sizes.n}, DType::kF64));
  const Value w1 = bound(graph.parameter("layer1.W", {sizes.k, sizes.n}, {}, DType::kF64));
  const Value b1 = bound(graph.parameter("layer1.b", {sizes.k}, {}, DType::kF64));
  const Value w2 = bound(graph.parameter("W2", {sizes.m, sizes.k}, {}, DType::kF64));
  const Value label = graph.input("label", {}, DType::kF64);
  bind_sample(at, label, {.kind = Domain::Kind::kLabel}, sizes.m, 3);
  const Value a = sigmoid((matmul(w1, x) + b1).rename("z1")).rename("a1");
  const Value loss = softmax_cross_entropy_labels(matmul(w2, a), label);
  CodeRequest request{.parameters = {x, label, w1, b1, w2}};
  request.value = batch_mean(loss) + 0.01 * sum(square(w1));
  const std::vector<Value> adjoints = gradient(request.value, {w1, b1, w2, x}).adjoints;
  request.gradients = {{"W1", adjoints[0]}, {"b1", adjoints[1]}, {"W2", adjoints[2]}, {"x", adjoints[3]}};
  return request;
}

// The loss of one sample of a batch: no axis of samples anywhere.
CodeRequest one_sample(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  at.batch_size = 1;
  const Value x = graph.input("x", {sizes.n}, DType::kF64);
  const Value w = graph.parameter("w", {sizes.n}, {}, DType::kF64);
  bind_sample(at, x, {}, 0, 4);
  bind_sample(at, w, {}, 0, 4);
  CodeRequest request{.parameters = {w, x}};
  request.value = log(1 + exp(-dot(w, x)));
  add_gradients(request);
  return request;
}

// ½ xᵀ A⁻¹ x + ½ ln |det A| + tr((A ⊗ I) B).
CodeRequest gaussian(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const std::int64_t n = sizes.n, m = sizes.m;
  const Value A = graph.parameter("A", {n, n}, {}, DType::kF64);
  const Value x = graph.parameter("x", {n}, {}, DType::kF64);
  const Value B = graph.parameter("B", {n * m, n * m}, {}, DType::kF64);
  bind_sample(at, A, {.low = -1, .high = 1, .kind = Domain::Kind::kDominantDiagonal}, 0, 6);
  for (const Value leaf : {x, B}) bind_sample(at, leaf, {}, 0, 6);
  CodeRequest request{.parameters = {A, x, B, graph.parameter("c", {m}, {}, DType::kF64)}};
  at.leaves["c"] = std::vector<double>(static_cast<std::size_t>(m), 1.0);
  request.value = 0.5 * dot(x, matmul(inv(A), x)) + 0.5 * logdet(A) +
                  trace(matmul(kron(A, identity(graph, m, DType::kF64)), B));
  add_gradients(request);
  return request;
}

// A matrix whose diagonal is 0: elimination exchanges rows, an odd number of times.
CodeRequest exchanged_rows(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const std::int64_t n = sizes.n;
  const Value A = graph.parameter("A", {n, n}, {}, DType::kF64),
              B = graph.parameter("B", {n, n}, {}, DType::kF64);
  bind_sample(at, B, {}, 0, 7);
  for (std::int64_t i = 0; i < n * n; ++i) {
    const std::int64_t row = i / n, column = i % n;
    const double number =
        column == (row + 1) % n ? 2.0 + static_cast<double>(row) : 0.1 * static_cast<double>(i);
    at.leaves["A"].push_back(row == column ? 0 : number);
  }
  CodeRequest request{.parameters = {A, B}};
  request.value = det(A) + logdet(A) + sum(inv(A) * B);
  add_gradients(request);
  return request;
}

// A size that appears only twice as often, and elements of a matrix as one vector.
CodeRequest reshaped(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const Value x = graph.parameter("x", {2 * sizes.n}, {}, DType::kF64);
  const Value A = graph.parameter("A", {sizes.m, sizes.k}, {}, DType::kF64);
  const Value v = graph.parameter("v", {sizes.m * sizes.k}, {}, DType::kF64);
  for (const Value leaf : {x, A, v}) bind_sample(at, leaf, {}, 0, 5);
  CodeRequest request{.parameters = {x, A, v}};
  request.value = dot(reshape(A, v.shape()), exp(v)) + sum(reshape(x, {2, sizes.n}) * 0.5);
  add_gradients(request);
  return request;
}

// Impossible and certain classes: logits of −∞ and ∞, probabilities of 0.
CodeRequest masked(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const auto n = static_cast<std::size_t>(sizes.n);
  const auto leaf = [&](std::string_view name, std::vector<double> numbers) {
    const Value x = graph.parameter(name, {sizes.n}, {}, DType::kF64);
    at.leaves[std::string(name)] = std::move(numbers);
    return x;
  };
  std::vector<double> mask(n, 0), certain(n, 0), y(n, 0), x;
  for (std::size_t i = 0; i < n; ++i) x.push_back(std::sin(static_cast<double>(i)));
  mask[0] = -HUGE_VAL, y[1] = 1, certain[0] = -HUGE_VAL, certain[1] = HUGE_VAL;
  const Value logits = leaf("x", x), impossible = leaf("mask", mask), sure = leaf("certain", certain);
  const Value target = leaf("y", y), label = graph.parameter("label", {}, {}, DType::kF64);
  at.leaves["label"] = {1};
  const Value z = logits + impossible, u = logits + sure;
  CodeRequest request{.parameters = {logits, impossible, target, sure, label}};
  request.value = softmax_cross_entropy(z, target) + softmax_cross_entropy_labels(z, label) + logsumexp(z) +
                  sigmoid_cross_entropy(u, target) + cross_entropy(softmax(z), target) +
                  softmax_cross_entropy(u, target) + dot(softmax(u), target);
  request.gradients = {{"x", gradient(request.value, {logits}).adjoints[0]},
                       {"log_shares", log_softmax(logits)},
                       {"no_class", pick(logits, label + 0.5)}};
  return request;
}

// Shares of classes that are given as they are, some of them 0 and rightly so: 0 · ln 0 is 0 in the loss, and
// 0 in its gradient.
CodeRequest sure_shares(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const Value a = graph.parameter("a", {sizes.n}, {}, DType::kF64);
  const Value y = graph.parameter("y", {sizes.n}, {}, DType::kF64);
  std::vector<double> shares(static_cast<std::size_t>(sizes.n), 0);
  shares[1] = 1;
  at.leaves["a"] = at.leaves["y"] = shares;
  CodeRequest request{.parameters = {a, y}};
  request.value = cross_entropy(a, y);
  request.gradients = {{"a", gradient(request.value, {a}).adjoints[0]}};
  return request;
}

// The Hessian of a function by one vector; and all blocks of a function of a vector and a scalar.
CodeRequest with_hessian(const derive::Derivation& derivation, Bindings& at) {
  CodeRequest request{.parameters = derivation.leaves, .value = derivation.sample.scalar};
  for (const Value leaf : request.parameters) bind_sample(at, leaf, {}, 0, 8);
  for (const derive::Result& r : derivation.sample.results)
    request.gradients.push_back({r.variable.name(), r.traced});
  for (const derive::SecondDerivative& block : derivation.hessian->blocks) {
    const std::string x = block.x.name(), y = block.y.name();
    request.hessians.push_back({x == y ? x : fmt::format("{},{}", x, y), block.value()});
  }
  return request;
}

// Derivations own their graphs, which the requests point into.
const derive::Derivation& kept(derive::Derivation derivation) {
  static std::deque<derive::Derivation> all;
  return all.emplace_back(std::move(derivation));
}

CodeRequest logistic_hessian(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const Value A = graph.parameter("A", {sizes.m, sizes.n}, {}, DType::kF64);
  const Value x = graph.parameter("x", {sizes.n}, {}, DType::kF64);
  const Value f = sum(softplus(matmul(A, x))) + logsumexp(matmul(A, x)) + dot(x, x);
  return with_hessian(kept(derive::derive(f, {{x}}, {.order = 2})), at);
}

CodeRequest mixed_hessian(Graph& graph, const ExampleSizes& sizes, Bindings& at) {
  const Value a = graph.parameter("a", {sizes.n}, {}, DType::kF64);
  const Value x = graph.parameter("x", {sizes.n}, {}, DType::kF64);
  const Value c = graph.parameter("c", {}, {}, DType::kF64);
  return with_hessian(kept(derive::derive(square(c) * exp(dot(a, x)), {{x, c, a}}, {.order = 2})), at);
}

CodeCase::Build random_graph(std::uint64_t seed) {
  return [seed](Graph& graph, const ExampleSizes&, Bindings& at) {
    testing_support::GraphGrower random(graph, DType::kF64, at.batch_size, seed);
    const Philox numbers(seed, RandomPurpose::kTest, 7);
    std::vector<std::uint32_t> choices;
    for (std::uint64_t i = 0; i < 20; ++i)
      choices.push_back(static_cast<std::uint32_t>(numbers.below(1u << 24, i)));
    random.grow(choices);
    at = random.bindings;
    CodeRequest request{.parameters = random.leaves, .value = random.total()};
    add_gradients(request);
    return request;
  };
}

std::vector<CodeCase> some_functions() {
  std::vector<CodeCase> cases;
  for (const auto build : {regularised, network, one_sample, gaussian, exchanged_rows, reshaped, masked,
                           sure_shares, logistic_hessian, mixed_hessian})
    cases.emplace_back(build);
  return cases;
}

std::vector<CodeCase> random_functions(std::uint64_t count) {
  std::vector<CodeCase> cases;
  for (std::uint64_t seed = 1; seed <= count; ++seed)
    cases.emplace_back(random_graph(seed)).written.dimensions = nullptr;
  return cases;
}

std::vector<CodeCase> catalogue() {
  std::vector<CodeCase> cases;
  cases.emplace_back(all_operators);
  return cases;
}

// What the reference adds in order, NumPy adds in pairs: some ten roundings of results of the order of 1.
constexpr double kTolerance = 1e-12;

TEST(NumpyCode, OfEveryOperatorComputesWhatItsReferenceDoesAtOtherSizes) {
  const auto cases = catalogue();
  expect_reference(cases, run_numpy(cases, PYTHON), kTolerance);
}

TEST(NumpyCode, OfFunctionsAndTheirGradientsComputesWhatTheReferencesDo) {
  auto cases = some_functions();
  for (CodeCase& c : random_functions(20)) cases.push_back(std::move(c));
  expect_reference(cases, run_numpy(cases, PYTHON), kTolerance);
}

// Calls of the function regularised(W, x, b, lambda) and network(x, label, ...) whose shapes do not fit.
TEST(NumpyCode, RejectsShapesThatDoNotFit) {
  const testing_support::TemporaryDirectory dir;
  (void)dir.file("one.py", derive::numpy_code(CodeCase(regularised).written));
  (void)dir.file("two.py", derive::numpy_code(CodeCase(network).written));
  const auto main = dir.file("main.py", R"(
import numpy as np, one, two
def call(module, *shapes):
    try:
        module.value_and_gradient(*(np.ones(s) for s in shapes))
        print("fits")
    except ValueError as error:
        print(error)
call(one, (2, 3), 3, 2, ())
call(one, (2, 3), 4, 2, ())
call(one, 3, 3, 2, ())
call(one, (2, 3), 3, 2, 1)
call(two, (5, 3), 4, (6, 3), 6, (2, 6))
call(two, (5, 3), 5, (6, 3), 6, (2, 7))
)");
  EXPECT_EQ(testing_support::output_of(fmt::format("{} -B {}", PYTHON, main.string())),
            "fits\n"
            "x needs the shape [n] = [3], as the other parameters say; found [4]\n"
            "W needs the shape [m, n], found [3]\n"
            "lambda_ needs the shape [], found [1]\n"
            "label needs the shape [N] = [5], as the other parameters say; found [4]\n"
            "W2 needs the shape [m, k] = [2, 6], as the other parameters say; found [2, 7]\n");
}

TEST(SlowCppCode, RejectsShapesThatDoNotFit) {
  const testing_support::TemporaryDirectory dir;
  CodeCase one(regularised), two(network);
  one.written.cpp_namespace = "regression", two.written.cpp_namespace = "network";
  (void)dir.file("one.h", derive::cpp_code(one.written));
  (void)dir.file("two.h", derive::cpp_code(two.written));
  const auto main = dir.file("main.cc", R"(#include "one.h"
#include "two.h"
#include <cstdio>
template <class F>
void call(F f) {
  try {
    f();
    std::puts("fits");
  } catch (const std::invalid_argument& error) {
    std::puts(error.what());
  }
}
int main() {
  const derived::regression::Matrix w{1, 2, {1, 2}};
  call([&] { derived::regression::value_and_gradient(w, {1, 2}, {1}, 1); });
  call([&] { derived::regression::value_and_gradient(w, {1, 2, 3}, {1}, 1); });
  call([&] { derived::regression::value_and_gradient({1, 2, {1}}, {1, 2}, {1}, 1); });
  const derived::network::Matrix u{1, 2, {1, 2}}, v{1, 1, {1}};
  call([&] { derived::network::value_and_gradient({{{1, 2}}}, {{0}}, u, {1}, v); });
  call([&] { derived::network::value_and_gradient({{{1, 2}, {1, 2, 3}}}, {{0, 0}}, u, {1}, v); });
  call([&] { derived::network::value_and_gradient({{{1, 2}}}, {{0, 1}}, u, {1}, v); });
  call([&] { derived::network::value_and_gradient({}, {}, u, {1}, v); });
}
)");
  EXPECT_EQ(testing_support::output_of(fmt::format("{0} -std=c++20 {1} -o {2} && {2}", CXX, main.string(),
                                                   (dir / "program").string())),
            "fits\n"
            "elements of x: needed 2 as the other parameters say, found 3\n"
            "elements of W: needed 2 as the other parameters say, found 1\n"
            "fits\n"
            "elements of x: needed 2 as the other parameters say, found 3\n"
            "samples of label: needed 1 as the other parameters say, found 2\n"
            "needed at least one sample, found none\n");
}

TEST(SlowCppCode, OfSeveralFunctionsIsIncludedTogether) {
  const testing_support::TemporaryDirectory dir;
  std::string includes;
  const auto add = [&](const char* file, const char* formula, const char* declarations, const char* name) {
    const derive::Expression e = derive::parse_expression(formula, declarations);
    const derive::Derivation d = derive::derive(e.value, e.variables, {.dimensions = e.dimensions});
    (void)dir.file(fmt::format("{}.h", file), derive::render_cpp(d, derive::CheckedPart::kBatch, name));
    includes += fmt::format("#include \"{}.h\"\n", file);
  };
  for (const char* same : {"one", "same"}) add(same, "1 - x'*y/(norm(x)*norm(y))", "x: n, y: n", "");
  add("two", "norm(x - y)^2", "x: n, y: n", "");
  add("three", "x'*A*x + logdet(A)", "A: n×n, x: n", "quadratic-form");
  add("four", "x'*A*x + normF(A)^2", "A: n×n, x: n", "std");
  for (const char* taken : {"main", "int8_t", "pthread_create", "tm", "_A", "a__b", "errno", "derived"})
    add(taken, "norm(_A - a__b)", "_A: n, a__b: n", taken);
  const auto main = dir.file("main.cc", includes + R"(#include <cstdio>
int main() {
  const derived::quadratic_form::Matrix a{1, 1, {2}};
  std::printf("%g\n", derived::quadratic_form::value_and_gradient(a, {3}).gradient.x[0]);
  const derived::std_::Matrix b{1, 1, {2}};
  std::printf("%g\n", derived::std_::value_and_gradient(b, {3}).value);
}
)");
  EXPECT_EQ(testing_support::output_of(fmt::format("{0} -std=c++20 -Wall -Wextra -Werror {1} -o {2} && {2}",
                                                   CXX, main.string(), (dir / "program").string())),
            "12\n22\n");
}

TEST(SlowCppCode, OfEveryOperatorComputesWhatItsReferenceDoesAtOtherSizes) {
  const auto cases = catalogue();
  expect_reference(cases, run_cpp(cases, CXX), kTolerance);
}

TEST(SlowCppCode, OfFunctionsAndTheirGradientsComputesWhatTheReferencesDo) {
  auto cases = some_functions();
  for (CodeCase& c : random_functions(4)) cases.push_back(std::move(c));
  expect_reference(cases, run_cpp(cases, CXX), kTolerance);
}

}  // namespace
}  // namespace catenary
