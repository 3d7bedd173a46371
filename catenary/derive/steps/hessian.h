#pragma once

#include <optional>
#include <vector>

#include "catenary/derive/formula/formula.h"
#include "catenary/ir/graph.h"
#include "catenary/transform/simplify/simplify.h"

namespace catenary::derive {

struct Derivation;

/// How the differential dy of one value of the gradient's formula comes about from those of its operands.
struct Differential {
  /// dy = … + ∂y/∂z dz + …
  struct Jacobian {
    Value z, dz;   ///< the operand and its differential
    Value matrix;  ///< ∂y/∂z
  };

  int number = 0;                        ///< of its equation; goes on from the numbers of the steps
  Value y;                               ///< the value whose differential it is
  Value symbol = {};                     ///< a leaf named dy, that later differentials use
  int moving = 0;                        ///< how many of y's operands have a differential
  Value rule = {};                       ///< what the operator's rule makes of these, summed
  Simplified shortened = {};             ///< the same as a person would write it
  std::vector<Jacobian> jacobians = {};  ///< the same as matrices times columns; none where y is a matrix
  Value in_matrices = {};                ///< Σ ∂y/∂z dz as a formula; empty where y is a matrix
  Value along = {};                      ///< ∂y/∂v by the block's variable v: leaf named so
  Value chain = {};                      ///< Σ (∂y/∂z) (∂z/∂v), which ∂y/∂v is, in such leaves
};

/// A value of the gradient's formula that the forward pass does not have.
struct GradientPart {
  int number = 0;  ///< of its equation
  Value value;
};

/// ∂²f/∂x∂yᵀ: how the gradient ∂f/∂x moves when y does.
struct SecondDerivative {
  Value x, y;
  Value dy = {};                          ///< a leaf
  Value gradient = {};                    ///< ∂f/∂x in closed form
  std::vector<GradientPart> parts = {};   ///< in order; those of an earlier block are not repeated
  int gradient_number = 0;                ///< of the equation of ∂f/∂x; the same in all blocks by x
  std::vector<Differential> steps = {};   ///< none where y does not move the gradient
  std::vector<Value> flat = {};           ///< what moves by jumps alone: its differential is 0
  Value inserted = {};                    ///< d(∂f/∂x) with all steps inserted, down to dy; empty for 0
  Value product = {};                     ///< what multiplies dy there
  Simplified in_parts = {};               ///< that as a person would write it, in named values
  std::optional<Simplified> closed = {};  ///< and in leaves, where it is short

  /// The second derivative itself, in leaves where it is short.
  [[nodiscard]] Value value() const { return closed ? closed->value : in_parts.value; }
};

/// All second derivatives of a scalar, one block for each pair of variables; blocks below the diagonal are
/// left out, as they are the transposes of those above.
struct Hessian {
  Names names;                           ///< the derivation's, with those of parts and differentials
  std::vector<SecondDerivative> blocks;  ///< row by row, from the diagonal on
  /// What values are called in the blocks by x, blocks[place].x: parts of later gradients have no names yet.
  [[nodiscard]] Names names_in(std::size_t place) const;
};

/// Differentiates the gradients of the derivation's scalar once more. Throws Error{config} for a batch, for
/// variables that are neither scalars nor vectors, where a second derivative is no product of matrices and
/// vectors, and where it would take more than 3000 steps.
[[nodiscard]] Hessian hessian(const Derivation& derivation);

/// dx, and d(∂f/∂x).
[[nodiscard]] Formula differential_of(const Formula& name);

/// ∂y/∂zᵀ of two vectors; ∂y/∂z where one is a scalar.
[[nodiscard]] Formula jacobian_name(const Formula& y, Value of_y, const Formula& z, Value of_z);

}  // namespace catenary::derive
