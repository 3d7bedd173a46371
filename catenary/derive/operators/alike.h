#pragma once

#include <utility>
#include <vector>

#include "catenary/derive/operators/card.h"

/// What is told of many operators alike.
namespace catenary::derive {

inline constexpr std::string_view kEach =
    "Element i of the result depends on element i of {0} alone, so the factors multiply element by element: "
    "shape {1} again.";
inline constexpr std::string_view kEachZh =
    "结果的第 i 个元素只依赖于 {0} 的第 i 个元素，因此逐元素相乘，形状仍为 {1}。";
inline constexpr std::string_view kNumber =
    "{0} and the result are numbers: {2} is multiplied by one slope, and the derivative is a number too.";
inline constexpr std::string_view kNumberZh = "{0} 与结果都是数：{2} 乘以一个斜率，导数也是一个数。";
inline constexpr std::string_view kWhole =
    "The result is one number and {0} has shape {1}: the number {2} times one slope for each element of {0}.";
inline constexpr std::string_view kWholeZh =
    "结果是一个数，而 {0} 的形状为 {1}：用数 {2} 乘以 {0} 每个元素各自的斜率。";
inline constexpr std::string_view kSquare =
    "{0} is square, {1}, and so is its derivative; the transposes put entry (i, j) of the slope where entry "
    "(i, j) of {0} stands.";
inline constexpr std::string_view kSquareZh =
    "{0} 是方阵，形状 {1}，其导数形状相同；转置使斜率的 (i, j) 元与 {0} 的 (i, j) 元对应。";

/// Operators that work element by element, that reduce to a number, and those of a square matrix differ in
/// their names and proofs alone.
[[nodiscard]] inline OperatorCard each(const Op* op, std::string_view english, std::string_view chinese,
                                       std::string_view proof, OperatorCard::Meaning meaning = {},
                                       std::vector<OperatorCard::Reason> reasons = {}) {
  return {op,    {english, {kEach}, kNumber}, {chinese, {kEachZh}, kNumberZh},
          proof, std::move(meaning),          std::move(reasons)};
}
/// f(x) is that formula.
[[nodiscard]] inline OperatorCard::Meaning formula_is(std::string_view text, std::string_view latex) {
  return {"{0}", "即 {0}", {{text, latex}}};
}
[[nodiscard]] inline OperatorCard whole(const Op* op, std::string_view english, std::string_view chinese,
                                        std::string_view proof) {
  return {op, {english, {kWhole}}, {chinese, {kWholeZh}}, proof};
}
[[nodiscard]] inline OperatorCard square(const Op* op, std::string_view english, std::string_view chinese,
                                         std::string_view proof) {
  return {op, {english, {kSquare}}, {chinese, {kSquareZh}}, proof};
}

}  // namespace catenary::derive
