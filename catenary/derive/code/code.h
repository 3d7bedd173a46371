#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/formula/dimensions.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// A function to write as source code: a scalar, its gradients and, if wanted, its second derivatives.
///
/// Where the value is shared (J = batch_mean(ℓ)), batched leaves get an axis of samples in front. Where it is
/// one sample's (ℓ itself), all leaves are one sample's, too.
struct CodeRequest {
  /// Leaves of the graph, in the order of the function's parameters.
  std::vector<Value> parameters = {};
  /// shared_input leaves that stand for the size of a dimension ("n"), read off the parameters' shapes.
  std::vector<Value> sizes = {};
  Value value = {};
  struct Named {
    std::string name;
    Value value;
  };
  std::vector<Named> gradients = {};
  /// By "x", or "x,y" for ∂²f/∂x∂yᵀ; if there are any, the function returns them as a third result.
  std::vector<Named> hessians = {};
  /// What the extents of the graph stand for, so that the function takes parameters of any size; null: the
  /// extents are what they are.
  const Dimensions* dimensions = nullptr;
  /// Where the C++ header puts all that it declares, so that several can be included together: the namespace
  /// `derived` and this one in it; if empty, a name that the code decides, "derived_" and eight digits.
  std::string cpp_namespace = {};
};

/// A self-contained Python module (NumPy only) with `value_and_gradient(...)`, which returns the value and
/// {"W": array, ...}, with second derivatives {"x": array, "x,y": array, ...} as a third result. Vectors are
/// 1-D, matrices 2-D, and samples their first axis. Names that Python reserves get a "_" at their end, "."
/// becomes "_". Throws Error{config} where the request cannot be met: a leaf that is no parameter, a size
/// that no parameter's shape tells, an operator without code.
[[nodiscard]] std::string numpy_code(const CodeRequest& request);

/// A self-contained C++20 header with the same function on double, std::vector<double> and a row-major
/// Matrix, and Batch<T> of samples. Throws as numpy_code does, and for values with more than two axes.
[[nodiscard]] std::string cpp_code(const CodeRequest& request);

/// Whether there is code for the operator in each language.
[[nodiscard]] bool has_numpy_code(const Op& op);
[[nodiscard]] bool has_cpp_code(const Op& op);

}  // namespace catenary::derive
