#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/code/plan.h"
#include "catenary/derive/formula/formula.h"
#include "catenary/ir/print.h"

/// Turns a plan into lines of code; what each language writes for an operator is the derived class's. Private
/// to derive/.
namespace catenary::derive {

/// A function that generated code may call, as the text to put in front.
struct CodeHelper {
  std::string_view name;
  std::string_view source;
};

class CodeWriter {
 public:
  CodeWriter(const CodeRequest& request, std::span<const std::string_view> keywords,
             std::span<const CodeHelper> helpers);
  CodeWriter(const CodeWriter&) = delete;
  CodeWriter& operator=(const CodeWriter&) = delete;
  virtual ~CodeWriter() = default;

 protected:
  /// Two of them and what joins them fit a line.
  static constexpr std::size_t kInlineWidth = 36;

  /// Lines that define the values; names of the results.
  void write_values();
  /// Whether a value is not needed for itself, as what its only user writes stands for both.
  [[nodiscard]] virtual bool is_absorbed(Value) const { return false; }
  /// The operator's call, of operands that are written already. Throws Error{config} if there is no code.
  [[nodiscard]] virtual Written call(Value v) = 0;
  [[nodiscard]] virtual Written number(double x) const = 0;
  [[nodiscard]] virtual Written size(Value leaf) const = 0;
  /// A compact value with all elements of its shape.
  [[nodiscard]] virtual Written filled(Value v) = 0;
  /// The line "name = code".
  [[nodiscard]] virtual std::string definition(Value v, const std::string& name, const Written& code) = 0;
  /// How the value is read that has that name.
  [[nodiscard]] virtual Written named(Value v, const std::string& name) const = 0;
  /// Whether a value must be computed in a line of its own though its code is short.
  [[nodiscard]] virtual bool is_costly(Value) const { return false; }
  /// How long the code of a value may be within other code.
  [[nodiscard]] virtual std::size_t inline_width(Value) const { return kInlineWidth; }
  /// Code that is as short and cheap as a name.
  [[nodiscard]] virtual bool is_cheap(Value v) const;

  [[nodiscard]] const Written& operand(Value v) const { return written_.at(v.id()); }
  [[nodiscard]] Written full(Value v);
  /// Whether the value's code is nothing but its first operand's.
  [[nodiscard]] bool is_alias(Value v, const Written& code) const;
  [[nodiscard]] bool has_line(Value v) const { return names_.contains(v.id()); }
  /// The operands for write_call. Compact ones stay so if the operator is elementwise and another one is not.
  [[nodiscard]] std::vector<Written> operands(Value v, bool repeats);
  void line(std::string text) { lines_.push_back(std::move(text)); }
  [[nodiscard]] std::string lines(int indent) const;

  /// The helpers that `code` calls, each with those that it calls itself, in the order of the list.
  [[nodiscard]] std::string helpers_for(const std::string& code) const;
  /// What the function computes, and its parameters: a line each.
  [[nodiscard]] std::vector<std::string> description() const;

  CodePlan plan_;

 private:
  [[nodiscard]] bool needs_line(Value v, const Written& code) const;
  [[nodiscard]] std::string name_for(Value v);
  [[nodiscard]] std::string hessian_name(const Formula& f, const CodeRequest::Named& hessian) const;

  std::span<const CodeHelper> helpers_;
  std::map<NodeId, Written> written_;
  std::map<NodeId, std::string> names_;  // of values that have a line
  std::vector<std::string> lines_;
};

/// Breaks a line of code that is too long, within brackets and after a space.
[[nodiscard]] std::string wrapped(std::string_view line);

/// Whether `code` has `name` as a word of its own.
[[nodiscard]] bool mentions(std::string_view code, std::string_view name);

/// "name" with template arguments filled in: each {key} becomes its value.
[[nodiscard]] std::string replaced(std::string_view text, std::string_view key, std::string_view value);

}  // namespace catenary::derive
