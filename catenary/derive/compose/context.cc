#include "catenary/derive/compose/context.h"

#include <fmt/format.h>

#include <algorithm>

#include "catenary/ir/walk.h"

namespace catenary::derive {

Context::Context(const Derivation& derivation, const ComposeOptions& options) : d(derivation), o(options) {
  for (const Definition& definition : d.forward) {
    walk(definition.value, [&](Value v) {
      const bool is_below = v != definition.value && (is_leaf(v.op()) || d.names.find(v) != nullptr);
      if (!is_below) equations_with[v.id()].push_back(definition.number);
      return !is_below;
    });
  }
}

std::vector<const Part*> Context::parts() const {
  std::vector<const Part*> all;
  if (tells_sample()) all.push_back(&d.sample);
  if (tells_batch()) all.push_back(&*d.batch);
  return all;
}

Sentence Context::by(std::span<const int> equations) const {
  return equations.empty() ? Sentence{} : say_lists(Phrase::kBy, {references(equations)});
}

Sentence Context::reason(const SimplifyStep& step) const {
  switch (step.kind) {
    case SimplifyStep::Kind::kRule: return say(Phrase::kBy, {{std::string(step.rule), ""}});
    case SimplifyStep::Kind::kArithmetic: return say(Phrase::kArithmetic);
    case SimplifyStep::Kind::kAllAtOnce: return say(Phrase::kSimplified);
  }
  return {};
}

std::string Context::name_of(const Op& op) const {
  const OperatorCard* card = card_of(op);
  return std::string(card == nullptr ? op.name : told_of(*card).name);
}

Formula Context::shape(Value v) const {
  const bool in_numbers = shows_numbers() && !o.symbolic_shapes;
  const std::string text =
      in_numbers ? Dimensions{}.str(o.valuation->shape_of(v)) : d.dimensions.str(v.shape());
  std::string latex;
  for (std::size_t at = 0; at < text.size();) {
    const bool times = text.compare(at, 2, "×") == 0;
    latex += times ? R"( \times )" : std::string(1, text[at]);
    at += times ? 2 : 1;
  }
  return {text, latex};
}

Blocks Context::numbers(const Formula& name, Value v, int step) const {
  if (!shows_numbers()) return {};
  return {numbers_block({name, o.valuation->shape_of(v), o.valuation->of(v)}, step)};
}

Blocks Context::numbers_of_steps(const std::function<Formula(const Names&)>& name, Value v, int step) const {
  if (!shows_numbers()) return {};
  constexpr std::int64_t kMostMatrices = 8;
  const Valuation& valuation = *o.valuation;
  const Shape shape = valuation.shape_of(v);
  const Recurrence& r = d.recurrences[valuation.recurrence_of(v)];
  const auto at = [&](std::int64_t t) { return name(d.names_at(r, {"", static_cast<int>(t)})); };
  Blocks blocks;
  if (shape.rank() > 1) {
    for (std::int64_t t = 1; t <= std::min(r.steps, kMostMatrices); ++t)
      blocks += numbers_block({at(t), shape, valuation.of_step(v, t)}, step);
    return blocks;
  }
  const std::int64_t rows = shape.size();
  const Formula first = at(1), last = at(r.steps);
  const Formula both = r.steps == 1 ? first
                                    : Formula{"[" + first.text + " … " + last.text + "]",
                                              "[" + first.latex + R"(\;\cdots\;)" + last.latex + "]"};
  return {numbers_block({both, {rows, r.steps}, valuation.of_all_steps(v)}, step)};
}

Blocks Context::numbers_in_columns(const Formula& name, Value v) const {
  if (!shows_numbers() || !v.batched() || v.shape().rank() > 1) return {};
  const std::int64_t samples = o.valuation->batch_size(), rows = o.valuation->shape_of(v).size();
  std::vector<double> all(static_cast<std::size_t>(rows * samples));
  for (std::int64_t n = 0; n < samples; ++n) {
    const std::vector<double> column = o.valuation->of(v, n);
    for (std::int64_t i = 0; i < rows; ++i)
      all[static_cast<std::size_t>(i * samples + n)] = column[static_cast<std::size_t>(i)];
  }
  return {numbers_block({name, {rows, samples}, std::move(all)})};
}

Formula reference(int equation) { return plain(fmt::format("({})", equation)); }

std::vector<Formula> references(std::span<const int> equations) {
  std::vector<Formula> all;
  for (const int equation : equations) all.push_back(reference(equation));
  return all;
}

Formula plain(const std::string& text) { return {text, text}; }

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

}  // namespace catenary::derive
