#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/aligned.h"
#include "catenary/ir/graph.h"

namespace catenary {

/// The memory of a graph's variables: parameters and optimizer state. Several steps (training, evaluation)
/// share one and keep it alive: there is one copy of each weight, which goes with the last of this object and
/// the steps compiled with it. A variable's first value depends on the seed and its own name alone, not on
/// the other variables. After a move the old object throws Error{config} when it is used. Steps on two
/// threads must not change or read what another changes at the same time.
class Variables {
 public:
  /// Makes and initialises the graph's variables.
  Variables(Graph& graph, std::uint64_t seed);
  Variables(Variables&&) noexcept = default;
  Variables& operator=(Variables&&) noexcept = default;

  /// Makes room for the graph's variables that were added since; compile() calls it. Throws Error{config}
  /// when the graph has a variable of a known name but another type. Steps that exist already do not notice.
  void add_new(Graph& graph);
  /// The names, in the order in which the graph's variables were made.
  [[nodiscard]] std::vector<std::string> names() const;
  /// Shape and number type. Throws Error{config} for an unknown name.
  [[nodiscard]] const Type& type(std::string_view name) const;
  /// A parameter or an optimizer's state. Throws Error{config} for an unknown name.
  [[nodiscard]] Role role(std::string_view name) const;
  /// The elements, row-major. Throws Error{config} for an unknown name.
  [[nodiscard]] std::vector<double> read(std::string_view name) const;
  /// Sets all elements, row-major, rounded to the variable's number type. Throws Error{config} for an unknown
  /// name, Error{shape} when the count differs from the variable's.
  void write(std::string_view name, std::span<const double> values);
  void write(std::string_view name, std::span<const float> values);
  void write(std::string_view name, std::initializer_list<double> values) {
    write(name, std::span(values.begin(), values.size()));
  }
  /// The memory itself, for the engine: f32 or f64 by the variable's type; it never moves.
  [[nodiscard]] void* data(std::string_view name);
  /// What keeps all of that memory alive as long as it is held.
  [[nodiscard]] std::shared_ptr<const void> owner() const { return variables_; }

 private:
  struct Variable {
    std::string name;
    Type type;
    VariableSpec spec;
    AlignedBuffer memory;
  };
  [[nodiscard]] std::deque<Variable>& all() const;
  [[nodiscard]] const Variable& find(std::string_view name) const;
  void initialise(Variable& variable) const;

  std::uint64_t seed_;
  std::shared_ptr<std::deque<Variable>> variables_ = std::make_shared<std::deque<Variable>>();
};

}  // namespace catenary
