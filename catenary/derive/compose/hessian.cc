#include <algorithm>

#include "catenary/derive/compose/rows.h"
#include "catenary/derive/compose/sections.h"
#include "catenary/derive/steps/linear_form.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// Symbols of a formula that still fits a line or two.
constexpr int kLongestRow = 60;
// Of the whole second derivative; above, it is written as a chain of matrices.
constexpr int kLongest = 250;

// One block of the Hessian: how the gradient ∂f/∂x moves with y.
class SecondDerivativeWriter {
 public:
  SecondDerivativeWriter(const Context& c, std::size_t place)
      : c_(c),
        block_(c.d.hessian->blocks[place]),
        names_(c.d.hessian->names_in(place)),
        x_(write(block_.x)),
        y_(write(block_.y)),
        dy_(write(block_.dy)),
        gradient_(derivative(c.d.sample.name, x_)),
        left_(second_derivative(c.d.sample.name, block_.x, block_.y, names_)) {}

  [[nodiscard]] Blocks write() const {
    Blocks blocks = intro();
    blocks += differentials();
    blocks += result();
    blocks += c_.numbers(left_, block_.value());
    if (!is_diagonal()) blocks += other_order();
    return blocks;
  }

 private:
  [[nodiscard]] Formula write(Value v) const { return derive::write(v, names_); }
  [[nodiscard]] bool is_diagonal() const { return block_.x == block_.y; }

  [[nodiscard]] Blocks intro() const {
    if (!is_diagonal()) return {c_.paragraph(Phrase::kHessianMixed, {x_, y_, dy_})};
    Blocks blocks = {c_.paragraph(Phrase::kHessianIntro, {gradient_, y_, dy_})};
    if (!block_.parts.empty()) blocks += c_.paragraph(Phrase::kHessianGradient);
    for (const GradientPart& part : block_.parts) {
      const Formula name = write(part.value);
      blocks += equation_block(
          {.number = part.number, .left = name, .rows = {{write_definition(part.value, names_), {}}}});
      blocks += c_.numbers(name, part.value);
    }
    blocks += equation_block(
        {.number = block_.gradient_number, .left = gradient_, .rows = {{write(block_.gradient), {}}}});
    blocks += c_.numbers(gradient_, block_.gradient);
    return blocks;
  }

  [[nodiscard]] Blocks differentials() const {
    if (!block_.inserted) {
      const std::vector<Value> read = reachable({block_.gradient});
      const bool jumps = std::ranges::count(read, block_.y) > 0;
      return {c_.paragraph(jumps ? Phrase::kHessianJumps : Phrase::kHessianConstant, {gradient_, y_})};
    }
    Blocks blocks;
    if (!block_.steps.empty() && is_diagonal())
      blocks += c_.paragraph(Phrase::kHessianDifferentials, {{"Jᵀ", R"(J^{\top})"}, symbol("J")});
    blocks += flat_values();
    for (const Differential& step : block_.steps) blocks += step_blocks(step);
    blocks += inserted();
    return blocks;
  }

  // Values without an equation among the differentials, and why.
  [[nodiscard]] Blocks flat_values() const {
    Blocks blocks;
    for (const Value v : block_.flat) {
      const Formula dv = differential_of(write(v));
      blocks += c_.paragraph(Phrase::kHessianFlat,
                             {equal(write(v), write_definition(v, names_)), equal(dv, plain("0"))});
    }
    return blocks;
  }

  [[nodiscard]] Blocks step_blocks(const Differential& step) const {
    std::vector<Equation::Row> rows = {{write(step.rule), rule_name(step)}};
    for (const SimplifyStep& s : step.shortened.steps) push(rows, write(s.after), c_.reason(s));
    if (needs_matrices(step)) push(rows, write(step.in_matrices), c_.say(Phrase::kMatrixTimesColumn));
    Blocks blocks = {
        equation_block({.number = step.number, .left = write(step.symbol), .rows = std::move(rows)})};
    for (const Differential::Jacobian& j : step.jacobians) {
      if (j.matrix.shape().rank() == 0 || is_scaled_identity(j.matrix, names_)) continue;
      const bool is_gradient = step.y == block_.gradient && names_.find(step.y) == nullptr;
      const Formula y = is_gradient ? gradient_ : write(step.y);
      blocks += c_.numbers(jacobian_name(y, step.y, write(j.z), j.z), j.matrix);
    }
    return blocks;
  }

  // Numbers times differentials read as well without.
  [[nodiscard]] bool needs_matrices(const Differential& step) const {
    const auto is_matrix = [&](const Differential::Jacobian& j) {
      return j.matrix.shape().rank() == 2 && !is_scaled_identity(j.matrix, names_);
    };
    return step.in_matrices && std::ranges::any_of(step.jacobians, is_matrix);
  }

  // What differs in the graph may read alike.
  static void push(std::vector<Equation::Row>& rows, const Formula& right, Sentence reason) {
    if (right.text != rows.back().right.text) rows.push_back({right, std::move(reason)});
  }

  [[nodiscard]] Sentence rule_name(const Differential& step) const {
    const Op& op = step.y.op();
    const bool is_product = step.moving > 1 && op.traits.product;
    const bool is_direct = std::ranges::all_of(
        step.jacobians, [&](const Differential::Jacobian& j) { return j.dz == block_.dy; });
    const bool is_function = step.y.input_count() == 1 && !is_direct;
    Sentence sentence = {{c_.name_of(op), {}}};
    if (is_product)
      sentence += c_.say(Phrase::kProductRule);
    else if (&op == &ops::kDiv)
      sentence += c_.say(Phrase::kQuotientRule);
    else if (is_function)
      sentence += c_.say(Phrase::kChainRuleName);
    return sentence;
  }

  [[nodiscard]] Blocks inserted() const {
    Blocks blocks;
    if (block_.steps.size() > 1 && fits(block_.inserted, names_)) {
      blocks += c_.paragraph(Phrase::kHessianInserted, {dy_});
      blocks += equation_block(
          {.left = {"d(" + gradient_.text + ")", R"(\mathrm{d}\left()" + gradient_.latex + R"(\right))"},
           .rows = {{write(block_.inserted), {}}}});
    }
    if (!is_long()) blocks += c_.paragraph(Phrase::kHessianRead, {dy_});
    return blocks;
  }

  [[nodiscard]] bool is_long() const {
    return !block_.closed && formula_size(block_.in_parts.value, names_, kLongest + 1) > kLongest;
  }

  // What one formula cannot hold, matrix by matrix.
  [[nodiscard]] Blocks result() const {
    if (!is_long()) return {equation_block({.left = left_, .rows = result_rows()})};
    Blocks blocks = {c_.paragraph(Phrase::kHessianChain)};
    for (const Differential& step : block_.steps) {
      if (!step.chain) continue;
      const bool is_last = &step == &block_.steps.back();
      blocks +=
          equation_block({.left = is_last ? left_ : write(step.along), .rows = {{write(step.chain), {}}}});
    }
    return blocks;
  }

  [[nodiscard]] bool fits(Value v, const Names& names) const {
    return formula_size(v, names, kLongestRow + 1) <= kLongestRow;
  }

  // The product of the Jacobians, shortened, and then in what is given.
  [[nodiscard]] std::vector<Equation::Row> result_rows() const {
    GatheredRows rows(c_, {});
    const auto add = [&](Value v, const Names& names, const Sentence& reason, bool is_short) {
      rows.add(is_short ? std::optional(derive::write(v, names)) : std::nullopt, reason);
    };
    const bool stands_alone = block_.in_parts.steps.empty();
    add(block_.product, names_, block_.steps.size() > 1 ? c_.say(Phrase::kHessianFactor) : Sentence{},
        stands_alone || fits(block_.product, names_));
    for (const SimplifyStep& s : block_.in_parts.steps) {
      const bool is_last = &s == &block_.in_parts.steps.back();
      add(s.after, names_, c_.reason(s), is_last || fits(s.after, names_));
    }
    if (!block_.closed) return rows.take();
    const Names leaves = c_.d.leaf_names();
    add(block_.in_parts.value, leaves, c_.say(Phrase::kAllInserted), fits(block_.in_parts.value, leaves));
    for (const SimplifyStep& s : block_.closed->steps)
      add(s.after, leaves, c_.reason(s), fits(s.after, leaves));
    add(block_.closed->value, leaves, c_.say(Phrase::kEngineResult), true);
    return rows.take();
  }

  // The block below the diagonal.
  [[nodiscard]] Block other_order() const {
    const Formula other = second_derivative(c_.d.sample.name, block_.y, block_.x, names_);
    const Formula transposed = {"(" + left_.text + ")ᵀ", R"(\left()" + left_.latex + R"(\right)^{\top})"};
    const bool is_matrix = block_.x.shape().rank() > 0 && block_.y.shape().rank() > 0;
    return is_matrix ? c_.paragraph(Phrase::kHessianTransposed, {equal(other, transposed)})
                     : c_.paragraph(Phrase::kHessianSame, {equal(other, left_)});
  }

  const Context& c_;
  const SecondDerivative& block_;
  Names names_;
  Formula x_, y_, dy_, gradient_, left_;
};

}  // namespace

Blocks hessian_section(const Context& c) {
  if (!c.d.hessian) return {};
  Blocks blocks = {c.heading(Phrase::kHessian)};
  for (std::size_t i = 0; i < c.d.hessian->blocks.size(); ++i) blocks += SecondDerivativeWriter(c, i).write();
  return blocks;
}

}  // namespace catenary::derive
