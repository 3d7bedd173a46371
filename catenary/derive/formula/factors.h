#pragma once

#include <vector>

#include "catenary/derive/formula/formula.h"

/// How factors of a product and powers are written, given their formulas. Private to formula.cc.
namespace catenary::derive {

/// In parentheses unless it binds more tightly than `outer`.
[[nodiscard]] Formula tighter_than(Notation::Binding outer, const Formula& f);

/// A factor of a juxtaposed product. Neighbours that are powers of the same square matrix are one power.
struct Factor {
  Formula formula;       ///< as it stands alone
  Value base = {};       ///< of a square matrix's whole power; else empty
  Formula of_base = {};  ///< the base's formula
  int exponent = 1;      ///< negative of an inverse
  bool transposed = false;
};

/// The factors with X X X as X³ and Xᵀ Xᵀ as (X²)ᵀ.
[[nodiscard]] std::vector<Formula> with_powers(const std::vector<Factor>& factors);

/// Juxtaposed, "2 A x". A big sum at the end reaches to there and needs no parentheses; `closed`: it gets
/// them all the same, as something follows.
enum class End : std::uint8_t { kOpen, kClosed };
[[nodiscard]] Formula juxtaposed(const std::vector<Formula>& factors, End end = End::kOpen);

/// A number as factor. A fraction, 7/3, and 2 π stand in front of a product as they are; a negative number
/// does not.
[[nodiscard]] Formula number_factor(const Formula& number);

/// Whether f is ∂f/∂a or the like, which would be read wrongly in ∂f/∂aᵀ.
[[nodiscard]] bool is_adjoint(const Formula& f);

/// Whether f begins with a digit, so that a number in front would run into it.
[[nodiscard]] bool starts_with_number(const Formula& f);

/// base^exponent; of arrays each element's, x^⊙2, as x² has no meaning for vectors.
[[nodiscard]] Formula power(const Formula& base, const Shape& shape, double exponent);

/// base^⊙(exponent).
[[nodiscard]] Formula elementwise_power(const Formula& base, const Formula& exponent);

/// ‖x‖ and its square; a matrix's is the Frobenius norm.
[[nodiscard]] Formula norm_of(const Formula& x, const Shape& shape);
[[nodiscard]] Formula squared_norm_of(const Formula& x, const Shape& shape);

/// x / (a b), equal divisors as a power.
[[nodiscard]] Formula divided(const Formula& x, const std::vector<Formula>& divisors);

/// A call as its operator's notation has it, of its operands' formulas and its written attribute.
[[nodiscard]] Formula written_call(const Notation& notation, const std::vector<Formula>& operands,
                                   const std::string& attribute);

}  // namespace catenary::derive
