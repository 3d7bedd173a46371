#include <cmath>
#include <numbers>

#include "catenary/base/error.h"
#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

constinit const Op kAdd = {
    .name = "add",
    .summary = "Sum, element by element.",
    .notation = {"{0} + {1}", "{0} + {1}", Notation::kSum},
    .operands = "n;n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each2<[](auto a, auto b) { return a + b; }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy, p.dy};
    },
};

constinit const Op kSub = {
    .name = "sub",
    .summary = "Difference, element by element.",
    .notation = {"{0} − {1!}", "{0} - {1!}", Notation::kSum},
    .operands = "n;n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each2<[](auto a, auto b) { return a - b; }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy, -p.dy};
    },
};

constinit const Op kMul = {
    .name = "mul",
    .summary = "Hadamard product, element by element.",
    .notation = {"{0} ⊙ {1}", R"({0} \odot {1})", Notation::kProduct},
    .operands = "n;n",
    .traits = {.elementwise = true, .product = true, .odd_operands = 2},
    .infer = same_shape,
    .reference = each2<[](auto a, auto b) { return a * b; }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy * p.x(1), p.dy * p.x(0)};
    },
};

constinit const Op kDiv = {
    .name = "div",
    .summary = "Quotient, element by element.",
    .notation = {"{0} / {1*}", R"(\frac{{0.}}{{1.}})", Notation::kProduct},
    .operands = "n;n",
    .traits = {.elementwise = true, .odd_operands = 1},
    .infer = same_shape,
    .reference = each2<[](auto a, auto b) { return a / b; }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value da = p.dy / p.x(1);
      return {da, -(da * p.y)};
    },
    .domain = {.low = -2, .high = 2, .keep_from_zero = 0.5},
};

constinit const Op kNeg = {
    .name = "neg",
    .summary = "Negation.",
    .notation = {"−{0!}", "-{0!}", Notation::kNegation},
    .operands = "n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return -x; }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {-p.dy}; },
};

constinit const Op kSquare = {
    .name = "square",
    .summary = "Square of each element.",
    .notation = {"{0!}²", "{0!}^2", Notation::kPower},
    .operands = "n",
    .traits = {.elementwise = true, .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return x * x; }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * (2 * p.x())}; },
};

constinit const Op kSqrt = {
    .name = "sqrt",
    .summary = "Square root of each element.",
    .notation = {"√({0.})", R"(\sqrt{{0.}})"},
    .operands = "n",
    .traits = {.elementwise = true, .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return root(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy / (2 * p.y)}; },
    .domain = {.low = 0.5, .high = 3},
};

constinit const Op kPow = {
    .name = "pow",
    .summary =
        "Power of each pair of elements. The gradient by the base needs one other than 0 where the exponent "
        "is 0; that by the "
        "exponent, a base above 0.",
    .notation = {"{0!}^{1!}", "{0!}^{{1.}}", Notation::kPower},
    .operands = "n;n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each2<[](auto x, auto p) { return power(x, p); }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy * (p.x(1) * pow(p.x(0), p.x(1) - 1)), p.dy * (p.y * log(p.x(0)))};
    },
    .domain = {.low = 0.5, .high = 2},
    .domain2 = {.low = -2, .high = 2},
};

constinit const Op kExp = {
    .name = "exp",
    .summary = "Exponential of each element.",
    .notation = {"exp({0.})", R"(\exp({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return std::exp(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * p.y}; },
};

constinit const Op kLog = {
    .name = "log",
    .summary = "Natural logarithm of each element.",
    .notation = {"ln({0.})", R"(\ln({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return std::log(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy / p.x()}; },
    .domain = {.low = 0.5, .high = 3},
};

constinit const Op kSin = {
    .name = "sin",
    .summary = "Sine of each element, in radians.",
    .notation = {"sin({0.})", R"(\sin({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return std::sin(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * cos(p.x())}; },
};

constinit const Op kCos = {
    .name = "cos",
    .summary = "Cosine of each element, in radians.",
    .notation = {"cos({0.})", R"(\cos({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return std::cos(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {-(p.dy * sin(p.x()))}; },
};

constinit const Op kSinh = {
    .name = "sinh",
    .summary = "Hyperbolic sine of each element, (e^x − e^−x) / 2.",
    .notation = {"sinh({0.})", R"(\sinh({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return std::sinh(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * cosh(p.x())}; },
};

constinit const Op kCosh = {
    .name = "cosh",
    .summary = "Hyperbolic cosine of each element, (e^x + e^−x) / 2.",
    .notation = {"cosh({0.})", R"(\cosh({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return std::cosh(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * sinh(p.x())}; },
};

constinit const Op kAtan = {
    .name = "atan",
    .summary = "Arctangent of each element, in radians, between −π/2 and π/2.",
    .notation = {"arctan({0.})", R"(\arctan({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return std::atan(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy / (1 + square(p.x()))}; },
};

constinit const Op kAbs = {
    .name = "abs",
    .summary = "Absolute value of each element; the derivative at 0 is taken as 0.",
    .notation = {"|{0.}|", "|{0.}|"},
    .operands = "n",
    .traits = {.elementwise = true, .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return absolute(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * sign(p.x())}; },
    .domain = {.keep_from_zero = 0.05},
};

constinit const Op kSign = {
    .name = "sign",
    .summary = "-1, 0 or 1, the sign of each element.",
    .notation = {"sign({0.})", R"(\operatorname{sign}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .odd_operands = 1},
    .infer = same_shape,
    .reference = each<[](auto x) { return is_positive(x)   ? 1.0
                                          : is_negative(x) ? -1.0
                                                           : 0.0; }>,
    .gradient = not_differentiable,
    .domain = {.keep_from_zero = 0.05},
};

constinit const Op kStep = {
    .name = "step",
    .summary = "1 where an element is above 0, else 0: the derivative of relu.",
    .notation = {"[{0.} > 0]", "[{0.} > 0]"},
    .operands = "n",
    .traits = {.elementwise = true, .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return is_positive(x) ? 1.0 : 0.0; }>,
    .gradient = not_differentiable,
    .domain = {.keep_from_zero = 0.05},
};

constinit const Op kEqual = {
    .name = "equal",
    .summary = "1 where two elements are equal, else 0.",
    .notation = {"[{0.} = {1.}]", "[{0.} = {1.}]"},
    .operands = "n;n",
    .traits = {.elementwise = true, .nonnegative = true},
    .infer = same_shape,
    .reference = each2<[](auto a, auto b) { return std::real(a) == std::real(b) ? 1.0 : 0.0; }>,
    .gradient = not_differentiable,
    .domain = {.kind = Domain::Kind::kLabel},  // so that some are equal
};

constinit const Op kClip = {
    .name = "clip",
    .summary = "Each element limited to [-a, a].",
    .notation = {"clip({0.}, ±{a})", R"(\operatorname{clip}({0.}, \pm {a}))"},
    .operands = "n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each_with_number<[](auto x, double limit) { return clamped(x, limit); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * step(p.number() - abs(p.x()))}; },
    .domain = {.low = -0.9, .high = 0.9},
    .example = example_number<1000>,
};

constinit const Op kErf = {
    .name = "erf",
    .summary = "Error function, 2/√π ∫₀ˣ exp(−t²) dt. [Abramowitz and Stegun 1964, eq. 7.1.1]",
    .notation = {"erf({0.})", R"(\operatorname{erf}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return erf(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy * (2 * std::numbers::inv_sqrtpi * exp(-square(p.x())))};
    },
};

}  // namespace ops

namespace {

// A scalar meets a vector or matrix: repeat it. Anything else that differs is the operator's own shape error.
Value call2(const Op& op, Value a, Value b) {
  if (a.shape() != b.shape()) {
    if (a.shape().rank() == 0) a = broadcast(a, b.shape());
    if (b.shape().rank() == 0) b = broadcast(b, a.shape());
  }
  return a.graph().call(op, {a, b});
}

Value number_like(Value x, double number) { return x.graph().constant(number, x.shape(), x.type().dtype); }

}  // namespace

Value operator+(Value a, Value b) { return call2(ops::kAdd, a, b); }
Value operator-(Value a, Value b) { return call2(ops::kSub, a, b); }
Value operator*(Value a, Value b) { return call2(ops::kMul, a, b); }
Value operator/(Value a, Value b) { return call2(ops::kDiv, a, b); }
Value operator+(Value a, double b) { return a + number_like(a, b); }
Value operator-(Value a, double b) { return a - number_like(a, b); }
Value operator*(Value a, double b) { return a * number_like(a, b); }
Value operator/(Value a, double b) { return a / number_like(a, b); }
Value operator+(double a, Value b) { return number_like(b, a) + b; }
Value operator-(double a, Value b) { return number_like(b, a) - b; }
Value operator*(double a, Value b) { return number_like(b, a) * b; }
Value operator/(double a, Value b) { return number_like(b, a) / b; }
Value operator-(Value x) { return x.graph().call(ops::kNeg, {x}); }
Value square(Value x) { return x.graph().call(ops::kSquare, {x}); }
Value sqrt(Value x) { return x.graph().call(ops::kSqrt, {x}); }
Value pow(Value base, Value exponent) { return call2(ops::kPow, base, exponent); }
Value pow(Value base, double exponent) { return pow(base, number_like(base, exponent)); }
Value exp(Value x) { return x.graph().call(ops::kExp, {x}); }
Value log(Value x) { return x.graph().call(ops::kLog, {x}); }
Value sin(Value x) { return x.graph().call(ops::kSin, {x}); }
Value cos(Value x) { return x.graph().call(ops::kCos, {x}); }
Value sinh(Value x) { return x.graph().call(ops::kSinh, {x}); }
Value cosh(Value x) { return x.graph().call(ops::kCosh, {x}); }
Value atan(Value x) { return x.graph().call(ops::kAtan, {x}); }
Value abs(Value x) { return x.graph().call(ops::kAbs, {x}); }
Value sign(Value x) { return x.graph().call(ops::kSign, {x}); }
Value step(Value x) { return x.graph().call(ops::kStep, {x}); }
Value equal(Value a, Value b) { return call2(ops::kEqual, a, b); }
Value clip(Value x, double limit) {
  if (!(limit >= 0)) fail(ErrorKind::kConfig, "clip: needed a limit of 0 or more, found {}", limit);
  return x.graph().call(ops::kClip, {x}, limit);
}
Value erf(Value x) { return x.graph().call(ops::kErf, {x}); }

}  // namespace catenary
