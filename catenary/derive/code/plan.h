#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/code/code.h"

/// What code in any language needs to know about the graph that it computes. Private to derive/.
namespace catenary::derive {

/// How code represents a value.
struct Form {
  /// It has an axis of samples. Less than its type where all samples have the same: batch_broadcast is free.
  bool batched = false;
  /// One number stands for all elements, as of a repeated scalar: elementwise operators repeat it by
  /// themselves.
  bool compact = false;
};

/// A line that reads the size of a dimension off a parameter's shape.
struct SizeReading {
  std::string variable;
  std::size_t parameter;
  int axis;
  std::int64_t divisor;  ///< the axis has this many times the size
};

/// The names that code uses.
class Identifiers {
 public:
  explicit Identifiers(std::span<const std::string_view> reserved)
      : taken_(reserved.begin(), reserved.end()) {}

  /// An identifier like `wanted` that is not taken; now it is.
  std::string claim(std::string_view wanted);
  /// v1, v2, ...
  std::string claim_next();

 private:
  std::set<std::string, std::less<>> taken_;
  int next_ = 1;
};

class CodePlan {
 public:
  /// names: those that the code must not use; what the plan names is claimed. Throws Error{config}.
  CodePlan(const CodeRequest& request, Identifiers& names);

  [[nodiscard]] const CodeRequest& request() const { return request_; }
  /// What the function computes, operands first.
  [[nodiscard]] const std::vector<Value>& order() const { return order_; }
  [[nodiscard]] Form form(Value v) const { return forms_[static_cast<std::size_t>(v.id())]; }
  /// How often the value is an operand or a result.
  [[nodiscard]] int uses(Value v) const { return uses_[static_cast<std::size_t>(v.id())].count; }
  /// The call that alone needs the value; empty if there are several, or if the value is a result.
  [[nodiscard]] Value only_user(Value v) const;
  /// The number that each element is, if that is known now.
  [[nodiscard]] std::optional<double> literal(Value v) const;
  /// The operator works element by element, so that it repeats compact operands.
  [[nodiscard]] static bool is_elementwise(const Op& op);

  /// The names of the parameters, and of what stands for a size.
  [[nodiscard]] const std::vector<std::string>& parameter_names() const { return parameter_names_; }
  [[nodiscard]] const std::string& name(Value leaf) const;
  [[nodiscard]] bool is_size(Value leaf) const;

  /// The variable with the number of samples; "" if nothing is batched.
  [[nodiscard]] const std::string& samples() const { return samples_; }
  [[nodiscard]] const std::vector<SizeReading>& readings() const { return readings_; }
  /// "2 * m * n", "3".
  [[nodiscard]] std::string extent(std::int64_t extent) const;
  /// The extents of a shape, as above.
  [[nodiscard]] std::vector<std::string> extents(const Shape& shape) const;
  /// The extents of a parameter, its number of samples first.
  [[nodiscard]] std::vector<std::string> parameter_extents(std::size_t parameter) const;

 private:
  struct Size {
    std::string symbol, variable;
    std::int64_t prime;
  };

  struct Use {
    int count = 0;
    Value last = {};  ///< the call that uses it; empty if it is a result alone
  };

  // Each finds one member below, from those above it.
  [[nodiscard]] std::vector<std::string> name_parameters(Identifiers& names) const;
  [[nodiscard]] std::string name_samples(Identifiers& names) const;
  [[nodiscard]] std::vector<Form> find_forms() const;
  [[nodiscard]] std::vector<std::optional<double>> fold_literals() const;
  [[nodiscard]] std::vector<Use> count_uses() const;
  [[nodiscard]] std::vector<Size> name_sizes(Identifiers& names) const;
  [[nodiscard]] std::vector<SizeReading> find_readings() const;

  void check_leaves() const;
  void check_sizes() const;
  [[nodiscard]] Form form_of(Value v, std::span<const Form> known) const;
  [[nodiscard]] std::optional<SizeReading> find_reading(const Size& size) const;

  const CodeRequest& request_;
  std::vector<Value> order_;
  std::vector<std::string> parameter_names_;
  std::string samples_;
  std::vector<Form> forms_;  // by node id, as the next two
  std::vector<std::optional<double>> literals_;
  std::vector<Use> uses_;
  std::vector<Size> sizes_;
  std::vector<SizeReading> readings_;
};

}  // namespace catenary::derive
