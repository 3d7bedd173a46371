// Cards of the operators of ops/linalg.cc.
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kLinalgCards = {
    {&ops::kMatVec,
     {"matrix times vector",
      {"{0} is {1}, so its derivative is too: the column {2} ({3}) times the row {4}ᵀ (1×{5}) gives "
       "{3}×{5}. Entry (j, k) of {0} only meets element k of {4} and goes into element j of the result.",
       "{0} has {1} elements and {2} has {3}; {4} is {5}. Element k of {0} goes into every element of the "
       "result, weighted by column k of {4}; summing over them needs {4}ᵀ, which turns {3} elements into "
       "{1}."}},
     {"矩阵乘向量",
      {"{0} 的形状是 {1}，导数也是：列 {2}（{3}）乘以行 {4}ᵀ（1×{5}），得 {3}×{5}。{0} 的 (j, k) 元只与 "
       "{4} 的第 k 个元素相乘，并只进入结果的第 j 个元素。",
       "{0} 有 {1} 个元素，{2} 有 {3} 个；{4} 的形状是 {5}。{0} 的第 k 个元素以 {4} 的第 k "
       "列为权进入结果的每个元素；对它们求和需要 {4}ᵀ，它把 {3} 个元素变为 {1} 个。"}},
     R"(of A x
        y[i] = sum(k, A[i,k] * x[k])
        d(y[i], A[j,k]) = sum(l, [i=j] * [l=k] * x[l]) @same_element = [i=j] * x[k] @sift
        d(y[i], x[j]) = sum(k, A[i,k] * [k=j]) @same_element = A[i,j] @sift)"},
    {&ops::kMatMul,
     {"matrix product",
      {"{0} is {1}, {2} is {3}, the right factor {4} is {5}: only {4}ᵀ on the right makes the sizes fit.",
       "{0} is {1}, {2} is {3}, the left factor {4} is {5}: only {4}ᵀ on the left makes the sizes fit."}},
     {"矩阵乘积",
      {"{0} 的形状是 {1}，{2} 是 {3}，右因子 {4} 是 {5}：只有右乘 {4}ᵀ 尺寸才相合。",
       "{0} 的形状是 {1}，{2} 是 {3}，左因子 {4} 是 {5}：只有左乘 {4}ᵀ 尺寸才相合。"}},
     R"(of A B
        y[i,j] = sum(k, A[i,k] * B[k,j])
        d(y[i,j], A[k,l]) = sum(m, [i=k] * [m=l] * B[m,j]) @same_element = [i=k] * B[l,j] @sift
        d(y[i,j], B[k,l]) = sum(m, A[i,m] * [m=k] * [j=l]) @same_element = A[i,k] * [j=l] @sift)"},
    {&ops::kOuter,
     {"outer product",
      {"Row i of the result is {0}ᵢ times {4}ᵀ: collecting row i of {2} ({3}) against {4} gives shape {1}.",
       "Column j of the result is {0}ⱼ times {4}: collecting column j of {2} ({3}) against {4} gives shape "
       "{1}."}},
     {"外积",
      {"结果的第 i 行是 {0}ᵢ 乘 {4}ᵀ：把 {2}（{3}）的第 i 行与 {4} 作内积，形状为 {1}。",
       "结果的第 j 列是 {0}ⱼ 乘 {4}：把 {2}（{3}）的第 j 列与 {4} 作内积，形状为 {1}。"}},
     R"(of a b
        y[i,j] = a[i] * b[j]
        d(y[i,j], a[k]) = [i=k] * b[j] @same_element
        d(y[i,j], b[k]) = a[i] * [j=k] @same_element)"},
    {&ops::kDot,
     {"inner product",
      {"The result is one number; its slope by element i of {0} is element i of {4}. Shape {1}."}},
     {"内积", {"结果是一个数；它对 {0} 第 i 个元素的斜率是 {4} 的第 i 个元素。形状 {1}。"}},
     R"(of a b
        y = sum(i, a[i] * b[i])
        d(y, a[j]) = sum(i, [i=j] * b[i]) @same_element = b[j] @sift
        d(y, b[j]) = sum(i, a[i] * [i=j]) @same_element = a[j] @sift)"},
    {&ops::kTranspose,
     {"transpose",
      {"Entry (i, j) of the result is entry (j, i) of {0}; the way back transposes again: {1}."}},
     {"转置", {"结果的 (i, j) 元是 {0} 的 (j, i) 元；往回再转置一次：{1}。"}},
     R"(of A
        y[i,j] = A[j,i]
        d(y[i,j], A[k,l]) = [i=l] * [j=k] @same_element)"},
    {&ops::kVec,
     {"stacking of columns", {"The elements only change place: the way back puts them in {1} again."}},
     {"按列展开", {"元素只是换了位置：往回再放回 {1}。"}}},
    {&ops::kUnvec,
     {"unstacking of columns", {"The elements only change place: the way back stacks them again, {1}."}},
     {"还原为矩阵", {"元素只是换了位置：往回再排成一列，{1}。"}}},
};

}  // namespace

std::span<const OperatorCard> linalg_cards() { return kLinalgCards; }

}  // namespace catenary::derive
