#pragma once

#include <map>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary::derive {

/// Puts into a formula what its symbols stand for, down to symbols that are kept.
class Expander {
 public:
  explicit Expander(Graph& graph) : graph_(graph) {}

  /// symbol: a leaf made after all values that formulas are about. equation: the number of symbol = value.
  void set(Value symbol, Value value, int equation = 0) { meaning_[symbol.id()] = {value, equation}; }

  /// The formula with each symbol that was set replaced, and so on in what replaces it.
  [[nodiscard]] Value operator()(Value v);
  /// The numbers of the equations that this takes, ascending.
  [[nodiscard]] std::vector<int> equations(Value v) const;

 private:
  struct Meaning {
    Value value;
    int equation;
  };
  // Nodes older than the first symbol hold none.
  [[nodiscard]] bool is_plain(Value v) const { return meaning_.empty() || v.id() < meaning_.begin()->first; }

  Graph& graph_;
  std::map<NodeId, Meaning> meaning_;
  std::map<NodeId, Value> expanded_;
};

}  // namespace catenary::derive
