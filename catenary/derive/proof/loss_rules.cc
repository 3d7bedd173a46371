// Proofs of softmax and of the losses.
#include <algorithm>

#include "catenary/derive/proof/rules.h"

namespace catenary::derive {

namespace {

struct Entry {
  std::string_view op, lines;
};

constexpr Entry kEntries[] = {
    {"softmax", R"(of x
        y[i] = exp(x[i]) / S
        where S = sum(k, exp(x[k]))
        {jacobian y x}
        d(y[i], x[j]) = y[i] * (delta(i,j) - y[j]) @kronecker
        then = sum(i, g[i] * y[i] * delta(i,j)) - y[j] * sum(i, g[i] * y[i]) @split
             = g[j] * y[j] - y[j] * sum(i, g[i] * y[i]) @sift
             = y[j] * (g[j] - sum(i, g[i] * y[i])) @factor)"},
    {"log_softmax", R"(of x
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
    {"squared_error", R"(of a t
        y = 0.5 * sum(i, (t[i] - a[i])^2)
        d(y, a[j]) = 0.5 * sum(i, 2 * (t[i] - a[i]) * d(t[i] - a[i], a[j])) @power_each
                   = 0.5 * sum(i, 2 * (t[i] - a[i]) * (-[i=j])) @same_element
                   = -(t[j] - a[j]) @sift
                   = a[j] - t[j] @arithmetic
        d(y, t[j]) = 0.5 * sum(i, 2 * (t[i] - a[i]) * d(t[i] - a[i], t[j])) @power_each
                   = 0.5 * sum(i, 2 * (t[i] - a[i]) * [i=j]) @same_element
                   = t[j] - a[j] @sift)"},
    {"cross_entropy", R"(of a t
        y = -sum(i, t[i] * ln(a[i]))
        d(y, a[j]) = -sum(i, t[i] * (1 / a[i]) * [i=j]) @ln_each = -t[j] / a[j] @sift
        remark zero_target
        d(y, t[j]) = -sum(i, [i=j] * ln(a[i])) @same_element = -ln(a[j]) @sift)"},
    {"softmax_cross_entropy", R"(of z t
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
    {"softmax_cross_entropy_labels", R"(of z t
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
    {"sigmoid_cross_entropy", R"(of z t
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
    {"huber", R"(of a b
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

// {jacobian a z}: the derivative of a = softmax(z) in its two cases.
constexpr std::string_view kJacobian = R"(
        step d(S, z[j]) = sum(k, d(exp(z[k]), z[j])) @term_by_term
                        = sum(k, exp(z[k]) * [k=j]) @exp_own
                        = exp(z[j]) @sift
        step i = j : d(a[i], z[i]) = (exp(z[i]) * S - exp(z[i]) * exp(z[i])) / S^2 @quotient
                                   = exp(z[i]) / S - (exp(z[i]) / S)^2 @fraction
                                   = a[i] - a[i]^2 @definition
                                   = a[i] * (1 - a[i]) @factor
        step i != j : d(a[i], z[j]) = (0 * S - exp(z[i]) * exp(z[j])) / S^2 @quotient_other
                                    = -exp(z[i]) / S * (exp(z[j]) / S) @fraction
                                    = -a[i] * a[j] @definition
        )";

std::string jacobian(std::string_view a, std::string_view z) {
  std::string lines(kJacobian);
  for (const auto& [from, to] : {std::pair("a[", a), std::pair("z[", z)}) {
    for (std::size_t at = 0; (at = lines.find(from, at)) != std::string::npos; ++at) lines.replace(at, 1, to);
  }
  return lines;
}

}  // namespace

std::string loss_rule_lines(const Op& op) {
  const auto* const entry = std::ranges::find(kEntries, op.name, &Entry::op);
  if (entry == std::end(kEntries)) return "";
  std::string lines(entry->lines);
  constexpr std::string_view kOpening = "{jacobian ";
  if (const std::size_t at = lines.find(kOpening); at != std::string::npos) {
    const std::size_t names = at + kOpening.size(), length = lines.find('}', at) + 1 - at;
    lines.replace(at, length, jacobian(lines.substr(names, 1), lines.substr(names + 2, 1)));
  }
  return lines;
}

}  // namespace catenary::derive
