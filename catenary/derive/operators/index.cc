// Cards of the operators of ops/index.cc.
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kIndexCards = {
    {&ops::kPick,
     {"one element",
      {"Only the chosen element of {0} moves the result: it gets {2}, the others 0. Shape {1}."}},
     {"取一个元素", {"{0} 中只有被取的元素影响结果：它得到 {2}，其余为 0。形状 {1}。"}},
     R"(of x t
        y = x[t]
        d(y, x[j]) = [j = t] @same_element
        note from_zero)"},
};

}  // namespace

std::span<const OperatorCard> index_cards() { return kIndexCards; }

}  // namespace catenary::derive
