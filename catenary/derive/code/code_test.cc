#include "catenary/derive/code/code.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"
#include "tests/support/errors.h"

namespace catenary::derive {
namespace {

using ::testing::HasSubstr;
using testing_support::error_of;

// The text from `begin` on.
std::string from(const std::string& text, std::string_view begin) {
  const std::size_t at = text.find(begin);
  return at == std::string::npos ? "no " + std::string(begin) : text.substr(at);
}

// ‖W x − b‖² with W: [m, n].
struct LeastSquares {
  LeastSquares() {
    const std::int64_t m = dimensions.extent("m"), n = dimensions.extent("n");
    const Value W = graph.parameter("W", {m, n}, {}, DType::kF64);
    const Value x = graph.parameter("x", {n}, {}, DType::kF64);
    const Value b = graph.parameter("b", {m}, {}, DType::kF64);
    const Value r = (matmul(W, x) - b).rename("r");
    request = {.parameters = {W, x, b}, .value = sum(square(r)), .dimensions = &dimensions};
    request.gradients = {{"W", outer(2 * r, x)}, {"x", 2 * matmul(transpose(W), r)}};
  }
  Dimensions dimensions;
  Graph graph;
  CodeRequest request;
};

TEST(NumpyCode, ReadsLikeAFunctionWrittenByHand) {
  EXPECT_EQ(from(numpy_code(LeastSquares().request), "def value"),
            R"code(def value_and_gradient(W, x, b):
    r"""The value of f and its gradients by name.

    r = W x − b
    f = ‖r‖²
    ∂f/∂W = 2 r xᵀ
    ∂f/∂x = 2 Wᵀ r

    Parameters:
      W: [m, n]
      x: [n]
      b: [m]
    """
    W = _array("W", W, "m, n")
    x = _array("x", x, "n")
    b = _array("b", b, "m")
    m, n = W.shape
    _check_shape("x", x, "n", (n,))
    _check_shape("b", b, "m", (m,))
    r = W @ x - b
    value = np.sum(r**2)
    dW = np.outer(2 * r, x)
    dx = 2 * (W.T @ r)
    return float(value), {"W": dW, "x": dx}
)code");
}

TEST(CppCode, ReadsLikeAFunctionWrittenByHand) {
  LeastSquares least_squares;
  least_squares.request.cpp_namespace = "least_squares";
  EXPECT_EQ(from(cpp_code(least_squares.request), "struct Gradient"),
            R"code(struct Gradient {
  Matrix W;
  Vector x;
};

struct ValueAndGradient {
  double value;
  Gradient gradient;
};

inline ValueAndGradient value_and_gradient(const Matrix& W, const Vector& x, const Vector& b) {
  const std::size_t m = W.rows;
  const std::size_t n = W.columns;
  check_shape("W", W, m, n);
  check_shape("x", x, n);
  check_shape("b", b, m);
  const Vector r = matvec(W, x) - b;
  const double value = sum(map(square, r));
  const Matrix dW = outer(2.0 * r, x);
  const Vector dx = 2.0 * matvec(transpose(W), r);
  return {value, {dW, dx}};
}

}  // namespace derived::least_squares

#endif
#endif
)code");
}

TEST(CppCode, HasANamespaceOfItsOwn) {
  const auto namespace_of = [](const std::string& code) {
    const std::size_t begin = code.find("\nnamespace ") + 11;
    return code.substr(begin, code.find(' ', begin) - begin);
  };
  LeastSquares one, two;
  EXPECT_THAT(namespace_of(cpp_code(one.request)), ::testing::MatchesRegex("derived_[0-9a-f]{8}"));
  EXPECT_EQ(cpp_code(one.request), cpp_code(two.request));
  two.request.gradients.pop_back();
  EXPECT_NE(namespace_of(cpp_code(one.request)), namespace_of(cpp_code(two.request)));
  for (const auto& [wanted, name] :
       {std::pair{"cosine", "derived::cosine"}, std::pair{"2-norm", "derived::v2_norm"},
        std::pair{"std", "derived::std_"}, std::pair{"round", "derived::round"},
        std::pair{"W", "derived::W_"}, std::pair{"_A", "derived::A"}, std::pair{"a__b", "derived::a_b"},
        std::pair{"__", "derived::v"}}) {
    one.request.cpp_namespace = wanted;
    EXPECT_EQ(namespace_of(cpp_code(one.request)), name);
  }
}

TEST(CppCode, OfAnOlderStandardIsOneErrorAndNothingElse) {
  const std::string code = cpp_code(LeastSquares().request);
  const std::size_t error = code.find("#error \"this header needs C++20: compile with -std=c++20\"\n#else\n");
  ASSERT_NE(error, std::string::npos);
  EXPECT_EQ(code.find("#include"), code.find("#include", error));
  EXPECT_EQ(code.find("namespace"), code.find("namespace", error));
  EXPECT_TRUE(code.ends_with("\n#endif\n#endif\n"));
  EXPECT_LT(code.find("// Needs C++20."), error);
}

TEST(Code, BringsOnlyTheFunctionsThatItCalls) {
  const LeastSquares least_squares;
  EXPECT_THAT(numpy_code(least_squares.request), ::testing::Not(HasSubstr("_sigmoid")));
  EXPECT_THAT(cpp_code(least_squares.request), ::testing::Not(HasSubstr("sigmoid")));
}

// Words of the language, of the code's own functions, and those that are no identifiers at all.
TEST(Code, GivesNamesThatAreTakenAnUnderscore) {
  Graph graph;
  std::vector<Value> parameters;
  for (const char* name : {"lambda", "np", "double", "sum", "N", "layer1.w", "λ", "2x", "v1"})
    parameters.push_back(graph.parameter(name, {}, {}, DType::kF64));
  Value total = parameters[0];
  for (const Value p : parameters) total = total + p * p;
  const CodeRequest request{.parameters = parameters, .value = total * total};
  EXPECT_THAT(numpy_code(request),
              HasSubstr("def value_and_gradient(lambda_, np_, double, sum, N, layer1_w, λ, v2x, v1):"));
  EXPECT_THAT(cpp_code(request),
              HasSubstr("(double lambda, double np, double double_, double sum_,\n"
                        "    double N, double layer1_w, double λ, double v2x, double v1) {"));
}

TEST(CppCode, KeepsOrdinaryNamesAndAvoidsMacros) {
  Graph graph;
  std::vector<Value> parameters;
  for (const char* name : {"s", "count", "like", "elements", "NULL", "M_PI", "errno", "__FILE__", "EOF"})
    parameters.push_back(graph.parameter(name, {}, {}, DType::kF64));
  const Value x = graph.input("x", {3}, DType::kF64);
  Value total = batch_mean(sum(tanh(x) * broadcast(parameters[0], x.shape())));
  for (const Value p : parameters) total = total + p;
  parameters.push_back(x);
  const std::string code = cpp_code({.parameters = parameters, .value = total});
  EXPECT_THAT(code, HasSubstr("(double s, double count, double like, double elements,"));
  for (const char* renamed : {"NULL_", "M_PI_", "errno_", "FILE_,", "EOF_"})
    EXPECT_THAT(code, HasSubstr(fmt::format("double {}", renamed)));
  EXPECT_THAT(code, HasSubstr("[&](std::size_t s_)"));
}

TEST(Code, OfAResultThatIsAParameterReturnsACopy) {
  Graph graph;
  const Value a = graph.parameter("a", {3}, {}, DType::kF64), x = graph.parameter("x", {3}, {}, DType::kF64);
  const CodeRequest request{.parameters = {a, x}, .value = dot(a, x), .gradients = {{"a", x}, {"x", a}}};
  EXPECT_THAT(numpy_code(request), HasSubstr("    da = np.array(x)\n    dx = np.array(a)\n"));
}

TEST(Code, ErrorsSayWhatWasNeeded) {
  Dimensions dimensions;
  Graph graph;
  const std::int64_t n = dimensions.extent("n");
  const Value x = graph.parameter("x", {n * n}, {}, DType::kF64);
  const Value size = graph.shared_input("k", {}, DType::kF64);
  const Value sample = graph.input("s", {}, DType::kF64);
  const auto error = [](const CodeRequest& request) {
    std::string message = error_of([&] { (void)numpy_code(request); });
    EXPECT_EQ(error_of([&] { (void)cpp_code(request); }), message);
    return message;
  };
  EXPECT_EQ(error({.parameters = {x}, .value = x}),
            "shape: code computes a scalar and its gradients; the value has shape [25]");
  EXPECT_EQ(error({.value = sum(x)}), "config: code: 'x' is read, but it is no parameter of the function");
  EXPECT_EQ(error({.parameters = {x}, .value = sum(x), .dimensions = &dimensions}),
            "config: code: the size 'n' can be read off no parameter's shape; needed one with an axis of n");
  EXPECT_EQ(error({.sizes = {size}, .value = size}), "config: code: a size needs dimensions, found 'k'");
  EXPECT_EQ(error({.sizes = {size}, .value = size, .dimensions = &dimensions}),
            "config: code: the size 'k' is no dimension's");
  EXPECT_EQ(error({.value = batch_mean(batch_broadcast(graph.constant(1, {}, DType::kF64)))}),
            "config: code: the number of samples can be read off no parameter; needed a batched one");
  EXPECT_EQ(error({.parameters = {sample}, .value = sample * batch_broadcast(batch_mean(sample))}),
            "config: code: batch_mean needs the whole batch, but the value is one sample's");
  const Value y = graph.parameter("y", {n}, {}, DType::kF64);
  EXPECT_EQ(error({.parameters = {y}, .value = mean(y), .dimensions = &dimensions}),
            "config: code: mean needs an operand whose size is a number, found [n]; write sum(x) / n");
  EXPECT_EQ(error({.parameters = {y}, .value = sum(concat({{y, y}})), .dimensions = &dimensions}),
            "config: code: concat needs extents that are numbers along axis 0, found n");
  const Value cube = graph.parameter("c", {2, 2, 2}, {}, DType::kF64);
  EXPECT_EQ(error_of([&] { (void)cpp_code({.parameters = {cube}, .value = sum(cube)}); }),
            "config: C++ code has numbers, vectors and matrices; found a value of shape [2, 2, 2]");
}

TEST(NumpyCode, ReadsTheSizesThatSimplifyingBroughtIn) {
  const Expression e = parse_expression("logdet(kron(A,B))", "A: n×n, B: m×m");
  const Derivation d =
      derive(e.value, std::span(&e.variables[0], 1), {.dimensions = e.dimensions, .leaves = e.variables});
  EXPECT_THAT(render_numpy(d), HasSubstr("dA = m * np.linalg.inv(A).T\n"));
}

}  // namespace
}  // namespace catenary::derive
