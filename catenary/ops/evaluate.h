#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// What the reference evaluator does with each operator's results.
enum class Rounding : std::uint8_t {
  kNone,    ///< double throughout
  kToType,  ///< rounds them to the value's number type: what overflows in f32 does so here
};

/// Values for a graph's leaves, by name, row-major; of a batched leaf the samples one after another.
template <typename T>
struct BindingsOf {
  std::int64_t batch_size = 1;                                ///< samples of each batched leaf
  std::map<std::string, std::vector<T>, std::less<>> leaves;  ///< a shared input may be left to its default
  Rounding rounding = Rounding::kNone;                        ///< of each operator's results
};
/// Bindings in double, ComplexBindings in complex numbers.
using Bindings = BindingsOf<double>;
using ComplexBindings = BindingsOf<Complex>;

/// The reference evaluator: runs any graph node by node with the operators' own reference implementations.
/// Slow and simple: in double it is the oracle for every kernel; in complex numbers near the real axis it
/// measures derivatives (GradcheckMethod::kComplexStep).
template <typename T>
class EvaluationOf {
 public:
  /// Computes what `outputs` need. Throws Error{data} when a leaf has no value or one of the wrong size.
  EvaluationOf(std::span<const Value> outputs, const BindingsOf<T>& bindings);
  EvaluationOf(std::initializer_list<Value> outputs, const BindingsOf<T>& bindings)
      : EvaluationOf(std::span(outputs.begin(), outputs.size()), bindings) {}

  /// Computes again what depends on a leaf whose numbers have changed, and nothing else.
  void update(Value leaf, const BindingsOf<T>& bindings);

  /// The elements of a value that was computed: shape.size() of them, times the batch size if it is batched.
  /// Throws Error{config} for a value that was not.
  [[nodiscard]] const std::vector<T>& operator[](Value v) const;

 private:
  void compute(Value v, const BindingsOf<T>& bindings);
  void call(Value v, const BindingsOf<T>& bindings);

  std::vector<Value> order_;             // what was computed, operands first
  std::vector<std::vector<T>> results_;  // by node id; empty: not computed
};
/// Evaluation in double, ComplexEvaluation in complex numbers.
using Evaluation = EvaluationOf<double>;
using ComplexEvaluation = EvaluationOf<Complex>;

extern template class EvaluationOf<double>;
extern template class EvaluationOf<Complex>;

}  // namespace catenary
