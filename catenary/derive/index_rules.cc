#include "catenary/derive/index_rules.h"

#include <fmt/format.h>

#include <string_view>

#include "catenary/base/error.h"

namespace catenary::derive {

namespace {

struct Entry {
  std::string_view op;
  std::string_view lines;
};

// {a} is the call's number.
constexpr Entry kEntries[] = {
    {"add", R"(each a b
               y = a + b
               d(y, a) = 1
               d(y, b) = 1)"},
    {"sub", R"(each a b
               y = a - b
               d(y, a) = 1
               d(y, b) = -1)"},
    {"mul", R"(each a b
               y = a * b
               d(y, a) = b
               d(y, b) = a)"},
    {"div", R"(each a b
               y = a / b
               d(y, a) = 1 / b
               d(y, b) = -a / b^2 = -y / b)"},
    {"neg", R"(each x
               y = -x
               d(y, x) = -1)"},
    {"square", R"(each x
                  y = x^2
                  d(y, x) = 2 * x)"},
    {"sqrt", R"(each x
                y = sqrt(x) = x^0.5
                d(y, x) = 0.5 * x^(-0.5) = 1 / (2 * y))"},
    {"pow", R"(each a b
               y = a^b
               d(y, a) = b * a^(b - 1)
               d(y, b) = exp(b * ln(a)) * ln(a) = y * ln(a))"},
    {"exp", R"(each x
               y = exp(x)
               d(y, x) = exp(x) = y)"},
    {"log", R"(each x
               y = ln(x)
               d(y, x) = 1 / x)"},
    {"sin", R"(each x
               y = sin(x)
               d(y, x) = cos(x))"},
    {"cos", R"(each x
               y = cos(x)
               d(y, x) = -sin(x))"},
    {"abs", R"(each x
               y = abs(x)
               d(y, x) = sign(x))"},
    {"clip", R"(each x
                y = clip(x, {a})
                d(y, x) = [abs(x) < {a}])"},
    {"erf", R"(each x
               y = erf(x)
               d(y, x) = 2 * exp(-x^2) / sqrt(pi)
               note erf(x) = 2/√π ∫₀ˣ e^(−t²) dt. | $\operatorname{erf}(x) = \frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2} dt$.)"},
    {"sigmoid", R"(each x
                   y = sigma(x) = 1 / (1 + exp(-x))
                   d(y, x) = exp(-x) / (1 + exp(-x))^2 = 1 / (1 + exp(-x)) * (exp(-x) / (1 + exp(-x)))
                           = 1 / (1 + exp(-x)) * (1 - 1 / (1 + exp(-x))) = y * (1 - y))"},
    {"tanh", R"(each x
                y = tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
                d(y, x) = ((exp(x) + exp(-x))^2 - (exp(x) - exp(-x))^2) / (exp(x) + exp(-x))^2 = 1 - y^2)"},
    {"relu", R"(each x
                y = max(x, 0) = [x > 0] * x
                d(y, x) = [x > 0])"},
    {"leaky_relu", R"(each x
                      y = [x > 0] * x + {a} * [x <= 0] * x
                      d(y, x) = [x > 0] + {a} * [x <= 0])"},
    {"elu", R"(each x
               y = [x > 0] * x + {a} * [x <= 0] * (exp(x) - 1)
               d(y, x) = [x > 0] + {a} * [x <= 0] * exp(x) = [x > 0] + [x <= 0] * (y + {a}))"},
    {"softplus", R"(each x
                    y = ln(1 + exp(x))
                    d(y, x) = exp(x) / (1 + exp(x)) = 1 / (1 + exp(-x)) = sigma(x))"},
    {"gelu", R"(each x
                y = 0.5 * x * (1 + erf(x / sqrt(2)))
                d(y, x) = 0.5 * (1 + erf(x / sqrt(2))) + 0.5 * x * (2 / sqrt(pi)) * exp(-x^2 / 2) * (1 / sqrt(2))
                        = 0.5 * (1 + erf(x / sqrt(2))) + x * exp(-x^2 / 2) / sqrt(2 * pi))"},
    {"silu", R"(each x
                y = x * sigma(x)
                d(y, x) = sigma(x) + x * sigma(x) * (1 - sigma(x)) = sigma(x) + y * (1 - sigma(x)))"},
    {"softmax", R"(of x
        y[i] = exp(x[i]) / sum(k, exp(x[k])) = exp(x[i]) / S
        where S = sum(k, exp(x[k]))
        d(y[i], x[j]) = (delta(i,j) * exp(x[i]) * S - exp(x[i]) * exp(x[j])) / S^2
                      = y[i] * delta(i,j) - y[i] * y[j] = y[i] * (delta(i,j) - y[j])
        then sum(i, g[i] * y[i] * delta(i,j)) - y[j] * sum(i, g[i] * y[i])
           = y[j] * (g[j] - sum(i, g[i] * y[i])))"},
    {"log_softmax", R"(of x
        y[i] = x[i] - ln(sum(k, exp(x[k])))
        where a[i] = exp(x[i]) / sum(k, exp(x[k]))
        d(y[i], x[j]) = delta(i,j) - exp(x[j]) / sum(k, exp(x[k])) = delta(i,j) - a[j]
        then g[j] - a[j] * sum(i, g[i]))"},

    {"matvec", R"(of A x
        y[i] = sum(k, A[i,k] * x[k])
        d(y[i], A[j,k]) = sum(l, [i=j] * [l=k] * x[l]) = [i=j] * x[k]
        d(y[i], x[j]) = sum(k, A[i,k] * [k=j]) = A[i,j])"},
    {"matmul", R"(of A B
        y[i,j] = sum(k, A[i,k] * B[k,j])
        d(y[i,j], A[k,l]) = sum(m, [i=k] * [m=l] * B[m,j]) = [i=k] * B[l,j]
        d(y[i,j], B[k,l]) = sum(m, A[i,m] * [m=k] * [j=l]) = A[i,k] * [j=l])"},
    {"outer", R"(of a b
        y[i,j] = a[i] * b[j]
        d(y[i,j], a[k]) = [i=k] * b[j]
        d(y[i,j], b[k]) = a[i] * [j=k])"},
    {"dot", R"(of a b
        y = sum(i, a[i] * b[i])
        d(y, a[j]) = sum(i, [i=j] * b[i]) = b[j]
        d(y, b[j]) = sum(i, a[i] * [i=j]) = a[j])"},
    {"transpose", R"(of A
        y[i,j] = A[j,i]
        d(y[i,j], A[k,l]) = [i=l] * [j=k])"},
    {"sum", R"(of x
        y = sum(i, x[i])
        d(y, x[j]) = sum(i, [i=j]) = 1)"},
    {"mean", R"(of x
        y = 1 / size(x) * sum(i, x[i])
        d(y, x[j]) = 1 / size(x) * sum(i, [i=j]) = 1 / size(x))"},
    {"max", R"(of x
        y = largest(i, x[i])
        d(y, x[j]) = [j = argmax(i, x[i])]
        note Among equal elements the first is the maximum.)"},
    {"norm2", R"(of x
        y = sqrt(sum(i, x[i]^2))
        d(y, x[j]) = 1 / (2 * sqrt(sum(i, x[i]^2))) * sum(i, 2 * x[i] * [i=j]) = x[j] / y)"},
    {"unit_vector", R"(of x
        y[i] = x[i] / r
        where r = sqrt(sum(k, x[k]^2))
        step d(r, x[j]) = x[j] / r
        d(y[i], x[j]) = ([i=j] * r - x[i] * d(r, x[j])) / r^2 = ([i=j] - y[i] * y[j]) / r
        then (sum(i, g[i] * [i=j]) - y[j] * sum(i, g[i] * y[i])) / r = (g[j] - y[j] * sum(i, g[i] * y[i])) / r)"},
    {"norm1", R"(of x
        y = sum(i, abs(x[i]))
        d(y, x[j]) = sum(i, sign(x[i]) * [i=j]) = sign(x[j]))"},
    {"logsumexp", R"(of x
        y = ln(sum(i, exp(x[i])))
        d(y, x[j]) = exp(x[j]) / sum(i, exp(x[i])) = exp(x[j] - y))"},
    {"trace", R"(of X
        y = sum(i, X[i,i])
        d(y, X[j,k]) = sum(i, [i=j] * [i=k]) = [j=k])"},
    {"diag", R"(of x
        y[i,j] = [i=j] * x[i]
        d(y[i,j], x[k]) = [i=j] * [i=k])"},
    {"diagonal", R"(of X
        y[i] = X[i,i]
        d(y[i], X[j,k]) = [i=j] * [i=k])"},
    {"inv", R"(of X
        sum(m, X[i,m] * y[m,j]) = [i=j]
        step sum(m, d(X[i,m], X[k,l]) * y[m,j]) + sum(m, X[i,m] * d(y[m,j], X[k,l])) = 0
        step sum(m, X[i,m] * d(y[m,j], X[k,l])) = -sum(m, [i=k] * [m=l] * y[m,j]) = -[i=k] * y[l,j]
        d(y[i,j], X[k,l]) = -sum(m, y[i,m] * [m=k] * y[l,j]) = -y[i,k] * y[l,j])"},
    {"det", R"(of X
        y = sum(j, X[i,j] * K[i,j])
        where K[i,j] = (-1)^(i + j) * minor(X[i,j])
        step sum(j, X[i,j] * K[k,j]) = [i=k] * y
        d(y, X[k,l]) = sum(j, [j=l] * K[k,j]) = K[k,l] = y * inverse(X[l,k])
        note The cofactors of a row contain no element of that row.)"},
    {"logdet", R"(of X
        y = ln(abs(D))
        where D = det(X)
        where K[i,j] = (-1)^(i + j) * minor(X[i,j])
        step d(D, X[k,l]) = K[k,l] = D * inverse(X[l,k])
        d(y, X[k,l]) = d(D, X[k,l]) / D = inverse(X[l,k])
        note The cofactors of a row contain no element of that row.)"},
    {"reshape", R"(of x
        y[i] = x[i]
        d(y[i], x[j]) = [i=j]
        note Index i counts the elements row by row, which reshaping leaves as it is.)"},
    {"pick", R"(of x t
        y = x[t]
        d(y, x[j]) = [j = t])"},
    {"batch_sum", R"(of x
        y[i] = sum(n, x[n,i])
        d(y[i], x[m,j]) = sum(n, [n=m] * [i=j]) = [i=j]
        note The first index counts the samples.)"},
    {"batch_mean", R"(of x
        y[i] = 1 / samples() * sum(n, x[n,i])
        d(y[i], x[m,j]) = 1 / samples() * sum(n, [n=m] * [i=j]) = [i=j] / samples()
        note The first index counts the samples.)"},
    {"batch_broadcast", R"(of x
        y[n,i] = x[i]
        d(y[n,i], x[j]) = [i=j]
        note The first index counts the samples.)"},

    {"squared_error", R"(of a t
        y = 0.5 * sum(i, (t[i] - a[i])^2)
        d(y, a[j]) = -sum(i, (t[i] - a[i]) * [i=j]) = a[j] - t[j]
        d(y, t[j]) = sum(i, (t[i] - a[i]) * [i=j]) = t[j] - a[j])"},
    {"cross_entropy", R"(of a t
        y = -sum(i, t[i] * ln(a[i]))
        d(y, a[j]) = -sum(i, t[i] / a[i] * [i=j]) = -t[j] / a[j]
        d(y, t[j]) = -sum(i, [i=j] * ln(a[i])) = -ln(a[j]))"},
    {"softmax_cross_entropy", R"(of z t
        y = -sum(i, t[i] * ln(a[i]))
        where a[i] = exp(z[i]) / sum(k, exp(z[k]))
        step d(a[i], z[j]) = a[i] * (delta(i,j) - a[j])
        d(y, z[j]) = -sum(i, t[i] / a[i] * d(a[i], z[j])) = -sum(i, t[i] / a[i] * a[i] * (delta(i,j) - a[j]))
                   = -sum(i, t[i] * delta(i,j)) + a[j] * sum(i, t[i]) = a[j] * sum(i, t[i]) - t[j]
        if sum(i, t[i]) = 1 : d(y, z[j]) = a[j] - t[j]
        d(y, t[j]) = -ln(a[j]))"},
    {"softmax_cross_entropy_labels", R"(of z t
        y = -ln(a[t])
        where a[i] = exp(z[i]) / sum(k, exp(z[k]))
        step d(a[i], z[j]) = a[i] * (delta(i,j) - a[j])
        d(y, z[j]) = -d(a[t], z[j]) / a[t] = -([j = t] - a[j]) = a[j] - [j = t])"},
    {"sigmoid_cross_entropy", R"(of z t
        y = -sum(i, t[i] * ln(a[i]) + (1 - t[i]) * ln(1 - a[i]))
        where a[i] = 1 / (1 + exp(-z[i]))
        step d(a[i], z[i]) = a[i] * (1 - a[i])
        d(y, z[j]) = -(t[j] / a[j] - (1 - t[j]) / (1 - a[j])) * a[j] * (1 - a[j])
                   = -(t[j] * (1 - a[j]) - (1 - t[j]) * a[j]) = a[j] - t[j]
        step 1 - a[i] = exp(-z[i]) * a[i]
        d(y, t[j]) = -(ln(a[j]) - ln(1 - a[j])) = -z[j])"},
    {"huber", R"(of a b
        y = sum(i, 0.5 * [abs(r[i]) <= {a}] * r[i]^2 + {a} * [abs(r[i]) > {a}] * (abs(r[i]) - {a} / 2))
        where r[i] = a[i] - b[i]
        d(y, a[j]) = [abs(r[j]) <= {a}] * r[j] + {a} * [abs(r[j]) > {a}] * sign(r[j]) = clip(r[j], {a})
        d(y, b[j]) = -clip(r[j], {a}))"},
};

std::string with_number(std::string_view lines, const Attribute& attribute) {
  std::string text(lines);
  const auto* number = std::get_if<double>(&attribute);
  for (std::size_t at = text.find("{a}"); number != nullptr && at != std::string::npos;
       at = text.find("{a}", at))
    text.replace(at, 3, fmt::format("({})", *number));
  return text;
}

}  // namespace

std::optional<IndexRule> index_rule(Value y, int operand) {
  if (!y.op().differentiable()) return std::nullopt;
  if (const std::string lines = shape_rule_lines(y, operand); !lines.empty())
    return read_index_rule(lines, operand);
  for (const Entry& entry : kEntries) {
    if (entry.op == y.op().name) return read_index_rule(with_number(entry.lines, y.attribute()), operand);
  }
  fail(ErrorKind::kInternal, "index form: needed an entry for each operator, found none for {}", y.op().name);
}

}  // namespace catenary::derive
