#include "catenary/derive/steps/scans.h"

#include <fmt/format.h>

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/body_writer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// Elements begin .. end-1 of a scan's vector, and the rows that they are if they have that shape.
struct Reading {
  Value scan;
  std::int64_t begin = 0, end = 0;
  std::optional<ScanView> view = {};
};

std::optional<Reading> reading_of(Value v);

// Those elements seen in a shape: as rows of the result that they lie in, if they are such.
std::optional<ScanView> rows_in(const Reading& r, Value v) {
  const Body& body = step_of(r.scan);
  const std::vector<ops::Part> parts = ops::parts_of(body, steps_of(r.scan));
  const std::vector<Value> results = body.results();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ops::Part& part = parts[i];
    if (r.begin < part.begin || r.end > part.begin + part.rows * part.row) continue;
    const std::int64_t first = (r.begin - part.begin) / part.row, count = (r.end - r.begin) / part.row;
    if (part.begin + first * part.row != r.begin || count * part.row != r.end - r.begin) return std::nullopt;
    const bool is_row = count == 1 && v.shape() == results[i].shape();
    if (!is_row && v.shape() != ops::with_rows(count, results[i].shape())) return std::nullopt;
    return ScanView{v, r.scan, i, first, count, is_row};
  }
  return std::nullopt;
}

std::optional<Reading> reading_of_slice(Value v) {
  const auto range = std::get<SliceRange>(v.attribute());
  std::optional<Reading> r = reading_of(v.input(0));
  if (!r || range.axis != 0 || (r->view && r->view->is_row)) return std::nullopt;
  const std::int64_t row = r->view ? (r->end - r->begin) / r->view->count : 1;
  r->end = r->begin + range.end * row;
  r->begin += range.begin * row;
  const bool is_of_numbers = r->view || v.shape().rank() == 1;
  r->view = is_of_numbers ? rows_in(*r, v) : std::nullopt;
  return r;
}

std::optional<Reading> reading_of_reshape(Value v) {
  std::optional<Reading> r = reading_of(v.input(0));
  if (!r || (r->view && r->view->is_row)) return std::nullopt;
  r->view = rows_in(*r, v);
  return r->view ? r : std::nullopt;
}

std::optional<Reading> reading_of(Value v) {
  if (is(v, ops::kScan)) return Reading{v, 0, v.shape().size()};
  if (is(v, ops::kSlice)) return reading_of_slice(v);
  if (is(v, ops::kReshape)) return reading_of_reshape(v);
  return std::nullopt;
}

}  // namespace

std::optional<ScanView> scan_view(Value v) {
  const std::optional<Reading> reading = reading_of(v);
  return reading ? reading->view : std::nullopt;
}

bool is_part_of_scan(Value v) { return reading_of(v).has_value(); }

std::vector<ScanView> scan_views(std::span<const Value> outputs) {
  const std::vector<Value> values = reachable(outputs);
  std::map<NodeId, Value> read;  // by something that is no part of a scan, or asked for
  for (const Value v : outputs) read.emplace(v.id(), v);
  for (const Value v : values) {
    if (is_part_of_scan(v) && !is(v, ops::kScan)) continue;
    for (int i = 0; i < v.input_count(); ++i) read.emplace(v.input(i).id(), v.input(i));
  }
  std::vector<ScanView> views;
  for (const auto& [id, v] : read) {
    if (!is_part_of_scan(v)) continue;
    const std::optional<ScanView> view = scan_view(v);
    if (!view)
      fail(ErrorKind::kConfig, "needed rows of one of a scan's results, found {} of {}", v.op().name,
           v.shape().str());
    views.push_back(*view);
  }
  return views;
}

const Body& step_of(Value scan) { return ops::body_of(scan.attribute()); }

std::int64_t steps_of(Value scan) {
  return scan.input(static_cast<int>(step_of(scan).carries.size())).shape()[0];
}

std::string name_of_result(const Body& body, std::size_t result) {
  constexpr std::string_view kPrime = "′";
  std::string name = body.results()[result].name();
  if (name.empty() && result < body.carries.size()) name = body.carries[result].name();
  if (name.ends_with(kPrime)) name.resize(name.size() - kPrime.size());
  return name.substr(name.rfind('.') + 1);  // z of the layer "hidden", whose maker called it hidden.z
}

BodyHandle in_double(const Body& body) {
  Body made;
  made.direction = body.direction;
  made.recompute = body.recompute;
  const auto copies = [&](const std::vector<Value>& leaves) {
    std::vector<Value> all;
    for (const Value v : leaves) {
      all.push_back(v.batched() ? made.graph.input(v.name(), v.shape(), DType::kF64)
                                : made.graph.shared_input(v.name(), v.shape(), DType::kF64));
    }
    return all;
  };
  made.carries = copies(body.carries);
  made.rows = copies(body.rows);
  made.shared = copies(body.shared);
  const StepCopy copy(body, made.leaves(), made.graph);
  for (const Value v : body.next) made.next.push_back(copy[v]);
  for (const Value v : body.outputs) made.outputs.push_back(copy[v]);
  return finish(made);
}

StepCopy::StepCopy(const Body& body, std::span<const Value> arguments, Graph& into) {
  const std::vector<Value> leaves = body.leaves();
  for (std::size_t i = 0; i < leaves.size(); ++i) copies_.emplace(leaves[i].id(), arguments[i]);
  for (const Value v : reachable(body.results())) {
    if (copies_.contains(v.id())) continue;
    Value copy;
    if (is(v, ops::kConstant)) {
      copy = into.constant(std::get<double>(v.attribute()), v.shape(), arguments[0].type().dtype);
    } else {
      std::vector<Value> operands;
      for (int i = 0; i < v.input_count(); ++i) operands.push_back(copies_.at(v.input(i).id()));
      copy = into.call(v.op(), operands, v.attribute());
    }
    copies_.emplace(v.id(), copy);
  }
}

}  // namespace catenary::derive
