// Cards of the operators of ops/reduce.cc.
#include "catenary/derive/operators/alike.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kReduceCards = {
    {&ops::kSum,
     {"sum of all elements",
      {"Each element of {0} enters with the factor 1, so each gets the same number {2}: shape {1}."}},
     {"所有元素之和", {"{0} 的每个元素系数都是 1，因此都得到同一个数 {2}：形状 {1}。"}},
     R"(of x
        y = sum(i, x[i])
        d(y, x[j]) = sum(i, [i=j]) @same_element = 1 @sift)"},
    {&ops::kMean,
     {"mean of all elements",
      {"Each element of {0} enters with the same weight, so each gets the same number: shape {1}."}},
     {"所有元素的平均", {"{0} 的每个元素权重相同，因此都得到同一个数：形状 {1}。"}},
     R"(of x
        y = 1 / size(x) * sum(i, x[i])
        d(y, x[j]) = 1 / size(x) * sum(i, [i=j]) @same_element = 1 / size(x) @sift)"},
    {&ops::kMax,
     {"largest element",
      {"Only the largest element of {0} moves the result: it gets {2}, the others 0. Shape {1}."}},
     {"最大元素", {"只有 {0} 的最大元素影响结果：它得到 {2}，其余为 0。形状 {1}。"}},
     R"(of x
        y = largest(i, x[i]) = x[argmax(i, x[i])]
        d(y, x[j]) = [j = argmax(i, x[i])] @stays_largest
        remark first_maximum)"},
    whole(&ops::kNorm1, "sum of absolute values", "绝对值之和",
          R"(of x
        y = sum(i, abs(x[i])) = sum(i, sign(x[i]) * x[i])
        d(y, x[j]) = sum(i, sign(x[i]) * [i=j]) @constant_sign = sign(x[j]) @sift
        remark kink)"),
    whole(&ops::kNorm2, "Euclidean norm", "欧几里得范数",
          R"(of x
        y = sqrt(sum(i, x[i]^2))
        d(y, x[j]) = 1 / (2 * sqrt(sum(i, x[i]^2))) * d(sum(i, x[i]^2), x[j]) @root_inner
                   = 1 / (2 * sqrt(sum(i, x[i]^2))) * sum(i, 2 * x[i] * [i=j]) @power_each
                   = 1 / (2 * sqrt(sum(i, x[i]^2))) * 2 * x[j] @sift
                   = x[j] / sqrt(sum(i, x[i]^2)) @cancel
                   = x[j] / y @definition
        remark norm_at_zero)"),
    {&ops::kUnitVector,
     {"normalised vector",
      {"Every element depends on {0} through the norm; what points along {6} is taken out. Shape {1}."}},
     {"单位化", {"每个元素都通过范数依赖于 {0}；沿 {6} 方向的分量被去掉。形状 {1}。"}},
     R"(of x
        y[i] = x[i] / r
        where r = sqrt(sum(k, x[k]^2))
        step d(r, x[j]) = 1 / (2 * r) * sum(k, 2 * x[k] * [k=j]) @root_inner
                        = x[j] / r @sift
        d(y[i], x[j]) = ([i=j] * r - x[i] * d(r, x[j])) / r^2 @quotient
                      = ([i=j] * r - x[i] * x[j] / r) / r^2 @insert
                      = ([i=j] - x[i] / r * (x[j] / r)) / r @fraction
                      = ([i=j] - y[i] * y[j]) / r @definition
        then = (sum(i, g[i] * [i=j]) - y[j] * sum(i, g[i] * y[i])) / r @split
             = (g[j] - y[j] * sum(i, g[i] * y[i])) / r @sift)"},
    whole(&ops::kLogSumExp, "log-sum-exp", "log-sum-exp",
          R"(of x
        y = ln(S)
        where S = sum(k, exp(x[k]))
        step d(S, x[j]) = sum(k, d(exp(x[k]), x[j])) @term_by_term
                        = sum(k, exp(x[k]) * [k=j]) @exp_own
                        = exp(x[j]) @sift
        d(y, x[j]) = d(S, x[j]) / S @ln_inner = exp(x[j]) / S @insert
        remark softmax)"),
};

}  // namespace

std::span<const OperatorCard> reduce_cards() { return kReduceCards; }

}  // namespace catenary::derive
