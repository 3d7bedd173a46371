#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// Values for a graph's leaves, by name, in double and row-major; of a batched leaf the samples one after
/// another.
struct Bindings {
  std::int64_t batch_size = 1;
  std::map<std::string, std::vector<double>, std::less<>> leaves;
};

/// The reference evaluator: runs any graph node by node in double with the operators' own reference
/// implementations. Slow and simple: it is the oracle for every kernel.
class Evaluation {
 public:
  /// Computes what `outputs` need. Throws Error{data} when a leaf has no value or one of the wrong size.
  Evaluation(std::span<const Value> outputs, const Bindings& bindings);
  Evaluation(std::initializer_list<Value> outputs, const Bindings& bindings)
      : Evaluation(std::span(outputs.begin(), outputs.size()), bindings) {}

  /// The elements of a value that was computed: shape.size() of them, times the batch size if it is batched.
  [[nodiscard]] const std::vector<double>& operator[](Value v) const;

 private:
  void compute(Value v, const Bindings& bindings);
  void call(Value v, const Bindings& bindings);

  std::vector<std::vector<double>> results_;  // by node id; empty: not computed
};

}  // namespace catenary
