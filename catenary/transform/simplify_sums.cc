// Rules about sums, seen as lists of terms.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/algebra.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify_rules.h"

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

// a ⊙ b is b ⊙ a, and a scalar its own transpose.
bool same(Value a, Value b, const Options& options) {
  if (a == b) return true;
  if (&a.op() != &b.op()) return false;
  if (is(a, ops::kMul)) return a.input(0) == b.input(1) && a.input(1) == b.input(0);
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
  const Value x = with_scaling(product_of(rest_a), chains.a_scaling);
  const Value y = with_scaling(product_of(rest_b), chains.b_scaling);
  return over_common_factor(a, b, x, y, [&](Value sum) {
    Chain chain = {{sum, is_row(rest_a)}};
    chain.insert(chain.end(), chains.a.end() - cut, chains.a.end());
    return product_of(chain);
  });
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

// So that the sign and the quotient of a scalar are seen where it is one of an array's terms.
Value repeated_quotient(Value v, const Options&) {
  if (!is(v, ops::kBroadcast)) return {};
  const Value x = v.input(0);
  if (is(x, ops::kNeg)) return -broadcast(x.input(0), v.shape());
  if (!is(x, ops::kDiv)) return {};
  return broadcast(x.input(0), v.shape()) / broadcast(x.input(1), v.shape());
}

// The factor that a product begins with, if it is a difference, the other way round; with the rest of the
// product.
Value turned_difference(Value v) {
  if (is(v, ops::kSub)) return v.input(1) - v.input(0);
  static constexpr std::array kOdd = {&ops::kMatVec, &ops::kMatMul,   &ops::kOuter,    &ops::kMul,
                                      &ops::kDiv,    &ops::kBatchSum, &ops::kBatchMean};
  if (std::find(kOdd.begin(), kOdd.end(), &v.op()) == kOdd.end()) return {};
  const int first = is(v, ops::kMul) && algebra::number_of(v.input(0)) ? 1 : 0;
  const Value turned = turned_difference(v.input(first));
  if (!turned) return {};
  std::vector<Value> inputs;
  for (int i = 0; i < v.input_count(); ++i) inputs.push_back(i == first ? turned : v.input(i));
  return v.graph().call(v.op(), inputs, v.attribute());
}

Value negative_of_difference(Value v, const Options&) {
  return is(v, ops::kNeg) ? turned_difference(v.input(0)) : Value{};
}

Value negative_sum(Value v, const Options&) {
  if (!is(v, ops::kSub) || !is(v.input(0), ops::kNeg)) return {};
  return -(v.input(0).input(0) + v.input(1));
}

constexpr std::array kRules = {
    SimplifyRule{"−c = −c, c / d = c / d", repeated_quotient, SimplifyRule::kSilent},
    SimplifyRule{"x − x = 0", rule<cancelled>},
    SimplifyRule{"x + x = 2 x", rule<collected>},
    SimplifyRule{"c x + c y = c (x + y)", rule<common_scalar>},
    SimplifyRule{"A B + A C = A (B + C)", rule<common_left>},
    SimplifyRule{"A C + B C = (A + B) C", rule<common_right>},
    SimplifyRule{"x ⊙ y + x ⊙ z = x ⊙ (y + z)", rule<common_elementwise>},
    SimplifyRule{"x ⊙ (y + z) = x ⊙ y + x ⊙ z", without_sums},
    SimplifyRule{"Aᵀ + A = A + Aᵀ", transpose_last},
    SimplifyRule{"−x − y = −(x + y)", negative_sum},
    SimplifyRule{"−(x − y) z = (y − x) z", negative_of_difference},
};

}  // namespace

std::span<const SimplifyRule> sum_rules() { return kRules; }

}  // namespace catenary::simplification
