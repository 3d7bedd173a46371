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

// The elements begin .. end-1 of v in row-major order, [end − begin], without what is made of zeros around
// them; an empty Value if all are 0.
Value cut(Value v, std::int64_t begin, std::int64_t end);

Value cut_of_parts(Value concat, std::int64_t begin, std::int64_t end) {
  std::vector<Value> parts;
  bool any = false;
  std::int64_t at = 0;
  for (int i = 0; i < concat.input_count(); ++i) {
    const Value part = concat.input(i);
    const std::int64_t size = part.shape().size(), from = std::max(begin - at, std::int64_t{0}),
                       to = std::min(end - at, size);
    at += size;
    if (from >= to) continue;
    const Value found = cut(part, from, to);
    any = any || found;
    parts.push_back(found ? found : concat.graph().constant(0, {to - from}, concat.type().dtype));
  }
  if (!any) return {};
  return parts.size() == 1 ? parts.front() : catenary::concat(parts);
}

Value cut(Value v, std::int64_t begin, std::int64_t end) {
  if (is(v, kConstant) && std::get<double>(v.attribute()) == 0) return {};
  if (is(v, kReshape)) return cut(v.input(0), begin, end);
  if (is(v, kSlice) && std::get<SliceRange>(v.attribute()).axis == 0) {
    const Shape& whole = v.input(0).shape();
    const std::int64_t skip = std::get<SliceRange>(v.attribute()).begin * (whole.size() / whole[0]);
    return cut(v.input(0), skip + begin, skip + end);
  }
  if (is(v, kConcat) && std::get<std::int64_t>(v.attribute()) == 0) return cut_of_parts(v, begin, end);
  if (is(v, kAdd) && v.input(0).shape() == v.input(1).shape()) {
    const Value a = cut(v.input(0), begin, end), b = cut(v.input(1), begin, end);
    return a && b ? a + b : a ? a : b;
  }
  const Value flat = reshape(v, {v.shape().size()});
  return end - begin == v.shape().size() ? flat : slice(flat, 0, begin, end);
}

// An outer product's factors, also where there are rows of zeros above and below it.
struct Outer {
  Value left = {}, right = {};
};

Outer outer_of(Value v) {
  if (is(v, kOuter)) return {v.input(0), v.input(1)};
  if (!is(v, kConcat) || std::get<std::int64_t>(v.attribute()) != 0) return {};
  Outer found;
  std::vector<Value> parts;
  for (int i = 0; i < v.input_count(); ++i) {
    const Value part = v.input(i);
    if (is(part, kConstant) && std::get<double>(part.attribute()) == 0) {
      parts.push_back(v.graph().constant(0, {part.shape()[0]}, v.type().dtype));
    } else if (is(part, kOuter) && !found.right) {
      found.right = part.input(1);
      parts.push_back(part.input(0));
    } else {
      return {};
    }
  }
  if (found.right) found.left = concat(parts);
  return found;
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
  void write_carry(const Part& part, Value carry);
  [[nodiscard]] Value rows_cut(const Part& part, std::int64_t first, std::int64_t rows) const;
  Value seed(const Part& part, std::int64_t first, Value row, std::string_view name);
  void write_step();
  [[nodiscard]] Value adjoint(std::size_t leaf) const;
  std::size_t output(Value v);
  [[nodiscard]] Rows rows(Value v);
  void add_terms(Value adjoint, std::vector<Term>& terms);

  const Pullback& p_;
  const Body& body_;
  BodyWriter writer_;
  std::int64_t steps_;
  std::vector<Value> starts_;          // the adjoints of the rows that carries start with; empty: 0
  std::vector<Value> deltas_, seeds_;  // leaves: the carried adjoints, and those of the step's results
  std::vector<Value> leaves_;          // leaves in the places of the body's own
  Backward back_;
  std::vector<std::optional<std::size_t>> row_outputs_;  // of each sequence its adjoint's, if there is one
  std::vector<std::vector<Term>> terms_;                 // of each shared value
};

void ThroughTime::write_leaves() {
  const std::vector<Part> parts = parts_of(body_, steps_);
  const std::int64_t before = is_forward() ? 0 : 1;
  const std::size_t carries = body_.carries.size();
  std::vector<Value> states;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i >= carries) {
      seeds_.push_back(seed(parts[i], 0, body_.outputs[i - carries], "dy"));
      continue;
    }
    write_carry(parts[i], body_.carries[i]);
    states.push_back(slice(part_of(p_.y, parts[i], body_.carries[i].shape()), 0, before, before + steps_));
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

Value ThroughTime::rows_cut(const Part& part, std::int64_t first, std::int64_t rows) const {
  if (rows == 0) return {};
  const std::int64_t begin = part.begin + first * part.row;
  return cut(p_.dy, begin, begin + rows * part.row);
}

// The adjoint of a row that each step answers; an empty Value where all of them are 0.
Value ThroughTime::seed(const Part& part, std::int64_t first, Value row, std::string_view name) {
  const Value rows = rows_cut(part, first, steps_);
  return rows ? writer_.add_sequence(reshape(rows, with_rows(steps_, row.shape())), name) : Value();
}

// Where nothing but the last row handed on has an adjoint, the carried one starts with it.
void ThroughTime::write_carry(const Part& part, Value carry) {
  const std::int64_t after = is_forward() ? 1 : 0, last = is_forward() ? steps_ : 0;
  const Value end = rows_cut(part, last, 1);
  const bool alone = !rows_cut(part, 1, steps_ - 1);
  const Value zeros = p_.dy.graph().constant(0, carry.shape(), p_.dy.type().dtype);
  deltas_.push_back(
      writer_.add_carry(alone && end ? reshape(end, carry.shape()) : zeros, "δ" + carry.name()));
  seeds_.push_back(alone ? Value() : seed(part, after, carry, "d" + carry.name()));
  const Value start = rows_cut(part, steps_ - last, 1);
  starts_.push_back(start ? reshape(start, carry.shape()) : Value());
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

bool has_outer(Value v) {
  return outer_of(v).left || (is(v, kAdd) && (has_outer(v.input(0)) || has_outer(v.input(1))));
}

// An outer product of each step becomes one product of two matrices over all steps.
void ThroughTime::add_terms(Value adjoint, std::vector<Term>& terms) {
  if (is(adjoint, kAdd) && has_outer(adjoint)) {
    add_terms(adjoint.input(0), terms);
    add_terms(adjoint.input(1), terms);
  } else if (const Outer outer = outer_of(adjoint); outer.left) {
    const Rows left = rows(outer.left);
    terms.push_back({left, rows(outer.right)});
  } else {
    terms.push_back({rows(adjoint)});
  }
}

void ThroughTime::write_step() {
  Body& made = writer_.body();
  const std::vector<Value> results = inlined(body_.results(), body_.leaves(), leaves_, made.graph);
  std::vector<Seed> seeds;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i < deltas_.size()) {
      seeds.push_back({results[i], seeds_[i] ? seeds_[i] + deltas_[i] : deltas_[i]});
    } else if (seeds_[i]) {
      seeds.push_back({results[i], seeds_[i]});
    }
  }
  if (!seeds.empty()) back_ = backward(seeds, leaves_, SharedAdjoints::kPerSample);
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
  writer_.body().recompute = body_.recompute > 0 ? body_.recompute + 1 : 0;
  const bool has_results = !deltas_.empty() || !writer_.body().outputs.empty();
  const ScanResult result = has_results ? writer_.call() : ScanResult();
  Adjoints adjoints;
  for (std::size_t i = 0; i < starts_.size(); ++i) {
    const Value through = row_of(result.carries[i], is_forward() ? 0 : steps_);
    adjoints.push_back(starts_[i] ? starts_[i] + through : through);
  }
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
