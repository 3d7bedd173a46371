#include "catenary/ops/scan_adjoints.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "catenary/ops/backward.h"
#include "catenary/ops/body_writer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::ops {

namespace {

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

}  // namespace

Adjoints scan_adjoints(const Pullback& p) { return ThroughTime(p).run(); }

}  // namespace catenary::ops
