#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/naming.h"
#include "catenary/derive/steps/step_names.h"

namespace catenary::derive {

/// The values that `outputs` need, with copies of their leaves, in a graph of their own.
class GraphCopy {
 public:
  explicit GraphCopy(std::span<const Value> outputs, const DeriveOptions& options);

  /// The copy of a value of the original graph; empty if no output needs it.
  [[nodiscard]] Value operator[](Value original) const;
  /// The names in steps that were written out.
  [[nodiscard]] const GivenNames& names() const { return names_; }
  [[nodiscard]] std::unique_ptr<Graph> take() { return std::move(graph_); }

 private:
  using Rows = std::vector<std::vector<Value>>;  // of each result

  [[nodiscard]] Value copy_of(Value v) const;
  void write_out(Value scan, const ScanNaming& naming);
  [[nodiscard]] Value row_of(Value sequence, std::int64_t row, const Formula& name);
  void name_step(const Body& body, const StepCopy& step, const StepNames& names, int number);
  [[nodiscard]] Value written_out(Value part) const;

  std::unique_ptr<Graph> graph_ = std::make_unique<Graph>();
  std::map<NodeId, Value> copies_;
  std::map<NodeId, Rows> rows_;  // of scans that are written out
  GivenNames names_;
};

}  // namespace catenary::derive
