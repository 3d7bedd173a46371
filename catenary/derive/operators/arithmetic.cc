// Cards of the operators of ops/arithmetic.cc.
#include "catenary/derive/operators/alike.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kArithmeticCards = {
    {&ops::kAdd,
     {"sum", {"{0} enters with the factor 1: what arrives at the sum passes on unchanged, shape {1}."}},
     {"和", {"{0} 的系数为 1：传到这个和的导数原样往下传，形状 {1}。"}},
     R"(each a b
               y = a + b
               d(y, a) = 1 @linear
               d(y, b) = 1 @linear)"},
    {&ops::kSub,
     {"difference",
      {"{0} enters with the factor 1: what arrives passes on unchanged, shape {1}.",
       "{0} enters with the factor −1: what arrives passes on with the other sign, shape {1}."}},
     {"差", {"{0} 的系数为 1：导数原样传下去，形状 {1}。", "{0} 的系数为 −1：导数变号后传下去，形状 {1}。"}},
     R"(each a b
               y = a - b
               d(y, a) = 1 @linear
               d(y, b) = -1 @linear)"},
    {&ops::kMul,
     {"product, element by element",
      {"Element i of the result is a product of elements i alone; its slope by {0} is the other factor "
       "{4}. Shape {1} again."},
      "The result is the product of two numbers; its slope by {0} is the other factor {4}."},
     {"逐元素乘积",
      {"结果的第 i 个元素只是两个第 i 个元素之积；对 {0} 的斜率是另一个因子 {4}。形状仍为 {1}。"},
      "结果是两个数之积；它对 {0} 的斜率是另一个因子 {4}。"},
     R"(each a b
               y = a * b
               d(y, a) = b @linear
               d(y, b) = a @linear)"},
    {&ops::kDiv,
     {"quotient, element by element", {kEach}, kNumber},
     {"逐元素的商", {kEachZh}, kNumberZh},
     R"(each a b
               y = a / b
               d(y, a) = 1 / b @linear
               d(y, b) = -a / b^2 @reciprocal
                       = -y / b @definition)"},
    each(&ops::kNeg, "negation", "取负",
         R"(each x
               y = -x
               d(y, x) = -1 @linear)"),
    each(&ops::kSquare, "square", "平方",
         R"(each x
                  y = x^2
                  d(y, x) = 2 * x @power)"),
    each(&ops::kSqrt, "square root", "平方根",
         R"(each x
                y = sqrt(x) = x^0.5
                d(y, x) = 0.5 * x^(-0.5) @power
                        = 1 / (2 * sqrt(x)) @fraction
                        = 1 / (2 * y) @definition)"),
    {&ops::kPow,
     {"power", {kEach}, kNumber},
     {"幂", {kEachZh}, kNumberZh},
     R"(each a b
               y = a^b
               d(y, a) = b * a^(b - 1) @power
               d(y, b) = d(exp(b * ln(a)), b) @exp_ln
                       = exp(b * ln(a)) * ln(a) @inner
                       = y * ln(a) @exp_ln)"},
    each(&ops::kExp, "exponential", "指数函数",
         R"(each x
               y = exp(x)
               d(y, x) = exp(x) @exp
                       = y @definition)"),
    each(&ops::kLog, "logarithm", "对数",
         R"(each x
               y = ln(x)
               d(y, x) = 1 / x @ln)"),
    each(&ops::kSin, "sine", "正弦",
         R"(each x
               y = sin(x)
               d(y, x) = cos(x) @sin)"),
    each(&ops::kCos, "cosine", "余弦",
         R"(each x
               y = cos(x)
               d(y, x) = -sin(x) @cos)"),
    each(&ops::kSinh, "hyperbolic sine", "双曲正弦 sinh",
         R"(each x
                y = sinh(x) = (exp(x) - exp(-x)) / 2
                d(y, x) = (d(exp(x), x) - d(exp(-x), x)) / 2 @term_by_term
                        = (exp(x) - d(exp(-x), x)) / 2 @exp
                        = (exp(x) + exp(-x)) / 2 @exp_minus
                        = cosh(x) @definition)",
         formula_is("(eˣ − e^(−x)) / 2", R"(\frac{e^x - e^{-x}}{2})")),
    each(&ops::kCosh, "hyperbolic cosine", "双曲余弦 cosh",
         R"(each x
                y = cosh(x) = (exp(x) + exp(-x)) / 2
                d(y, x) = (d(exp(x), x) + d(exp(-x), x)) / 2 @term_by_term
                        = (exp(x) + d(exp(-x), x)) / 2 @exp
                        = (exp(x) - exp(-x)) / 2 @exp_minus
                        = sinh(x) @definition)",
         formula_is("(eˣ + e^(−x)) / 2", R"(\frac{e^x + e^{-x}}{2})")),
    each(&ops::kAtan, "arctangent", "反正切",
         R"(each x
                y = arctan(x)
                step sin(y) / cos(y) = x @tangent
                step d(sin(y) / cos(y), x) = (cos(y)^2 + sin(y)^2) / cos(y)^2 * d(y, x) @quotient_inner
                                           = (1 + (sin(y) / cos(y))^2) * d(y, x) @fraction
                                           = (1 + x^2) * d(y, x) @tangent
                d(y, x) = d(sin(y) / cos(y), x) / (1 + x^2) @other_side
                        = d(x, x) / (1 + x^2) @tangent
                        = 1 / (1 + x^2) @linear)",
         {"the angle between {0} and {1} whose tangent is {2}",
          "介于 {0} 与 {1} 之间、正切等于 {2} 的角",
          {{"−π/2", R"(-\pi/2)"}, {"π/2", R"(\pi/2)"}, {"x", "x"}}},
         {{"tangent", "the tangent of the arctangent is the number itself", "反正切的正切就是该数本身"}}),
    each(&ops::kAbs, "absolute value", "绝对值",
         R"(each x
               y = abs(x) = sign(x) * x
               d(y, x) = sign(x) @constant_sign
               remark kink)"),
    each(&ops::kErf, "error function", "误差函数",
         R"(each x
               y = erf(x)
               d(y, x) = 2 * exp(-x^2) / sqrt(pi) @fundamental
               note erf)",
         {"error function {0}",
          "误差函数 {0}",
          {{"2/√π ∫₀ˣ e^(−t²) dt", R"(\frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2} dt)"}}}),
    each(&ops::kClip, "clipping", "截断",
         R"(each x
                y = clip(x, {a})
                step abs(x) < {a} : d(y, x) = d(x, x) @clip_inside = 1 @linear
                step abs(x) > {a} : d(y, x) = 0 @clip_outside
                d(y, x) = [abs(x) < {a}] @both_cases
                        = [{a} - abs(x) > 0] @same_condition
                remark clip_kink)",
         {"{0} limited to {1}", "把 {0} 限制在 {1} 内", {{"x", "x"}, {"[−c, c]", "[-c, c]"}}, "c"}),
};

}  // namespace

std::span<const OperatorCard> arithmetic_cards() { return kArithmeticCards; }

}  // namespace catenary::derive
