// Proofs of operators that work element by element.
#include <algorithm>

#include "catenary/derive/proof/rules.h"

namespace catenary::derive {

namespace {

struct Entry {
  std::string_view op, lines;
};

constexpr Entry kEntries[] = {
    {"add", R"(each a b
               y = a + b
               d(y, a) = 1 @linear
               d(y, b) = 1 @linear)"},
    {"sub", R"(each a b
               y = a - b
               d(y, a) = 1 @linear
               d(y, b) = -1 @linear)"},
    {"mul", R"(each a b
               y = a * b
               d(y, a) = b @linear
               d(y, b) = a @linear)"},
    {"div", R"(each a b
               y = a / b
               d(y, a) = 1 / b @linear
               d(y, b) = -a / b^2 @reciprocal
                       = -y / b @definition)"},
    {"neg", R"(each x
               y = -x
               d(y, x) = -1 @linear)"},
    {"square", R"(each x
                  y = x^2
                  d(y, x) = 2 * x @power)"},
    {"sqrt", R"(each x
                y = sqrt(x) = x^0.5
                d(y, x) = 0.5 * x^(-0.5) @power
                        = 1 / (2 * sqrt(x)) @fraction
                        = 1 / (2 * y) @definition)"},
    {"pow", R"(each a b
               y = a^b
               d(y, a) = b * a^(b - 1) @power
               d(y, b) = d(exp(b * ln(a)), b) @exp_ln
                       = exp(b * ln(a)) * ln(a) @inner
                       = y * ln(a) @exp_ln)"},
    {"exp", R"(each x
               y = exp(x)
               d(y, x) = exp(x) @exp
                       = y @definition)"},
    {"log", R"(each x
               y = ln(x)
               d(y, x) = 1 / x @ln)"},
    {"sin", R"(each x
               y = sin(x)
               d(y, x) = cos(x) @sin)"},
    {"cos", R"(each x
               y = cos(x)
               d(y, x) = -sin(x) @cos)"},
    {"abs", R"(each x
               y = abs(x) = sign(x) * x
               d(y, x) = sign(x) @constant_sign
               remark kink)"},
    {"clip", R"(each x
                y = clip(x, {a})
                step abs(x) < {a} : d(y, x) = d(x, x) @clip_inside = 1 @linear
                step abs(x) > {a} : d(y, x) = 0 @clip_outside
                d(y, x) = [abs(x) < {a}] @both_cases
                        = [{a} - abs(x) > 0] @same_condition
                remark clip_kink)"},
    {"erf", R"(each x
               y = erf(x)
               d(y, x) = 2 * exp(-x^2) / sqrt(pi) @fundamental
               note erf)"},
    {"sigmoid", R"(each x
                   y = sigma(x) = 1 / (1 + exp(-x))
                   d(y, x) = -d(1 + exp(-x), x) / (1 + exp(-x))^2 @reciprocal
                           = exp(-x) / (1 + exp(-x))^2 @exp_minus
                           = 1 / (1 + exp(-x)) * (exp(-x) / (1 + exp(-x))) @fraction
                           = 1 / (1 + exp(-x)) * (((1 + exp(-x)) - 1) / (1 + exp(-x))) @add_subtract
                           = 1 / (1 + exp(-x)) * (1 - 1 / (1 + exp(-x))) @fraction
                           = y * (1 - y) @definition)"},
    {"tanh", R"(each x
                y = tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
                d(y, x) = ((exp(x) + exp(-x))^2 - (exp(x) - exp(-x))^2) / (exp(x) + exp(-x))^2
                          @quotient_mutual
                        = 1 - (exp(x) - exp(-x))^2 / (exp(x) + exp(-x))^2 @fraction
                        = 1 - y^2 @definition)"},
    {"relu", R"(each x
                y = max(x, 0)
                step x > 0 : d(y, x) = d(x, x) @relu_above = 1 @linear
                step x < 0 : d(y, x) = 0 @relu_below
                d(y, x) = [x > 0] @both_cases
                        = [y > 0] @relu_result
                remark kink)"},
    {"leaky_relu", R"(each x
                      y = [x > 0] * x + {a} * [x <= 0] * x
                      step x > 0 : d(y, x) = d(x, x) @bracket_above = 1 @linear
                      step x < 0 : d(y, x) = d({a} * x, x) @bracket_below = {a} @linear
                      d(y, x) = [x > 0] + {a} * [x <= 0] @both_cases
                              = [x > 0] + {a} * (1 - [x > 0]) @complement
                              = (1 - {a}) * [x > 0] + {a} @collect
                      remark left_slope)"},
    {"elu", R"(each x
               y = [x > 0] * x + {a} * [x <= 0] * (exp(x) - 1)
               step x > 0 : d(y, x) = d(x, x) @bracket_above = 1 @linear
               step x < 0 : d(y, x) = d({a} * (exp(x) - 1), x) @bracket_below
                                    = {a} * exp(x) @exp
                                    = y + {a} @definition
               d(y, x) = [x > 0] + [x <= 0] * (y + {a}) @both_cases
                       = [x > 0] + (1 - [x > 0]) * (y + {a}) @complement
               remark left_slope)"},
    {"softplus", R"(each x
                    y = ln(1 + exp(x))
                    d(y, x) = d(1 + exp(x), x) / (1 + exp(x)) @ln_inner
                            = exp(x) / (1 + exp(x)) @exp
                            = 1 / (1 + exp(-x)) @by_exp
                            = sigma(x) @definition
                    note sigma)"},
    {"gelu", R"(each x
                y = 0.5 * x * (1 + erf(x / sqrt(2)))
                step d(erf(x / sqrt(2)), x) = 2 * exp(-x^2 / 2) / sqrt(pi) * (1 / sqrt(2)) @fundamental_inner
                                            = 2 * exp(-x^2 / 2) / sqrt(2 * pi) @fraction
                d(y, x) = 0.5 * (1 + erf(x / sqrt(2))) + 0.5 * x * d(erf(x / sqrt(2)), x) @product
                        = 0.5 * (1 + erf(x / sqrt(2))) + 0.5 * x * (2 * exp(-x^2 / 2) / sqrt(2 * pi)) @insert
                        = 0.5 * (1 + erf(x / sqrt(2))) + x * exp(-x^2 / 2) / sqrt(2 * pi) @arithmetic
                note erf
                remark gelu_numbers)"},
    {"silu", R"(each x
                y = x * sigma(x)
                step d(sigma(x), x) = -d(1 + exp(-x), x) / (1 + exp(-x))^2 @reciprocal
                                    = exp(-x) / (1 + exp(-x))^2 @exp_minus
                                    = 1 / (1 + exp(-x)) * (((1 + exp(-x)) - 1) / (1 + exp(-x))) @add_subtract
                                    = 1 / (1 + exp(-x)) * (1 - 1 / (1 + exp(-x))) @fraction
                                    = sigma(x) * (1 - sigma(x)) @definition
                d(y, x) = sigma(x) + x * d(sigma(x), x) @product
                        = sigma(x) + x * sigma(x) * (1 - sigma(x)) @insert
                        = sigma(x) + y * (1 - sigma(x)) @definition
                note sigma)"},
};

}  // namespace

std::string element_rule_lines(const Op& op) {
  const auto* const entry = std::ranges::find(kEntries, op.name, &Entry::op);
  return entry == std::end(kEntries) ? "" : std::string(entry->lines);
}

}  // namespace catenary::derive
