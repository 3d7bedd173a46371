#include "catenary/derive/steps/hessian.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "catenary/base/error.h"
#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/differential.h"
#include "catenary/derive/steps/linear_form.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// A step is a few lines: this many are some hundred pages.
constexpr std::int64_t kMostDifferentials = 3000;
// Symbols of a formula that a person still reads, and of one that may become so.
constexpr int kLongestClosedForm = 80, kLongestToClose = 400;

// What a written formula does not show.
bool is_silent(Value v) { return is(v, ops::kBroadcast) || is(v, ops::kReshape); }

// The nodes below v and itself, operands first, down to named values and leaves.
std::vector<Value> nodes_above_names(Value v, const Names& names) {
  std::vector<Value> nodes;
  walk(v, [&](Value x) {
    nodes.push_back(x);
    return !is_leaf(x.op()) && names.find(x) == nullptr;
  });
  std::ranges::sort(nodes, {}, &Value::id);
  return nodes;
}

bool repeats(Value v) { return is(v, ops::kBroadcast) || is(v, ops::kConstant); }

// The formula with each of its nodes, down to named values, replaced; operands first.
template <typename F>
Value rebuilt(Value v, const Names& names, F replaced) {
  std::map<NodeId, Value> image;
  for (const Value x : nodes_above_names(v, names)) {
    Value same = x;
    if (!is_leaf(x.op()) && names.find(x) == nullptr) {
      std::vector<Value> inputs;
      for (int i = 0; i < x.input_count(); ++i) inputs.push_back(image.at(x.input(i).id()));
      same = x.graph().call(x.op(), inputs, x.attribute());
    }
    image[x.id()] = replaced(same);
  }
  return image.at(v.id());
}

// One block: the differentials of the gradient's parts, from those of the variable up.
class Differentiator {
 public:
  Differentiator(const Derivation& d, Hessian& hessian, SecondDerivative& block, int& number,
                 std::int64_t& total)
      : d_(d), h_(hessian), block_(block), number_(number), total_(total) {}

  void run(const Formula& gradient_name) {
    block_.dy = symbol_of(block_.y, *h_.names.find(block_.y));
    differential_[block_.y.id()] = block_.dy;
    const Value dy = block_.dy;
    const Value one = dy.shape().rank() == 0 ? dy.graph().constant(1, {}, dy.type().dtype)
                                             : identity(dy.graph(), dy.shape()[0], dy.type().dtype);
    ways_[dy.id()] = {.z = block_.y, .jacobian = one, .inserted = dy, .along = one};
    for (const Value v : dependent()) {
      if (is_silent(v) && v != block_.gradient) {
        const Value dx = of(v.input(0));
        if (dx) differential_[v.id()] = d_.graph->call(v.op(), {dx}, v.attribute());
        continue;
      }
      const Formula* known = h_.names.find(v);
      add_step(v, known != nullptr ? *known : gradient_name);
    }
    complete();
  }

 private:
  // From the variable to a scalar or vector z: ∂z/∂v, dz as a formula in dv alone, and a leaf for ∂z/∂v.
  struct Way {
    Value z, jacobian, inserted, along;
  };

  [[nodiscard]] Value of(Value v) const {
    const auto it = differential_.find(v.id());
    return it == differential_.end() ? Value{} : it->second;
  }

  Value symbol_of(Value v, const Formula& name) {
    const std::string leaf = "d#" + std::to_string(v.id()) + "#" + std::to_string(number_);
    const Value symbol = d_.graph->shared_input(leaf, v.shape(), v.type().dtype);
    h_.names.set(symbol, differential_of(name));
    return symbol;
  }

  // What the gradient computes from the variable, operands first.
  [[nodiscard]] std::vector<Value> dependent() {
    std::vector<Value> order;
    std::set<NodeId> depends = {block_.y.id()};
    for (const Value v : reachable({block_.gradient})) {
      for (int i = 0; i < v.input_count(); ++i) {
        if (depends.contains(v.input(i).id())) depends.insert(v.id());
      }
      if (v != block_.y && depends.contains(v.id())) order.push_back(v);
    }
    total_ += static_cast<std::int64_t>(order.size());
    if (total_ > kMostDifferentials) {
      fail(ErrorKind::kConfig,
           "the second derivatives would take more than {} steps, the most that are written; name fewer "
           "variables with --wrt",
           kMostDifferentials);
    }
    return order;
  }

  void add_step(Value y, const Formula& name) {
    Differential step{.y = y};
    for (int i = 0; i < y.input_count(); ++i) {
      const Value dx = of(y.input(i));
      const Value raw = dx ? differential(y, i, dx) : Value{};
      if (!raw) continue;
      const Value part = with_inner_products(shortened(raw).value);
      step.rule = with_term(step.rule, part, h_.names);
      ++step.moving;
    }
    if (!step.rule) {  // constant almost everywhere
      bool moves = false;
      for (int i = 0; i < y.input_count(); ++i) moves |= bool(of(y.input(i)));
      if (y != block_.gradient && moves) block_.flat.push_back(y);
      return;
    }
    step.shortened = shortened(step.rule);
    const Value formula = without_matrices(step.shortened.value);
    const std::vector<Value> symbols = symbols_in(formula, y);
    if (symbols.empty()) return;
    step.number = ++number_;
    step.symbol = symbol_of(y, name);
    differential_[y.id()] = step.symbol;
    if (y.shape().rank() > 1)
      matrix_[step.symbol.id()] = formula;
    else
      read_jacobians(step, formula, symbols, name);
    block_.steps.push_back(std::move(step));
  }

  // Named values stay whole.
  [[nodiscard]] Simplified shortened(Value v) const {
    if (is_leaf(v.op()) || h_.names.find(v) != nullptr) return {v, {}};
    std::vector<Value> named;
    for (const Value x : nodes_above_names(v, h_.names)) {
      if (!is_leaf(x.op()) && h_.names.find(x) != nullptr) named.push_back(x);
    }
    return simplify(v, d_.assumptions(named));
  }

  Value leaf_for(Value jacobian, Value y, const Formula& name) {
    const std::string leaf = "J#" + std::to_string(y.id()) + "#" + std::to_string(number_);
    const Value along = d_.graph->shared_input(leaf, jacobian.shape(), jacobian.type().dtype);
    h_.names.set(along, jacobian_name(name, y, *h_.names.find(block_.y), block_.y));
    return along;
  }

  void read_jacobians(Differential& step, Value formula, const std::vector<Value>& symbols,
                      const Formula& name) {
    Way way{.z = step.y, .jacobian = {}, .inserted = {}, .along = {}};
    for (const Value dz : symbols) {
      const Way& before = ways_.at(dz.id());
      const Value local = shortened(LinearForm(dz, h_.names)(formula)).value;
      step.jacobians.push_back({before.z, dz, local});
      step.in_matrices = with_term(step.in_matrices, chained(local, dz, dz, h_.names), h_.names);
      way.inserted = with_term(way.inserted, chained(local, before.inserted, dz, h_.names), h_.names);
      way.jacobian = with_term(way.jacobian, chained(local, before.jacobian, dz, h_.names), h_.names);
      step.chain = with_term(step.chain, chained(local, before.along, dz, h_.names), h_.names);
    }
    step.along = way.along = leaf_for(way.jacobian, step.y, name);
    ways_[step.symbol.id()] = way;
  }

  // A matrix has no Jacobian that is a matrix: what reads its differential reads the formula.
  [[nodiscard]] Value without_matrices(Value v) const {
    return rebuilt(v, h_.names, [&](Value x) {
      const auto matrix = matrix_.find(x.id());
      return matrix == matrix_.end() ? x : matrix->second;
    });
  }

  // Σ a ⊙ v as aᵀ v.
  [[nodiscard]] Value with_inner_products(Value v) const {
    return rebuilt(v, h_.names, [&](Value x) {
      const bool is_sum = is(x, ops::kSum) && is(x.input(0), ops::kMul) && x.input(0).shape().rank() == 1;
      if (!is_sum || h_.names.find(x.input(0)) != nullptr) return x;
      const Value a = x.input(0).input(0), b = x.input(0).input(1);
      return repeats(a) || repeats(b) ? x : dot(a, b);
    });
  }

  // Of y's operands in their order, then of what stands in matrices.
  [[nodiscard]] std::vector<Value> symbols_in(Value formula, Value y) const {
    std::vector<Value> symbols;
    for (const Value x : nodes_above_names(formula, h_.names)) {
      if (ways_.contains(x.id())) symbols.push_back(x);
    }
    const auto place = [&](Value symbol) {
      int i = 0;
      while (i < y.input_count() && ways_.at(symbol.id()).z != y.input(i)) ++i;
      return i;
    };
    std::ranges::stable_sort(symbols, {}, place);
    return symbols;
  }

  void complete() {
    if (const Value symbol = of(block_.gradient)) {
      block_.product = ways_.at(symbol.id()).jacobian;
      block_.inserted = ways_.at(symbol.id()).inserted;
    } else {
      std::vector<std::int64_t> extents(block_.x.shape().extents().begin(), block_.x.shape().extents().end());
      for (const std::int64_t n : block_.y.shape().extents()) extents.push_back(n);
      block_.product = d_.graph->constant(0, Shape(extents), block_.x.type().dtype);
    }
    block_.in_parts = shortened(block_.product);
    const Names leaves = d_.leaf_names();
    if (formula_size(block_.in_parts.value, leaves, kLongestToClose) >= kLongestToClose) return;
    Simplified closed = simplify(block_.in_parts.value, d_.assumptions());
    if (formula_size(closed.value, leaves, kLongestClosedForm + 1) <= kLongestClosedForm)
      block_.closed = std::move(closed);
  }

  const Derivation& d_;
  Hessian& h_;
  SecondDerivative& block_;
  int& number_;
  std::int64_t& total_;                   // steps of all blocks
  std::map<NodeId, Value> differential_;  // of a value: a symbol, or a repeated one
  std::map<NodeId, Way> ways_;            // by symbol
  std::map<NodeId, Value> matrix_;        // by a matrix's symbol: its formula in those of vectors
};

void check(const Derivation& d) {
  const auto is_batched = [](Value v) { return v.batched(); };
  if (d.batch || std::ranges::any_of(reachable({d.sample.scalar}), is_batched)) {
    fail(
        ErrorKind::kConfig,
        "a Hessian is that of a function of given values, found the loss of a batch; write it for one sample "
        "with --expr, its variables without 'batched'");
  }
  for (const Result& r : d.sample.results) {
    if (r.variable.shape().rank() < 2) continue;
    fail(ErrorKind::kConfig,
         "a Hessian is that of a function by vectors or scalars: by the matrix {} it would have four "
         "indices; name vectors or scalars with --wrt",
         r.variable.name());
  }
}

int last_equation(const Part& part) {
  int last = part.seed_equation;
  for (const Adjoint& a : part.adjoints) {
    last = std::max(last, a.sum_equation);
    for (const Flow& f : a.flows) last = std::max(last, f.equation);
  }
  return last;
}

// Names for values of the gradients: u₁, u₂, or with another letter where that one is taken.
class PartNames {
 public:
  explicit PartNames(const Derivation& d) {
    std::set<std::string> taken;
    for (const Value v : d.leaves) taken.insert(d.names.find(v)->text.substr(0, 1));
    for (const Definition& definition : d.forward) {
      if (const Formula* name = d.names.find(definition.value)) taken.insert(name->text.substr(0, 1));
    }
    for (const char* letter : {"U", "h", "p", "s", "r", "q", "w", "u"}) {
      if (!taken.contains(letter)) letter_ = letter;
    }
  }

  // For what moves with a variable; what does not is written where it stands.
  void name(Hessian& h, SecondDerivative& block, const std::set<NodeId>& variables, int& number) {
    std::set<NodeId> moves = variables;
    for (const Value v : reachable({block.gradient})) {
      for (int i = 0; i < v.input_count(); ++i) {
        if (moves.contains(v.input(i).id())) moves.insert(v.id());
      }
      const bool is_part = !is_leaf(v.op()) && !is_silent(v) && moves.contains(v.id());
      if (!is_part || v == block.gradient || h.names.find(v) != nullptr) continue;
      h.names.set(v, with_index(symbol(letter_), ++count_));
      block.parts.push_back({++number, v});
    }
    block.gradient_number = ++number;
  }

 private:
  std::string letter_ = "V";
  int count_ = 0;
};

}  // namespace

Formula differential_of(const Formula& name) {
  const bool is_fraction = name.text.find('/') != std::string::npos;  // d(∂f/∂x)
  return is_fraction ? Formula{"d(" + name.text + ")", R"(\mathrm{d}\left()" + name.latex + R"(\right))"}
                     : Formula{"d" + name.text, R"(\mathrm{d}{)" + name.latex + "}"};
}

Formula jacobian_name(const Formula& y, Value of_y, const Formula& z, Value of_z) {
  const bool is_matrix = of_y.shape().rank() == 1 && of_z.shape().rank() == 1;
  return is_matrix ? derivative(y, {z.text + "ᵀ", raised(z.latex, R"(\top)")}) : derivative(y, z);
}

Names Hessian::names_in(std::size_t place) const {
  Names known = names;
  for (const SecondDerivative& later : std::span(blocks).subspan(place + 1)) {
    if (later.x == blocks[place].x) continue;
    for (const GradientPart& part : later.parts) known.remove(part.value);
  }
  return known;
}

Hessian hessian(const Derivation& d) {
  check(d);
  Hessian h{.names = d.names, .blocks = {}};
  int number = last_equation(d.sample);
  std::int64_t total = 0;
  PartNames part_names(d);
  std::set<NodeId> variables;
  for (const Result& r : d.sample.results) variables.insert(r.variable.id());
  const auto& results = d.sample.results;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Value x = results[i].variable;
    const Value gradient =
        results[i].traced ? results[i].traced : d.graph->constant(0, x.shape(), x.type().dtype);
    for (std::size_t j = i; j < results.size(); ++j) {
      SecondDerivative block{.x = x, .y = results[j].variable};
      if (j > i) {
        block.gradient = h.blocks.back().gradient;
        block.gradient_number = h.blocks.back().gradient_number;
      } else {
        block.gradient = simplify(gradient, d.assumptions()).value;
        part_names.name(h, block, variables, number);
      }
      Differentiator(d, h, block, number, total).run(derivative(d.sample.name, *h.names.find(x)));
      h.blocks.push_back(std::move(block));
    }
  }
  return h;
}

}  // namespace catenary::derive
