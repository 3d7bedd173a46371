#include "catenary/transform/simplify/chain.h"

#include <algorithm>
#include <span>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"

namespace catenary::algebra {

namespace {

// calls: how many more to look through.
void collect_factors(Factor factor, Chain& chain, std::size_t& calls) {
  const Value v = factor.value;
  // A product that is written (A B)ᵀ stays one factor until a rule takes it apart.
  if (is(v, ops::kTranspose)) return chain.push_back({v.input(0), !factor.transposed});
  if (calls == 0 || !is_product(v) || is(v, ops::kDot)) return chain.push_back(factor);
  const Factor first{v.input(0), factor.transposed};
  const Factor second{v.input(1), factor.transposed != is(v, ops::kOuter)};
  --calls;
  collect_factors(factor.transposed ? second : first, chain, calls);
  collect_factors(factor.transposed ? first : second, chain, calls);
}

Value matrix_of(const Factor& factor) {
  const bool turned = factor.transposed && factor.value.shape().rank() == 2;
  return turned ? transpose(factor.value) : factor.value;
}

// Matrices and a column at the end, or matrices alone.
Value from_the_right(std::span<const Factor> factors) {
  Value product = matrix_of(factors.back());
  for (std::size_t i = factors.size() - 1; i-- > 0;) product = matmul(matrix_of(factors[i]), product);
  return product;
}

// The ranges that end behind a column: only between a column and a row is a product one-dimensional.
std::vector<std::span<const Factor>> segments_of(std::span<const Factor> chain) {
  std::vector<std::span<const Factor>> segments;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (!chain[i].is_column() && i + 1 < chain.size()) continue;
    segments.push_back(chain.subspan(begin, i + 1 - begin));
    begin = i + 1;
  }
  return segments;
}

bool is_scalar(std::span<const Factor> segment) {
  return segment.front().is_row() && segment.back().is_column();
}

}  // namespace

Chain chain_of(Value v) {
  Chain chain;
  std::size_t calls = kMostCalls;
  if (is(v, ops::kDot) && is_product(v)) {
    collect_factors({v.input(0), true}, chain, calls);
    collect_factors({v.input(1), false}, chain, calls);
  } else {
    collect_factors({v, false}, chain, calls);
  }
  return chain;
}

Chain transposed(const Chain& chain) {
  Chain result;
  for (auto factor = chain.rbegin(); factor != chain.rend(); ++factor)
    result.push_back({factor->value, !factor->transposed});
  return result;
}

bool is_row(const Chain& chain) { return chain.front().is_row() && !chain.back().is_column(); }

Value product_of(const Chain& chain) {
  Value scalar, column, row;
  for (const std::span<const Factor> segment : segments_of(chain)) {
    if (is_scalar(segment)) {
      const Value inner = dot(segment.front().value, from_the_right(segment.subspan(1)));
      scalar = scalar ? scalar * inner : inner;
    } else if (segment.front().is_row()) {
      const Chain turned = transposed(Chain(segment.begin(), segment.end()));
      row = from_the_right(turned);
    } else {
      column = from_the_right(segment);
    }
  }
  const Value rest = column && row ? outer(column, row) : column ? column : row;
  if (!rest) return scalar;
  return scalar ? scaled(scalar, rest) : rest;
}

int scalars_in(const Chain& chain) {
  const auto segments = segments_of(chain);
  return static_cast<int>(std::count_if(segments.begin(), segments.end(), is_scalar));
}

int transposes_in(const Chain& chain) {
  return static_cast<int>(std::count_if(chain.begin(), chain.end(), [](const Factor& factor) {
    return factor.transposed && factor.value.shape().rank() == 2;
  }));
}

}  // namespace catenary::algebra
