#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/formula/dimensions.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// A formula in plain text ("W⁽¹⁾ x", Unicode) and in LaTeX, and how tightly its outermost operator binds.
struct Formula {
  std::string text;                             ///< of one line
  std::string latex;                            ///< for math mode
  Notation::Binding binding = Notation::kAtom;  ///< of the outermost operator
};

/// A leaf's name as a symbol: Greek letters by name, digits at the end as an index: "alpha" is α, "W1" is W₁.
[[nodiscard]] Formula symbol(std::string_view name);

/// The length of the group in braces that the LaTeX begins with.
[[nodiscard]] std::size_t group_size(std::string_view latex);

/// Whether LaTeX has a command of that name which sets it upright, as a function: \tanh.
[[nodiscard]] bool is_latex_function(std::string_view name);

/// A symbol with a tilde above its first letter, for the same value in one place: x̃.
[[nodiscard]] Formula with_tilde(const Formula& name);

/// name with `index` as superscript in parentheses, the layer: W⁽¹⁾.
[[nodiscard]] Formula with_layer(const Formula& name, int layer);

/// name with an index below: v₃.
[[nodiscard]] Formula with_index(const Formula& name, int index);

/// The text below the line: ₁₂, ᵢⱼ; nothing if Unicode has no such letters.
[[nodiscard]] std::optional<std::string> lowered(std::string_view text);

/// The LaTeX of a symbol with a superscript, which joins one that it has already, as TeX takes only one:
/// W^{(1)} and \top make W^{(1)\top}.
[[nodiscard]] std::string raised(const std::string& latex, std::string_view exponent);

/// Where the superscript begins that the LaTeX ends with; npos if it has none.
[[nodiscard]] std::size_t superscript_at(std::string_view latex);

/// Σₙ, the sum over the samples that the letter counts.
[[nodiscard]] Formula sum_of_samples(const std::string& letter);

/// ∂f/∂x.
[[nodiscard]] Formula derivative(const Formula& f, const Formula& x);

/// a = b.
[[nodiscard]] Formula equal(const Formula& a, const Formula& b);

/// a ⟵: what follows is one of several that make up a.
[[nodiscard]] Formula adds_to(const Formula& a);

/// (a).
[[nodiscard]] Formula parenthesized(const Formula& a);

/// A number: 2, −0.25, and ½ or 1/3 where the number is that fraction to the last bit. `digits`: significant
/// digits at most.
[[nodiscard]] Formula number(double value, int digits = 6);

/// A number of a formula: number(), but multiples of π and e by small fractions as such: 2 π, π/2, 1/(2 π).
[[nodiscard]] Formula constant(double value);

/// A number as an exponent: 3/2 rather than 1.5.
[[nodiscard]] Formula number_as_exponent(double value);

/// What values are called. A formula ends at values that have a name.
class Names {
 public:
  Names() = default;
  /// These names and more; `base` must outlive it.
  [[nodiscard]] static Names above(const Names& base);

  /// Gives the value a name, in place of one that it has here.
  void set(Value v, Formula name) { names_[v.id()] = std::move(name); }
  /// Takes the name away that it has here.
  void remove(Value v) { names_.erase(v.id()); }
  /// Null if the value has none.
  [[nodiscard]] const Formula* find(Value v) const;
  /// What extents are called in attributes, unvec(x, m×n).
  void set(Dimensions dimensions) { dimensions_ = std::move(dimensions); }
  /// As they were set.
  [[nodiscard]] const Dimensions& dimensions() const { return dimensions_; }
  /// The letter that counts the samples: Σₙ.
  void set_sample_index(std::string letter) { sample_index_ = std::move(letter); }
  /// As it was set; n unless it was.
  [[nodiscard]] const std::string& sample_index() const { return sample_index_; }
  /// Matrices that equal their transposes, so that none is written.
  void set_symmetric(std::vector<Value> symmetric) { symmetric_ = std::move(symmetric); }
  /// Whether the value equals its transpose, because of how it is made of such matrices.
  [[nodiscard]] bool is_symmetric(Value v) const;

 private:
  const Names* base_ = nullptr;
  std::map<NodeId, Formula> names_;
  Dimensions dimensions_;
  std::string sample_index_ = "n";
  std::vector<Value> symmetric_;
};

/// The value's name; or, without one, its formula down to named values and leaves.
[[nodiscard]] Formula write(Value v, const Names& names);

/// The right-hand side of the value's definition: its formula even if it has a name.
[[nodiscard]] Formula write_definition(Value v, const Names& names);

/// How many symbols a person counts in the value's formula down to named values: leaves, numbers and
/// operators. At most `limit`, so that the size of a formula that shares subexpressions cannot explode.
[[nodiscard]] int formula_size(Value v, const Names& names, int limit);

}  // namespace catenary::derive
