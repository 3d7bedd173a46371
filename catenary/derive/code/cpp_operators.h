#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/code/writer.h"

namespace catenary::derive {

struct CppRow;

/// What C++ code says for each operator. Code of a batched value is that of sample s. Private to derive/.
class CppOperators : public CodeWriter {
 public:
  explicit CppOperators(const CodeRequest& request);

  [[nodiscard]] static bool has_code(const Op& op);

 protected:
  [[nodiscard]] bool batched(Value v) const { return plan_.form(v).batched; }
  /// "const TYPE NAME = CODE;"
  [[nodiscard]] static std::string assignment(const std::string& type, const std::string& name,
                                              const std::string& code);
  /// A call of `function` with the number of samples and one sample's code.
  [[nodiscard]] std::string for_each_sample(std::string_view function, const std::string& samples,
                                            const std::string& code) const;
  /// The type of one sample, and of the value as the caller sees it.
  [[nodiscard]] static std::string type_of(Value v);
  [[nodiscard]] std::string full_type(Value v) const;
  /// Whether the code calls operators on arrays.
  [[nodiscard]] bool uses_arithmetic() const { return uses_arithmetic_; }

 private:
  /// An operator whose code is more than one expression.
  struct Special {
    const Op* op;
    Written (CppOperators::*emit)(Value);
  };
  static std::span<const Special> specials();

  Written call(Value v) override;
  Written number(double x) const override;
  Written size(Value leaf) const override { return {"double(" + plan_.name(leaf) + ")"}; }
  Written filled(Value v) override { return with_extents("filled", operand(v), v.shape()); }
  std::string definition(Value v, const std::string& name, const Written& code) override;
  Written named(Value v, const std::string& name) const override;
  bool is_costly(Value v) const override;
  std::size_t inline_width(Value v) const override;

  Written by_row(Value v, const CppRow& row);
  std::string arguments(Value v);
  Written on_numbers(Value v, const CppRow& row);
  Written on_elements(std::string_view how, Value v, const CppRow& row);
  Written with_extents(std::string_view function, const Written& x, const Shape& shape) const;

  Written transpose(Value v);
  Written vec(Value v);
  Written unvec(Value v);
  Written identity(Value v);
  Written reshape(Value v);
  Written slice(Value v);
  Written concat(Value v);
  Written broadcast(Value v);
  Written sum_to(Value v) { return with_extents("sum_to", full(v.input(0)), v.shape()); }
  Written one_hot(Value v) { return with_extents("one_hot", operand(v.input(0)), v.shape()); }
  Written batch_sum(Value v);
  Written batch_mean(Value v);
  Written batch_broadcast(Value v) { return operand(v.input(0)); }
  Written batch_size(Value);

  std::string sample_;  // a sample's number, of lambdas
  bool uses_arithmetic_ = false;
};

}  // namespace catenary::derive
