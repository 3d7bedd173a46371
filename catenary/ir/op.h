#pragma once

#include <complex>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "catenary/ir/type.h"

namespace catenary {

struct Op;
class Value;
struct Pullback;

/// One contribution ∂J/∂x_i for each operand; an empty Value where none flows.
using Adjoints = std::vector<Value>;

/// How an operator is written. Placeholders: {0} operand 0, in parentheses if it binds more loosely than this
/// operator; {0!} in parentheses also if it binds equally; {0.} never in parentheses; {0+}, {0*} and {0^} in
/// parentheses unless it binds more tightly than any sum, product or power, whatever this operator is; {...}
/// all operands; {a} the attribute.
struct Notation {
  std::string_view text;   ///< in Unicode: "σ({0})"
  std::string_view latex;  ///< for math mode: "\\sigma({0})"
  /// Loosest first. A big sum Σ reaches over the products that follow it; a matrix product W x is tighter
  /// than ⊙ and /.
  enum Binding : std::uint8_t { kSum = 1, kNegation, kBigSum, kProduct, kMatrixProduct, kPower, kAtom };
  Binding binding = kAtom;  ///< of the whole
};

/// A request for the shape of a call's result (of one sample's).
struct ShapeQuery {
  const Op& op;                   ///< what is called
  std::span<const Shape> inputs;  ///< the operands', as many as the operator takes
  const Attribute& attribute;     ///< the call's
  /// That of operand i.
  [[nodiscard]] const Shape& operator[](std::size_t i) const { return inputs[i]; }
};

/// What complex references compute in.
using Complex = std::complex<double>;

/// A request for the values of one sample's result, in double or complex numbers. Operators that cross the
/// batch are called once, with all samples of their operand one after another.
template <typename T>
struct ReferenceCallOf {
  std::span<const std::span<const T>> inputs;  ///< the operands' elements, row-major
  std::span<const Shape> shapes;               ///< the operands'
  std::span<T> output;                         ///< to be written, all of it
  const Shape& output_shape;                   ///< of one sample's result
  const Attribute& attribute;                  ///< the call's
  std::int64_t batch_size;                     ///< for the operators that cross the batch
  /// Op::scratch numbers to write to, so that no implementation allocates.
  std::span<T> scratch = {};
};
/// ReferenceCall in double, ComplexReferenceCall in complex numbers.
using ReferenceCall = ReferenceCallOf<double>;
using ComplexReferenceCall = ReferenceCallOf<Complex>;

/// How a result's `batched` follows from its operands'. Only the batch operators differ from kAsOperands.
enum class BatchRule : std::uint8_t {
  kAsOperands,  ///< batched if any operand is
  kReduces,     ///< from a batched operand to a shared result
  kSpreads,     ///< from a shared operand to a batched result
};

/// What an operand may be sampled from in tests and demonstrations.
struct Domain {
  /// Which numbers.
  enum class Kind : std::uint8_t {
    kReal,   ///< uniform in [low, high]
    kLabel,  ///< a class index 0 .. n-1
    /// A square matrix [n, n]: uniform in [low/n, high/n], with 1 of the same sign added on the diagonal. For
    /// −1 <= low and high <= 1 the diagonal dominates, so it has an inverse, and a determinant of either sign
    /// and of the order of 1.
    kDominantDiagonal,
  };
  double low = -2;          ///< the least number
  double high = 2;          ///< the greatest
  Kind kind = Kind::kReal;  ///< which numbers
  /// Values closer to 0 than this are not sampled: the operator has a kink or a pole there.
  double keep_from_zero = 0;
};

/// The sizes that an example call is built with.
struct ExampleSizes {
  std::int64_t n, m, k;  ///< as Op::operands speaks of them
  std::int64_t l = 2;    ///< likewise
};

/// A function pointer that must be given: it has no default, so a table entry that leaves it out does not
/// compile.
template <typename Function>
class Required {
 public:
  /// The function, or a lambda that captures nothing.
  template <std::convertible_to<Function*> F>
  // NOLINTNEXTLINE(google-explicit-constructor): an entry of a table reads as the function itself
  constexpr Required(F function) : function_(function) {}
  /// Calls it.
  template <typename... Args>
  auto operator()(const Args&... args) const {
    return function_(args...);
  }
  /// Whether it is this function.
  [[nodiscard]] bool is(Function* function) const { return function_ == function; }

 private:
  Function* function_;
};

/// An operator's implementation for every kind of number, instantiated from one text: a lambda that takes a
/// ReferenceCallOf<T> for any T. The complex one continues the real function to the complex plane near the
/// real axis, where the function is smooth: f(x + ih) = f(x) + ih·f'(x) for tiny h. Where the real function
/// branches, the larger part decides: the real one, but the imaginary one where two branches meet, so that
/// the step has the slope of the side to which it goes.
class Reference {
 public:
  /// A lambda that takes either call.
  template <typename F>
  requires std::convertible_to<F, void (*)(const ReferenceCall&)> &&
      std::convertible_to<F, void (*)(const ComplexReferenceCall&)>
  // NOLINTNEXTLINE(google-explicit-constructor): an entry of a table reads as the function itself
  constexpr Reference(F function) : real_(function), complex_(function) {}
  /// Computes the call in its kind of number.
  void operator()(const ReferenceCall& call) const { real_(call); }
  void operator()(const ComplexReferenceCall& call) const { complex_(call); }

 private:
  void (*real_)(const ReferenceCall&);
  void (*complex_)(const ComplexReferenceCall&);
};

/// What kind of operator it is, for whoever asks about kinds and not about single ones.
struct Traits {
  /// Each element of the result is made of the operands' elements in its place.
  bool elementwise = false;
  /// Of the operand's shape, but each element is made of all, as softmax's is.
  bool mixes_elements = false;
  /// Operand 0 is what textbooks call a pre-activation, z: of activations, and of losses that contain one.
  bool reads_preactivation = false;
  /// Operand 1 is a target: probabilities that add up to 1.
  bool reads_target = false;
  bool loss = false;  ///< how far a prediction, operand 0, is from a target, operand 1: a scalar
  /// The operator with its usual number, where a layer may end in it; null: none may.
  Value (*activation)(Value z) = nullptr;
  /// An activation that grows without bound above 0 alone: weights before it start by He.
  bool rectifier = false;
  bool product = false;  ///< a product of its operands, which is linear in each
  bool linear = false;   ///< f(c x) = c f(x) in each of its operands
  /// How many operands, from the first on, change the result's sign when they change theirs, as far as
  /// derivations say so.
  int odd_operands = 0;
  bool nonnegative = false;  ///< the result is, whatever the operands
};

/// Everything that an operator means, in one table entry. Kernels are elsewhere and add nothing to it.
struct Op {
  std::string_view name;  ///< as messages, listings and the command line have it
  /// One sentence, with the source of its formula where it has one.
  std::string_view summary;
  Notation notation;  ///< of a call
  /// The operands' shapes as a person writes them, separated by ';': "m n; n" is a matrix and a vector. "mk"
  /// is an extent of m·k, "" a scalar, "none" is no operand, a trailing "..." repeats the last one. It
  /// documents the operator and builds its tests.
  std::string_view operands;
  Traits traits = {};  ///< what kind of operator it is
  /// The shape of the result. Throws Error{shape} for operands that do not fit.
  Required<Shape(const ShapeQuery&)> infer;
  Reference reference;                           ///< the values of the result
  Required<Adjoints(const Pullback&)> gradient;  ///< what flows back to each operand
  BatchRule batch = BatchRule::kAsOperands;      ///< whether the result is batched
  Domain domain = {};                            ///< what the operands may be sampled from
  /// The second operand's, where it differs.
  Domain domain2 = domain;
  /// An attribute for an example call, of the kind that all calls need; null: the operator has none.
  Attribute (*example)(const ExampleSizes&) = nullptr;
  /// How many numbers the reference needs beside its operands and its result; null: none.
  std::int64_t (*scratch)(const ShapeQuery&) = nullptr;

  /// How many operands it takes; at least so many where it is variadic.
  [[nodiscard]] int arity() const;
  /// Whether the last operand may be repeated.
  [[nodiscard]] bool variadic() const { return operands.ends_with("..."); }
  /// How many numbers the reference needs, for operands of these shapes.
  [[nodiscard]] std::int64_t scratch_size(std::span<const Shape> shapes, const Attribute& attribute) const {
    return scratch == nullptr ? 0 : scratch({*this, shapes, attribute});
  }
  /// Whether it is written as a function of each element: sin(x), √(x), but neither |x| nor x².
  [[nodiscard]] bool is_function() const;
  /// False if its gradient rule is not_differentiable.
  [[nodiscard]] bool differentiable() const;
};

/// The example operand shapes of an operator at the given sizes; variadic operators get three operands.
[[nodiscard]] std::vector<Shape> example_shapes(const Op& op, const ExampleSizes& sizes);

}  // namespace catenary
