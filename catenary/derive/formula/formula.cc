#include "catenary/derive/formula/formula.h"

#include <algorithm>
#include <optional>

#include "catenary/derive/formula/factors.h"
#include "catenary/derive/formula/named_values.h"
#include "catenary/ir/print.h"
#include "catenary/ops/catalogue.h"
#include "catenary/transform/simplify/simplify.h"

namespace catenary::derive {

namespace {

// What a scalar was repeated from, if v is a scalar for each element; else nothing.
std::optional<Value> repeated_scalar(Value v) {
  v = unrepeated(v);
  if (v.shape().rank() == 0 || is(v, ops::kConstant)) return v;
  return std::nullopt;
}

// Juxtaposed factors; numbers stand in front. Divisors are the lengths of unit vectors among the factors.
struct Product {
  std::vector<Formula> numbers = {};  // and sizes: 2 n det(A) A⁻ᵀ
  std::vector<Formula> scalars = {};
  std::vector<Formula> dots = {};  // aᵀ b
  std::vector<Factor> factors = {};
  std::vector<Formula> divisors = {};
  bool divides = true;  // else unit vectors stay whole
};

class Writer {
 public:
  explicit Writer(const Names& names) : names_(names) {}

  Formula value(Value v) {
    const Formula* name = names_.find(v);
    if (name != nullptr) return *name;
    if (!is_uniform(v) || is_repeated(v)) return definition(v);
    return is(v, ops::kMul) ? uniform(v, {}) : by_notation(v);
  }

  // Of a formula by itself: c for each element is c 𝟏, where beside a vector c alone would do.
  Formula whole(Value v) {
    if (names_.find(v) != nullptr || v.shape().rank() == 0) return value(v);
    if (is_repeated(v)) return repeated(v);
    if (!is_uniform(v)) return value(v);
    if (is(v, ops::kDiv)) return by_notation(v, whole(v.input(0)));
    return uniform(v, {{ones()}});
  }

  Formula definition(Value v) {
    if (is(v, ops::kConstant)) return constant(std::get<double>(v.attribute()));
    if (is_leaf(v.op())) return symbol(v.name());
    const bool is_one_number = is(v, ops::kReshape) && v.shape().size() == 1;
    if (only_repeats(v) || is_one_number) return value(v.input(0));
    if (is(v, ops::kTranspose)) return transposed(v.input(0));
    const bool is_row = is(v, ops::kReshape) && v.shape().rank() == 1 && v.input(0).shape().rank() == 2 &&
                        v.input(0).shape()[0] == 1;
    if (is_row) return transposed(v.input(0));
    if (is(v, ops::kSum) && is(v.input(0), ops::kSquare) && names_.find(v.input(0)) == nullptr)
      return squared_norm(v.input(0).input(0));
    if (is(v, ops::kSquare) && is(v.input(0), ops::kNorm2) && names_.find(v.input(0)) == nullptr)
      return squared_norm(v.input(0).input(0));
    if (is(v, ops::kNorm2)) return norm(v.input(0));
    if (is(v, ops::kSquare)) return power(whole(v.input(0)), v.shape(), 2);
    if (is(v, ops::kPow)) {
      const std::optional<Value> exponent = repeated_scalar(v.input(1));
      if (exponent && is(*exponent, ops::kConstant))
        return power(whole(v.input(0)), v.shape(), std::get<double>(exponent->attribute()));
      if (v.shape().rank() > 0) {
        const bool is_number = is_repeated(v.input(0)) && !is_repeated(v.input(1));  // 2^⊙x
        return elementwise_power(is_number ? value(v.input(0)) : whole(v.input(0)), value(v.input(1)));
      }
    }
    if (is_product(v)) return product(v);
    if (is(v, ops::kDiv)) return quotient(v);
    if (is(v, ops::kAdd) && !named(v.input(1)) && is(v.input(1), ops::kNeg)) {
      const Value y = v.input(1).input(0);  // x + (−y) is x − y
      return written_call(ops::kSub.notation, {operand(v, v.input(0)), operand(v, y)}, {});
    }
    if (is(v, ops::kUnitVector)) return divided(value(v.input(0)), {norm(v.input(0))});
    if (is(v, ops::kSlice) && std::get<SliceRange>(v.attribute()).axis == 0) return elements(v);
    return by_notation(v);
  }

 private:
  // x[2:3], elements or rows 2 and 3.
  Formula elements(Value v) {
    const auto range = std::get<SliceRange>(v.attribute());
    const Formula bare = whole(v.input(0));
    const Formula x = is_adjoint(bare) ? parenthesized(bare) : tighter_than(Notation::kPower, bare);
    const std::string first = names_.dimensions().str(range.begin + 1),
                      last = names_.dimensions().str(range.end);
    const std::string places = first == last ? first : first + ":" + last;
    return {x.text + "[" + places + "]", x.latex + "[" + places + "]", Notation::kAtom};
  }

  [[nodiscard]] static bool is_repeated(Value v) { return v.shape().rank() > 0 && repeated_scalar(v); }
  [[nodiscard]] bool named(Value v) const { return names_.find(v) != nullptr; }

  // One number in each element, by operations on such: 1 / (m n).
  [[nodiscard]] bool is_uniform(Value v) const {
    if (named(v)) return false;
    if (is_repeated(v)) return true;
    const bool is_elementwise = is(v, ops::kAdd) || is(v, ops::kSub) || is(v, ops::kMul) || is(v, ops::kDiv);
    return is_elementwise && is_uniform(v.input(0)) && is_uniform(v.input(1));
  }

  static Formula ones() { return {"𝟏", R"(\mathbf{1})"}; }

  static bool is_number(Value v, double number) {
    return is(v, ops::kConstant) && std::get<double>(v.attribute()) == number;
  }

  // c 𝟏 and c 𝟏 / d.
  Formula repeated(Value v) {
    if (is_number(v, 0)) return number(0);
    const Value scalar = *repeated_scalar(v);
    if (!named(scalar) && is(scalar, ops::kDiv)) return by_notation(scalar, repeated_in(scalar.input(0)));
    return repeated_in(scalar);
  }

  // The scalar times 𝟏.
  Formula repeated_in(Value scalar) {
    Product product{.factors = {{ones()}}};
    collect_beside_ones(scalar, product);
    return written(product);
  }

  // What a repeated scalar multiplies with.
  void collect_scalar(Value v, Product& product) {
    const Value scalar = *repeated_scalar(v);
    if (is(scalar, ops::kConstant)) {
      product.numbers.push_back(number_factor(constant(std::get<double>(scalar.attribute()))));
    } else {
      collect(scalar, product);
    }
  }

  // The scalars that one number in each element is the product of.
  void collect_uniform(Value v, Product& product) {
    if (is_repeated(v)) return collect_scalar(v, product);
    if (!is(v, ops::kMul)) return product.scalars.push_back(tighter_than(Notation::kMatrixProduct, value(v)));
    collect_uniform(v.input(0), product);
    collect_uniform(v.input(1), product);
  }

  // c d, or c d 𝟏 with 𝟏 as factor.
  Formula uniform(Value v, const std::vector<Factor>& factors) {
    Product product{.factors = factors};
    collect_uniform(v, product);
    return written(product);
  }

  // The scalar of c 𝟏: nothing for 1.
  void collect_beside_ones(Value v, Product& product) {
    if (!is_number(*repeated_scalar(v), 1)) collect_scalar(v, product);
  }

  [[nodiscard]] static bool is_scaling(Value v) {
    if (!is(v, ops::kMul)) return false;
    return v.shape().rank() == 0 || repeated_scalar(v.input(0)) || repeated_scalar(v.input(1));
  }

  [[nodiscard]] static bool is_product(Value v) {
    return is(v, ops::kMatVec) || is(v, ops::kMatMul) || is(v, ops::kOuter) || is_scaling(v) ||
           (is(v, ops::kDot) && v.input(0).shape().rank() == 1);
  }

  // Matrix products are associative: nested ones need no parentheses.
  void collect(Value v, Product& product) {
    if (named(v)) return collect_whole(v, product);
    if (is(v, ops::kDot) && is_product(v)) {
      product.dots.push_back(this->product(v));
    } else if (is_product(v)) {
      collect_product(v, product);
    } else if (is_repeated(v)) {
      collect_beside_ones(v, product);
      product.factors.push_back({ones()});
    } else if (is_uniform(v)) {
      collect_uniform(v, product);
      product.factors.push_back({ones()});
    } else if (is(v, ops::kUnitVector) && product.divides) {
      product.divisors.push_back(norm(v.input(0)));
      collect(v.input(0), product);
    } else if (is(v, ops::kTranspose)) {
      collect_turned(v.input(0), product);
    } else {
      collect_whole(v, product);
    }
  }

  // A constant or a dimension's size.
  [[nodiscard]] bool is_number(Value v) const {
    if (is(v, ops::kConstant)) return true;
    const auto& symbols = names_.dimensions().symbols();
    return is(v, ops::kSharedInput) &&
           std::ranges::any_of(symbols, [&](const auto& symbol) { return symbol.first == v.name(); });
  }

  // Of a transpose that is written: (X / ‖X‖)ᵀ A is Xᵀ A / ‖X‖.
  void collect_turned(Value v, Product& product) {
    if (named(v) || !is(v, ops::kUnitVector) || !product.divides)
      return product.factors.push_back(matrix_factor(v, true));
    product.divisors.push_back(norm(v.input(0)));
    product.factors.push_back(matrix_factor(v.input(0), true));
  }

  void collect_whole(Value v, Product& product) {
    if (v.shape().rank() == 2) return product.factors.push_back(matrix_factor(v, false));
    Formula f = value(v);
    if (is(v, ops::kConstant)) {
      f = number_factor(f);
    } else if (f.binding != Notation::kBigSum) {
      f = tighter_than(Notation::kMatrixProduct, f);
    }
    if (v.shape().rank() == 0) return (is_number(v) ? product.numbers : product.scalars).push_back(f);
    product.factors.push_back({f});
  }

  // X, Xᵀ, X⁻¹ or X⁻ᵀ, which may be a part of a power.
  Factor matrix_factor(Value v, bool transposed) {
    const bool inverse = !named(v) && is(v, ops::kInv);
    const Value base = inverse ? v.input(0) : v;
    const bool has_powers = base.shape()[0] == base.shape()[1] && !is(v, ops::kIdentity);
    Formula f = transposed ? this->transposed(v) : value(v);
    if (f.binding != Notation::kBigSum) f = tighter_than(Notation::kMatrixProduct, f);
    if (!has_powers) return {f};
    return {f, base, value(base), inverse ? -1 : 1, transposed};
  }

  void collect_product(Value v, Product& product) {
    if (is(v, ops::kOuter)) {
      collect(v.input(0), product);
      collect_transposed(v.input(1), product);
    } else if (is(v, ops::kDot)) {
      Product inner;
      collect_transposed(v.input(0), inner);
      collect(v.input(1), inner);
      product.numbers.insert(product.numbers.end(), inner.numbers.begin(), inner.numbers.end());
      product.scalars.insert(product.scalars.end(), inner.scalars.begin(), inner.scalars.end());
      product.dots.insert(product.dots.end(), inner.dots.begin(), inner.dots.end());
      product.dots.push_back(juxtaposed(with_powers(inner.factors)));
      product.divisors.insert(product.divisors.end(), inner.divisors.begin(), inner.divisors.end());
    } else if (is_uniform(v)) {
      collect_uniform(v, product);
      product.factors.push_back({ones()});
    } else if (is_scaling(v) && v.shape().rank() > 0) {
      const bool first = repeated_scalar(v.input(0)).has_value();
      collect_scalar(v.input(first ? 0 : 1), product);
      collect(v.input(first ? 1 : 0), product);
    } else {
      collect(v.input(0), product);
      collect(v.input(1), product);
    }
  }

  // (A x)ᵀ = xᵀ Aᵀ without parentheses.
  void collect_transposed(Value v, Product& product) {
    if (named(v)) return collect_whole_transposed(v, product);
    if (is(v, ops::kMatVec) || is(v, ops::kMatMul)) {
      collect_transposed(v.input(1), product);
      collect_transposed(v.input(0), product);
    } else if (is(v, ops::kTranspose)) {
      collect(v.input(0), product);
    } else if (is_repeated(v)) {
      collect_beside_ones(v, product);
      product.factors.push_back({{"𝟏ᵀ", R"(\mathbf{1}^{\top})", Notation::kPower}});
    } else if (is(v, ops::kUnitVector) && product.divides) {
      product.divisors.push_back(norm(v.input(0)));
      collect_transposed(v.input(0), product);
    } else {
      collect_whole_transposed(v, product);
    }
  }

  void collect_whole_transposed(Value v, Product& product) {
    const bool is_matrix = v.shape().rank() == 2;
    product.factors.push_back(is_matrix ? matrix_factor(v, !names_.is_symmetric(v)) : Factor{transposed(v)});
  }

  Formula product(Value v, End end = End::kOpen) {
    Product product;
    collect_product(v, product);
    if (!product.divisors.empty() && std::ranges::any_of(product.scalars, is_adjoint)) {
      product = {.divides = false};  // ∂f/∂y (x / ‖x‖), no fraction of fractions
      collect_product(v, product);
    }
    return written(product, end);
  }

  static Formula written(const Product& product, End end = End::kOpen) {
    std::vector<Formula> all = in_front(product, product.factors.empty() ? End::kOpen : End::kClosed);
    const std::vector<Formula> factors = with_powers(product.factors);
    all.insert(all.end(), factors.begin(), factors.end());
    return divided(juxtaposed(all, product.divisors.empty() ? end : End::kClosed), product.divisors);
  }

  // The scalars of a product in their order. (aᵀ b) x has parentheses lest b x be read as a product; at the
  // end aᵀ b needs none.
  static std::vector<Formula> in_front(const Product& product, End end) {
    std::vector<Formula> all = product.numbers;
    all.insert(all.end(), product.scalars.begin(), product.scalars.end());
    std::stable_partition(all.begin(), all.end(), starts_with_number);
    for (const Formula& dot : product.dots) all.push_back(parenthesized(dot));
    if (!product.dots.empty() && end == End::kOpen) all.back() = product.dots.back();
    return all;
  }

  Formula quotient(Value v) {
    Value above = v.input(0);
    while (!named(above) && is(above, ops::kBroadcast)) above = above.input(0);
    if (named(above) || !is_product(above)) return by_notation(v);
    return by_notation(v, product(above, End::kClosed));
  }

  Formula transposed(Value v) {
    if (!named(v) && is(v, ops::kTranspose)) {
      const Formula inner = parenthesized(transposed(v.input(0)));
      return {inner.text + "ᵀ", inner.latex + R"(^{\top})", Notation::kPower};
    }
    if (!named(v) && is(v, ops::kInv)) {
      const Formula x = tighter_than(Notation::kPower, value(v.input(0)));
      return {x.text + "⁻ᵀ", raised(x.latex, R"(-\top)"), Notation::kPower};
    }
    const Formula bare = whole(v);
    const Formula x = is_adjoint(bare) ? parenthesized(bare) : tighter_than(Notation::kPower, bare);
    return {x.text + "ᵀ", raised(x.latex, R"(\top)"), Notation::kPower};
  }

  Formula norm(Value x) { return norm_of(whole(x), x.shape()); }
  Formula squared_norm(Value x) { return squared_norm_of(whole(x), x.shape()); }

  // Beside a vector a repeated number needs no 𝟏, 1 − a, nor a scalar in a product. In a sum a scalar would
  // not show that it is added to each element, and beside a matrix even a number would look like 1 I.
  static bool stands_bare(Value call, Value operand) {
    const bool is_sum = is(call, ops::kAdd) || is(call, ops::kSub);
    const bool is_elementwise =
        is_sum || is(call, ops::kMul) || is(call, ops::kDiv) || is(call, ops::kPow) || is(call, ops::kEqual);
    const std::optional<Value> scalar = is_sum ? repeated_scalar(operand) : std::nullopt;
    return is_elementwise &&
           !(is_sum && (operand.shape().rank() > 1 || (scalar && !is(*scalar, ops::kConstant))));
  }

  // Shapes by the symbols of their extents.
  [[nodiscard]] std::string attribute_of(Value v) const {
    const auto* shape = std::get_if<Shape>(&v.attribute());
    return shape == nullptr ? str(v.attribute()) : names_.dimensions().str(*shape);
  }

  // first: what stands for the first operand, if that is not to be written as it is by itself.
  Formula by_notation(Value v, const std::optional<Formula>& first = {}) {
    std::vector<Formula> operands;
    for (int i = 0; i < v.input_count(); ++i)
      operands.push_back(i == 0 && first ? *first : operand(v, v.input(i)));
    const bool is_mean = is(v, ops::kBatchMean);
    if (!is_mean && !is(v, ops::kBatchSum)) return written_call(v.op().notation, operands, attribute_of(v));
    const std::string& n = names_.sample_index();
    const std::string text = (is_mean ? "1/N " : "") + sum_of_samples(n).text + " {0}";
    const std::string latex = (is_mean ? R"(\frac1N \sum_{)" : R"(\sum_{)") + n + "} {0}";
    return written_call({text, latex, v.op().notation.binding}, operands, attribute_of(v));
  }

  // (A ⊗ B) ⊙ C, (A ⊗ B) / c and (x / y) ⊙ z, where the order would matter.
  [[nodiscard]] static bool mixes(Value call, Value x) {
    if (is(x, ops::kKron)) return is(call, ops::kMul) || is(call, ops::kDiv);
    const bool divides = is(x, ops::kDiv) || is(x, ops::kUnitVector);
    return divides && is(call, ops::kMul) && x == call.input(0);
  }

  Formula operand(Value call, Value x) {
    const Formula f = stands_bare(call, x) ? value(x) : whole(x);
    // The second operand, or what x + (−y) subtracts.
    const bool after_sign =
        (is(call, ops::kAdd) || is(call, ops::kSub)) && (x != call.input(0) || x == call.input(1));
    if (after_sign && f.text.starts_with("−")) return parenthesized(f);  // x − (−y), x + (−1 / y)
    if (f.binding == Notation::kProduct && mixes(call, x)) return parenthesized(f);
    // Σ (x ⊙ y), lest Σ x be read.
    const bool below_sum = call.op().notation.binding == Notation::kBigSum;
    return below_sum && f.binding == Notation::kProduct ? parenthesized(f) : f;
  }

  const Names& names_;
};

}  // namespace

Formula write(Value v, const Names& names) { return Writer(names).whole(v); }

Formula write_definition(Value v, const Names& names) { return Writer(names).definition(v); }

}  // namespace catenary::derive
