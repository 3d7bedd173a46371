#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/code/writer.h"

namespace catenary::derive {

/// What NumPy code says for each operator. Private to derive/.
class NumpyOperators : public CodeWriter {
 public:
  explicit NumpyOperators(const CodeRequest& request);

  [[nodiscard]] static bool has_code(const Op& op);

 protected:
  [[nodiscard]] bool batched(Value v) const { return plan_.form(v).batched; }
  /// The value with its whole shape and an axis of samples.
  [[nodiscard]] Written spread(Value v);
  /// "(m, n)", "(n,)".
  [[nodiscard]] static std::string tuple(const std::vector<std::string>& items);

 private:
  /// An operator whose code is more than one expression for all forms of its operands.
  struct Special {
    const Op* op;
    Written (NumpyOperators::*emit)(Value);
  };
  static std::span<const Special> specials();

  Written call(Value v) override;
  Written number(double x) const override;
  Written size(Value leaf) const override { return {plan_.name(leaf)}; }
  Written filled(Value v) override;
  std::string definition(Value v, const std::string& name, const Written& code) override;
  Written named(Value, const std::string& name) const override { return {name}; }
  bool is_cheap(Value v) const override;
  bool is_absorbed(Value v) const override;

  std::string axes(Value v) const;
  std::vector<std::string> shape(const Shape& s, bool with_samples) const;
  static Written with(std::string_view code, Notation::Binding binding, std::vector<Written> operands);
  Written transposed(Value v);
  Written sum_of_outer(Value product);

  Written matvec(Value v);
  Written outer(Value v);
  Written dot(Value v);
  Written transpose(Value v);
  Written vec(Value v);
  Written unvec(Value v);
  Written kron(Value v);
  Written trace(Value v);
  Written identity(Value v);
  Written diag(Value v);
  Written diagonal(Value v);
  Written argmax_mask(Value v);
  Written reshape(Value v);
  Written slice(Value v);
  Written concat(Value v);
  Written broadcast(Value v);
  Written sum_to(Value v);
  Written one_hot(Value v);
  Written batch_sum(Value v);
  Written batch_mean(Value v);
  Written batch_broadcast(Value v) { return operand(v.input(0)); }
  Written batch_size(Value) { return {plan_.samples().empty() ? "1" : plan_.samples()}; }
};

}  // namespace catenary::derive
