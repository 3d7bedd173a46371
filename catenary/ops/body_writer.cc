#include "catenary/ops/body_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/ops/ops.h"

namespace catenary::ops {

namespace {

// A name that no leaf of the graph has.
std::string distinct(Graph& graph, std::string_view name) {
  std::string made(name);
  for (int i = 1; graph.find(made); ++i) made = fmt::format("{}{}", name, i);
  return made;
}

}  // namespace

const Body& body_of(const Attribute& attribute) { return *std::get<BodyHandle>(attribute); }

Shape with_rows(std::int64_t rows, const Shape& row) {
  std::vector<std::int64_t> extents = {rows};
  extents.insert(extents.end(), row.extents().begin(), row.extents().end());
  return Shape(extents);
}

Shape without_rows(const Shape& shape) { return Shape(shape.extents().subspan(1)); }

std::vector<Part> parts_of(const Body& body, std::int64_t steps) {
  std::vector<Part> parts;
  std::int64_t begin = 0;
  const auto add = [&](Value v, std::int64_t rows) {
    parts.push_back({begin, rows, v.shape().size()});
    begin += rows * v.shape().size();
  };
  for (const Value v : body.next) add(v, steps + 1);
  for (const Value v : body.outputs) add(v, steps);
  return parts;
}

Value part_of(Value vector, const Part& part, const Shape& row) {
  return reshape(slice(vector, 0, part.begin, part.begin + part.rows * part.row), with_rows(part.rows, row));
}

Value row_of(Value sequence, std::int64_t row) {
  return reshape(slice(sequence, 0, row, row + 1), without_rows(sequence.shape()));
}

Value BodyWriter::leaf(Value operand, const Shape& shape, std::string_view fallback, bool is_batched) {
  const std::string name = distinct(body_.graph, operand.name().empty() ? fallback : operand.name());
  return is_batched ? body_.graph.input(name, shape, operand.type().dtype)
                    : body_.graph.shared_input(name, shape, operand.type().dtype);
}

Value BodyWriter::add_carry(Value start, std::string_view name) {
  starts_.push_back(start);
  return body_.carries.emplace_back(leaf(start, start.shape(), name, is_batched_));
}

Value BodyWriter::add_sequence(Value sequence, std::string_view name) {
  if (sequence.shape().rank() == 0)
    fail(ErrorKind::kShape, "scan needs sequences [T, ...], found a scalar []");
  sequences_.push_back(sequence);
  return body_.rows.emplace_back(leaf(sequence, without_rows(sequence.shape()), name, sequence.batched()));
}

Value BodyWriter::add_shared(Value value, std::string_view name) {
  shared_.push_back(value);
  return body_.shared.emplace_back(leaf(value, value.shape(), name, value.batched()));
}

Value BodyWriter::sequence_of(Value leaf) const {
  const auto at = std::ranges::find(body_.rows, leaf);
  return at == body_.rows.end() ? Value() : sequences_[static_cast<std::size_t>(at - body_.rows.begin())];
}

ScanResult BodyWriter::call() {
  std::vector<Value> operands = starts_;
  operands.insert(operands.end(), sequences_.begin(), sequences_.end());
  operands.insert(operands.end(), shared_.begin(), shared_.end());
  match_batch();
  const std::int64_t steps = sequences_[0].shape()[0];
  const Value vector = operands[0].graph().call(kScan, operands, finish(body_));
  const std::vector<Part> parts = parts_of(body_, steps);
  ScanResult result;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_carry = i < body_.next.size();
    const Value row = is_carry ? body_.next[i] : body_.outputs[i - body_.next.size()];
    (is_carry ? result.carries : result.outputs).push_back(part_of(vector, parts[i], row.shape()));
  }
  return result;
}

void BodyWriter::match_batch() {
  for (std::size_t i = 0; i < body_.next.size(); ++i) {
    Value& next = body_.next[i];
    if (body_.carries[i].batched() && !next.batched()) next = batch_broadcast(next);
  }
}

}  // namespace catenary::ops
