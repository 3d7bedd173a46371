// Cards of the operators of ops/kronecker.cc.
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kKroneckerCards = {
    {&ops::kKron,
     {"Kronecker product",
      {"Each entry of {0} multiplies a copy of the other factor {4}; its derivative sums over that copy. "
       "Shape {1}."}},
     {"Kronecker 积", {"{0} 的每个元素都乘上另一个因子 {4} 的一份拷贝；导数对这份拷贝求和。形状 {1}。"}}},
    {&ops::kKronAdjointLeft,
     {"adjoint of the Kronecker product", {"It is linear in {0}: shape {1} again."}},
     {"Kronecker 积的伴随", {"它对 {0} 是线性的：形状仍为 {1}。"}}},
    {&ops::kKronAdjointRight,
     {"adjoint of the Kronecker product", {"It is linear in {0}: shape {1} again."}},
     {"Kronecker 积的伴随", {"它对 {0} 是线性的：形状仍为 {1}。"}}},
};

}  // namespace

std::span<const OperatorCard> kronecker_cards() { return kKroneckerCards; }

}  // namespace catenary::derive
