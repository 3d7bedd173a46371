#include "catenary/ops/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "catenary/base/text.h"
#include "catenary/ops/body_writer.h"
#include "catenary/ops/rules.h"
#include "catenary/ops/scan_adjoints.h"

namespace catenary {

namespace ops {

namespace {

std::int64_t total_size(std::span<const Value> values) {
  std::int64_t size = 0;
  for (const Value v : values) size += v.shape().size();
  return size;
}

void require_operand(const Body& body, std::size_t at, const Shape& needed, const Shape& found) {
  if (needed == found) return;
  fail(ErrorKind::kShape, "scan needs an operand of shape {} for {}, found {}", needed.str(),
       quote(body.leaves()[at].name()), found.str());
}

// [T, ...] of the first sequence.
std::int64_t steps_of(const Body& body, std::span<const Shape> operands) {
  return operands[body.carries.size()][0];
}

Shape infer_scan(const ShapeQuery& q) {
  const Body& body = body_of(q.attribute);
  const std::vector<Value> leaves = body.leaves();
  if (q.inputs.size() != leaves.size())
    fail(ErrorKind::kShape, "scan needs {} operands, found {}", leaves.size(), q.inputs.size());
  if (body.rows.empty()) fail(ErrorKind::kShape, "scan needs at least one sequence, found none");
  const std::size_t first = body.carries.size(), end = first + body.rows.size();
  if (q[first].rank() == 0)
    fail(ErrorKind::kShape, "scan needs a sequence [T, ...] for {}, found a scalar []",
         quote(leaves[first].name()));
  const std::int64_t steps = steps_of(body, q.inputs);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const bool is_sequence = i >= first && i < end;
    require_operand(body, i, is_sequence ? with_rows(steps, leaves[i].shape()) : leaves[i].shape(), q[i]);
  }
  return Shape{(steps + 1) * total_size(body.next) + steps * total_size(body.outputs)};
}

// Computes a step's nodes one after another in memory that was set aside for them.
template <typename T>
class StepReference {
 public:
  StepReference(const Body& body, std::span<T> memory) : body_(body) {
    std::size_t at = 0;
    for (NodeId id = 0; id < body.graph.size(); ++id) {
      const auto size = static_cast<std::size_t>(body.graph.node(id).type.shape.size());
      places_.push_back(memory.subspan(at, size));
      at += size;
    }
    scratch_ = memory.subspan(at);
    for (NodeId id = 0; id < body.graph.size(); ++id) {
      const Node& node = body.graph.node(id);
      if (node.op == &kConstant) std::ranges::fill(places_[index(id)], std::get<double>(node.attribute));
    }
  }

  [[nodiscard]] std::span<T> operator[](Value v) const { return places_[index(v.id())]; }

  void run(std::int64_t batch_size) {
    for (NodeId id = 0; id < body_.graph.size(); ++id) {
      const Node& node = body_.graph.node(id);
      if (is_leaf(*node.op)) continue;
      inputs_.clear();
      shapes_.clear();
      for (const NodeId input : node.inputs) {
        inputs_.push_back(places_[index(input)]);
        shapes_.push_back(body_.graph.node(input).type.shape);
      }
      node.op->reference(ReferenceCallOf<T>{inputs_, shapes_, places_[index(id)], node.type.shape,
                                            node.attribute, batch_size, scratch_});
    }
  }

 private:
  static std::size_t index(NodeId id) { return static_cast<std::size_t>(id); }

  const Body& body_;
  std::vector<std::span<T>> places_;  // of each node's numbers
  std::span<T> scratch_;
  std::vector<std::span<const T>> inputs_;
  std::vector<Shape> shapes_;
};

// All nodes of a step, and the most scratch that one of them needs.
std::int64_t scan_scratch(const ShapeQuery& q) {
  const Graph& graph = body_of(q.attribute).graph;
  std::int64_t numbers = 0, scratch = 0;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    numbers += node.type.shape.size();
    std::vector<Shape> shapes;
    for (const NodeId input : node.inputs) shapes.push_back(graph.node(input).type.shape);
    scratch = std::max(scratch, node.op->scratch_size(shapes, node.attribute));
  }
  return numbers + scratch;
}

constexpr auto kScanReference = []<typename T>(const ReferenceCallOf<T>& call) {
  const Body& body = body_of(call.attribute);
  const std::int64_t steps = steps_of(body, call.shapes);
  const bool is_forward = body.direction == Direction::kForward;
  const std::vector<Value> leaves = body.leaves(), results = body.results();
  const std::vector<Part> parts = parts_of(body, steps);
  const std::size_t carries = body.carries.size(), sequences = body.rows.size();
  StepReference<T> step(body, call.scratch);
  const auto row_of = [&](std::size_t part, std::int64_t row) {
    return call.output.subspan(static_cast<std::size_t>(parts[part].begin + row * parts[part].row),
                               static_cast<std::size_t>(parts[part].row));
  };
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (i < carries || i >= carries + sequences) std::ranges::copy(call.inputs[i], step[leaves[i]].begin());
  }
  for (std::size_t i = 0; i < carries; ++i)
    std::ranges::copy(call.inputs[i], row_of(i, is_forward ? 0 : steps).begin());
  for (std::int64_t n = 0; n < steps; ++n) {
    const std::int64_t t = is_forward ? n : steps - 1 - n;
    for (std::size_t i = carries; i < carries + sequences; ++i) {
      const std::span<T> row = step[leaves[i]];
      std::ranges::copy(call.inputs[i].subspan(static_cast<std::size_t>(t) * row.size(), row.size()),
                        row.begin());
    }
    step.run(call.batch_size);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const bool is_carry = i < carries;
      std::ranges::copy(step[results[i]], row_of(i, is_carry && is_forward ? t + 1 : t).begin());
    }
    for (std::size_t i = 0; i < carries; ++i)
      std::ranges::copy(row_of(i, is_forward ? t + 1 : t), step[leaves[i]].begin());
  }
};

bool any_batched(std::span<const Value> values) {
  return std::ranges::any_of(values, [](Value v) { return v.batched(); });
}

// s ← tanh(W s + x), beside which each step answers s ⊙ x.
Attribute example_body(const ExampleSizes& sizes) {
  Body body;
  const Value s = body.carries.emplace_back(body.graph.input("s", {sizes.n}));
  const Value x = body.rows.emplace_back(body.graph.input("x", {sizes.n}));
  const Value w = body.shared.emplace_back(body.graph.input("W", {sizes.n, sizes.n}));
  body.next = {tanh(matmul(w, s) + x)};
  body.outputs = {s * x};
  return finish(body);
}

}  // namespace

constinit const Op kScan = {
    .name = "scan",
    .summary =
        "Steps one after another, each from the carries of the one before and its row of each sequence.",
    .notation = {"scan({...})", R"(\operatorname{scan}({...}))"},
    .operands = "n; m n; n n...",
    .infer = infer_scan,
    .reference = kScanReference,
    .gradient = scan_adjoints,
    .example = example_body,
    .scratch = scan_scratch,
};

}  // namespace ops

ScanResult scan(const ScanOperands& operands, const std::function<StepResult(const ScanStep&)>& step) {
  if (operands.sequences.empty()) fail(ErrorKind::kShape, "scan needs at least one sequence, found none");
  ops::BodyWriter writer(ops::any_batched(operands.carries) || ops::any_batched(operands.sequences) ||
                         ops::any_batched(operands.shared));
  ScanStep given;
  for (const Value v : operands.carries) given.carries.push_back(writer.add_carry(v, "s"));
  for (const Value v : operands.sequences) given.rows.push_back(writer.add_sequence(v, "x"));
  for (const Value v : operands.shared) given.shared.push_back(writer.add_shared(v, "w"));
  StepResult made = step(given);
  if (made.carries.size() != operands.carries.size()) {
    fail(ErrorKind::kShape, "scan needs a step that hands on {} carries, found {}", operands.carries.size(),
         made.carries.size());
  }
  if (made.carries.empty() && made.outputs.empty())
    fail(ErrorKind::kShape, "scan needs a step with a carry or an output, found neither");
  writer.body().next = std::move(made.carries);
  writer.body().outputs = std::move(made.outputs);
  writer.body().direction = operands.direction;
  writer.body().recompute = operands.recompute ? 1 : 0;
  return writer.call();
}

Value unrolled(Value scan) {
  const Body& body = ops::body_of(scan.attribute());
  const std::size_t carries = body.carries.size(), sequences = body.rows.size();
  const bool is_forward = body.direction == Direction::kForward;
  std::vector<Value> operands;
  for (int i = 0; i < scan.input_count(); ++i) operands.push_back(scan.input(i));
  const std::int64_t steps = operands[carries].shape()[0];
  std::vector<std::vector<Value>> rows(body.results().size());  // of each result, in the order of the steps
  for (std::size_t i = 0; i < carries; ++i) rows[i].push_back(operands[i]);
  for (std::int64_t n = 0; n < steps; ++n) {
    std::vector<Value> arguments = operands;
    for (std::size_t i = 0; i < carries; ++i) arguments[i] = rows[i].back();
    for (std::size_t i = carries; i < carries + sequences; ++i)
      arguments[i] = ops::row_of(operands[i], is_forward ? n : steps - 1 - n);
    const std::vector<Value> results = inlined(body.results(), body.leaves(), arguments, scan.graph());
    for (std::size_t i = 0; i < results.size(); ++i) rows[i].push_back(results[i]);
  }
  std::vector<Value> flat;
  for (std::vector<Value>& sequence : rows) {
    if (!is_forward) std::ranges::reverse(sequence);
    for (const Value v : sequence) flat.push_back(reshape(v, {v.shape().size()}));
  }
  return concat(flat);
}

}  // namespace catenary
