#include "catenary/transform/simplify/algebra.h"

#include <algorithm>
#include <cmath>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"

namespace catenary::algebra {

namespace {

// calls: how deep to look, as shared parts make a tree of exponential size.
Value scalar_within(Value v, int calls) {
  while (is(v, ops::kBroadcast) || is(v, ops::kBatchBroadcast)) v = v.input(0);
  if (v.shape().rank() == 0) return v;
  if (is(v, ops::kConstant)) return v.graph().constant(std::get<double>(v.attribute()), {}, v.type().dtype);
  const bool is_elementwise =
      is(v, ops::kNeg) || is(v, ops::kAdd) || is(v, ops::kSub) || is(v, ops::kMul) || is(v, ops::kDiv);
  if (!is_elementwise || calls == 0) return {};
  std::vector<Value> scalars;
  for (int i = 0; i < v.input_count(); ++i) {
    scalars.push_back(scalar_within(v.input(i), calls - 1));
    if (!scalars.back()) return {};
  }
  return v.graph().call(v.op(), scalars, v.attribute());
}

}  // namespace

Value scalar_of(Value v) { return scalar_within(v, 3); }

std::optional<double> number_of(Value v) {
  while (is(v, ops::kBroadcast) || is(v, ops::kBatchBroadcast)) v = v.input(0);
  if (!is(v, ops::kConstant)) return std::nullopt;
  return std::get<double>(v.attribute());
}

bool is_sum(Value v) { return is(v, ops::kAdd) || is(v, ops::kSub); }

bool is_product(Value v) {
  return is(v, ops::kMatMul) || is(v, ops::kMatVec) || is(v, ops::kOuter) ||
         (is(v, ops::kDot) && v.input(0).shape().rank() == 1);
}

Value scaled(Value s, Value x) {
  const std::optional<double> number = number_of(s);
  return number ? scaled(*number, x) : s * x;
}

Value scaled(double s, Value x) { return s == 1 ? x : constant_like(x, s) * x; }

Value scalar_product(Value a, Value b) {
  const std::optional<double> x = number_of(a), y = number_of(b);
  if (x && y) return constant_like(a, *x * *y);
  if (y) return scaled(*y, a);
  return x ? scaled(*x, b) : a * b;
}

Term term_of(Value x) {
  if (is(x, ops::kBroadcast) && !number_of(x)) {
    const Term inner = term_of(x.input(0));
    return {inner.number, broadcast(inner.rest, x.shape())};
  }
  if (is(x, ops::kNeg)) {
    const Term inner = term_of(x.input(0));
    return {-inner.number, inner.rest};
  }
  if (const auto number = number_of(x)) return {*number, constant_like(x, 1)};
  if (is(x, ops::kMul)) {
    if (const auto number = number_of(x.input(0))) return {*number, x.input(1)};
    const Value scalar = scalar_of(x.input(0));
    if (!scalar || x.shape().rank() == 0) return {1, x};
    const Term inner = term_of(scalar);
    return {inner.number, scaled(inner.rest, x.input(1))};
  }
  if (is(x, ops::kDiv)) {
    const Term above = term_of(x.input(0)), below = term_of(x.input(1));
    if (below.number == 0 || number_of(x.input(1))) return {above.number, above.rest / x.input(1)};
    return {above.number / below.number, above.rest / below.rest};
  }
  return {1, x};
}

Value value_of(const Term& term) {
  const Value x = term.rest;
  if (const auto number = number_of(x)) return constant_like(x, term.number * *number);
  if (term.number < 0) return -value_of({-term.number, x});
  if (is(x, ops::kDiv)) {
    const double inverse = 1 / term.number;  // x / (2 y), not ½ x / y
    if (inverse > 1 && std::round(inverse) == inverse) return x.input(0) / value_of({inverse, x.input(1)});
    return value_of({term.number, x.input(0)}) / x.input(1);
  }
  if (is(x, ops::kMul) && x.shape().rank() > 0) {
    if (const Value scalar = scalar_of(x.input(0))) return scaled(scaled(term.number, scalar), x.input(1));
  }
  return scaled(term.number, x);
}

namespace {

// calls: how many more to look through.
void collect_terms(Value v, double sign, std::vector<Term>& terms, std::size_t& calls) {
  if (is_sum(v) && calls > 0) {
    --calls;
    collect_terms(v.input(0), sign, terms, calls);
    collect_terms(v.input(1), is(v, ops::kSub) ? -sign : sign, terms, calls);
  } else if (is(v, ops::kNeg) && calls > 0) {
    --calls;
    collect_terms(v.input(0), -sign, terms, calls);
  } else {
    const Term term = term_of(v);
    terms.push_back({sign * term.number, term.rest});
  }
}

}  // namespace

std::vector<Term> terms_of(Value sum) {
  std::vector<Term> terms;
  std::size_t calls = kMostCalls;
  collect_terms(sum, 1, terms, calls);
  return terms;
}

Value sum_of(std::vector<Term> terms, Value like) {
  std::erase_if(terms, [](const Term& t) { return t.number == 0; });
  if (terms.empty()) return constant_like(like, 0);
  const auto positive =
      std::find_if(terms.begin(), terms.end(), [](const Term& t) { return !(t.number < 0); });
  if (positive == terms.end()) {
    for (Term& term : terms) term.number = -term.number;
    return -sum_of(std::move(terms), like);
  }
  std::rotate(terms.begin(), positive, positive + 1);
  Value sum = value_of(terms[0]);
  for (std::size_t i = 1; i < terms.size(); ++i) {
    const Value term = value_of({std::abs(terms[i].number), terms[i].rest});
    sum = terms[i].number < 0 ? sum - term : sum + term;
  }
  return sum;
}

Scaling scaling_of(Value x) {
  if (is(x, ops::kBroadcast) && is(x.input(0), ops::kDiv))
    return {{}, broadcast(x.input(0).input(0), x.shape()), x.input(0).input(1)};
  if (is(x, ops::kDiv)) {
    const Value denominator = scalar_of(x.input(1));
    if (!denominator) return {{}, x, {}};
    Scaling inner = scaling_of(x.input(0));
    if (inner.denominator) return {{}, x, {}};
    inner.denominator = denominator;
    return inner;
  }
  if (!is(x, ops::kMul)) return {{}, x, {}};
  const Value numerator = scalar_of(x.input(0));
  return numerator ? Scaling{numerator, x.input(1), {}} : Scaling{{}, x, {}};
}

namespace {

void collect_powers(Value v, double exponent, PowerProduct& product, std::size_t& calls) {
  if (const auto number = number_of(v)) {
    product.number *= std::pow(*number, exponent);
    return;
  }
  if (const Value scalar = scalar_of(v); scalar && scalar != v)
    return collect_powers(scalar, exponent, product, calls);
  // (a b)ᵉ = aᵉ bᵉ for whole e only: a and b might both be negative.
  const bool splits = std::round(exponent) == exponent && calls > 0;
  if (splits) --calls;
  if (splits && is(v, ops::kNeg)) {
    product.number *= std::pow(-1, exponent);
    collect_powers(v.input(0), exponent, product, calls);
  } else if (splits && (is(v, ops::kMul) || is(v, ops::kDiv))) {
    collect_powers(v.input(0), exponent, product, calls);
    collect_powers(v.input(1), is(v, ops::kDiv) ? -exponent : exponent, product, calls);
  } else if (splits && is(v, ops::kSquare)) {
    collect_powers(v.input(0), 2 * exponent, product, calls);
  } else if (splits && is(v, ops::kSqrt)) {
    product.powers.push_back({v.input(0), 0.5 * exponent});
  } else if (const auto p = splits && is(v, ops::kPow) ? number_of(v.input(1)) : std::nullopt) {
    product.powers.push_back({v.input(0), *p * exponent});
  } else {
    product.powers.push_back({v, exponent});
  }
}

Value raised(Value base, double exponent) {
  if (exponent == 1) return base;
  if (exponent == 2) return square(base);
  return exponent == 0.5 ? sqrt(base) : pow(base, exponent);
}

struct Quotient {
  Value numerator, denominator;
};

void multiply(Value& product, Value factor) { product = product ? product * factor : factor; }

enum class Kind { kScalars, kArrays };

Quotient quotient_of(const std::vector<Power>& powers, Kind kind) {
  Quotient quotient;
  for (const Power& power : powers) {
    const Kind found = power.base.shape().rank() == 0 ? Kind::kScalars : Kind::kArrays;
    if (found != kind || power.exponent == 0) continue;
    multiply(power.exponent > 0 ? quotient.numerator : quotient.denominator,
             raised(power.base, std::abs(power.exponent)));
  }
  return quotient;
}

}  // namespace

PowerProduct powers_of(Value v) {
  PowerProduct product;
  std::size_t calls = 2 * kMostCalls;  // leaves count here
  collect_powers(v, 1, product, calls);
  return product;
}

Value product_of(const PowerProduct& product, Value like) {
  if (product.number < 0) return -product_of(PowerProduct{-product.number, product.powers}, like);
  const Quotient scalars = quotient_of(product.powers, Kind::kScalars);
  const Quotient arrays = quotient_of(product.powers, Kind::kArrays);
  const double inverse = 1 / product.number;
  const bool below =
      scalars.denominator && inverse > 1 && std::round(inverse) == inverse;  // x / (2 s), not ½ x / s
  const double number = below ? 1 : product.number;
  Value numerator = scalars.numerator ? scaled(number, scalars.numerator)
                                      : like.graph().constant(number, {}, like.type().dtype);
  if (arrays.numerator) numerator = scaled(numerator, arrays.numerator);
  Value denominator = scalars.denominator ? scaled(below ? inverse : 1, scalars.denominator) : Value{};
  if (arrays.denominator)
    denominator = denominator ? scaled(denominator, arrays.denominator) : arrays.denominator;
  return denominator ? numerator / denominator : numerator;
}

}  // namespace catenary::algebra
