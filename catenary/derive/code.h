#pragma once

#include <string>
#include <vector>

#include "catenary/derive/dimensions.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// A function to write as source code: a scalar and its gradients.
struct CodeRequest {
  /// Leaves of the graph, in the order of the function's parameters. Vectors are 1-D, scalars plain numbers.
  std::vector<Value> parameters;
  /// shared_input leaves that stand for the size of a dimension ("n"), read off the parameters' shapes.
  std::vector<Value> sizes;
  Value value;
  struct Named {
    std::string name;
    Value value;
  };
  std::vector<Named> gradients;
  const Dimensions* dimensions = nullptr;
};

/// A self-contained Python module with `value_and_gradient(...)`, which returns (value, {"W": array, ...}).
[[nodiscard]] std::string numpy_code(const CodeRequest& request);

/// A self-contained C++20 header with the same function on std::vector<double>, matrices row-major.
[[nodiscard]] std::string cpp_code(const CodeRequest& request);

}  // namespace catenary::derive
