#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "catenary/ir/graph.h"

/// Values seen as products and sums, whatever the calls are that they are made of, and built again from
/// these. What the rules of simplify.h think in. Private to transform/.
namespace catenary::algebra {

/// No view goes through more than this many calls: a graph with shared parts is a tree of exponential size.
inline constexpr std::size_t kMostCalls = 16;

/// The scalar (shape []) that v repeats in each element and sample; v itself if it is a scalar; else empty.
[[nodiscard]] Value scalar_of(Value v);

/// The number in every element of v, if it is a constant or repeats one.
[[nodiscard]] std::optional<double> number_of(Value v);

/// s x of a scalar s, with nothing left to do for a number s = 1.
[[nodiscard]] Value scaled(Value s, Value x);
[[nodiscard]] Value scaled(double s, Value x);

/// a b of two scalars, numbers first.
[[nodiscard]] Value scalar_product(Value a, Value b);

[[nodiscard]] bool is_sum(Value v);
/// A matrix product, or a row times a column.
[[nodiscard]] bool is_product(Value v);

/// x as number · rest. The rest of a number is the number 1.
struct Term {
  double number;
  Value rest;
};
[[nodiscard]] Term term_of(Value x);
[[nodiscard]] Value value_of(const Term& term);

/// A sum's terms, from additions, subtractions and negations.
[[nodiscard]] std::vector<Term> terms_of(Value sum);
/// The sum of terms of the type of `like`; zero if there are none. A positive term comes first if there is
/// one.
[[nodiscard]] Value sum_of(std::vector<Term> terms, Value like);

/// k x / d with scalars k and d, which are empty where there is none.
struct Scaling {
  Value numerator;
  Value rest;
  Value denominator;
};
[[nodiscard]] Scaling scaling_of(Value x);

/// An elementwise product number · Π baseᵉ; a base may be a scalar beside larger ones.
struct Power {
  Value base;
  double exponent;
  [[nodiscard]] bool operator==(const Power&) const = default;
};
struct PowerProduct {
  double number = 1;
  std::vector<Power> powers;
};
[[nodiscard]] PowerProduct powers_of(Value v);
/// The product's value with v's shape.
[[nodiscard]] Value product_of(const PowerProduct& product, Value like);

}  // namespace catenary::algebra
