// Cards of the operators of ops/loss.cc.
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kLossCards = {
    {&ops::kSquaredError,
     {"squared error",
      {"½‖y − a‖² has the slope a − y by a: the 2 from the square cancels the ½. Shape {1}.",
       "The same with the other sign, as {0} enters with a minus. Shape {1}."}},
     {"平方误差",
      {"½‖y − a‖² 对 a 的斜率为 a − y：平方带来的 2 与 ½ 抵消。形状 {1}。",
       "{0} 前有负号，所以符号相反。形状 {1}。"}},
     R"(of a t
        y = 0.5 * sum(i, (t[i] - a[i])^2)
        d(y, a[j]) = 0.5 * sum(i, 2 * (t[i] - a[i]) * d(t[i] - a[i], a[j])) @power_each
                   = 0.5 * sum(i, 2 * (t[i] - a[i]) * (-[i=j])) @same_element
                   = -(t[j] - a[j]) @sift
                   = a[j] - t[j] @arithmetic
        d(y, t[j]) = 0.5 * sum(i, 2 * (t[i] - a[i]) * d(t[i] - a[i], t[j])) @power_each
                   = 0.5 * sum(i, 2 * (t[i] - a[i]) * [i=j]) @same_element
                   = t[j] - a[j] @sift)"},
    {&ops::kCrossEntropy,
     {"cross-entropy",
      {"Term i is −yᵢ ln aᵢ, whose slope by aᵢ is −yᵢ/aᵢ; no other term contains aᵢ. Shape {1}.",
       "Term i is linear in yᵢ with the slope −ln aᵢ. Shape {1}."}},
     {"交叉熵",
      {"第 i 项是 −yᵢ ln aᵢ，对 aᵢ 的斜率为 −yᵢ/aᵢ；其他项不含 aᵢ。形状 {1}。",
       "第 i 项对 yᵢ 是线性的，斜率为 −ln aᵢ。形状 {1}。"}},
     R"(of a t
        y = -sum(i, t[i] * ln(a[i]))
        d(y, a[j]) = -sum(i, t[i] * (1 / a[i]) * [i=j]) @ln_each = -t[j] / a[j] @sift
        remark zero_target
        d(y, t[j]) = -sum(i, [i=j] * ln(a[i])) @same_element = -ln(a[j]) @sift)"},
    {&ops::kSoftmaxCrossEntropy,
     {"softmax with cross-entropy",
      {"Softmax's Jacobian and cross-entropy's slope −y/a collapse to softmax({0}) Σy − y, and Σy = 1 for "
       "probabilities. Shape {1}.",
       "Linear in {0} with the slope −ln softmax. Shape {1}."}},
     {"softmax 与交叉熵",
      {"softmax 的 Jacobian 与交叉熵的斜率 −y/a 合并为 softmax({0}) Σy − y，概率满足 Σy = 1。形状 {1}。",
       "对 {0} 是线性的，斜率为 −ln softmax。形状 {1}。"}},
     R"(of z t
        y = -sum(i, t[i] * ln(a[i]))
        where S = sum(k, exp(z[k]))
        where a[i] = exp(z[i]) / S
        {jacobian a z}
        step d(a[i], z[j]) = a[i] * (delta(i,j) - a[j]) @kronecker
        step d(y, a[k]) = -sum(i, t[i] * (1 / a[i]) * [i=k]) @ln_each = -t[k] / a[k] @sift
        d(y, z[j]) = sum(k, d(y, a[k]) * d(a[k], z[j])) @chain_rule
                   = -sum(k, t[k] / a[k] * a[k] * (delta(k,j) - a[j])) @insert
                   = -sum(k, t[k] * (delta(k,j) - a[j])) @cancel
                   = -sum(k, t[k] * delta(k,j)) + a[j] * sum(k, t[k]) @split
                   = a[j] * sum(k, t[k]) - t[j] @sift
        if sum(k, t[k]) = 1 : d(y, z[j]) = a[j] * 1 - t[j] @condition = a[j] - t[j] @arithmetic
        remark total_target
        remark softmax
        d(y, t[j]) = -sum(i, [i=j] * ln(a[i])) @same_element = -ln(a[j]) @sift)"},
    {&ops::kSoftmaxCrossEntropyLabels,
     {"softmax with cross-entropy",
      {"Softmax's Jacobian and cross-entropy's slope collapse to softmax({0}) less the one-hot label: "
       "every element of {0} has a slope, not that of the true class alone. Shape {1}."}},
     {"softmax 与交叉熵",
      {"softmax 的 Jacobian 与交叉熵的斜率合并为 softmax({0}) 减去 one-hot 标签：{0} "
       "的每个元素都有斜率，而不只是真实类别那一个。形状 {1}。"}},
     R"(of z t
        y = -ln(a[t])
        where S = sum(k, exp(z[k]))
        where a[i] = exp(z[i]) / S
        {jacobian a z}
        step d(a[i], z[j]) = a[i] * (delta(i,j) - a[j]) @kronecker
        d(y, z[j]) = -d(a[t], z[j]) / a[t] @ln_inner
                   = -a[t] * ([j = t] - a[j]) / a[t] @insert
                   = -([j = t] - a[j]) @cancel
                   = a[j] - [j = t] @arithmetic
        note from_zero
        remark softmax)"},
    {&ops::kSigmoidCrossEntropy,
     {"sigmoid with cross-entropy",
      {"σ′ = a(1 − a) cancels against the slope (a − y)/(a(1 − a)) of the cross-entropy: a − y is left. "
       "Shape {1}.",
       "Linear in {0} with the slope −z. Shape {1}."}},
     {"sigmoid 与交叉熵",
      {"σ′ = a(1 − a) 与交叉熵的斜率 (a − y)/(a(1 − a)) 相消，剩下 a − y。形状 {1}。",
       "对 {0} 是线性的，斜率为 −z。形状 {1}。"}},
     R"(of z t
        y = -sum(i, t[i] * ln(a[i]) + (1 - t[i]) * ln(1 - a[i]))
        where a[i] = sigma(z[i]) = 1 / (1 + exp(-z[i]))
        step d(a[i], z[i]) = -d(1 + exp(-z[i]), z[i]) / (1 + exp(-z[i]))^2 @reciprocal
                           = exp(-z[i]) / (1 + exp(-z[i]))^2 @exp_minus
                           = 1 / (1 + exp(-z[i])) * (exp(-z[i]) / (1 + exp(-z[i]))) @fraction
                           = 1 / (1 + exp(-z[i])) * (((1 + exp(-z[i])) - 1) / (1 + exp(-z[i]))) @add_subtract
                           = 1 / (1 + exp(-z[i])) * (1 - 1 / (1 + exp(-z[i]))) @fraction
                           = a[i] * (1 - a[i]) @definition
        step d(y, a[j]) = -(t[j] / a[j] - (1 - t[j]) / (1 - a[j])) @ln_both
                        = -(t[j] * (1 - a[j]) - (1 - t[j]) * a[j]) / (a[j] * (1 - a[j])) @common
                        = (a[j] - t[j]) / (a[j] * (1 - a[j])) @collect
        d(y, z[j]) = sum(k, d(y, a[k]) * d(a[k], z[j])) @chain_rule
                   = d(y, a[j]) * d(a[j], z[j]) @own_term
                   = (a[j] - t[j]) / (a[j] * (1 - a[j])) * a[j] * (1 - a[j]) @insert
                   = a[j] - t[j] @cancel
        step 1 - a[j] = exp(-z[j]) / (1 + exp(-z[j])) @definition
        step a[j] / (1 - a[j]) = 1 / exp(-z[j]) @definition = exp(z[j]) @fraction
        d(y, t[j]) = -(ln(a[j]) - ln(1 - a[j])) @linear
                   = -ln(a[j] / (1 - a[j])) @ln_quotient
                   = -ln(exp(z[j])) @insert
                   = -z[j] @exp_ln_inverse)"},
    {&ops::kHuber,
     {"Huber's loss",
      {"The residual, limited to the threshold: beyond it the loss is a straight line. Shape {1}.",
       "The same with the other sign. Shape {1}."}},
     {"Huber 损失", {"即截断到阈值的残差：超过阈值后损失是直线。形状 {1}。", "符号相反。形状 {1}。"}},
     R"(of a b
        y = sum(i, 0.5 * [abs(r[i]) <= {a}] * r[i]^2 + {a} * [abs(r[i]) > {a}] * (abs(r[i]) - {a} / 2))
        where r[i] = a[i] - b[i]
        step abs(r[j]) < {a} : d(y, r[j]) = d(0.5 * r[j]^2, r[j]) @huber_inside = r[j] @power
        step abs(r[j]) > {a} : d(y, r[j]) = d({a} * (abs(r[j]) - {a} / 2), r[j]) @huber_outside
                                          = {a} * sign(r[j]) @constant_sign
        step d(y, r[j]) = clip(r[j], {a}) @both_cases
        d(y, a[j]) = d(y, r[j]) * d(r[j], a[j]) @own_term
                   = clip(r[j], {a}) * 1 @insert
                   = clip(r[j], {a}) @arithmetic
        remark huber_smooth
        d(y, b[j]) = d(y, r[j]) * d(r[j], b[j]) @own_term
                   = clip(r[j], {a}) * (-1) @insert
                   = -clip(r[j], {a}) @arithmetic
        remark huber_smooth)"},
};

}  // namespace

std::span<const OperatorCard> loss_cards() { return kLossCards; }

}  // namespace catenary::derive
