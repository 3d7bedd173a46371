#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "catenary/derive/formula/dimensions.h"
#include "catenary/derive/formula/formula.h"
#include "catenary/derive/steps/hessian.h"
#include "catenary/ir/graph.h"
#include "catenary/transform/simplify/simplify.h"

namespace catenary::derive {

/// One use of a gradient rule: what flows from a call back to one of its operands.
struct Flow {
  int number = 0;       ///< of the step
  int equation = 0;     ///< the number of its equation
  Value call;           ///< y
  int operand = 0;      ///< which of y's
  Value incoming = {};  ///< ∂f/∂y as the rule gets it: a symbol
  Value rule = {};      ///< what the operator's rule answers when ∂f/∂y is a symbol
  /// The same with ∂f/∂y inserted where that is a number or a named value as it is; empty where not.
  Value inserted = {};
  Value known = {};           ///< what was inserted
  Simplified shortened = {};  ///< the same, step by step as a person would write it
  Value traced;               ///< the gradient transform's own contribution, which the engine runs
};

/// How the adjoint ∂f/∂x of one value comes about: the sum of what flows in from each of its uses.
struct Adjoint {
  Value x;
  Value symbol = {};             ///< a leaf named ∂f/∂x, that the steps before x use
  Formula name = {};             ///< of ∂f/∂x; δ where x is a pre-activation
  bool is_delta = false;         ///< whether x is a pre-activation, whose adjoint is called δ
  std::vector<Flow> flows = {};  ///< from the last use to the first
  int sum_number = 0;            ///< of the step that adds several flows; 0 for one flow
  int sum_equation = 0;          ///< the number of its equation
  /// Of a δ: with the steps before it inserted, down to the next δ; and that as a person would write it.
  /// Empty where nothing was to insert.
  Value inserted = {};
  std::vector<int> insertions = {};  ///< the equations that were inserted
  Simplified written_out = {};       ///< `inserted` as a person would write it
  Simplified total = {};             ///< the sum of the flows in symbols
  Value traced;                      ///< the gradient transform's own adjoint

  /// The number of the equation that says what it is.
  [[nodiscard]] int equation() const { return sum_equation > 0 ? sum_equation : flows.back().equation; }
};

/// A value that the forward pass computes, in order. The backward equations are numbered from there on.
struct Definition {
  int number = 0;  ///< of its equation
  Value value;
};

/// A layer z = W a + b, a_next = f(z) of a network that is nothing but such layers.
struct DenseLayer {
  Value weight, bias, input, z, output;  ///< bias: empty without; output: z itself without an activation
};

/// How the names of layers tell them apart: W of a single one, W₁, or W⁽¹⁾ of a network from a config.
enum class LayerNumbering : std::uint8_t { kNone, kBelow, kAbove };

/// The batch's answer for a variable.
struct BatchResult {
  /// weight Σₙ ∂ℓⁿ/∂v + beside, as a person would write it; of what each sample has, weight ∂ℓ/∂v.
  Simplified total;
  Value inserted = {};  ///< the same with ∂ℓ/∂v as its own equation has it; empty if that changes nothing
  Value weight = {};    ///< ∂J/∂ℓ, shared: 1/N of a mean; empty if no sample's loss depends on v
  std::optional<Value> beside;      ///< what does not pass through the samples' losses: λ W
  std::vector<int> equations = {};  ///< that weight and beside were made with
};

/// What came out for a variable.
struct Result {
  Value variable;
  std::size_t adjoint = 0;  ///< its place in Part::adjoints; none if nothing flows: see reached
  bool reached = false;     ///< whether anything flows to it
  /// If not reached: whether the function depends on it nevertheless, through what is constant between jumps.
  bool is_flat = false;
  Value traced = {};                      ///< the gradient transform's own answer
  std::optional<Simplified> closed = {};  ///< in leaves alone, where that is short
};

/// The backward pass from one scalar.
struct Part {
  Value scalar;
  Formula name;                        ///< f, ℓ or J
  Value seed = {};                     ///< a leaf named ∂f/∂f
  int seed_equation = 0;               ///< the number of ∂f/∂f = 1
  std::vector<Adjoint> adjoints = {};  ///< in the order of their first flow; without the scalar's own
  std::vector<Result> results = {};    ///< one for each requested variable

  /// Null if nothing flows to x.
  [[nodiscard]] const Adjoint* find(Value x) const;
  /// The number of the equation that says what ∂f/∂y is; 0 if nothing flows to y.
  [[nodiscard]] int equation_of(Value y) const;
};

/// The derivation of a gradient as data: the trace of the gradient transform with names, numbers and the
/// simplification of each step. Owns a copy of the graph, in which all its values are.
struct Derivation {
  std::unique_ptr<Graph> graph;     ///< the copy
  Dimensions dimensions;            ///< what extents are called
  Names names;                      ///< what values are called
  std::vector<Value> leaves;        ///< inputs, then parameters, in the order of the formula
  std::vector<Definition> forward;  ///< what the forward pass computes
  /// From the scalar, or from one sample's loss ℓ if the scalar is a mean over the batch.
  Part sample;
  /// From the mean over the batch down to ℓ and to what else is shared; nothing if there is no batch.
  std::optional<Part> batch;
  /// In the order of the results; empty if there is no batch.
  std::vector<BatchResult> batch_results;
  /// The layers from the input to the output if the network is a chain of them; else empty.
  std::vector<DenseLayer> layers;
  LayerNumbering numbering = LayerNumbering::kNone;  ///< how those layers count
  /// With order 2.
  std::optional<Hessian> hessian;
  std::vector<Value> symmetric;  ///< leaves that equal their transposes

  /// From the scalar that everything leads to: the objective over the batch if there is one.
  [[nodiscard]] const Part& whole() const { return batch ? *batch : sample; }
  /// The sample's, then the batch's if there is one.
  [[nodiscard]] std::vector<const Part*> parts() const;
  /// What its simplifications may assume; `keep` are values to take as they are.
  [[nodiscard]] SimplifyOptions assumptions(std::span<const Value> keep = {}) const {
    return {.symmetric = symmetric, .keep = keep, .symbolic_extents = dimensions.symbols()};
  }
  /// Names for the leaves alone: formulas down to what is given.
  [[nodiscard]] Names leaf_names() const;
};

/// What a derivation is made with beside the function.
struct DeriveOptions {
  Dimensions dimensions = {};             ///< what the extents of the graph are called
  std::span<const Value> symmetric = {};  ///< leaves that equal their transposes
  /// Leaves to keep although the loss may not depend on them.
  std::span<const Value> leaves = {};
  int order = 1;  ///< 2: also the Hessian, of a function of vectors and scalars
};

/// The derivation of the gradient of the scalar `loss` by each of `wrt`. Throws what gradient() and,
/// with order 2, hessian() throw, and Error{config} if `wrt` is empty.
[[nodiscard]] Derivation derive(Value loss, std::span<const Value> wrt, DeriveOptions options = {});

}  // namespace catenary::derive
