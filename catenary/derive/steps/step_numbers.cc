#include "catenary/derive/steps/step_numbers.h"

#include <algorithm>
#include <cmath>

#include "catenary/derive/steps/recurrence.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/body_writer.h"

namespace catenary::derive {

namespace {

void add(std::vector<double>& sum, const std::vector<double>& more) {
  if (sum.empty()) sum.assign(more.size(), 0);
  for (std::size_t i = 0; i < sum.size(); ++i)
    sum[i] += more[more.size() == sum.size() ? i : i % more.size()];
}

// What others that read the scan pass on to a view of it; null if nothing.
const Adjoint* adjoint_of(const Derivation& d, const ScanView& view) {
  for (const Part* part : d.parts()) {
    if (const Adjoint* a = part->find(view.value)) return a;
  }
  return nullptr;
}

// Runs the steps of one recurrence, backward.
class RecursionRun {
 public:
  explicit RecursionRun(const StepNumbers::Source& source)
      : source_(source), numbers_(static_cast<std::size_t>(source.recurrence.steps)) {}

  void run();
  void compare();
  std::vector<std::map<NodeId, std::vector<double>>> take() { return std::move(numbers_); }
  [[nodiscard]] double error() const { return error_; }

 private:
  using Row = std::vector<double>;

  [[nodiscard]] static Row row_of(const Row& all, std::int64_t size, std::int64_t begin, std::int64_t count);
  [[nodiscard]] Row row_of_carry(std::size_t carry, std::int64_t row) const;
  [[nodiscard]] Value image(Value v) const { return source_.images.at(v.id()); }
  [[nodiscard]] const Row& outer(Value v) const { return source_.evaluation[image(v)]; }
  [[nodiscard]] const Row& of(Value v, std::int64_t t) const {
    return numbers_[static_cast<std::size_t>(t - 1)].at(v.id());
  }
  void bind_step(Bindings& at, std::int64_t t) const;
  [[nodiscard]] Row arrival(const Adjoint& a, std::int64_t t) const;
  void compare_flow(const Flow& f);
  void compare(const Row& recursion, const Row& gradient);

  const StepNumbers::Source& source_;
  std::vector<std::map<NodeId, Row>> numbers_;  // by t − 1
  double error_ = 0;
};

void RecursionRun::run() {
  const Recurrence& r = source_.recurrence;
  const std::vector<Value> shown = StepNumbers::values(r);
  std::vector<Value> images;
  for (const Value v : shown) images.push_back(image(v));
  for (std::int64_t n = 0; n < r.steps; ++n) {
    const std::int64_t t = r.before() < 0 ? r.steps - n : n + 1;
    Bindings at = source_.at;
    bind_step(at, t);
    for (const Adjoint& a : r.step.adjoints) {
      if (a.arrival) at.leaves[a.arrival.name()] = arrival(a, t);
    }
    const Evaluation evaluation(images, at);
    std::map<NodeId, Row>& numbers = numbers_[static_cast<std::size_t>(t - 1)];
    for (const Value v : shown) numbers[v.id()] = evaluation[image(v)];
  }
}

// Elements begin .. begin + count - 1 of each sample's `size`.
RecursionRun::Row RecursionRun::row_of(const Row& all, std::int64_t size, std::int64_t begin,
                                       std::int64_t count) {
  Row row;
  for (std::int64_t at = begin; at < std::ssize(all); at += size)
    row.insert(row.end(), all.begin() + at, all.begin() + at + count);
  return row;
}

RecursionRun::Row RecursionRun::row_of_carry(std::size_t carry, std::int64_t row) const {
  const Recurrence& r = source_.recurrence;
  const ops::Part part = ops::parts_of(step_of(r.scan), r.steps)[carry];
  return row_of(outer(r.scan), r.scan.shape().size(), part.begin + row * part.row, part.row);
}

void RecursionRun::bind_step(Bindings& at, std::int64_t t) const {
  const Recurrence& r = source_.recurrence;
  const Body& body = step_of(r.scan);
  const std::size_t carries = body.carries.size(), sequences = body.rows.size();
  for (std::size_t i = 0; i < r.leaves.size(); ++i) {
    const Value leaf = r.leaves[i], operand = r.scan.input(static_cast<int>(i));
    Row numbers;
    if (i < carries) {
      numbers = row_of_carry(i, r.before() < 0 ? t - 1 : t);
    } else if (i < carries + sequences) {
      const std::int64_t row = leaf.shape().size();
      numbers = row_of(outer(operand), operand.shape().size(), (t - 1) * row, row);
    } else if (leaf != operand) {
      numbers = outer(operand);
    } else {
      continue;
    }
    const auto samples = static_cast<std::size_t>(leaf.batched() ? at.batch_size : 1);
    const std::size_t needed = static_cast<std::size_t>(leaf.shape().size()) * samples;
    const Row one = numbers;
    while (numbers.size() < needed) numbers.insert(numbers.end(), one.begin(), one.end());
    at.leaves[leaf.name()] = std::move(numbers);
  }
}

// What the step after this one has answered, and what comes from outside.
RecursionRun::Row RecursionRun::arrival(const Adjoint& a, std::int64_t t) const {
  const Recurrence& r = source_.recurrence;
  const std::int64_t later = t - r.before();
  const auto samples = static_cast<std::size_t>(a.arrival.batched() ? source_.at.batch_size : 1);
  Row sum(static_cast<std::size_t>(a.arrival.shape().size()) * samples);
  for (std::size_t i = 0; i < step_of(r.scan).carries.size(); ++i) {
    const Adjoint* carried = r.step.find(r.leaves[i]);
    if (r.results[i] == a.x && carried != nullptr && later >= 1 && later <= r.steps)
      add(sum, of(carried->traced, later));
  }
  for (const ScanView& view : r.views) {
    const Adjoint* direct = adjoint_of(source_.derivation, view);
    const std::int64_t row = t - step_of_row(r, view, view.first), size = a.x.shape().size();
    if (r.results[view.result] != a.x || direct == nullptr || row < 0 || row >= view.count) continue;
    add(sum, row_of(outer(direct->traced), view.value.shape().size(), row * size, size));
  }
  return sum;
}

void RecursionRun::compare(const Row& recursion, const Row& gradient) {
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    largest = std::max(largest, std::abs(gradient[i]));
    difference = std::max(difference, std::abs(gradient[i] - recursion[i]));
  }
  if (largest > 0) error_ = std::max(error_, difference / largest);
}

// A shared operand's sum over the steps, or the rows of a sequence, beside what the gradient transform made.
void RecursionRun::compare_flow(const Flow& f) {
  const Recurrence& r = source_.recurrence;
  const Body& body = step_of(r.scan);
  const auto operand = static_cast<std::size_t>(f.operand);
  const Adjoint* own = r.step.find(r.leaves[operand]);
  if (own == nullptr || operand < body.carries.size()) return;
  const bool is_shared = operand >= body.carries.size() + body.rows.size();
  const Row& gradient = outer(f.traced);
  const std::int64_t size = own->x.shape().size();
  Row sum;
  for (std::int64_t t = 1; t <= r.steps; ++t) {
    const Row& one = of(own->traced, t);
    if (is_shared)
      add(sum, one);
    else
      compare(one, row_of(gradient, f.traced.shape().size(), (t - 1) * size, size));
  }
  if (is_shared) compare(sum, gradient);
}

void RecursionRun::compare() {
  for (const Part* part : source_.derivation.parts()) {
    for (const Adjoint& a : part->adjoints) {
      for (const Flow& f : a.flows) {
        if (f.call == source_.recurrence.scan) compare_flow(f);
      }
    }
  }
}

}  // namespace

StepNumbers::StepNumbers(const Source& source) {
  RecursionRun run(source);
  run.run();
  run.compare();
  numbers_ = run.take();
  error_ = run.error();
}

std::vector<Value> StepNumbers::values(const Recurrence& recurrence) {
  std::vector<Value> all = recurrence.results;
  for (const StepName& n : recurrence.names) all.push_back(n.value);
  for (const Adjoint& a : recurrence.step.adjoints) {
    all.push_back(a.traced);
    for (const Flow& f : a.flows) all.push_back(f.traced);
  }
  return all;
}

const std::vector<double>& StepNumbers::of(Value v, std::int64_t t) const {
  return numbers_[static_cast<std::size_t>(t - 1)].at(v.id());
}

}  // namespace catenary::derive
