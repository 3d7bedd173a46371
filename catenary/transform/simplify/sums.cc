// Rules about sums, seen as lists of terms.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/chain.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::Chain;
using algebra::chain_of;
using algebra::Factor;
using algebra::is_sum;
using algebra::Power;
using algebra::PowerProduct;
using algebra::Scaling;
using algebra::Term;
using Options = SimplifyOptions;

// Whether x is a factor of the elementwise product, so many calls below it.
bool has_factor(Value product, Value x, int depth) {
  if (product == x) return true;
  if (depth == 0 || !is(product, ops::kMul)) return false;
  return has_factor(product.input(0), x, depth - 1) || has_factor(product.input(1), x, depth - 1);
}

// a ⊙ b ⊙ c is c ⊙ b ⊙ a.
bool has_same_factors(Value a, Value b) {
  constexpr int kDepth = 3;  // a look before the factors are listed: long sums have many pairs of terms
  if (!has_factor(b, a.input(0), kDepth) && !has_factor(b, a.input(1), kDepth)) return false;
  const PowerProduct x = algebra::powers_of(a), y = algebra::powers_of(b);
  return x.number == y.number && std::ranges::is_permutation(x.powers, y.powers);
}

// Products of the same factors, and a scalar and its transpose.
bool same(Value a, Value b, const Options& options) {
  if (a == b) return true;
  if (&a.op() != &b.op()) return false;
  if (is(a, ops::kMul)) return has_same_factors(a, b);
  if (!is(a, ops::kDot)) return false;
  return without_symmetric(chain_of(a), options) ==
         without_symmetric(algebra::transposed(chain_of(b)), options);
}

// Replaces two terms by what `join` makes of the first pair that it makes anything of.
template <typename Join>
Value joined(Value v, Join join) {
  if (!is_sum(v)) return {};
  std::vector<Term> terms = algebra::terms_of(v);
  // Two terms of the same operand have been tried there.
  const std::size_t split = algebra::terms_of(v.input(0)).size();
  for (std::size_t i = 0; i < split; ++i) {
    for (std::size_t j = split; j < terms.size(); ++j) {
      const std::optional<Term> both = join(terms[i], terms[j]);
      if (!both) continue;
      terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(j));
      terms[i] = *both;
      if (both->number == 0) terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(i));
      return sum_of(std::move(terms), v);
    }
  }
  return {};
}

std::optional<Term> cancelled(const Term& a, const Term& b, const Options& options) {
  if (a.number != -b.number || !same(a.rest, b.rest, options)) return std::nullopt;
  return Term{0, a.rest};
}

std::optional<Term> collected(const Term& a, const Term& b, const Options& options) {
  if (!same(a.rest, b.rest, options)) return std::nullopt;
  return Term{a.number + b.number, a.rest};
}

// Two terms' common factor is taken out; what stays of them is added up.
std::optional<Term> over_common_factor(const Term& a, const Term& b, Value x, Value y, auto with_factor) {
  const bool alike = std::abs(a.number) == std::abs(b.number);
  const double number = alike ? std::abs(a.number) : 1;
  const Value sum = algebra::sum_of({{a.number / number, x}, {b.number / number, y}}, x);
  return Term{number, with_factor(sum)};
}

Value with_scaling(Value x, const Scaling& scaling) {
  const Value product = scaling.numerator ? algebra::scaled(scaling.numerator, x) : x;
  return scaling.denominator ? product / scaling.denominator : product;
}

// Adding needs equal batching no more than equal shapes: a shared term beside a batched one is fine.
std::optional<Term> common_scalar(const Term& a, const Term& b, const Options&) {
  if (algebra::number_of(a.rest) || algebra::number_of(b.rest)) return std::nullopt;
  const Scaling x = algebra::scaling_of(a.rest), y = algebra::scaling_of(b.rest);
  if (x.numerator != y.numerator || x.denominator != y.denominator) return std::nullopt;
  const bool numbers = std::abs(a.number) != 1 && std::abs(a.number) == std::abs(b.number);
  if (!numbers && !x.numerator && !x.denominator) return std::nullopt;
  return over_common_factor(a, b, x.rest, y.rest, [&](Value sum) { return with_scaling(sum, x); });
}

// s x + t x, of arrays: one that stands by itself has s = 1.
std::optional<Term> common_array(const Term& a, const Term& b, const Options&) {
  const Scaling x = algebra::scaling_of(a.rest), y = algebra::scaling_of(b.rest);
  const bool has_scalar = x.numerator || y.numerator;
  if (x.rest != y.rest || !has_scalar || x.denominator || y.denominator) return std::nullopt;
  if (a.rest.shape().rank() == 0 || algebra::scalar_of(x.rest)) return std::nullopt;
  const Value one = constant_like(x.numerator ? x.numerator : y.numerator, 1);
  const Value s = x.numerator ? x.numerator : one, t = y.numerator ? y.numerator : one;
  return over_common_factor(a, b, s, t, [&](Value sum) { return algebra::scaled(sum, x.rest); });
}

// The angle of cos(x)² or sin(x)², of which f is the function; empty for anything else.
Value angle_of_square(Value v, const Op& f) {
  const bool is_square = is(v, ops::kSquare) || (is(v, ops::kMul) && v.input(0) == v.input(1));
  return is_square && is(v.input(0), f) ? v.input(0).input(0) : Value{};
}

std::optional<Term> double_angle(const Term& a, const Term& b, const Options&) {
  if (a.number != -b.number) return std::nullopt;
  for (const Term* term : {&a, &b}) {
    const Term& other = term == &a ? b : a;
    const Value x = angle_of_square(term->rest, ops::kCos);
    if (x && x == angle_of_square(other.rest, ops::kSin))
      return Term{term->number, cos(algebra::scaled(2, x))};
  }
  return std::nullopt;
}

struct Chains {
  Scaling a_scaling, b_scaling;
  Chain a, b;
};

Chains chains_of(const Term& a, const Term& b) {
  Chains chains{algebra::scaling_of(a.rest), algebra::scaling_of(b.rest), {}, {}};
  chains.a = chain_of(chains.a_scaling.rest);
  chains.b = chain_of(chains.b_scaling.rest);
  return chains;
}

bool is_plain(Value scalar) { return !scalar || algebra::number_of(scalar) || is_leaf(scalar.op()); }

// Whether only the order of the factors differs, as in A² B + A B A + B A²: that sum shows its pattern best
// as it is. Nor does a person write (A / a + B / b) C or ((xᵀ A x) B + (xᵀ B x) A) C; A ((yᵀ y) x − (xᵀ y)
// y), a sum of columns, is fine. rest: what would be added.
bool stand_apart(const Chains& chains, const Chain& rest) {
  const Value a = chains.a_scaling.numerator, b = chains.b_scaling.numerator;
  const bool is_column = !is_row(rest) && rest.back().is_column();
  return chains.a_scaling.denominator != chains.b_scaling.denominator ||
         (!is_column && a != b && (!is_plain(a) || !is_plain(b))) ||
         std::is_permutation(chains.a.begin(), chains.a.end(), chains.b.begin(), chains.b.end());
}

std::size_t common_prefix(const Chain& a, const Chain& b) {
  const std::size_t most = std::min(a.size(), b.size());
  const auto end = a.begin() + static_cast<std::ptrdiff_t>(most);
  return static_cast<std::size_t>(std::mismatch(a.begin(), end, b.begin()).first - a.begin());
}

std::optional<Term> common_left(const Term& a, const Term& b, const Options&) {
  const Chains chains = chains_of(a, b);
  const std::size_t length = common_prefix(chains.a, chains.b);
  if (length == 0 || length == chains.a.size() || length == chains.b.size()) return std::nullopt;
  const auto cut = static_cast<std::ptrdiff_t>(length);
  const Chain rest_a(chains.a.begin() + cut, chains.a.end()), rest_b(chains.b.begin() + cut, chains.b.end());
  if (stand_apart(chains, rest_a)) return std::nullopt;
  const Value x = with_scaling(product_of(rest_a), chains.a_scaling);
  const Value y = with_scaling(product_of(rest_b), chains.b_scaling);
  return over_common_factor(a, b, x, y, [&](Value sum) {
    Chain chain(chains.a.begin(), chains.a.begin() + cut);
    chain.push_back({sum, is_row(rest_a)});
    return product_of(chain);
  });
}

// The left rule on transposes.
std::optional<Term> common_right(const Term& a, const Term& b, const Options&) {
  const Chains chains = chains_of(a, b);
  const Chain turned_a = algebra::transposed(chains.a), turned_b = algebra::transposed(chains.b);
  const std::size_t length = common_prefix(turned_a, turned_b);
  if (length == 0 || length == turned_a.size() || length == turned_b.size()) return std::nullopt;
  const auto cut = static_cast<std::ptrdiff_t>(length);
  const Chain rest_a(chains.a.begin(), chains.a.end() - cut), rest_b(chains.b.begin(), chains.b.end() - cut);
  if (stand_apart(chains, rest_a)) return std::nullopt;
  const Value x = with_scaling(product_of(rest_a), chains.a_scaling);
  const Value y = with_scaling(product_of(rest_b), chains.b_scaling);
  return over_common_factor(a, b, x, y, [&](Value sum) {
    Chain chain = {{sum, is_row(rest_a)}};
    chain.insert(chain.end(), chains.a.end() - cut, chains.a.end());
    return product_of(chain);
  });
}

std::optional<Term> common_vec(const Term& a, const Term& b, const Options&) {
  if (!is(a.rest, ops::kVec) || !is(b.rest, ops::kVec)) return std::nullopt;
  const Value x = a.rest.input(0), y = b.rest.input(0);
  if (x.shape() != y.shape()) return std::nullopt;
  return Term{1, vec(algebra::sum_of({{a.number, x}, {b.number, y}}, x))};
}

std::optional<Term> common_elementwise(const Term& a, const Term& b, const Options&) {
  if (!is(a.rest, ops::kMul) || !is(b.rest, ops::kMul)) return std::nullopt;
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      if (a.rest.input(i) != b.rest.input(j)) continue;
      const Value x = a.rest.input(i);
      return over_common_factor(a, b, a.rest.input(1 - i), b.rest.input(1 - j),
                                [&](Value sum) { return x * sum; });
    }
  }
  return std::nullopt;
}

template <std::optional<Term> (*join)(const Term&, const Term&, const Options&)>
Value rule(Value v, const Options& options) {
  return joined(v, [&options](const Term& a, const Term& b) { return join(a, b, options); });
}

// The plain one of two first.
Value transpose_last(Value v, const Options&) {
  if (!is(v, ops::kAdd) || !is(v.input(0), ops::kTranspose) || is(v.input(1), ops::kTranspose)) return {};
  return v.input(1) == v.input(0).input(0) ? v.input(1) + v.input(0) : Value{};
}

// The terms of x ⊙ (y + z) ⊙ …, one sum multiplied out; none if there is no sum.
std::vector<PowerProduct> multiplied_out(const PowerProduct& product) {
  const auto is_plain_sum = [](const Power& p) { return p.exponent == 1 && is_sum(p.base); };
  const auto sum = std::find_if(product.powers.begin(), product.powers.end(), is_plain_sum);
  if (sum == product.powers.end()) return {};
  std::vector<PowerProduct> parts;
  for (const Term& term : algebra::terms_of(sum->base)) {
    PowerProduct part = algebra::powers_of(term.rest);
    part.number *= product.number * term.number;
    part.powers.insert(part.powers.end(), product.powers.begin(), sum);
    part.powers.insert(part.powers.end(), sum + 1, product.powers.end());
    parts.push_back(std::move(part));
  }
  return parts;
}

// In one order, so that equal products compare equal.
void sort_powers(PowerProduct& product) {
  std::stable_sort(product.powers.begin(), product.powers.end(),
                   [](const Power& a, const Power& b) { return a.base.id() < b.base.id(); });
}

bool equal_powers(const PowerProduct& a, const PowerProduct& b) {
  return std::equal(
      a.powers.begin(), a.powers.end(), b.powers.begin(), b.powers.end(),
      [](const Power& x, const Power& y) { return x.base == y.base && x.exponent == y.exponent; });
}

void add_like_products(std::vector<PowerProduct>& products) {
  for (std::size_t i = 0; i < products.size(); ++i) {
    for (std::size_t j = products.size() - 1; j > i; --j) {
      if (!equal_powers(products[i], products[j])) continue;
      products[i].number += products[j].number;
      products.erase(products.begin() + static_cast<std::ptrdiff_t>(j));
    }
  }
  std::erase_if(products, [](const PowerProduct& product) { return product.number == 0; });
}

// Only where so much cancels that the sum gets no longer.
Value without_sums(Value v, const Options&) {
  if (!is_sum(v)) return {};
  constexpr std::size_t kMostTerms = 8;  // what a person would still multiply out
  std::vector<PowerProduct> products;
  for (const Term& term : algebra::terms_of(v)) {
    products.push_back(algebra::powers_of(term.rest));
    products.back().number *= term.number;
  }
  const std::size_t before = products.size();
  for (std::size_t i = 0; i < products.size() && products.size() <= kMostTerms;) {
    const std::vector<PowerProduct> parts = multiplied_out(products[i]);
    const auto place = products.begin() + static_cast<std::ptrdiff_t>(i);
    if (parts.empty())
      ++i;
    else
      products.insert(products.erase(place), parts.begin(), parts.end());
  }
  const std::size_t count = products.size();
  if (count == before || count > kMostTerms) return {};
  std::for_each(products.begin(), products.end(), sort_powers);
  add_like_products(products);
  if (products.size() > before || products.size() == count) return {};
  std::vector<Term> terms;
  for (const PowerProduct& product : products)
    terms.push_back({product.number, product_of(PowerProduct{1, product.powers}, v)});
  return sum_of(std::move(terms), v);
}

// The power of a sum y that divides both, once more in b than in a: a's place in it and b's.
std::optional<std::pair<std::size_t, std::size_t>> common_divisor(const PowerProduct& a,
                                                                  const PowerProduct& b) {
  for (std::size_t i = 0; i < a.powers.size(); ++i) {
    const Power& x = a.powers[i];
    if (x.exponent > -1 || !is_sum(x.base)) continue;
    for (std::size_t j = 0; j < b.powers.size(); ++j) {
      if (b.powers[j].base == x.base && b.powers[j].exponent == x.exponent - 1) return std::pair(i, j);
    }
  }
  return std::nullopt;
}

// x y − z multiplied out, if all but one term cancels; else nothing.
std::optional<PowerProduct> single_term(PowerProduct a, std::size_t place, PowerProduct b,
                                        std::size_t beside) {
  const Value y = a.powers[place].base;
  const double exponent = b.powers[beside].exponent;
  a.powers[place].exponent = 1;
  b.powers.erase(b.powers.begin() + static_cast<std::ptrdiff_t>(beside));
  std::vector<PowerProduct> products = multiplied_out(a);
  const std::vector<PowerProduct> parts = multiplied_out(b);
  products.insert(products.end(), parts.begin(), parts.end());
  if (parts.empty()) products.push_back(std::move(b));
  std::for_each(products.begin(), products.end(), sort_powers);
  add_like_products(products);
  if (products.size() != 1) return std::nullopt;
  products[0].powers.push_back({y, exponent});
  return products[0];
}

// Only where most cancels: else the two quotients read as well.
std::optional<Term> over_common_divisor(const Term& a, const Term& b, const Options&) {
  if (!is(a.rest, ops::kDiv) || !is(b.rest, ops::kDiv) || a.rest.shape() != b.rest.shape())
    return std::nullopt;
  PowerProduct x = algebra::powers_of(a.rest), z = algebra::powers_of(b.rest);
  x.number *= a.number;
  z.number *= b.number;
  const auto in_order = common_divisor(x, z), turned = common_divisor(z, x);
  const std::optional<PowerProduct> sum = in_order ? single_term(x, in_order->first, z, in_order->second)
                                          : turned ? single_term(z, turned->first, x, turned->second)
                                                   : std::nullopt;
  if (!sum) return std::nullopt;
  return Term{sum->number, product_of(PowerProduct{1, sum->powers}, a.rest)};
}

constexpr std::array kSumRules = {
    SimplifyRule{"x − x = 0", rule<cancelled>},
    SimplifyRule{"x + x = 2 x", rule<collected>},
    SimplifyRule{"c x + c y = c (x + y)", rule<common_scalar>},
    SimplifyRule{"s x + t x = (s + t) x", rule<common_array>},
    SimplifyRule{"cos(x)² − sin(x)² = cos(2 x)", rule<double_angle>},
    SimplifyRule{"A B + A C = A (B + C)", rule<common_left>},
    SimplifyRule{"A C + B C = (A + B) C", rule<common_right>},
    SimplifyRule{"vec(A) + vec(B) = vec(A + B)", rule<common_vec>},
    SimplifyRule{"x ⊙ y + x ⊙ z = x ⊙ (y + z)", rule<common_elementwise>},
    SimplifyRule{"x ⊙ (y + z) = x ⊙ y + x ⊙ z", without_sums},
    SimplifyRule{"x / y − z / y² = (x y − z) / y²", rule<over_common_divisor>},
    SimplifyRule{"Aᵀ + A = A + Aᵀ", transpose_last},
};

}  // namespace

std::span<const SimplifyRule> sum_rules() { return kSumRules; }

}  // namespace catenary::simplification
