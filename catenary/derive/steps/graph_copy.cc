#include "catenary/derive/steps/graph_copy.h"

#include "catenary/derive/steps/scans.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/body_writer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

Value copy_leaf(Graph& graph, Value v) {
  const Type& type = v.type();
  if (is(v, ops::kInput)) return graph.input(v.name(), type.shape, type.dtype);
  if (is(v, ops::kSharedInput)) return graph.shared_input(v.name(), type.shape, type.dtype);
  if (is(v, ops::kConstant)) return graph.constant(std::get<double>(v.attribute()), type.shape, type.dtype);
  const auto spec = std::get<VariableSpec>(v.attribute());
  if (spec.role == Role::kParameter) return graph.parameter(v.name(), type.shape, spec.init, type.dtype);
  return graph.state(v.name(), type.shape, spec.init.scale, type.dtype);
}

// All rows of all results, as the vector that the scan is.
Value flat(const std::vector<std::vector<Value>>& results) {
  std::vector<Value> rows;
  for (const std::vector<Value>& result : results) {
    for (const Value row : result) rows.push_back(reshape(row, {row.shape().size()}));
  }
  return concat(rows);
}

}  // namespace

GraphCopy::GraphCopy(std::span<const Value> outputs, Scans scans) {
  for (const Value v : reachable(outputs)) {
    if (is_leaf(v.op())) {
      copies_.emplace(v.id(), copy_leaf(*graph_, v));
    } else if (scans == Scans::kWrittenOut && is_part_of_scan(v)) {
      if (is(v, ops::kScan)) write_out(v);
      copies_.emplace(v.id(), written_out(v));
    } else {
      copies_.emplace(v.id(), copy_of(v));
    }
  }
}

Value GraphCopy::copy_of(Value v) const {
  std::vector<Value> inputs;
  for (int i = 0; i < v.input_count(); ++i) inputs.push_back((*this)[v.input(i)]);
  const Value copy = graph_->call(v.op(), inputs, v.attribute());
  if (!v.name().empty()) copy.rename(v.name());
  return copy;
}

void GraphCopy::write_out(Value scan) {
  std::vector<Value> operands;
  for (int i = 0; i < scan.input_count(); ++i) operands.push_back((*this)[scan.input(i)]);
  rows_.emplace(scan.id(), rows_of_unrolled(scan, operands));
}

// Rows are those of the steps themselves, without a detour through the vector.
Value GraphCopy::written_out(Value part) const {
  if (is(part, ops::kScan)) return flat(rows_.at(part.id()));
  const std::optional<ScanView> view = scan_view(part);
  if (!view) return copy_of(part);
  const std::vector<Value>& all = rows_.at(view->scan.id())[view->result];
  const auto row = [&](std::int64_t i) { return all[static_cast<std::size_t>(view->first + i)]; };
  if (view->is_row) return row(0);
  std::vector<Value> rows;
  for (std::int64_t i = 0; i < view->count; ++i)
    rows.push_back(reshape(row(i), ops::with_rows(1, row(i).shape())));
  return rows.size() == 1 ? rows[0] : concat(rows);
}

Value GraphCopy::operator[](Value original) const {
  const auto it = copies_.find(original.id());
  return it == copies_.end() ? Value{} : it->second;
}

}  // namespace catenary::derive
