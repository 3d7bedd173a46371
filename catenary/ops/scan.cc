#include "catenary/ops/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "catenary/base/text.h"
#include "catenary/ops/backward.h"
#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

const Body& body_of(const Attribute& attribute) { return *std::get<BodyHandle>(attribute); }

Shape with_rows(std::int64_t rows, const Shape& row) {
  std::vector<std::int64_t> extents = {rows};
  extents.insert(extents.end(), row.extents().begin(), row.extents().end());
  return Shape(extents);
}

Shape without_rows(const Shape& shape) { return Shape(shape.extents().subspan(1)); }

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

// Where the rows of each of a scan's results begin in its vector, and how many numbers a row has.
struct Part {
  std::int64_t begin, rows, row;
};

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

// A part of a scan's vector as the sequence [rows, ...] that it is.
Value part_of(Value vector, const Part& part, const Shape& row) {
  return reshape(slice(vector, 0, part.begin, part.begin + part.rows * part.row), with_rows(part.rows, row));
}

// Operands and leaves of a body that is being written.
class BodyWriter {
 public:
  explicit BodyWriter(bool is_batched) : is_batched_(is_batched) {}

  // The leaf that stands for an operand, or for a row of it.
  Value leaf(Value operand, const Shape& shape, std::string_view fallback, bool is_batched) {
    const std::string name = distinct(operand.name().empty() ? fallback : operand.name());
    return is_batched ? body_.graph.input(name, shape, operand.type().dtype)
                      : body_.graph.shared_input(name, shape, operand.type().dtype);
  }
  Value add_carry(Value start, std::string_view name) {
    starts_.push_back(start);
    return body_.carries.emplace_back(leaf(start, start.shape(), name, is_batched_));
  }
  Value add_sequence(Value sequence, std::string_view name) {
    if (sequence.shape().rank() == 0)
      fail(ErrorKind::kShape, "scan needs sequences [T, ...], found a scalar []");
    sequences_.push_back(sequence);
    return body_.rows.emplace_back(leaf(sequence, without_rows(sequence.shape()), name, sequence.batched()));
  }
  Value add_shared(Value value, std::string_view name) {
    shared_.push_back(value);
    return body_.shared.emplace_back(leaf(value, value.shape(), name, value.batched()));
  }
  Body& body() { return body_; }
  // The whole sequence of which a leaf is a row; an empty Value for anything else.
  [[nodiscard]] Value sequence_of(Value leaf) const {
    const auto at = std::ranges::find(body_.rows, leaf);
    return at == body_.rows.end() ? Value() : sequences_[static_cast<std::size_t>(at - body_.rows.begin())];
  }

  // The call, and its parts.
  ScanResult call() {
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

 private:
  std::string distinct(std::string_view name) {
    std::string made(name);
    for (int i = 1; body_.graph.find(made); ++i) made = fmt::format("{}{}", name, i);
    return made;
  }
  // A carry that a step makes of shared values alone is batched all the same if others are.
  void match_batch() {
    for (std::size_t i = 0; i < body_.next.size(); ++i) {
      Value& next = body_.next[i];
      if (body_.carries[i].batched() && !next.batched()) next = batch_broadcast(next);
    }
  }

  bool is_batched_;
  Body body_;
  std::vector<Value> starts_, sequences_, shared_;
};

bool any_batched(std::span<const Value> values) {
  return std::ranges::any_of(values, [](Value v) { return v.batched(); });
}

Value row_of(Value sequence, std::int64_t row) {
  return reshape(slice(sequence, 0, row, row + 1), without_rows(sequence.shape()));
}

// The sum over a sequence's rows.
Value sum_of_rows(Value sequence) {
  return reshape(sum_to(sequence, with_rows(1, without_rows(sequence.shape()))),
                 without_rows(sequence.shape()));
}

// Backpropagation through time: a scan against the direction of another, whose carries are the adjoints of
// the other's. [Werbos 1990]
class ThroughTime {
 public:
  explicit ThroughTime(const Pullback& p) : p_(p), body_(body_of(p.y.attribute())), writer_(p.y.batched()) {
    steps_ = p.x(static_cast<int>(body_.carries.size())).shape()[0];
  }

  [[nodiscard]] Adjoints run();

 private:
  // Rows that are looked at after the loop: of a sequence that is there already, or of an output.
  struct Rows {
    Value sequence;
    std::size_t output = 0;
  };
  // A summand of a shared value's adjoint: the sum of rows, or of their outer products with others.
  struct Term {
    Rows left;
    std::optional<Rows> right = {};
  };

  [[nodiscard]] bool is_forward() const { return body_.direction == Direction::kForward; }
  void write_leaves();
  void write_step();
  [[nodiscard]] Value adjoint(std::size_t leaf) const;
  std::size_t output(Value v);
  [[nodiscard]] Rows rows(Value v);
  void add_terms(Value adjoint, std::vector<Term>& terms);

  const Pullback& p_;
  const Body& body_;
  BodyWriter writer_;
  std::int64_t steps_;
  std::vector<Value> starts_;          // the adjoints of the rows that carries start with
  std::vector<Value> deltas_, seeds_;  // leaves: the carried adjoints, and those of the step's results
  std::vector<Value> leaves_;          // leaves in the places of the body's own
  Backward back_;
  std::vector<std::optional<std::size_t>> row_outputs_;  // of each sequence its adjoint's, if there is one
  std::vector<std::vector<Term>> terms_;                 // of each shared value
};

void ThroughTime::write_leaves() {
  const std::vector<Part> parts = parts_of(body_, steps_);
  const std::int64_t before = is_forward() ? 0 : 1, after = 1 - before;
  const std::size_t carries = body_.carries.size();
  std::vector<Value> states;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Value leaf = i < carries ? body_.carries[i] : body_.outputs[i - carries];
    const Shape& row = leaf.shape();
    const Value adjoints = part_of(p_.dy, parts[i], row);
    if (i >= carries) {
      seeds_.push_back(writer_.add_sequence(adjoints, "dy"));
      continue;
    }
    const Value zeros = p_.dy.graph().constant(0, row, p_.dy.type().dtype);
    deltas_.push_back(writer_.add_carry(zeros, "δ" + leaf.name()));
    seeds_.push_back(writer_.add_sequence(slice(adjoints, 0, after, after + steps_), "d" + leaf.name()));
    starts_.push_back(row_of(adjoints, is_forward() ? 0 : steps_));
    states.push_back(slice(part_of(p_.y, parts[i], row), 0, before, before + steps_));
  }
  for (std::size_t i = 0; i < states.size(); ++i)
    leaves_.push_back(writer_.add_sequence(states[i], body_.carries[i].name()));
  for (std::size_t i = 0; i < body_.rows.size(); ++i)
    leaves_.push_back(writer_.add_sequence(p_.x(static_cast<int>(carries + i)), body_.rows[i].name()));
  for (std::size_t i = 0; i < body_.shared.size(); ++i) {
    const std::size_t at = carries + body_.rows.size() + i;
    leaves_.push_back(writer_.add_shared(p_.x(static_cast<int>(at)), body_.shared[i].name()));
  }
}

Value ThroughTime::adjoint(std::size_t leaf) const {
  const auto id = static_cast<std::size_t>(leaves_[leaf].id());
  return id < back_.adjoint_of.size() ? back_.adjoint_of[id] : Value();
}

std::size_t ThroughTime::output(Value v) {
  std::vector<Value>& outputs = writer_.body().outputs;
  const auto known = std::ranges::find(outputs, v);
  if (known != outputs.end()) return static_cast<std::size_t>(known - outputs.begin());
  outputs.push_back(v);
  return outputs.size() - 1;
}

ThroughTime::Rows ThroughTime::rows(Value v) {
  if (const Value sequence = writer_.sequence_of(v)) return {sequence};
  return {Value(), output(v)};
}

// An outer product of each step becomes one product of two matrices over all steps.
void ThroughTime::add_terms(Value adjoint, std::vector<Term>& terms) {
  if (is(adjoint, kAdd)) {
    add_terms(adjoint.input(0), terms);
    add_terms(adjoint.input(1), terms);
  } else if (is(adjoint, kOuter)) {
    const Rows left = rows(adjoint.input(0));
    terms.push_back({left, rows(adjoint.input(1))});
  } else {
    terms.push_back({rows(adjoint)});
  }
}

void ThroughTime::write_step() {
  Body& made = writer_.body();
  const std::vector<Value> results = inlined(body_.results(), body_.leaves(), leaves_, made.graph);
  std::vector<Seed> seeds;
  for (std::size_t i = 0; i < results.size(); ++i)
    seeds.push_back({results[i], i < deltas_.size() ? seeds_[i] + deltas_[i] : seeds_[i]});
  back_ = backward(seeds, leaves_, SharedAdjoints::kPerSample);
  std::size_t leaf = 0;
  for (const Value delta : deltas_) {
    const Value next = adjoint(leaf++);
    made.next.push_back(next ? next : made.graph.constant(0, delta.shape(), delta.type().dtype));
  }
  for (std::size_t i = 0; i < body_.rows.size(); ++i) {
    const Value row = adjoint(leaf++);
    row_outputs_.push_back(row ? std::optional(output(row)) : std::nullopt);
  }
  for (std::size_t i = 0; i < body_.shared.size(); ++i) {
    const Value shared = adjoint(leaf++);
    terms_.emplace_back();
    if (shared) add_terms(shared, terms_.back());
  }
}

Adjoints ThroughTime::run() {
  write_leaves();
  write_step();
  writer_.body().direction = is_forward() ? Direction::kBackward : Direction::kForward;
  const ScanResult result = writer_.call();
  Adjoints adjoints;
  for (std::size_t i = 0; i < starts_.size(); ++i)
    adjoints.push_back(starts_[i] + row_of(result.carries[i], is_forward() ? 0 : steps_));
  for (const std::optional<std::size_t>& row : row_outputs_)
    adjoints.push_back(row ? result.outputs[*row] : Value());
  for (const std::vector<Term>& terms : terms_) {
    Value sum;
    for (const Term& term : terms) {
      const auto rows = [&](const Rows& r) { return r.sequence ? r.sequence : result.outputs[r.output]; };
      const Value left = rows(term.left);
      const Value summand = term.right ? matmul(transpose(left), rows(*term.right)) : sum_of_rows(left);
      sum = sum ? sum + summand : summand;
    }
    adjoints.push_back(sum);
  }
  return adjoints;
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
    .gradient = [](const Pullback& p) -> Adjoints { return ThroughTime(p).run(); },
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
