#include "catenary/derive/code/cpp_helpers.h"
#include "catenary/ops/catalogue.h"

#include <array>

namespace catenary::derive {

namespace {

// Operators on elements, each with the function that it becomes.
constexpr std::array kCppFunctions = {
    CppFunction{&ops::kSquare, "square", "\ninline double square(double x) { return x * x; }\n"},
    CppFunction{&ops::kSqrt, "sqrt", "\ninline double sqrt(double x) { return std::sqrt(x); }\n"},
    CppFunction{&ops::kPow, "pow", "\ninline double pow(double x, double p) { return std::pow(x, p); }\n"},
    CppFunction{&ops::kExp, "exp", "\ninline double exp(double x) { return std::exp(x); }\n"},
    CppFunction{&ops::kSin, "sin", "\ninline double sin(double x) { return std::sin(x); }\n"},
    CppFunction{&ops::kCos, "cos", "\ninline double cos(double x) { return std::cos(x); }\n"},
    CppFunction{&ops::kLog, "log", "\ninline double log(double x) { return std::log(x); }\n"},
    CppFunction{&ops::kAbs, "abs", "\ninline double abs(double x) { return std::abs(x); }\n"},
    CppFunction{&ops::kSign, "sign",
                "\ninline double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }\n"},
    CppFunction{&ops::kStep, "step", "\ninline double step(double x) { return x > 0 ? 1 : 0; }\n"},
    CppFunction{&ops::kEqual, "equal",
                "\ninline double equal(double a, double b) { return a == b ? 1 : 0; }\n"},
    CppFunction{&ops::kClip, "clip",
                "\ninline double clip(double x, double limit) { return std::clamp(x, -limit, limit); }\n"},
    CppFunction{&ops::kErf, "erf", "\ninline double erf(double x) { return std::erf(x); }\n"},
    CppFunction{&ops::kTanh, "tanh", "\ninline double tanh(double x) { return std::tanh(x); }\n"},
    CppFunction{&ops::kRelu, "relu", "\ninline double relu(double x) { return x < 0 ? 0 : x; }\n"},
    CppFunction{&ops::kLeakyRelu, "leaky_relu",
                "\ninline double leaky_relu(double x, double slope) { return x < 0 ? slope * x : x; }\n"},
    CppFunction{
        &ops::kElu, "elu",
        "\ninline double elu(double x, double alpha) { return x < 0 ? alpha * std::expm1(x) : x; }\n"},
    CppFunction{&ops::kSigmoid, "sigmoid", R"(
inline double sigmoid(double x) {
  const double e = std::exp(-std::abs(x));  // never overflows
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
)"},
    CppFunction{&ops::kSilu, "silu", "\ninline double silu(double x) { return x * sigmoid(x); }\n"},
    CppFunction{&ops::kSoftplus, "softplus", R"(
inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
)"},
    CppFunction{&ops::kGelu, "gelu",
                "\ninline double gelu(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }\n"},
    CppFunction{&ops::kSquaredError, "squared_error",
                "\ninline double squared_error(double a, double y) { return 0.5 * (y - a) * (y - a); }\n",
                CppFunction::Use::kSummed},
    CppFunction{
        &ops::kCrossEntropy, "cross_entropy",
        "\ninline double cross_entropy(double a, double y) { return y == 0 ? 0 : -y * std::log(a); }\n",
        CppFunction::Use::kSummed},
    CppFunction{&ops::kSigmoidCrossEntropy, "sigmoid_cross_entropy", R"(
inline double sigmoid_cross_entropy(double z, double y) {
  const double gap = (z > 0 ? 1 : 0) - y;  // 0 where z points the right way: then even an infinite z costs nothing
  return (gap == 0 ? 0 : z * gap) + std::log1p(std::exp(-std::abs(z)));
}
)",
                CppFunction::Use::kSummed},
    CppFunction{&ops::kHuber, "huber", R"(
inline double huber(double a, double y, double delta) {
  const double r = std::abs(a - y);
  return r <= delta ? 0.5 * r * r : delta * (r - 0.5 * delta);
}
)",
                CppFunction::Use::kSummed},
};

constexpr std::array kFunctionsOfArrays = {
    CodeHelper{"sum", R"(
template <class A>
double sum(const A& x) {
  return sum_of([](double e) { return e; }, x);
}
)"},
    CodeHelper{"mean", R"(
template <class A>
double mean(const A& x) {
  return sum(x) / double(count(x));
}
)"},
    CodeHelper{"norm1", R"(
template <class A>
double norm1(const A& x) {
  return sum_of([](double e) { return std::abs(e); }, x);
}
)"},
    CodeHelper{"norm2", R"(
template <class A>
double norm2(const A& x) {
  return std::sqrt(sum_of([](double e) { return e * e; }, x));
}
)"},
    CodeHelper{"dot", R"(
template <class A, class B>
double dot(const A& a, const B& b) {
  return sum_of([](double x, double y) { return x * y; }, a, b);
}
)"},
    CodeHelper{"unit_vector", R"(
template <Array A>
A unit_vector(const A& x) {
  const double length = norm2(x);
  return map([&](double e) { return length > 0 ? e / length : 0; }, x);
}
)"},
    CodeHelper{"argmax", R"(
template <class A>
double argmax(const A& x) {  // the first one; nan is above all
  std::size_t best = 0;
  for (std::size_t i = 1; i < count(x) && !std::isnan(element(x, best)); ++i)
    best = element(x, i) <= element(x, best) ? best : i;
  return double(best);
}
)"},
    CodeHelper{"largest", R"(
template <class A>
double largest(const A& x) {
  return element(x, std::size_t(argmax(x)));
}
)"},
    CodeHelper{"argmax_mask", R"(
template <Array A>
A argmax_mask(A x) {
  const auto best = std::size_t(argmax(x));
  for (std::size_t i = 0; i < count(x); ++i) elements(x)[i] = i == best ? 1 : 0;
  return x;
}
)"},
    CodeHelper{"from_largest", R"(
inline double from_largest(double x, double most) { return x == most ? 0 : x - most; }  // even an infinite one
)"},
    CodeHelper{"exp_sum", R"(
template <class A>
double exp_sum(const A& x, double most) {
  return sum_of([&](double e) { return std::exp(from_largest(e, most)); }, x);
}
)"},
    CodeHelper{"share_sum", R"(
inline double share_sum(const Vector& x, double most) {  // of several infinite maxima none has a share
  const double total = exp_sum(x, most);
  return std::isinf(most) && total > 1 ? std::numeric_limits<double>::quiet_NaN() : total;
}
)"},
    CodeHelper{"logsumexp", R"(
template <class A>
double logsumexp(const A& x) {
  const double most = largest(x);
  return most + std::log(exp_sum(x, most));
}
)"},
    CodeHelper{"softmax", R"(
inline Vector softmax(const Vector& x) {
  const double most = largest(x), total = share_sum(x, most);
  return map([&](double e) { return std::exp(from_largest(e, most)) / total; }, x);
}
)"},
    CodeHelper{"log_softmax", R"(
inline Vector log_softmax(const Vector& x) {
  const double most = largest(x), log_total = std::log(share_sum(x, most));
  return map([&](double e) { return from_largest(e, most) - log_total; }, x);
}
)"},
    CodeHelper{"pick", R"(
inline double pick(const Vector& x, double label) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (double(i) == label) return x[i];
  }
  return std::numeric_limits<double>::quiet_NaN();
}
)"},
    CodeHelper{"softmax_cross_entropy", R"(
inline double softmax_cross_entropy(const Vector& z, const Vector& y) {
  return -sum_of([](double t, double l) { return t == 0 ? 0 : t * l; }, y, log_softmax(z));
}
)"},
    CodeHelper{"softmax_cross_entropy_labels", R"(
inline double softmax_cross_entropy_labels(const Vector& z, double label) {
  return -pick(log_softmax(z), label);
}
)"},
    CodeHelper{"one_hot", R"(
inline Vector one_hot(double label, std::size_t classes) {
  Vector y(classes);
  for (std::size_t i = 0; i < classes; ++i) y[i] = double(i) == label ? 1 : 0;
  return y;
}
)"},
};

}  // namespace

std::span<const CppFunction> cpp_functions() { return kCppFunctions; }
std::span<const CodeHelper> cpp_array_functions() { return kFunctionsOfArrays; }

}  // namespace catenary::derive
