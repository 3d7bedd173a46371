#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "catenary/engine/compile/loop.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"
#include "catenary/ops/scan_parts.h"

/// From scans to loops: a step's nodes, once, between the rows that it reads and those that it writes.
namespace catenary::engine {

namespace {

using ops::Part;

std::size_t index(Value v) { return static_cast<std::size_t>(v.id()); }

// Which row of what stands for time t: that of `root` from element offset + t·row on.
struct RowKey {
  Value root;
  std::int64_t offset = 0;
  [[nodiscard]] auto operator<=>(const RowKey& other) const {
    return std::pair(root.id(), offset) <=> std::pair(other.root.id(), other.offset);
  }
};

RowKey row_key(Value sequence) {
  if (is(sequence, ops::kReshape)) return row_key(sequence.input(0));
  if (is(sequence, kLoopResult)) return {sequence.input(0)};
  const auto* range = std::get_if<SliceRange>(&sequence.attribute());
  if (!is(sequence, ops::kSlice) || range->axis != 0) return {sequence};
  const Shape& whole = sequence.input(0).shape();
  RowKey key = row_key(sequence.input(0));
  key.offset += range->begin * (whole.size() / whole[0]);
  return key;
}

// A loop as far as later ones ask about it.
struct Known {
  Value begin;
  Loop loop;
  std::vector<Value> carried;         // of each carry its rows, and what is written there
  std::map<RowKey, Value> rows;       // its steps' rows, by what they are rows of
  std::map<NodeId, Value> sequences;  // of its nodes, those of which each step's is kept: [T·row]
};

// Costs less to compute than to keep and read again.
bool is_cheap(Value v) {
  static constexpr std::array kCheap = {&ops::kAdd, &ops::kSub,  &ops::kMul,  &ops::kNeg,     &ops::kSquare,
                                        &ops::kAbs, &ops::kStep, &ops::kSign, &ops::kReshape, &ops::kSlice};
  return std::find(kCheap.begin(), kCheap.end(), &v.op()) != kCheap.end();
}

// y (1 − y), for which y − y², rounded once, is one operation less.
bool is_sigmoid_slope(Value v) {
  if (!is(v, ops::kMul) || !is(v.input(1), ops::kSub) || v.input(1).input(1) != v.input(0)) return false;
  const Value one = v.input(1).input(0);
  return is(one, ops::kConstant) && std::get<double>(one.attribute()) == 1 && is(v.input(0), ops::kSigmoid);
}

class Opening {
 public:
  explicit Opening(const Program& program) : program_(program) {
    for (const Output& output : program.outputs) results_.push_back(output.value);
    for (const Update& update : program.updates) results_.push_back(update.next);
  }

  Opened run() {
    const std::vector<Value> nodes = reachable(results_);
    const bool any = std::any_of(nodes.begin(), nodes.end(), is_opened);
    if (!any) return {program_, {}};
    graph_ = &nodes[0].graph();
    images_.resize(static_cast<std::size_t>(nodes.back().id()) + 1);
    for (const Value v : nodes) images_[index(v)] = is_opened(v) ? open(v) : rebuilt(v);
    Opened opened{program_, {}};
    for (Output& output : opened.program.outputs) output.value = image(output.value);
    for (Update& update : opened.program.updates) update.next = image(update.next);
    for (const Known& known : known_) opened.loops.push_back(known.loop);
    return opened;
  }

 private:
  static bool is_opened(Value v) { return is(v, ops::kScan) && v.batched(); }

  Value image(Value v) const { return images_[index(v)]; }

  Value rebuilt(Value v) {
    if (is_leaf(v.op())) return v;
    if (is(v, ops::kSlice) && is_opened(v.input(0))) {
      if (const Value part = slice_of_part(v)) return part;
    }
    std::vector<Value> operands;
    for (int i = 0; i < v.input_count(); ++i) operands.push_back(image(v.input(i)));
    const Value made = graph_->call(v.op(), operands, v.attribute());
    if (!v.name().empty() && made.name().empty()) made.rename(v.name());
    return made;
  }

  // Of a scan's vector, without the vector.
  Value slice_of_part(Value slice) {
    const SliceRange& range = std::get<SliceRange>(slice.attribute());
    const Value scan = slice.input(0), whole = image(scan);
    const Body& body = ops::body_of(scan.attribute());
    const std::vector<Part> parts = ops::parts_of(body, steps_of(scan));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      const std::int64_t end = part.begin + part.rows * part.row;
      if (range.begin < part.begin || range.end > end) continue;
      const Value rows = parts.size() == 1 ? whole : whole.input(static_cast<int>(i));
      if (range.end - range.begin == end - part.begin) return rows;
      return catenary::slice(rows, 0, range.begin - part.begin, range.end - part.begin);
    }
    return {};
  }

  static std::int64_t steps_of(Value scan) {
    const Body& body = ops::body_of(scan.attribute());
    return scan.input(static_cast<int>(body.carries.size())).shape()[0];
  }

  // No two are one node.
  Value write(Value value, Value begin) {
    return graph_->call(kLoopWrite, {value, begin}, std::int64_t{made_++});
  }
  Value make_rows(Value begin, std::optional<Value> start, std::int64_t size) {
    std::vector<Value> operands = {begin};
    if (start) operands.push_back(write(*start, begin));
    return graph_->call(kLoopRows, operands, SliceRange{made_++, 0, size});
  }

  Value result(const Known& of, Value rows, Value write) {
    std::vector<Value> operands = {rows, write};
    operands.insert(operands.end(), of.carried.begin(), of.carried.end());
    return graph_->call(kLoopResult, operands);
  }

  // Puts the step's rows in the place of carries and sequences; answers the carries' rows.
  std::vector<Value> read_rows(const Body& body, std::vector<Value>& operands, Known& now) {
    std::vector<Value> rows;
    const std::vector<Value> leaves = body.leaves();
    for (std::size_t i = 0; i < body.carries.size() + body.rows.size(); ++i) {
      Value& operand = operands[i];
      const Shape& row = leaves[i].shape();
      const bool is_carry = i < body.carries.size();
      if (is_carry)
        operand = rows.emplace_back(make_rows(now.begin, operand, (now.loop.steps + 1) * row.size()));
      RowKey key = row_key(operand);
      if (is_carry && body.direction == Direction::kBackward) key.offset = row.size();
      operand = graph_->call(kLoopRow, {operand, now.begin}, row);
      now.rows[key] = operand;
    }
    return rows;
  }

  // The scan's vector; its operands are the rows of its parts.
  Value open(Value scan) {
    const Body& body = ops::body_of(scan.attribute());
    std::vector<Value> operands;
    for (int i = 0; i < scan.input_count(); ++i) operands.push_back(image(scan.input(i)));
    Known now;
    const bool is_again = !body.carries.empty() && is(operands[0], kLoopAgain);
    now.loop = {steps_of(scan), body.direction, is_again};
    now.begin = graph_->call(kLoopBegin, operands, static_cast<std::int64_t>(known_.size()));
    const std::int64_t steps = now.loop.steps;
    const bool is_forward = body.direction == Direction::kForward;
    const std::vector<Value> rows = read_rows(body, operands, now);
    const std::vector<Value> made = inlined_step(body, operands, now);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      now.carried.push_back(rows[i]);
      now.carried.push_back(write(made[i], now.begin));
    }
    std::vector<Value> parts;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const std::int64_t row = made[i].shape().size();
      const bool is_carry = i < rows.size();
      const Value to = is_carry ? rows[i] : make_rows(now.begin, std::nullopt, steps * row);
      parts.push_back(result(now, to, is_carry ? now.carried[2 * i + 1] : write(made[i], now.begin)));
      const std::int64_t first = is_carry && is_forward ? row : 0;
      now.sequences[made[i].id()] =
          is_carry ? catenary::slice(parts[i], 0, first, first + steps * row) : parts[i];
    }
    known_.push_back(std::move(now));
    return parts.size() == 1 ? parts[0] : concat(parts);
  }

  // A step may need a copy of a row, such as of a shared sequence for a product; a row by itself is none
  // that a kernel computes.
  Value as_read(Value operand) {
    const bool is_view = is(operand, kLoopRow) && !is(operand.input(0), kLoopRows);
    return is_view ? graph_->call(ops::kReshape, std::array{operand}, operand.shape()) : operand;
  }

  // What a loop's step computes, where it is the same as another's at the same time, as that other's nodes.
  struct Twins {
    Known* of = nullptr;
    std::vector<Value> nodes;  // by the body's node ids; empty where there is none
  };

  // The loop whose steps this one goes through again.
  Known* original_of(const Known& now) {
    for (auto known = known_.rbegin(); known != known_.rend(); ++known) {
      const bool covers = known->loop.steps == now.loop.steps &&
                          std::all_of(known->rows.begin(), known->rows.end(),
                                      [&](const auto& row) { return now.rows.contains(row.first); });
      if (covers) return &*known;
    }
    return nullptr;
  }

  Twins twins_of(const Body& body, std::span<const Value> operands, const Known& now) {
    Twins twins{original_of(now), std::vector<Value>(static_cast<std::size_t>(body.graph.size()))};
    if (twins.of == nullptr) return twins;
    const std::vector<Value> leaves = body.leaves();
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      if (!is(operands[i], kLoopRow)) twins.nodes[index(leaves[i])] = operands[i];
    }
    for (const auto& [key, row] : twins.of->rows) {
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        if (operands[i] == now.rows.at(key)) twins.nodes[index(leaves[i])] = as_read(row);
      }
    }
    for (const Value v : reachable(body.results())) {
      if (!is_leaf(v.op())) twins.nodes[index(v)] = twin_of(v, twins);
      if (is(v, ops::kConstant)) twins.nodes[index(v)] = constant(v);
    }
    return twins;
  }

  Value constant(Value v) {
    return graph_->constant(std::get<double>(v.attribute()), v.shape(), v.type().dtype);
  }

  // A shared sequence's row is batched in a loop, as it is another in each step.
  Value call(Value v, std::span<const Value> inputs) {
    const bool is_batched = is(v, ops::kBatchBroadcast) && inputs[0].batched();
    return is_batched ? inputs[0] : graph_->call(v.op(), inputs, v.attribute());
  }

  // Only what is there already: else it would be one more thing to compute.
  Value twin_of(Value v, const Twins& twins) {
    std::vector<Value> operands;
    for (int i = 0; i < v.input_count(); ++i) {
      operands.push_back(twins.nodes[index(v.input(i))]);
      if (!operands.back()) return {};
    }
    const NodeId before = graph_->size();
    const Value found = call(v, operands);
    return graph_->size() == before ? found : Value();
  }

  // The rows of which each step reads one, in place of a twin.
  Value kept_row(Value twin, Known& of, Value begin) {
    auto kept = of.sequences.find(twin.id());
    if (kept == of.sequences.end()) {
      const Value to = make_rows(of.begin, std::nullopt, of.loop.steps * twin.shape().size());
      const Value rows = result(of, to, write(twin, of.begin));
      kept = of.sequences.emplace(twin.id(), rows).first;
    }
    return graph_->call(kLoopRow, {kept->second, begin}, twin.shape());
  }

  bool is_in_loop(Value v) {
    for (auto id = in_loop_.size(); id <= index(v); ++id) {
      const Node& node = graph_->node(static_cast<NodeId>(id));
      const bool hangs_on_row = std::any_of(node.inputs.begin(), node.inputs.end(), [&](NodeId input) {
        return in_loop_[static_cast<std::size_t>(input)];
      });
      in_loop_.push_back(node.op == &kLoopRow || (hangs_on_row && node.op != &kLoopResult));
    }
    return in_loop_[index(v)];
  }

  std::vector<Value> inlined_step(const Body& body, std::span<const Value> operands, const Known& now) {
    const Twins twins = twins_of(body, operands, now);
    const std::vector<Value> leaves = body.leaves(), nodes = reachable(body.results());
    std::vector<Value> made(static_cast<std::size_t>(body.graph.size()));
    for (std::size_t i = 0; i < leaves.size(); ++i) made[index(leaves[i])] = as_read(operands[i]);
    const std::vector<bool> is_read = read_twins(body, nodes, twins);
    std::vector<bool> is_there(made.size());  // without being kept
    for (const Value v : nodes) {
      const Value twin = twins.nodes[index(v)];
      if (is(v, ops::kConstant)) made[index(v)] = constant(v);
      if (is_leaf(v.op())) {
        is_there[index(v)] = true;
        continue;
      }
      if (twin && !is_in_loop(twin)) {
        made[index(v)] = twin;
        is_there[index(v)] = true;
        continue;
      }
      if (twin && !is_read[index(v)]) continue;
      bool can_compute = true;
      std::vector<Value> inputs;
      for (int i = 0; i < v.input_count(); ++i) {
        inputs.push_back(made[index(v.input(i))]);
        can_compute = can_compute && inputs.back();
      }
      if (twin && !(can_compute && is_cheap(v))) {
        made[index(v)] = kept_row(twin, *twins.of, now.begin);
        continue;
      }
      made[index(v)] = is_sigmoid_slope(v) ? inputs[0] - square(inputs[0]) : call(v, inputs);
      if (!v.name().empty() && made[index(v)].name().empty()) made[index(v)].rename(v.name());
    }
    std::vector<Value> results;
    for (const Value v : body.results()) results.push_back(made[index(v)]);
    return results;
  }

  // Of the nodes with a twin, those that others read which have none.
  static std::vector<bool> read_twins(const Body& body, std::span<const Value> nodes, const Twins& twins) {
    std::vector<bool> is_read(static_cast<std::size_t>(body.graph.size()));
    for (const Value v : nodes) {
      if (is_leaf(v.op()) || twins.nodes[index(v)]) continue;
      for (int i = 0; i < v.input_count(); ++i) is_read[index(v.input(i))] = true;
    }
    for (const Value v : body.results()) is_read[index(v)] = true;
    return is_read;
  }

  const Program& program_;
  std::vector<Value> results_;
  Graph* graph_ = nullptr;
  std::vector<Value> images_;  // by node id
  std::vector<Known> known_;
  std::vector<bool> in_loop_;  // by node id
  int made_ = 0;
};

}  // namespace

Opened open_scans(const Program& program) { return Opening(program).run(); }

}  // namespace catenary::engine
