#include "catenary/derive/formula.h"

#include <algorithm>
#include <optional>

#include "catenary/ir/print.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// What a scalar was repeated from, if v is a scalar for each element; else nothing.
std::optional<Value> repeated_scalar(Value v) {
  while (is(v, ops::kBroadcast) || is(v, ops::kBatchBroadcast)) v = v.input(0);
  if (v.shape().rank() == 0 || is(v, ops::kConstant)) return v;
  return std::nullopt;
}

Formula parenthesized(const Formula& f) { return {"(" + f.text + ")", "(" + f.latex + ")"}; }

// In parentheses unless it binds more tightly than `outer`.
Formula tighter_than(Notation::Binding outer, const Formula& f) {
  return f.binding > outer ? f : parenthesized(f);
}

// Juxtaposed factors; numbers stand in front.
struct Product {
  std::vector<Formula> scalars;
  std::vector<Formula> factors;
};

class Writer {
 public:
  explicit Writer(const Names& names) : names_(names) {}

  Formula value(Value v) {
    const Formula* name = names_.find(v);
    return name != nullptr ? *name : definition(v);
  }

  // Of a formula by itself: c for each element is c 𝟏, where beside a vector c alone would do.
  Formula whole(Value v) {
    if (names_.find(v) != nullptr || v.shape().rank() == 0) return value(v);
    if (is_repeated(v)) return repeated(v);
    if (!is_uniform(v)) return value(v);
    return joined({tighter_than(Notation::kMatrixProduct, value(v)), ones()}, Notation::kMatrixProduct);
  }

  Formula definition(Value v) {
    if (is(v, ops::kConstant)) return number(std::get<double>(v.attribute()));
    if (is_leaf(v.op())) return symbol(v.name());
    const bool is_silent = is(v, ops::kBroadcast) || is(v, ops::kBatchBroadcast) || is(v, ops::kReshape);
    if (is_silent) return value(v.input(0));
    if (is(v, ops::kTranspose)) return transposed(v.input(0));
    if (is(v, ops::kSum) && is(v.input(0), ops::kSquare) && names_.find(v.input(0)) == nullptr)
      return squared_norm(v.input(0).input(0));
    if (is(v, ops::kSquare)) return power(value(v.input(0)), v.shape(), 2);
    if (is(v, ops::kPow)) {
      const std::optional<Value> exponent = repeated_scalar(v.input(1));
      if (exponent && is(*exponent, ops::kConstant))
        return power(value(v.input(0)), v.shape(), std::get<double>(exponent->attribute()));
    }
    if (is_product(v)) return juxtaposed(v);
    return by_notation(v);
  }

 private:
  [[nodiscard]] static bool is_repeated(Value v) { return v.shape().rank() > 0 && repeated_scalar(v); }

  // One number in each element, by operations on such: 1 / (m n).
  [[nodiscard]] bool is_uniform(Value v) const {
    if (names_.find(v) != nullptr) return false;
    if (is_repeated(v)) return true;
    const bool is_elementwise = is(v, ops::kAdd) || is(v, ops::kSub) || is(v, ops::kMul) || is(v, ops::kDiv);
    return is_elementwise && is_uniform(v.input(0)) && is_uniform(v.input(1));
  }

  static Formula ones() { return {"𝟏", R"(\mathbf{1})"}; }

  static bool is_number(Value v, double number) {
    return is(v, ops::kConstant) && std::get<double>(v.attribute()) == number;
  }

  Formula repeated(Value v) {
    if (is_number(v, 0)) return number(0);
    Product product;
    collect_scalar(v, product);
    product.scalars.push_back(ones());
    return joined(product.scalars, Notation::kMatrixProduct);
  }

  // What a repeated scalar multiplies 𝟏 with; nothing for 1.
  void collect_scalar(Value v, Product& product) {
    const Value scalar = *repeated_scalar(v);
    if (is_number(scalar, 1)) return;
    if (is(scalar, ops::kConstant)) {
      product.scalars.push_back(tighter_than(Notation::kMatrixProduct, value(scalar)));
    } else {
      collect(scalar, product);
    }
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
    if (names_.find(v) == nullptr && is(v, ops::kDot) && is_product(v)) {
      product.scalars.push_back(parenthesized(juxtaposed(v)));  // (aᵀ b) x, lest b x be read as a product
      return;
    }
    if (names_.find(v) == nullptr && is_product(v)) return collect_product(v, product);
    if (names_.find(v) == nullptr && is_repeated(v)) {
      collect_scalar(v, product);
      product.factors.push_back(ones());
      return;
    }
    Formula f = value(v);
    if (f.binding != Notation::kBigSum) f = tighter_than(Notation::kMatrixProduct, f);
    (v.shape().rank() == 0 ? product.scalars : product.factors).push_back(f);
  }

  void collect_product(Value v, Product& product) {
    if (is(v, ops::kOuter)) {
      collect(v.input(0), product);
      collect_transposed(v.input(1), product);
    } else if (is(v, ops::kDot)) {
      Product inner;
      collect_transposed(v.input(0), inner);
      collect(v.input(1), inner);
      product.scalars.insert(product.scalars.end(), inner.scalars.begin(), inner.scalars.end());
      product.scalars.push_back(joined(inner.factors, Notation::kMatrixProduct));
    } else if (is_scaling(v) && v.shape().rank() > 0) {
      const bool first = repeated_scalar(v.input(0)).has_value();
      const Value scalar = *repeated_scalar(v.input(first ? 0 : 1));
      if (is(scalar, ops::kConstant)) {
        product.scalars.push_back(tighter_than(Notation::kMatrixProduct, value(scalar)));
      } else {
        collect(scalar, product);
      }
      collect(v.input(first ? 1 : 0), product);
    } else {
      collect(v.input(0), product);
      collect(v.input(1), product);
    }
  }

  // (A x)ᵀ = xᵀ Aᵀ without parentheses.
  void collect_transposed(Value v, Product& product) {
    const bool named = names_.find(v) != nullptr;
    if (!named && (is(v, ops::kMatVec) || is(v, ops::kMatMul))) {
      collect_transposed(v.input(1), product);
      collect_transposed(v.input(0), product);
    } else if (!named && is(v, ops::kTranspose)) {
      collect(v.input(0), product);
    } else if (!named && is_repeated(v)) {
      collect_scalar(v, product);
      product.factors.push_back({"𝟏ᵀ", R"(\mathbf{1}^{\top})", Notation::kPower});
    } else {
      product.factors.push_back(transposed(v));
    }
  }

  Formula juxtaposed(Value v) {
    Product product;
    collect_product(v, product);
    std::vector<Formula> all = std::move(product.scalars);
    std::stable_partition(all.begin(), all.end(), starts_with_number);
    all.insert(all.end(), product.factors.begin(), product.factors.end());
    return joined(all, Notation::kMatrixProduct);
  }

  static bool starts_with_number(const Formula& f) {
    return std::isdigit(static_cast<unsigned char>(f.text[0])) != 0 || f.text.starts_with("½");
  }

  static Formula joined(const std::vector<Formula>& factors, Notation::Binding binding) {
    Formula f{"", "", factors.size() == 1 ? factors[0].binding : binding};
    for (std::size_t i = 0; i < factors.size(); ++i) {
      // A big sum reaches to the end: as the last factor it needs no parentheses.
      const bool open = factors[i].binding == Notation::kBigSum;
      const bool last = i + 1 == factors.size();
      const Formula factor = open && !last ? parenthesized(factors[i]) : factors[i];
      if (open && last) f.binding = Notation::kBigSum;
      if (i > 0) {
        const bool numbers = starts_with_number(factors[i - 1]) && starts_with_number(factor);
        f.text += numbers ? " · " : " ";
        f.latex += numbers ? R"( \cdot )" : R"(\,)";
      }
      f.text += factor.text;
      f.latex += factor.latex;
    }
    return f;
  }

  Formula transposed(Value v) {
    if (names_.find(v) == nullptr && is(v, ops::kTranspose)) {
      const Formula inner = parenthesized(transposed(v.input(0)));
      return {inner.text + "ᵀ", inner.latex + R"(^{\top})", Notation::kPower};
    }
    if (names_.find(v) == nullptr && v.op().name == "inv") {
      const Formula x = tighter_than(Notation::kPower, value(v.input(0)));
      return {x.text + "⁻ᵀ", raised(x.latex, R"(-\top)"), Notation::kPower};
    }
    const Formula bare = value(v);
    const bool is_fraction = bare.text.find('/') != std::string::npos;  // (∂f/∂a)ᵀ
    const Formula x = is_fraction ? parenthesized(bare) : tighter_than(Notation::kPower, bare);
    return {x.text + "ᵀ", raised(x.latex, R"(\top)"), Notation::kPower};
  }

  Formula squared_norm(Value x) {
    const Formula f = value(x);
    const bool matrix = x.shape().rank() > 1;
    return {"‖" + f.text + (matrix ? "‖²_F" : "‖²"),
            R"(\lVert )" + f.latex + (matrix ? R"( \rVert_F^2)" : R"( \rVert^2)"), Notation::kPower};
  }

  // Of a vector, each element's power: x^⊙2, as x² has no meaning for vectors.
  static Formula power(const Formula& base, const Shape& shape, double exponent) {
    const Formula x = tighter_than(Notation::kPower, base);
    const Formula p = number(exponent);
    const bool elementwise = shape.rank() > 0;
    // A layer's number and an exponent would read as one.
    const std::string below = superscript_at(x.latex) == std::string::npos ? x.latex : "(" + x.latex + ")";
    const std::string latex = below + "^{" + (elementwise ? R"(\odot )" : "") + p.latex + "}";
    if (!elementwise && exponent == 2) return {x.text + "²", latex, Notation::kPower};
    if (!elementwise && exponent == 3) return {x.text + "³", latex, Notation::kPower};
    const std::string text = p.binding == Notation::kAtom && exponent >= 0 ? p.text : "(" + p.text + ")";
    return {x.text + (elementwise ? "^⊙" : "^") + text, latex, Notation::kPower};
  }

  // Beside a vector a repeated scalar needs no 𝟏, 1 − a; in a sum of matrices it would look like 1 I.
  static bool stands_bare(Value call, Value operand) {
    const bool is_sum = is(call, ops::kAdd) || is(call, ops::kSub);
    const bool is_elementwise =
        is_sum || is(call, ops::kMul) || is(call, ops::kDiv) || is(call, ops::kPow) || is(call, ops::kEqual);
    return is_elementwise && !(is_sum && operand.shape().rank() > 1);
  }

  // Shapes by the symbols of their extents.
  [[nodiscard]] std::string attribute_of(Value v) const {
    const auto* shape = std::get_if<Shape>(&v.attribute());
    return shape == nullptr ? str(v.attribute()) : names_.dimensions().str(*shape);
  }

  // "m×n" in LaTeX.
  static std::string with_times(std::string attribute) {
    constexpr std::string_view kTimes = "×";
    for (std::size_t at = 0; (at = attribute.find(kTimes, at)) != std::string::npos;)
      attribute.replace(at, kTimes.size(), R"( \times )");
    return attribute;
  }

  Formula by_notation(Value v) {
    std::vector<Written> text, latex;
    const bool raises = v.op().notation.latex.find("}^") != std::string_view::npos;
    for (int i = 0; i < v.input_count(); ++i) {
      const Formula operand = stands_bare(v, v.input(i)) ? value(v.input(i)) : whole(v.input(i));
      text.push_back({operand.text, operand.binding});
      latex.push_back({raises && superscript_at(operand.latex) != std::string::npos
                           ? "{" + operand.latex + "}"
                           : operand.latex,
                       operand.binding});
    }
    const Notation& notation = v.op().notation;
    const std::string attribute = attribute_of(v);
    const Written a = write_call(notation.text, notation.binding, text, attribute);
    const Written b = write_call(notation.latex, notation.binding, latex, with_times(attribute));
    return {a.text, b.text, a.binding};
  }

  const Names& names_;
};

}  // namespace

const Formula* Names::find(Value v) const {
  const auto it = names_.find(v.id());
  return it == names_.end() ? nullptr : &it->second;
}

Formula write(Value v, const Names& names) { return Writer(names).whole(v); }

Formula write_definition(Value v, const Names& names) { return Writer(names).definition(v); }

int formula_size(Value v, const Names& names, int limit) {
  if (limit <= 1 || names.find(v) != nullptr || is_leaf(v.op())) return 1;
  int size = is(v, ops::kBroadcast) || is(v, ops::kBatchBroadcast) ? 0 : 1;
  for (int i = 0; i < v.input_count() && size < limit; ++i)
    size += formula_size(v.input(i), names, limit - size);
  return std::min(size, limit);
}

}  // namespace catenary::derive
