#pragma once

#include <map>
#include <vector>

#include "catenary/derive/formula/formula.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// Reads the coefficients off a formula that is linear in a symbol: the matrix M off M s, a diagonal one off
/// a ⊙ s, the vector a off aᵀ s or, of a scalar s, off s a. The symbol is a scalar or a vector, and so is
/// what it stands in; between them may be matrices, as in (s bᵀ) c.
class LinearForm {
 public:
  LinearForm(Value symbol, const Names& names) : s_(symbol), names_(names) {}

  /// The coefficients of e, of shape e.shape() + symbol.shape(); empty if the symbol does not stand in e.
  /// Throws Error{config} that names the operator through which it cannot read.
  [[nodiscard]] Value operator()(Value e);

 private:
  // What a matrix that is linear in the symbol is the sum of: t C, u wᵀ or A diag(u) B, of which t, u or w
  // depend on the symbol. An empty A or B is the identity.
  struct Term {
    Value scalar = {}, matrix = {};
    Value column = {}, row = {};
    Value left = {}, diagonal = {}, right = {};
  };
  using Terms = std::vector<Term>;

  Value read(Value e);
  Value sum(Value e);
  Value repeated(Value e);
  Value product(Value e);
  Value quotient(Value e);
  Value inner_product(Value c, Value linear);
  Value scaled(Value factor, Value coefficients) const;
  bool depends(Value e);

  Terms terms(Value e);
  Terms terms_of_sum(Value e);
  Terms terms_of_product(Value e);
  Terms terms_of_scaled(Value e);
  static Value times(const Term& t, Value b);
  static Value frobenius(const Term& t, Value c);
  static Value trace_of(const Term& t);
  static Value diagonal_of(const Term& t);
  template <typename F>
  Value total(const Terms& terms, F part);

  Value s_;
  const Names& names_;
  std::map<NodeId, bool> depends_;
  std::map<NodeId, Value> known_;
};

/// ∂y/∂v = (∂y/∂z) (∂z/∂v) for scalars and vectors y, z, v: the product of two Jacobians. With dz itself in
/// place of ∂z/∂v it is what dz adds to dy. Numbers go to the front; values that have a name stay whole.
[[nodiscard]] Value chained(Value dy_dz, Value dz_dv, Value z, const Names& names);

/// sum + term, as a difference where the term is negative; the term alone if there is no sum yet.
[[nodiscard]] Value with_term(Value sum, Value term, const Names& names);

/// Whether a matrix is the identity times a number.
[[nodiscard]] bool is_scaled_identity(Value matrix, const Names& names);

}  // namespace catenary::derive
