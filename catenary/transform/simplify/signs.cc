// Rules that give a sum or a product its last touch: where its minus signs and numbers stand.
#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/chain.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::number_of;
using Options = SimplifyOptions;

// The factors of a product, x − y and others; calls: how many more to look through.
void collect_factors(Value v, std::vector<Value>& factors, std::size_t& calls) {
  if (v.op().traits.odd_operands == 0 || calls == 0) return factors.push_back(v);
  --calls;
  for (int i = 0; i < v.op().traits.odd_operands; ++i) collect_factors(v.input(i), factors, calls);
}

// Whether nothing among the factors wants d as it is: one of two in (x − y) (x − y)ᵀ would spoil their
// likeness, a (1 − a) and 1 − a² are what people know.
bool may_turn(Value d, const std::vector<Value>& factors) {
  if (!is(d, ops::kSub)) return false;
  const Value x = d.input(0), y = d.input(1);
  const auto is_like = [&](Value f) {
    return f == d || f == y || (is(f, ops::kSub) && f.input(0) == y && f.input(1) == x);
  };
  const bool alone = std::count_if(factors.begin(), factors.end(), is_like) == 1;
  return alone && !(number_of(x) && is(y, ops::kSquare));
}

// The difference to write the other way round, y − x for x − y; 1 − x if there is no other. Empty if there is
// none.
Value difference_to_turn(Value product) {
  std::vector<Value> factors;
  std::size_t calls = algebra::kMostCalls;
  collect_factors(product, factors, calls);
  Value last_choice;
  for (const Value d : factors) {
    if (!may_turn(d, factors)) continue;
    if (!number_of(d.input(0)) && !number_of(d.input(1))) return d;
    if (!last_choice) last_choice = d;
  }
  return last_choice;
}

// On the same way as collect_factors, so that it turns what that has seen, and nothing else.
Value with_turned(Value v, Value difference, std::size_t& calls) {
  if (v == difference) return v.input(1) - v.input(0);
  if (v.op().traits.odd_operands == 0 || calls == 0) return v;
  --calls;
  std::vector<Value> inputs;
  for (int i = 0; i < v.input_count(); ++i)
    inputs.push_back(i < v.op().traits.odd_operands ? with_turned(v.input(i), difference, calls)
                                                    : v.input(i));
  return v.graph().call(v.op(), inputs, v.attribute());
}

// −v by one of its differences, or of each of its terms'; empty if it has none to turn.
// depth: of sums in sums, as shared parts make a tree of exponential size.
Value turned(Value v, int depth = 3) {
  if (is(v, ops::kSub)) return v.input(1) - v.input(0);
  if (is(v, ops::kAdd) && depth > 0) {
    const Value x = turned(v.input(0), depth - 1), y = x ? turned(v.input(1), depth - 1) : Value{};
    return y ? x + y : Value{};
  }
  if (v.op().traits.odd_operands == 0) return {};
  const Value difference = difference_to_turn(v);
  std::size_t calls = algebra::kMostCalls;
  return difference ? with_turned(v, difference, calls) : Value{};
}

Value negative_difference(Value v, const Options&) {
  if (!is(v, ops::kNeg) || !is(v.input(0), ops::kSub)) return {};
  return v.input(0).input(1) - v.input(0).input(0);
}

Value negative_of_difference(Value v, const Options&) {
  return is(v, ops::kNeg) ? turned(v.input(0)) : Value{};
}

// The same difference, where aᵀ b may be bᵀ a.
bool same_difference(Value a, Value b) {
  if (!is(a, ops::kSub) || a.input(0) != b.input(0)) return false;
  const Value x = algebra::scalar_of(a.input(1)), y = algebra::scalar_of(b.input(1));
  if (a == b || !x || !y || !is(x, ops::kDot) || !is(y, ops::kDot)) return a == b;
  return x.input(0) == y.input(1) && x.input(1) == y.input(0);
}

// calls: how many more to look through.
bool contains_difference(Value v, Value difference, std::size_t& calls) {
  if (same_difference(v, difference)) return true;
  for (int i = 0; i < v.input_count() && calls > 0; ++i) {
    --calls;
    if (contains_difference(v.input(i), difference, calls)) return true;
  }
  return false;
}

// Whether x − y turns a difference that stands in x, so that the two would no longer be alike.
bool spoils_likeness(Value x, Value y) {
  const Value difference = is(y, ops::kSub) || is(y, ops::kAdd) ? Value{} : difference_to_turn(y);
  std::size_t calls = 4 * algebra::kMostCalls;
  return difference && contains_difference(x, difference, calls);
}

Value minus_difference(Value v, const Options&) {
  if (!is(v, ops::kSub) || spoils_likeness(v.input(0), v.input(1))) return {};
  const Value y = turned(v.input(1));
  return y ? v.input(0) + y : Value{};
}

Value plus_opposite_difference(Value v, const Options&) {
  if (!is(v, ops::kAdd) || v.input(1).op().traits.odd_operands == 0) return {};
  const Value difference = difference_to_turn(v.input(1));
  if (!difference) return {};
  std::size_t calls = 4 * algebra::kMostCalls, calls_to_turn = algebra::kMostCalls;
  if (!contains_difference(v.input(0), difference.input(1) - difference.input(0), calls)) return {};
  return v.input(0) - with_turned(v.input(1), difference, calls_to_turn);
}

Value negative_sum(Value v, const Options&) {
  if (!is(v, ops::kSub) || !is(v.input(0), ops::kNeg)) return {};
  return -(v.input(0).input(0) + v.input(1));
}

// Sorts chains that differ in the order of their factors alone, by where in the first one each factor stands.
class InOrder {
 public:
  explicit InOrder(const algebra::Chain& first) : first_(first) {}

  bool operator()(const algebra::Chain& a, const algebra::Chain& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [this](const auto& x, const auto& y) { return place(x) < place(y); });
  }

 private:
  [[nodiscard]] std::ptrdiff_t place(const algebra::Factor& factor) const {
    return std::find(first_.begin(), first_.end(), factor) - first_.begin();
  }

  const algebra::Chain& first_;
};

// Of two such terms either may be the first.
Value terms_in_order(Value v, const Options&) {
  if (!is(v, ops::kAdd)) return {};
  const std::vector<algebra::Term> terms = algebra::terms_of(v);
  if (terms.size() < 3) return {};
  std::vector<algebra::Chain> chains;
  for (const algebra::Term& term : terms) {
    chains.push_back(algebra::chain_of(term.rest));
    const algebra::Chain &first = chains[0], &chain = chains.back();
    const bool alike = term.number == terms[0].number && chain.size() > 1 &&
                       std::is_permutation(first.begin(), first.end(), chain.begin(), chain.end());
    if (!alike) return {};
  }
  const InOrder before(chains[0]);
  if (std::is_sorted(chains.begin(), chains.end(), before)) return {};
  std::vector<algebra::Chain> sorted = chains;
  std::stable_sort(sorted.begin(), sorted.end(), before);
  std::vector<algebra::Term> result;
  for (const algebra::Chain& chain : sorted) {
    const auto place = std::find(chains.begin(), chains.end(), chain) - chains.begin();
    result.push_back(terms[static_cast<std::size_t>(place)]);
  }
  return sum_of(std::move(result), v);
}

Value divisors_together(Value v, const Options&) {
  if (!is(v, ops::kDiv) || !is(v.input(0), ops::kDiv)) return {};
  const Value scalar = algebra::scalar_of(v.input(1)), below = v.input(0).input(1);
  if (!scalar || algebra::scalar_of(below)) return {};
  return v.input(0).input(0) / algebra::scaled(scalar, below);
}

// As the last of all rules: before, ½ may find a 2.
Value number_over(Value v, const Options&) {
  if (!is(v, ops::kDiv) || number_of(v.input(1))) return {};
  const std::optional<double> number = number_of(v.input(0));
  if (!number || *number <= 0 || *number >= 1 || std::round(1 / *number) != 1 / *number) return {};
  return constant_like(v.input(0), 1) / algebra::scaled(1 / *number, v.input(1));
}

constexpr std::array kSignRules = {
    SimplifyRule{"−x − y = −(x + y)", negative_sum},
    SimplifyRule{"−(x − y) = y − x", negative_difference},
    SimplifyRule{"−(x − y) z = (y − x) z", negative_of_difference},
    SimplifyRule{"x − (y − z) a = x + (z − y) a", minus_difference},
    SimplifyRule{"(y − z) a + (z − y) b = (y − z) a − (y − z) b", plus_opposite_difference},
    SimplifyRule{"A A B + B A A + A B A = A A B + A B A + B A A", terms_in_order},
    SimplifyRule{"x / y / c = x / (c y)", divisors_together},
    SimplifyRule{"½ / x = 1 / (2 x)", number_over},
};

}  // namespace

std::span<const SimplifyRule> sign_rules() { return kSignRules; }

}  // namespace catenary::simplification
