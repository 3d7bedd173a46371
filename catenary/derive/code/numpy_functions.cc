#include "catenary/derive/code/numpy_helpers.h"
#include "catenary/ops/catalogue.h"

#include <array>

namespace catenary::derive {

namespace {

constexpr std::array kNumpyFunctions = {
    NumpyFunction{&ops::kSqrt, "np.sqrt({0.})"},
    NumpyFunction{&ops::kExp, "np.exp({0.})"},
    NumpyFunction{&ops::kLog, "np.log({0.})"},
    NumpyFunction{&ops::kSin, "np.sin({0.})"},
    NumpyFunction{&ops::kCos, "np.cos({0.})"},
    NumpyFunction{&ops::kAbs, "np.abs({0.})"},
    NumpyFunction{&ops::kSign, "np.sign({0.})"},
    NumpyFunction{&ops::kStep, "np.where({0.} > 0, 1.0, 0.0)"},
    NumpyFunction{&ops::kEqual, "np.where({0.} == {1.}, 1.0, 0.0)"},
    NumpyFunction{&ops::kClip, "np.clip({0.}, -{a}, {a})"},
    NumpyFunction{&ops::kTanh, "np.tanh({0.})"},
    NumpyFunction{&ops::kRelu, "np.maximum({0.}, 0.0)"},
    NumpyFunction{&ops::kSoftplus, "np.logaddexp(0.0, {0.})"},
    NumpyFunction{&ops::kErf, "_erf({0.})", R"(
_erf = np.vectorize(math.erf, otypes=[float])

)"},
    NumpyFunction{&ops::kGelu, "_gelu({0.})", R"(
def _gelu(x):
    return 0.5 * x * np.vectorize(math.erfc, otypes=[float])(-x / math.sqrt(2))

)"},
    NumpyFunction{&ops::kSigmoid, "_sigmoid({0.})", R"(
def _sigmoid(x):
    e = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1.0, e) / (1.0 + e)

)"},
    NumpyFunction{&ops::kSilu, "_silu({0.})", R"(
def _silu(x):
    return x * _sigmoid(x)

)"},
    NumpyFunction{&ops::kLeakyRelu, "_leaky_relu({0.}, {a})", R"(
def _leaky_relu(x, slope):
    return np.where(x < 0, slope * x, x)

)"},
    NumpyFunction{&ops::kElu, "_elu({0.}, {a})", R"(
def _elu(x, alpha):
    return np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0)), x)

)"},
};

}  // namespace

std::span<const NumpyFunction> numpy_functions() { return kNumpyFunctions; }

}  // namespace catenary::derive
