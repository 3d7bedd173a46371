#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "catenary/derive/steps/derivation.h"

namespace catenary::derive {

/// The values that `outputs` need, with copies of their leaves, in a graph of their own.
class GraphCopy {
 public:
  explicit GraphCopy(std::span<const Value> outputs, Scans scans = Scans::kRecursion);

  /// The copy of a value of the original graph; empty if no output needs it.
  [[nodiscard]] Value operator[](Value original) const;
  [[nodiscard]] std::unique_ptr<Graph> take() { return std::move(graph_); }

 private:
  [[nodiscard]] Value copy_of(Value v) const;
  void write_out(Value scan);
  [[nodiscard]] Value written_out(Value part) const;

  std::unique_ptr<Graph> graph_ = std::make_unique<Graph>();
  std::map<NodeId, Value> copies_;
  std::map<NodeId, std::vector<std::vector<Value>>> rows_;  // of scans that are written out
};

}  // namespace catenary::derive
