// Cards of the operators of ops/activation.cc.
#include "catenary/derive/operators/alike.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kActivationCards = {
    each(&ops::kSigmoid, "sigmoid", "sigmoid 函数",
         R"(each x
                   y = sigma(x) = 1 / (1 + exp(-x))
                   d(y, x) = -d(1 + exp(-x), x) / (1 + exp(-x))^2 @reciprocal
                           = exp(-x) / (1 + exp(-x))^2 @exp_minus
                           = 1 / (1 + exp(-x)) * (exp(-x) / (1 + exp(-x))) @fraction
                           = 1 / (1 + exp(-x)) * (((1 + exp(-x)) - 1) / (1 + exp(-x))) @add_subtract
                           = 1 / (1 + exp(-x)) * (1 - 1 / (1 + exp(-x))) @fraction
                           = y * (1 - y) @definition)",
         {"sigmoid {0}", "sigmoid 函数 {0}", {{"1 / (1 + e^(−x))", R"(\frac{1}{1 + e^{-x}})"}}}),
    each(&ops::kTanh, "hyperbolic tangent", "双曲正切 tanh",
         R"(each x
                y = tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
                d(y, x) = ((exp(x) + exp(-x))^2 - (exp(x) - exp(-x))^2) / (exp(x) + exp(-x))^2
                          @quotient_mutual
                        = 1 - (exp(x) - exp(-x))^2 / (exp(x) + exp(-x))^2 @fraction
                        = 1 - y^2 @definition)"),
    each(&ops::kRelu, "ReLU", "ReLU 函数",
         R"(each x
                y = max(x, 0)
                step x > 0 : d(y, x) = d(x, x) @relu_above = 1 @linear
                step x < 0 : d(y, x) = 0 @relu_below
                d(y, x) = [x > 0] @both_cases
                        = [y > 0] @relu_result
                remark kink)",
         {"the larger of {0} and 0", "{0} 与 0 中较大者", {{"x", "x"}}}),
    each(&ops::kLeakyRelu, "leaky ReLU", "Leaky ReLU 函数",
         R"(each x
                      y = [x > 0] * x + {a} * [x <= 0] * x
                      step x > 0 : d(y, x) = d(x, x) @bracket_above = 1 @linear
                      step x < 0 : d(y, x) = d({a} * x, x) @bracket_below = {a} @linear
                      d(y, x) = [x > 0] + {a} * [x <= 0] @both_cases
                              = [x > 0] + {a} * (1 - [x > 0]) @complement
                              = (1 - {a}) * [x > 0] + {a} @collect
                      remark left_slope)",
         {"{0} above 0, {1} below", "大于 0 时为 {0}，否则为 {1}", {{"x", "x"}, {"a x", "a\\,x"}}}),
    each(
        &ops::kElu, "ELU", "ELU 函数",
        R"(each x
               y = [x > 0] * x + {a} * [x <= 0] * (exp(x) - 1)
               step x > 0 : d(y, x) = d(x, x) @bracket_above = 1 @linear
               step x < 0 : d(y, x) = d({a} * (exp(x) - 1), x) @bracket_below
                                    = {a} * exp(x) @exp
                                    = y + {a} @definition
               d(y, x) = [x > 0] + [x <= 0] * (y + {a}) @both_cases
                       = [x > 0] + (1 - [x > 0]) * (y + {a}) @complement
               remark left_slope)",
        {"{0} above 0, {1} below", "大于 0 时为 {0}，否则为 {1}", {{"x", "x"}, {"a(eˣ − 1)", "a(e^x - 1)"}}}),
    each(&ops::kSoftplus, "softplus", "softplus 函数",
         R"(each x
                    y = ln(1 + exp(x))
                    d(y, x) = d(1 + exp(x), x) / (1 + exp(x)) @ln_inner
                            = exp(x) / (1 + exp(x)) @exp
                            = 1 / (1 + exp(-x)) @by_exp
                            = sigma(x) @definition
                    note sigma)",
         formula_is("ln(1 + eˣ)", R"(\ln(1 + e^x))")),
    each(&ops::kGelu, "GELU", "GELU 函数",
         R"(each x
                y = 0.5 * x * (1 + erf(x / sqrt(2)))
                step d(erf(x / sqrt(2)), x) = 2 * exp(-x^2 / 2) / sqrt(pi) * (1 / sqrt(2)) @fundamental_inner
                                            = 2 * exp(-x^2 / 2) / sqrt(2 * pi) @fraction
                d(y, x) = 0.5 * (1 + erf(x / sqrt(2))) + 0.5 * x * d(erf(x / sqrt(2)), x) @product
                        = 0.5 * (1 + erf(x / sqrt(2))) + 0.5 * x * (2 * exp(-x^2 / 2) / sqrt(2 * pi)) @insert
                        = 0.5 * (1 + erf(x / sqrt(2))) + x * exp(-x^2 / 2) / sqrt(2 * pi) @arithmetic
                note erf
                remark gelu_numbers)",
         formula_is("½ x (1 + erf(x / √2))", R"(\tfrac12\,x\,(1 + \operatorname{erf}(x / \sqrt{2})))")),
    each(&ops::kSilu, "SiLU", "SiLU 函数",
         R"(each x
                y = x * sigma(x)
                step d(sigma(x), x) = -d(1 + exp(-x), x) / (1 + exp(-x))^2 @reciprocal
                                    = exp(-x) / (1 + exp(-x))^2 @exp_minus
                                    = 1 / (1 + exp(-x)) * (((1 + exp(-x)) - 1) / (1 + exp(-x))) @add_subtract
                                    = 1 / (1 + exp(-x)) * (1 - 1 / (1 + exp(-x))) @fraction
                                    = sigma(x) * (1 - sigma(x)) @definition
                d(y, x) = sigma(x) + x * d(sigma(x), x) @product
                        = sigma(x) + x * sigma(x) * (1 - sigma(x)) @insert
                        = sigma(x) + y * (1 - sigma(x)) @definition
                note sigma)",
         formula_is("x / (1 + e^(−x))", R"(\frac{x}{1 + e^{-x}})")),
    each(&ops::kMish, "Mish", "Mish 函数",
         R"(each x
                y = x * tanh(softplus(x))
                step d(softplus(x), x) = d(ln(1 + exp(x)), x) @definition
                                       = exp(x) / (1 + exp(x)) @ln_inner
                                       = 1 / (1 + exp(-x)) @by_exp
                                       = sigma(x) @definition
                step d(tanh(softplus(x)), x) = (1 - tanh(softplus(x))^2) * d(softplus(x), x) @tanh_inner
                                             = (1 - tanh(softplus(x))^2) * sigma(x) @insert
                d(y, x) = tanh(softplus(x)) + x * d(tanh(softplus(x)), x) @product
                        = tanh(softplus(x)) + x * (1 - tanh(softplus(x))^2) * sigma(x) @insert
                note softplus
                note sigma)",
         formula_is("x tanh(ln(1 + eˣ))", R"(x \tanh(\ln(1 + e^x)))"),
         {{"tanh_inner",
           "derivative of the hyperbolic tangent, chain rule: {0}",
           "双曲正切求导与链式法则：{0}",
           {{"(tanh u)′ = (1 − tanh² u) u′", R"((\tanh u)' = (1 - \tanh^2 u)\,u')"}}},
          {"softplus",
           "{0} is a smooth form of the larger of {1} and 0.",
           "{0} 是 {1} 与 0 中较大者的光滑形式。",
           {{"softplus(x) = ln(1 + eˣ)", R"(\operatorname{softplus}(x) = \ln(1 + e^x))"}, {"x", "x"}}}}),
    each(&ops::kSoftsign, "softsign", "softsign 函数",
         R"(each x
                y = x / (1 + abs(x))
                step d(abs(x), x) = sign(x) @constant_sign
                d(y, x) = ((1 + abs(x)) - x * d(abs(x), x)) / (1 + abs(x))^2 @quotient
                        = ((1 + abs(x)) - x * sign(x)) / (1 + abs(x))^2 @insert
                        = ((1 + abs(x)) - abs(x)) / (1 + abs(x))^2 @definition
                        = 1 / (1 + abs(x))^2 @cancel
                note sign
                remark softsign_at_zero)",
         formula_is("x / (1 + |x|)", R"(\frac{x}{1 + \lvert x \rvert})"),
         {{"softsign_at_zero",
           "At 0 the absolute value has a kink, but the result has the slope 1 from either side; there it is "
           "the "
           "derivative that has a kink.",
           "在 0 处绝对值有尖点，但结果的左右斜率都是 1；在该处有尖点的是导数。"}}),
    each(&ops::kHardSigmoid, "hard sigmoid", "hard sigmoid 函数",
         R"(each x
                y = clip(x, 3) / 6 + 0.5
                step abs(x) < 3 : d(y, x) = d(x / 6 + 0.5, x) @clip_inside = 1 / 6 @linear
                step abs(x) > 3 : d(y, x) = 0 @clip_outside
                d(y, x) = [abs(x) < 3] / 6 @both_cases
                        = [3 - abs(x) > 0] / 6 @same_condition
                note clip
                remark clip_kink)",
         {"{0} limited to {1}",
          "把 {0} 限制在 {1} 内",
          {{"x / 6 + ½", R"(\frac{x}{6} + \tfrac12)"}, {"[0, 1]", "[0, 1]"}}}),
    {&ops::kSoftmax,
     {"softmax",
      {"Every element of softmax depends on every element of {0}; the sum over all of them is the inner "
       "product with {6}. Shape {1} again."}},
     {"softmax", {"softmax 的每个元素都依赖于 {0} 的每个元素；对它们求和就是与 {6} 的内积。形状仍为 {1}。"}},
     R"(of x
        y[i] = exp(x[i]) / S
        where S = sum(k, exp(x[k]))
        {jacobian y x}
        d(y[i], x[j]) = y[i] * (delta(i,j) - y[j]) @kronecker
        then = sum(i, g[i] * y[i] * delta(i,j)) - y[j] * sum(i, g[i] * y[i]) @split
             = g[j] * y[j] - y[j] * sum(i, g[i] * y[i]) @sift
             = y[j] * (g[j] - sum(i, g[i] * y[i])) @factor)"},
    {&ops::kLogSoftmax,
     {"log-softmax",
      {"Every element depends on every element of {0} through the sum of exponentials. Shape {1} again."}},
     {"log-softmax", {"每个元素都通过指数之和依赖于 {0} 的每个元素。形状仍为 {1}。"}},
     R"(of x
        y[i] = x[i] - ln(S)
        where S = sum(k, exp(x[k]))
        where a[i] = exp(x[i]) / S
        step d(S, x[j]) = sum(k, d(exp(x[k]), x[j])) @term_by_term
                        = sum(k, exp(x[k]) * [k=j]) @exp_own
                        = exp(x[j]) @sift
        d(y[i], x[j]) = delta(i,j) - d(S, x[j]) / S @ln_inner
                      = delta(i,j) - exp(x[j]) / S @insert
                      = delta(i,j) - a[j] @definition
        then = sum(i, g[i] * delta(i,j)) - a[j] * sum(i, g[i]) @split
             = g[j] - a[j] * sum(i, g[i]) @sift
        remark softmax)"},
};

}  // namespace

std::span<const OperatorCard> activation_cards() { return kActivationCards; }

}  // namespace catenary::derive
