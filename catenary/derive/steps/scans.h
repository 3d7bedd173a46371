#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catenary/ir/body.h"

/// How a graph reads a scan, and its step written into a graph.
namespace catenary::derive {

/// Rows of one of a scan's results, as a graph reads them: a view of the one vector that a scan is.
struct ScanView {
  Value value;             ///< [count, ...]; of a single row without that axis: see is_row
  Value scan;              ///< what it reads
  std::size_t result = 0;  ///< of the carries, then of the outputs
  std::int64_t first = 0;  ///< of the result's rows: row 0 of a carry is what a forward scan starts with
  std::int64_t count = 0;  ///< how many rows
  bool is_row = false;     ///< a single one, of the result's own shape
};

/// What v reads of a scan; nothing where it is no rows of one result.
[[nodiscard]] std::optional<ScanView> scan_view(Value v);

/// Whether v is a scan, or nothing but a part of one.
[[nodiscard]] bool is_part_of_scan(Value v);

/// The views that others read, or that are outputs, in the order of their making. Throws Error{config} where
/// something reads a scan as the vector that it is.
[[nodiscard]] std::vector<ScanView> scan_views(std::span<const Value> outputs);

/// The step of a scan.
[[nodiscard]] const Body& step_of(Value scan);
/// How many steps it takes.
[[nodiscard]] std::int64_t steps_of(Value scan);
/// "h" of a carry that its step calls h′; "" if neither the carry nor what it becomes has a name.
[[nodiscard]] std::string name_of_result(const Body& body, std::size_t result);

/// The same step in double, whatever its number type.
[[nodiscard]] BodyHandle in_double(const Body& body);

/// A step's nodes written into a graph.
class StepCopy {
 public:
  /// arguments: in the places of the body's leaves.
  StepCopy(const Body& body, std::span<const Value> arguments, Graph& into);

  /// The copy of one of the body's nodes.
  [[nodiscard]] Value operator[](Value of_body) const { return at(of_body.id()); }
  /// The same by its id.
  [[nodiscard]] Value at(NodeId of_body) const { return copies_.at(of_body); }
  /// All of them, by the body's nodes.
  [[nodiscard]] const std::map<NodeId, Value>& all() const { return copies_; }

 private:
  std::map<NodeId, Value> copies_;
};

}  // namespace catenary::derive
