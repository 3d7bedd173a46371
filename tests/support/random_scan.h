#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"
#include "tests/support/example_call.h"

namespace catenary::testing_support {

/// A list of numbers that picks what is made: the same numbers, the same program; fewer and smaller ones, a
/// smaller program.
class Picks {
 public:
  explicit Picks(std::span<const std::uint32_t> numbers) : numbers_(numbers) {}

  [[nodiscard]] bool any() const { return !numbers_.empty(); }
  /// Below `count`; 0 when there are no more numbers.
  std::size_t below(std::size_t count) {
    if (numbers_.empty()) return 0;
    const std::uint32_t number = numbers_.front();
    numbers_ = numbers_.subspan(1);
    return number % count;
  }
  Value of(std::span<const Value> values) { return values[below(values.size())]; }

 private:
  std::span<const std::uint32_t> numbers_;
};

/// The elements of v, the last of them or all of them again and again, in a shape.
inline Value fitted(Value v, const Shape& shape) {
  const std::int64_t has = v.shape().size(), needs = shape.size();
  Value flat = reshape(v, {has});
  if (has < needs) flat = concat(std::vector<Value>(static_cast<std::size_t>((needs + has - 1) / has), flat));
  const std::int64_t size = flat.shape().size();
  return reshape(size == needs ? flat : slice(flat, 0, size - needs, size), shape);
}

/// The step of a scan, grown from values that it is given: vectors of at most 8 numbers, and scalars. Moves
/// keep values and slopes of the order of 1.
class StepGrower {
 public:
  StepGrower(const ScanStep& given, Picks& picks) : given_(given), picks_(picks) {
    for (const Value v : given.carries) pool_.push_back(v);
    for (const Value v : given.rows) pool_.push_back(v);
    for (const Value v : given.shared)
      if (v.shape().rank() < 2) pool_.push_back(v);
  }

  void grow(std::size_t moves) {
    for (std::size_t i = 0; i < moves; ++i) {
      const Value made = move(picks_.below(26));
      if (made && made.shape().size() <= 8) pool_.push_back(made);
    }
  }

  /// One of what there is, rather a late one.
  Value any() {
    const std::size_t back = std::min(picks_.below(pool_.size()), picks_.below(pool_.size()));
    return pool_[pool_.size() - 1 - back];
  }

 private:
  Value move(std::size_t kind) {
    const Value a = any();
    if (const Value made = of_one(kind, a)) return made;
    return kind < 20 ? of_two(kind, a, any()) : of_products(kind, a);
  }

  static Value of_one(std::size_t kind, Value a) {
    switch (kind) {
      case 0: return tanh(a);
      case 1: return sigmoid(a);
      case 2: return relu(a);
      case 3: return softmax(fitted(a, {3}));
      case 4: return mean(a);
      case 5: return 0.5 * sum(a);
      case 6: return -a;
      case 7: return a.shape().size() > 1 ? slice(a, 0, 1, a.shape()[0]) : 1 - a;
      case 8: return exp(-square(a));
      case 9: return a.graph().constant(0.75, a.shape(), a.type().dtype);
      case 10: return logsumexp(fitted(a, {2}));
      case 11: return max(fitted(a, {4}));
      default: return {};
    }
  }

  static Value of_two(std::size_t kind, Value a, Value b) {
    switch (kind) {
      case 12: return 0.5 * (a + fitted(b, a.shape()));
      case 13: return 0.5 * (a - fitted(b, a.shape()));
      case 14: return tanh(a * fitted(b, a.shape()));
      case 15: return concat(std::vector<Value>{fitted(a, {2}), fitted(b, {3})});
      case 16: return a / (1.5 + square(fitted(b, a.shape())));
      case 17: return tanh(dot(fitted(a, {3}), fitted(b, {3})));
      case 18: return fitted(a, {3}) * fitted(b, {3}) + fitted(a, {3});
      default: return a.shape().rank() == 0 ? broadcast(a, {3}) * fitted(b, {3}) : norm1(a) / 8;
    }
  }

  // With the matrices that all steps share.
  Value of_products(std::size_t kind, Value a) {
    const Value w = given_.shared[0], u = given_.shared[1], b = given_.shared[2];
    switch (kind) {
      case 20: return tanh(matmul(w, fitted(a, {3})) + b);
      case 21: return 0.5 * matmul(u, fitted(a, {3}));
      case 22: return 0.5 * matmul(transpose(u), fitted(a, {6}));
      case 23: return tanh(matmul(w, fitted(a, {3})) + matmul(w, fitted(any(), {3})));
      case 24: return tanh(matmul(w, fitted(a, {3})) + (matmul(w, fitted(any(), {3})) + b));
      default: return tanh(matmul(outer(fitted(a, {2}), fitted(any(), {3})), b));
    }
  }

  const ScanStep& given_;
  Picks& picks_;
  std::vector<Value> pool_;
};

/// Of all scans.
struct ScanOptions {
  std::int64_t fewest_steps = 1;
  bool recompute = false;
  std::size_t keeping = 3;  ///< of three scans, the one that keeps everything nonetheless; 3: none
};

/// Scans one after another, each of sequences that are inputs, parameters or what another has made, and what
/// is read of them.
class ScanGrower {
 public:
  ScanGrower(Graph& graph, Picks picks, DType dtype, std::int64_t batch_size, const ScanOptions& options = {})
      : picks_(picks), options_(options) {
    bindings.batch_size = batch_size;
    const auto fewest = static_cast<std::size_t>(options.fewest_steps);
    steps_ = static_cast<std::int64_t>(fewest + picks_.below(4 + fewest));
    const Value x = leaf(graph.input("x", {steps_, 3}, dtype));
    const Value y = leaf(graph.input("y", {steps_, 2}, dtype));
    const Value z = leaf(graph.input("z", {3}, dtype));
    w_ = leaf(graph.parameter("W", {3, 3}, {}, dtype));
    u_ = leaf(graph.parameter("U", {6, 3}, {}, dtype));
    b_ = leaf(graph.parameter("b", {3}, {}, dtype));
    const Value p = leaf(graph.parameter("P", {steps_, 3}, {}, dtype));
    sequences_ = {x, y, p, matmul(x, w_), tanh(x)};
    starts_ = {graph.constant(0, {3}, dtype), z, b_, graph.constant(0.5, {3}, dtype),
               graph.constant(0, {}, dtype)};
    do {
      add_scan();
    } while (picks_.any() && picks_.below(3) > 0);
  }

  /// A shared scalar that hangs on all that is read.
  [[nodiscard]] Value total() const {
    Value J;
    for (const Value v : reads) {
      const Value part = v.batched() ? batch_mean(mean(square(v))) : mean(square(v));
      J = J ? J + part : part;
    }
    return J;
  }

  std::vector<Value> leaves, reads;
  Bindings bindings;

 private:
  Value leaf(Value v) {
    bind_sample(bindings, v, {.low = -1, .high = 1}, 0, 5);
    leaves.push_back(v);
    return v;
  }

  void add_scan() {
    ScanOperands operands{.carries = {},
                          .sequences = {picks_.of(sequences_)},
                          .shared = {w_, u_, b_},
                          .recompute = options_.recompute && made_++ % 3 != options_.keeping};
    if (picks_.below(2) == 1) operands.sequences.push_back(picks_.of(sequences_));
    if (picks_.below(2) == 1) operands.direction = Direction::kBackward;
    if (picks_.below(3) == 1) operands.shared.push_back(picks_.of(starts_));
    const std::size_t carries = picks_.below(4), outputs = picks_.below(3);
    for (std::size_t i = 0; i < carries; ++i) operands.carries.push_back(picks_.of(starts_));
    const ScanResult made = scan(operands, [&](const ScanStep& given) {
      StepGrower step(given, picks_);
      step.grow(picks_.below(8));
      StepResult result;
      for (const Value carry : given.carries) {
        // Some are handed on as they are.
        result.carries.push_back(picks_.below(8) == 7 ? carry : fitted(step.any(), carry.shape()));
      }
      if (carries > 1 && picks_.below(4) == 3)
        result.carries[1] = fitted(result.carries[0], given.carries[1].shape());
      for (std::size_t i = 0; i < outputs; ++i) result.outputs.push_back(step.any());
      if (carries + outputs == 0) result.outputs.push_back(step.any());
      return result;
    });
    for (const Value carry : made.carries) read_carry(carry);
    for (const Value output : made.outputs) read_output(output);
    if (reads.empty()) reads.push_back(made.carries.empty() ? made.outputs[0] : made.carries[0]);
  }

  // [T + 1, ...]
  void read_carry(Value carry) {
    const std::int64_t first = static_cast<std::int64_t>(picks_.below(2));
    sequences_.push_back(slice(carry, 0, first, first + steps_));
    const auto row = static_cast<std::int64_t>(picks_.below(static_cast<std::size_t>(steps_ + 1)));
    const Value of_row = fitted(slice(carry, 0, row, row + 1), Shape{carry.shape().size() / (steps_ + 1)});
    if (of_row.shape().size() == 3) starts_.push_back(of_row);
    switch (picks_.below(5)) {
      case 0: reads.push_back(slice(carry, 0, steps_, steps_ + 1)); break;
      case 1: reads.push_back(carry); break;
      case 2: reads.push_back(of_row); break;
      case 3: reads.push_back(sequences_.back()); break;
      default: break;
    }
  }

  void read_output(Value output) {
    sequences_.push_back(output);
    const auto row = static_cast<std::int64_t>(picks_.below(static_cast<std::size_t>(steps_)));
    switch (picks_.below(4)) {
      case 0: reads.push_back(output); break;
      case 1: reads.push_back(slice(output, 0, row, row + 1)); break;
      case 2: reads.push_back(slice(output, 0, row, steps_)); break;
      default: break;
    }
  }

  Picks picks_;
  ScanOptions options_;
  std::size_t made_ = 0;
  std::int64_t steps_ = 1;
  Value w_, u_, b_;
  std::vector<Value> sequences_, starts_;
};

}  // namespace catenary::testing_support
