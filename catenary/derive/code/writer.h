#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/code/language.h"
#include "catenary/derive/code/plan.h"
#include "catenary/derive/formula/formula.h"
#include "catenary/ir/print.h"

/// Turns a plan into lines of code of any language. Private to code/.
namespace catenary::derive {

class CodeWriter {
 public:
  /// Two of them and what joins them fit a line.
  static constexpr std::size_t kInlineWidth = 36;

  /// Throws as CodePlan does.
  CodeWriter(const CodeRequest& request, const CodeLanguage& language);
  CodeWriter(const CodeWriter&) = delete;
  CodeWriter& operator=(const CodeWriter&) = delete;

  void line(std::string text) { lines_.push_back(std::move(text)); }
  /// Lines that define the values. Throws Error{config} where the language has no code for an operator.
  void write_values();
  /// An identifier like `wanted` that is not taken; now it is.
  std::string claim(std::string_view wanted) { return names_.claim(wanted); }

  [[nodiscard]] const CodePlan& plan() const { return plan_; }
  [[nodiscard]] bool batched(Value v) const { return plan_.form(v).batched; }
  [[nodiscard]] bool compact(Value v) const { return plan_.form(v).compact; }
  /// What the number of a sample is called; "" in languages that write all samples at once.
  [[nodiscard]] const std::string& sample() const { return sample_; }

  /// Whether the value is computed by code of its own.
  [[nodiscard]] bool is_called(Value v) const;
  [[nodiscard]] bool is_absorbed(Value v) const;
  [[nodiscard]] bool is_cheap(Value v) const;
  /// Whether the value's code is nothing but its first operand's.
  [[nodiscard]] bool is_alias(Value v, const Written& code) const;

  [[nodiscard]] const Written& operand(Value v) const { return written_.at(v.id()); }
  /// The operand with all elements of its shape.
  [[nodiscard]] Written full(Value v) const;
  /// The operands for write_call. Compact ones stay so if the operator is elementwise and another one is not.
  [[nodiscard]] std::vector<Written> operands(Value v, bool repeats) const;
  /// The variable that a line of its own defines; null if there is none.
  [[nodiscard]] const std::string* variable(Value v) const;

  [[nodiscard]] std::string lines(int indent) const;
  /// The helpers that `code` calls, each with those that it calls itself, in the order of the list.
  [[nodiscard]] std::string helpers_for(const std::string& code) const;
  /// What the function computes, and its parameters: a line each.
  [[nodiscard]] std::vector<std::string> description() const;

 private:
  [[nodiscard]] Written call(Value v) const;
  [[nodiscard]] Written number(double x) const;
  [[nodiscard]] Written size(Value leaf) const;
  /// How the value is read that has that name.
  [[nodiscard]] Written named(Value v, const std::string& name) const;
  [[nodiscard]] bool needs_line(Value v, const Written& code) const;
  [[nodiscard]] std::string name_for(Value v);
  [[nodiscard]] std::string hessian_name(const Formula& f, const CodeRequest::Named& hessian) const;

  CodeLanguage language_;
  Identifiers names_;
  CodePlan plan_;
  std::string sample_;
  std::map<NodeId, Written> written_;
  std::map<NodeId, std::string> variables_;  // of values that have a line
  std::vector<std::string> lines_;
};

/// Breaks a line of code that is too long, within brackets and after a space.
[[nodiscard]] std::string wrapped(std::string_view line);

/// Whether `code` has `name` as a word of its own.
[[nodiscard]] bool mentions(std::string_view code, std::string_view name);

/// "name" with template arguments filled in: each {key} becomes its value.
[[nodiscard]] std::string replaced(std::string_view text, std::string_view key, std::string_view value);

}  // namespace catenary::derive
