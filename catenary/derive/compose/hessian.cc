#include <algorithm>

#include "catenary/derive/compose/composer.h"
#include "catenary/derive/operators/card.h"
#include "catenary/derive/steps/linear_form.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// Symbols of a formula that still fits a line or two.
constexpr int kLongestRow = 60;
// Of the whole second derivative; above, it is written as a chain of matrices.
constexpr int kLongest = 250;

Formula equation_of(const Formula& a, const Formula& b) {
  return {a.text + " = " + b.text, a.latex + " = " + b.latex};
}

class HessianComposer {
 public:
  explicit HessianComposer(Composer& c) : c_(c) {}

  void add(std::size_t place) {
    const SecondDerivative& block = c_.d.hessian->blocks[place];
    if (block.x == block.y) names_ = c_.d.hessian->names_in(place);
    const Formula dy = write(block.dy), y = write(block.y), gradient = gradient_name(block);
    if (block.x == block.y) {
      c_.paragraph(Phrase::kHessianIntro, {gradient, y, dy});
      add_gradient(block);
    } else {
      c_.paragraph(Phrase::kHessianMixed, {write(block.x), y, dy});
    }
    const Formula left = second_derivative(c_.d.sample.name, block.x, block.y, names_);
    if (!block.inserted) {
      const std::vector<Value> read = reachable({block.gradient});
      const bool jumps = std::ranges::count(read, block.y) > 0;
      c_.paragraph(jumps ? Phrase::kHessianJumps : Phrase::kHessianConstant, {gradient, y});
    } else {
      if (!block.steps.empty() && block.x == block.y)
        c_.paragraph(Phrase::kHessianDifferentials, {{"Jᵀ", R"(J^{\top})"}, symbol("J")});
      add_flat(block);
      for (const Differential& step : block.steps) add_step(block, step);
      add_inserted(block, dy);
    }
    if (is_long(block))
      add_chain(block, left);
    else
      c_.document.equation({.left = left, .rows = result_rows(block)});
    c_.numbers(left, block.value());
    if (block.x == block.y) return;
    const Formula other = second_derivative(c_.d.sample.name, block.y, block.x, names_);
    const Formula transposed = {"(" + left.text + ")ᵀ", R"(\left()" + left.latex + R"(\right)^{\top})"};
    const bool is_matrix = block.x.shape().rank() > 0 && block.y.shape().rank() > 0;
    if (is_matrix)
      c_.paragraph(Phrase::kHessianTransposed, {equation_of(other, transposed)});
    else
      c_.paragraph(Phrase::kHessianSame, {equation_of(other, left)});
  }

 private:
  [[nodiscard]] Formula write(Value v) const { return derive::write(v, names_); }
  [[nodiscard]] Formula gradient_name(const SecondDerivative& block) const {
    return derivative(c_.d.sample.name, write(block.x));
  }

  void add_gradient(const SecondDerivative& block) {
    if (!block.parts.empty()) c_.paragraph(Phrase::kHessianGradient);
    for (const GradientPart& part : block.parts) {
      const Formula name = write(part.value);
      c_.document.equation(
          {.number = part.number, .left = name, .rows = {{write_definition(part.value, names_), {}}}});
      c_.numbers(name, part.value);
    }
    const Formula name = gradient_name(block);
    c_.document.equation(
        {.number = block.gradient_number, .left = name, .rows = {{write(block.gradient), {}}}});
    c_.numbers(name, block.gradient);
  }

  // Values without an equation among the differentials, and why.
  void add_flat(const SecondDerivative& block) {
    for (const Value v : block.flat) {
      const Formula dv = differential_of(write(v));
      c_.paragraph(Phrase::kHessianFlat,
                   {equal(write(v), write_definition(v, names_)), {dv.text + " = 0", dv.latex + " = 0"}});
    }
  }

  void add_step(const SecondDerivative& block, const Differential& step) {
    std::vector<Equation::Row> rows = {{write(step.rule), rule_name(block, step)}};
    for (const SimplifyStep& s : step.shortened.steps) push(rows, write(s.after), c_.reason(s));
    if (needs_matrices(step)) push(rows, write(step.in_matrices), c_.say(Phrase::kMatrixTimesColumn));
    c_.document.equation({.number = step.number, .left = write(step.symbol), .rows = std::move(rows)});
    for (const Differential::Jacobian& j : step.jacobians) {
      if (j.matrix.shape().rank() == 0 || is_scaled_identity(j.matrix, names_)) continue;
      const bool is_gradient = step.y == block.gradient && names_.find(step.y) == nullptr;
      const Formula y = is_gradient ? gradient_name(block) : write(step.y);
      c_.numbers(jacobian_name(y, step.y, write(j.z), j.z), j.matrix);
    }
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

  Sentence rule_name(const SecondDerivative& block, const Differential& step) const {
    const Op& op = step.y.op();
    const OperatorCard* card = card_of(op);
    const bool english = c_.o.language == Language::kEnglish;
    const std::string_view name = card == nullptr ? op.name
                                  : english       ? card->english.name
                                                  : card->chinese.name;
    const bool is_product = step.moving > 1 && op.traits.product;
    const bool is_direct = std::ranges::all_of(
        step.jacobians, [&](const Differential::Jacobian& j) { return j.dz == block.dy; });
    const bool is_function = step.y.input_count() == 1 && !is_direct;
    Sentence sentence = {{std::string(name), {}}};
    const auto add = [&](Phrase phrase) {
      for (Inline& part : c_.say(phrase)) sentence.push_back(std::move(part));
    };
    if (is_product)
      add(Phrase::kProductRule);
    else if (&op == &ops::kDiv)
      add(Phrase::kQuotientRule);
    else if (is_function)
      add(Phrase::kChainRuleName);
    return sentence;
  }

  [[nodiscard]] bool is_long(const SecondDerivative& block) const {
    return !block.closed && formula_size(block.in_parts.value, names_, kLongest + 1) > kLongest;
  }

  // What one formula cannot hold, matrix by matrix.
  void add_chain(const SecondDerivative& block, const Formula& left) {
    c_.paragraph(Phrase::kHessianChain);
    for (const Differential& step : block.steps) {
      const bool is_last = &step == &block.steps.back();
      if (step.chain)
        c_.document.equation({.left = is_last ? left : write(step.along), .rows = {{write(step.chain), {}}}});
    }
  }

  void add_inserted(const SecondDerivative& block, const Formula& dy) {
    if (block.steps.size() > 1 && formula_size(block.inserted, names_, kLongestRow + 1) <= kLongestRow) {
      c_.paragraph(Phrase::kHessianInserted, {dy});
      const Formula name = gradient_name(block);
      c_.document.equation(
          {.left = {"d(" + name.text + ")", R"(\mathrm{d}\left()" + name.latex + R"(\right))"},
           .rows = {{write(block.inserted), {}}}});
    }
    if (!is_long(block)) c_.paragraph(Phrase::kHessianRead, {dy});
  }

  [[nodiscard]] bool fits(Value v, const Names& names) const {
    return formula_size(v, names, kLongestRow + 1) <= kLongestRow;
  }

  // The product of the Jacobians, shortened, and then in what is given.
  std::vector<Equation::Row> result_rows(const SecondDerivative& block) const {
    std::vector<Equation::Row> rows;
    GatheredRows gathered(c_, rows);
    const auto add = [&](Value v, const Names& names, const Sentence& reason, bool is_short) {
      gathered.add(is_short ? std::optional(derive::write(v, names)) : std::nullopt, reason);
    };
    const bool stands_alone = block.in_parts.steps.empty();
    add(block.product, names_, block.steps.size() > 1 ? c_.say(Phrase::kHessianFactor) : Sentence{},
        stands_alone || fits(block.product, names_));
    for (const SimplifyStep& s : block.in_parts.steps) {
      const bool is_last = &s == &block.in_parts.steps.back();
      add(s.after, names_, c_.reason(s), is_last || fits(s.after, names_));
    }
    if (!block.closed) return rows;
    const Names leaves = c_.d.leaf_names();
    add(block.in_parts.value, leaves, c_.say(Phrase::kAllInserted), fits(block.in_parts.value, leaves));
    for (const SimplifyStep& s : block.closed->steps)
      add(s.after, leaves, c_.reason(s), fits(s.after, leaves));
    add(block.closed->value, leaves, c_.say(Phrase::kEngineResult), true);
    return rows;
  }

  Composer& c_;
  Names names_ = {};
};

}  // namespace

Formula second_derivative(const Formula& f, Value x, Value y, const Names& names) {
  const Formula a = *names.find(x), b = *names.find(y);
  const bool is_row = x.shape().rank() > 0 && y.shape().rank() > 0;  // ∂f/∂c of a number c has a column
  const bool is_square = x == y && !is_row && x.shape().rank() == 0;
  const std::string below =
      is_square ? "∂" + a.text + "²" : "∂" + a.text + "∂" + b.text + (is_row ? "ᵀ" : "");
  const std::string latex_below = is_square ? R"(\partial )" + raised(a.latex, "2")
                                            : R"(\partial )" + a.latex + R"(\, \partial )" +
                                                  (is_row ? raised(b.latex, R"(\top)") : b.latex);
  return {"∂²" + f.text + "/" + below, R"(\frac{\partial^2 )" + f.latex + "}{" + latex_below + "}"};
}

void add_hessian(Composer& c) {
  if (!c.d.hessian) return;
  c.heading(Phrase::kHessian);
  HessianComposer composer(c);
  for (std::size_t i = 0; i < c.d.hessian->blocks.size(); ++i) composer.add(i);
}

}  // namespace catenary::derive
