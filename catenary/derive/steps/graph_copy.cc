#include "catenary/derive/steps/graph_copy.h"

#include <algorithm>
#include <iterator>

#include "catenary/derive/steps/scans.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/body_writer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"

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

GraphCopy::GraphCopy(std::span<const Value> outputs, const DeriveOptions& options) {
  // A Hessian goes through operations one by one.
  const bool writes_out = options.order == 2 || options.scans == Scans::kWrittenOut;
  const std::vector<Value> values = reachable(outputs);
  std::vector<Value> scans;
  std::ranges::copy_if(values, std::back_inserter(scans), [](Value v) { return is(v, ops::kScan); });
  const ScanNaming naming(std::move(scans), options.row_names);
  for (const Value v : values) {
    if (is_leaf(v.op())) {
      copies_.emplace(v.id(), copy_leaf(*graph_, v));
    } else if (writes_out && is_part_of_scan(v)) {
      if (is(v, ops::kScan)) write_out(v, naming);
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

// A row of a sequence as a column: what a step of another scan made, or cut from the matrix.
Value GraphCopy::row_of(Value sequence, std::int64_t row, const Formula& name) {
  if (const auto view = scan_view(sequence))
    return rows_.at(view->scan.id())[view->result][static_cast<std::size_t>(view->first + row)];
  const Value copy = ops::row_of((*this)[sequence], row);
  names_.names.push_back({copy, with_step(name, "", static_cast<int>(row) + 1)});
  for (Value v = copy; v.id() != (*this)[sequence].id(); v = v.input(0)) {
    if (v != copy) names_.inlined.insert(v.id());
  }
  return copy;
}

void GraphCopy::name_step(const Body& body, const StepCopy& step, const StepNames& names, int number) {
  const std::vector<Value> leaves = body.leaves();
  for (const auto& [node, v] : step.all()) {
    const bool is_argument = std::ranges::find(leaves, node, &Value::id) != leaves.end();
    if (is_argument || is_leaf(v.op())) continue;
    const auto name = names.names.find(node);
    if (name == names.names.end()) {
      names_.inlined.insert(v.id());
      continue;
    }
    names_.names.push_back({v, with_step(name->second, "", number)});
    if (const auto delta = names.deltas.find(node); delta != names.deltas.end())
      names_.deltas[v.id()] = with_step(delta->second, "", number);
  }
}

// One step after another; carries have a row more than there are steps.
void GraphCopy::write_out(Value scan, const ScanNaming& naming) {
  const Body& body = step_of(scan);
  const StepNames names = naming.of_step(scan);
  const std::size_t carries = body.carries.size(), sequences = body.rows.size();
  const bool is_forward = body.direction == Direction::kForward;
  const std::int64_t steps = steps_of(scan);
  const std::vector<Value> results = body.results();
  Rows rows(results.size());
  std::vector<Value> operands;
  for (int i = 0; i < scan.input_count(); ++i) operands.push_back((*this)[scan.input(i)]);
  for (std::size_t i = 0; i < carries; ++i) rows[i].push_back(operands[i]);
  for (std::int64_t n = 0; n < steps; ++n) {
    const std::int64_t t = is_forward ? n : steps - 1 - n;
    std::vector<Value> arguments = operands;
    for (std::size_t i = 0; i < carries; ++i) arguments[i] = rows[i].back();
    for (std::size_t i = carries; i < carries + sequences; ++i)
      arguments[i] = row_of(scan.input(static_cast<int>(i)), t, names.names.at(body.rows[i - carries].id()));
    const StepCopy step(body, arguments, *graph_);
    name_step(body, step, names, static_cast<int>(t) + 1);
    for (std::size_t i = 0; i < results.size(); ++i) rows[i].push_back(step[results[i]]);
  }
  if (!is_forward) {
    for (std::vector<Value>& sequence : rows) std::ranges::reverse(sequence);
  }
  rows_.emplace(scan.id(), std::move(rows));
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
