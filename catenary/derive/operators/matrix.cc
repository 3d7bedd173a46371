// Cards of the operators of ops/matrix.cc.
#include "catenary/derive/operators/alike.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kMatrixCards = {
    square(&ops::kInv, "inverse", "逆矩阵",
           R"(of X
        sum(m, X[i,m] * y[m,j]) = [i=j]
        step sum(m, d(X[i,m], X[k,l]) * y[m,j]) + sum(m, X[i,m] * d(y[m,j], X[k,l])) = 0 @product_constant
        step sum(m, X[i,m] * d(y[m,j], X[k,l])) = -sum(m, d(X[i,m], X[k,l]) * y[m,j]) @other_side
                                                = -sum(m, [i=k] * [m=l] * y[m,j]) @same_element
                                                = -[i=k] * y[l,j] @sift
        d(y[i,j], X[k,l]) = sum(p, sum(m, y[i,p] * X[p,m] * d(y[m,j], X[k,l]))) @left_inverse
                          = -sum(p, y[i,p] * [p=k] * y[l,j]) @insert
                          = -y[i,k] * y[l,j] @sift
        note inverse_defined)"),
    square(&ops::kDet, "determinant", "行列式",
           R"(of X
        y = sum(j, X[i,j] * K[i,j])
        where K[i,j] = (-1)^(i + j) * minor(X[i,j])
        step sum(j, X[i,j] * K[k,j]) = [i=k] * y @alien_cofactors
        step inverse(X[j,k]) = K[k,j] / y @divide_by_det
        d(y, X[k,l]) = sum(j, d(X[k,j], X[k,l]) * K[k,j]) @cofactor_row
                     = sum(j, [j=l] * K[k,j]) @same_element
                     = K[k,l] @sift
                     = y * inverse(X[l,k]) @line_before
        note expansion)"),
    square(&ops::kLogDet, "logarithm of the determinant", "行列式的对数",
           R"(of X
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
        note expansion)"),
    {&ops::kTrace,
     {"trace",
      {"Only the diagonal of {0} is summed, each entry with the factor 1: {2} times the identity, shape "
       "{1}."}},
     {"迹", {"迹只对 {0} 的对角元求和，系数均为 1：{2} 乘单位阵，形状 {1}。"}},
     R"(of X
        y = sum(i, X[i,i])
        d(y, X[j,k]) = sum(i, [i=j] * [i=k]) @same_element = [j=k] @sift)"},
    {&ops::kDiag,
     {"diagonal matrix of a vector",
      {"Element i of {0} stands at (i, i) alone: the way back takes the diagonal, shape {1}."}},
     {"向量的对角矩阵", {"{0} 的第 i 个元素只出现在 (i, i) 处：往回取对角线，形状 {1}。"}},
     R"(of x
        y[i,j] = [i=j] * x[i]
        d(y[i,j], x[k]) = [i=j] * [i=k] @same_element)"},
    {&ops::kDiagonal,
     {"diagonal of a matrix",
      {"Only the diagonal of {0} is read: its derivative is a diagonal matrix, shape {1}."}},
     {"矩阵的对角线", {"只读取了 {0} 的对角线：导数是对角矩阵，形状 {1}。"}},
     R"(of X
        y[i] = X[i,i]
        d(y[i], X[j,k]) = [i=j] * [i=k] @same_element)"},
};

}  // namespace

std::span<const OperatorCard> matrix_cards() { return kMatrixCards; }

}  // namespace catenary::derive
