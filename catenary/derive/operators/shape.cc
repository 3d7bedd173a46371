// Cards of the operators of ops/shape.cc.
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

const std::vector<OperatorCard> kShapeCards = {
    {&ops::kReshape,
     {"new shape", {"The elements only change place: shape {1} again."}},
     {"改变形状", {"元素只是换了位置：形状仍为 {1}。"}},
     R"(of x
        y[i] = x[i]
        d(y[i], x[j]) = [i=j] @same_element
        note row_by_row)"},
    {&ops::kSlice,
     {"part of an axis", {"What was left out has no effect: zeros there, shape {1}."}},
     {"取一段", {"没有取到的部分没有影响：补零，形状 {1}。"}}},
    {&ops::kConcat,
     {"joining", {"{0} gets back the part that it became: shape {1}."}},
     {"拼接", {"{0} 取回它所成为的那一段：形状 {1}。"}}},
    {&ops::kBroadcast,
     {"repetition", {"What was repeated is summed: shape {1} again."}},
     {"复制（广播）", {"被复制的量要求和：形状仍为 {1}。"}}},
    {&ops::kSumTo,
     {"sum over repeated elements",
      {"Each element enters with the factor 1 and gets what its sum got: shape {1}."}},
     {"对复制的元素求和", {"每个元素系数为 1，得到其和所得的导数：形状 {1}。"}}},
};

}  // namespace

std::span<const OperatorCard> shape_cards() { return kShapeCards; }

}  // namespace catenary::derive
