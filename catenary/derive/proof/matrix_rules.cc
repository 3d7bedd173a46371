// Proofs of operators of vectors and matrices.
#include <algorithm>

#include "catenary/derive/proof/rules.h"

namespace catenary::derive {

namespace {

struct Entry {
  std::string_view op, lines;
};

constexpr Entry kEntries[] = {
    {"matvec", R"(of A x
        y[i] = sum(k, A[i,k] * x[k])
        d(y[i], A[j,k]) = sum(l, [i=j] * [l=k] * x[l]) @same_element = [i=j] * x[k] @sift
        d(y[i], x[j]) = sum(k, A[i,k] * [k=j]) @same_element = A[i,j] @sift)"},
    {"matmul", R"(of A B
        y[i,j] = sum(k, A[i,k] * B[k,j])
        d(y[i,j], A[k,l]) = sum(m, [i=k] * [m=l] * B[m,j]) @same_element = [i=k] * B[l,j] @sift
        d(y[i,j], B[k,l]) = sum(m, A[i,m] * [m=k] * [j=l]) @same_element = A[i,k] * [j=l] @sift)"},
    {"outer", R"(of a b
        y[i,j] = a[i] * b[j]
        d(y[i,j], a[k]) = [i=k] * b[j] @same_element
        d(y[i,j], b[k]) = a[i] * [j=k] @same_element)"},
    {"dot", R"(of a b
        y = sum(i, a[i] * b[i])
        d(y, a[j]) = sum(i, [i=j] * b[i]) @same_element = b[j] @sift
        d(y, b[j]) = sum(i, a[i] * [i=j]) @same_element = a[j] @sift)"},
    {"transpose", R"(of A
        y[i,j] = A[j,i]
        d(y[i,j], A[k,l]) = [i=l] * [j=k] @same_element)"},
    {"sum", R"(of x
        y = sum(i, x[i])
        d(y, x[j]) = sum(i, [i=j]) @same_element = 1 @sift)"},
    {"mean", R"(of x
        y = 1 / size(x) * sum(i, x[i])
        d(y, x[j]) = 1 / size(x) * sum(i, [i=j]) @same_element = 1 / size(x) @sift)"},
    {"max", R"(of x
        y = largest(i, x[i]) = x[argmax(i, x[i])]
        d(y, x[j]) = [j = argmax(i, x[i])] @stays_largest
        remark first_maximum)"},
    {"norm2", R"(of x
        y = sqrt(sum(i, x[i]^2))
        d(y, x[j]) = 1 / (2 * sqrt(sum(i, x[i]^2))) * d(sum(i, x[i]^2), x[j]) @root_inner
                   = 1 / (2 * sqrt(sum(i, x[i]^2))) * sum(i, 2 * x[i] * [i=j]) @power_each
                   = 1 / (2 * sqrt(sum(i, x[i]^2))) * 2 * x[j] @sift
                   = x[j] / sqrt(sum(i, x[i]^2)) @cancel
                   = x[j] / y @definition
        remark norm_at_zero)"},
    {"unit_vector", R"(of x
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
    {"norm1", R"(of x
        y = sum(i, abs(x[i])) = sum(i, sign(x[i]) * x[i])
        d(y, x[j]) = sum(i, sign(x[i]) * [i=j]) @constant_sign = sign(x[j]) @sift
        remark kink)"},
    {"logsumexp", R"(of x
        y = ln(S)
        where S = sum(k, exp(x[k]))
        step d(S, x[j]) = sum(k, d(exp(x[k]), x[j])) @term_by_term
                        = sum(k, exp(x[k]) * [k=j]) @exp_own
                        = exp(x[j]) @sift
        d(y, x[j]) = d(S, x[j]) / S @ln_inner = exp(x[j]) / S @insert
        remark softmax)"},
    {"trace", R"(of X
        y = sum(i, X[i,i])
        d(y, X[j,k]) = sum(i, [i=j] * [i=k]) @same_element = [j=k] @sift)"},
    {"diag", R"(of x
        y[i,j] = [i=j] * x[i]
        d(y[i,j], x[k]) = [i=j] * [i=k] @same_element)"},
    {"diagonal", R"(of X
        y[i] = X[i,i]
        d(y[i], X[j,k]) = [i=j] * [i=k] @same_element)"},
    {"inv", R"(of X
        sum(m, X[i,m] * y[m,j]) = [i=j]
        step sum(m, d(X[i,m], X[k,l]) * y[m,j]) + sum(m, X[i,m] * d(y[m,j], X[k,l])) = 0 @product_constant
        step sum(m, X[i,m] * d(y[m,j], X[k,l])) = -sum(m, d(X[i,m], X[k,l]) * y[m,j]) @other_side
                                                = -sum(m, [i=k] * [m=l] * y[m,j]) @same_element
                                                = -[i=k] * y[l,j] @sift
        d(y[i,j], X[k,l]) = sum(p, sum(m, y[i,p] * X[p,m] * d(y[m,j], X[k,l]))) @left_inverse
                          = -sum(p, y[i,p] * [p=k] * y[l,j]) @insert
                          = -y[i,k] * y[l,j] @sift
        note inverse_defined)"},
    {"det", R"(of X
        y = sum(j, X[i,j] * K[i,j])
        where K[i,j] = (-1)^(i + j) * minor(X[i,j])
        step sum(j, X[i,j] * K[k,j]) = [i=k] * y @alien_cofactors
        step inverse(X[j,k]) = K[k,j] / y @divide_by_det
        d(y, X[k,l]) = sum(j, d(X[k,j], X[k,l]) * K[k,j]) @cofactor_row
                     = sum(j, [j=l] * K[k,j]) @same_element
                     = K[k,l] @sift
                     = y * inverse(X[l,k]) @line_before
        note expansion)"},
    {"logdet", R"(of X
        y = ln(abs(D))
        where D = det(X)
        where K[i,j] = (-1)^(i + j) * minor(X[i,j])
        step sum(j, X[i,j] * K[k,j]) = [i=k] * D @alien_cofactors
        step inverse(X[j,k]) = K[k,j] / D @divide_by_det
        step d(D, X[k,l]) = sum(j, d(X[k,j], X[k,l]) * K[k,j]) @cofactor_row
                          = sum(j, [j=l] * K[k,j]) @same_element
                          = K[k,l] @sift
        d(y, X[k,l]) = d(D, X[k,l]) / D @ln_abs
                     = K[k,l] / D @insert
                     = inverse(X[l,k]) @line_before
        note expansion)"},
    {"reshape", R"(of x
        y[i] = x[i]
        d(y[i], x[j]) = [i=j] @same_element
        note row_by_row)"},
    {"pick", R"(of x t
        y = x[t]
        d(y, x[j]) = [j = t] @same_element
        note from_zero)"},
};

}  // namespace

std::string matrix_rule_lines(const Op& op) {
  const auto* const entry = std::ranges::find(kEntries, op.name, &Entry::op);
  return entry == std::end(kEntries) ? "" : std::string(entry->lines);
}

}  // namespace catenary::derive
