#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "catenary/derive/formula/dimensions.h"
#include "catenary/derive/formula/formula.h"
#include "catenary/derive/steps/hessian.h"
#include "catenary/derive/steps/scans.h"
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
  /// Of what a step of a scan makes: a leaf that stands for what comes to it from after the step, beside the
  /// flows within the step. Empty for all others.
  Value arrival = {};
  int sum_number = 0;    ///< of the step that adds several flows; 0 for one flow
  int sum_equation = 0;  ///< the number of its equation
  /// Of a δ: with the steps before it inserted, down to the next δ; and that as a person would write it.
  /// Empty where nothing was to insert.
  Value inserted = {};
  std::vector<int> insertions = {};  ///< the equations that were inserted
  Simplified written_out = {};       ///< `inserted` as a person would write it
  Simplified total = {};             ///< the sum of the flows in symbols
  Value traced;                      ///< the gradient transform's own adjoint

  /// The number of the step that it is complete after, and of the equation that says what it is.
  [[nodiscard]] int last_step() const { return sum_number > 0 ? sum_number : flows.back().number; }
  [[nodiscard]] int equation() const { return sum_equation > 0 ? sum_equation : flows.back().equation; }
};

/// A value that the forward pass computes, in order. The backward equations are numbered from there on.
struct Definition {
  int number = 0;  ///< of its equation
  Value value;
  int recurrence = -1;  ///< the place of the recurrence that it is a step's value of; none: -1
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

/// A name that has the index of a step beside it: hₜ₋₁.
struct StepName {
  Value value;     ///< of the step
  Formula base;    ///< h
  int offset = 0;  ///< −1
};

/// Steps one after another: a scan, told by one step for any t.
struct Recurrence {
  Value scan;
  std::int64_t steps = 0;                     ///< T
  Direction direction = Direction::kForward;  ///< through t = 1 .. T
  std::vector<Value> leaves = {};             ///< of the step, in the places of the scan's operands
  std::vector<Value> results = {};            ///< what the step makes: the carries, then the outputs
  std::vector<StepName> names = {};           ///< of the step's values
  std::map<NodeId, Formula> deltas = {};      ///< of pre-activations: δ, without an index
  std::vector<ScanView> views = {};           ///< what is read of it
  /// From the derivatives by what a step makes to those by what it is given. Its scalar is the sample's.
  Part step = {};

  /// Where the step's carries come from: −1, from the step before t, or 1.
  [[nodiscard]] int before() const { return direction == Direction::kForward ? -1 : 1; }
  /// Whether it is a value of a step, which has other numbers for each t.
  [[nodiscard]] bool has(Value v) const;
};

/// A step's index as it is written: t + 1, or 3 (letter "").
struct StepIndex {
  std::string letter;  ///< "" for a number
  int offset = 0;      ///< from what the letter counts, or the number
};
/// h with that index below: hₜ₊₁, h₃.
[[nodiscard]] Formula with_step(const Formula& name, const StepIndex& index);

/// How the scans of a graph are derived.
enum class Scans : std::uint8_t {
  kRecursion,   ///< one step for any t, and what it hands on to the step before it
  kWrittenOut,  ///< T steps one after another
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
  std::vector<Value> symmetric;                       ///< leaves that equal their transposes
  std::vector<Recurrence> recurrences = {};           ///< of its scans, in the order of the forward pass
  std::string step_letter = "t";                      ///< what counts their steps
  std::map<std::string, std::string> row_names = {};  ///< see DeriveOptions

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
  /// The names with those of a recurrence's step at another index.
  [[nodiscard]] Names names_at(const Recurrence& recurrence, const StepIndex& index) const;
  /// The recurrence of whose step the value is; null if of none.
  [[nodiscard]] const Recurrence* recurrence_of(Value v) const;
};

/// What a derivation is made with beside the function.
struct DeriveOptions {
  Dimensions dimensions = {};             ///< what the extents of the graph are called
  std::span<const Value> symmetric = {};  ///< leaves that equal their transposes
  /// Leaves to keep although the loss may not depend on them.
  std::span<const Value> leaves = {};
  int order = 1;                    ///< 2: also the Hessian, of a function of vectors and scalars
  Scans scans = Scans::kRecursion;  ///< with order 2 they are written out
  /// What a row of a sequence is called, by the sequence's name; without a name that of the sequence.
  std::map<std::string, std::string> row_names = {};
};

/// The derivation of the gradient of the scalar `loss` by each of `wrt`. Throws what gradient() and,
/// with order 2, hessian() throw, and Error{config} if `wrt` is empty.
[[nodiscard]] Derivation derive(Value loss, std::span<const Value> wrt, DeriveOptions options = {});

}  // namespace catenary::derive
