#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "catenary/derive/proof/rules.h"
#include "catenary/derive/proof/testing.h"
#include "catenary/ops/evaluate.h"
#include "tests/support/example_call.h"

/// Numbers for all that a rule in index form speaks of, so that tests can compute its lines.
namespace catenary::derive::testing {

using testing_support::ExampleCall;

/// Sides that contain a difference of numbers agree with the others within its truncation and rounding: with
/// the step ∛ε·max(1, |x|) these are about ε^⅔ = 4e-11 of the size of the third derivative, below 100 here.
inline constexpr double kDifferences = 1e-8;
/// The other sides are a few dozen roundings apart.
inline constexpr double kRoundings = 1e-12;

inline IndexArray array_of(Value v, std::int64_t batch, const std::vector<double>& numbers) {
  std::vector<std::int64_t> extents(v.shape().extents().begin(), v.shape().extents().end());
  if (v.batched()) extents.insert(extents.begin(), batch);
  return {numbers, extents};
}

/// The array that a shorthand is, computed from those in `at`.
inline IndexArray shorthand_at(const IndexLine& line, const Arrays& at) {
  const IndexPoint no_derivatives;
  const Indices ranges = ranges_of({line.sides[1]}, at);
  IndexArray shorthand;
  for (const IndexExpression& subscript : line.sides[0].parts)
    shorthand.extents.push_back(ranges.at(subscript.name));
  for_all_indices({line.sides[1]}, ranges, [&](const Indices& indices) {
    shorthand.numbers.push_back(IndexEvaluator(no_derivatives, at, ranges).value(line.sides[1], indices));
  });
  return shorthand;
}

/// y, its operands under the names that the rule has for them, and the rule's shorthands.
inline Arrays arrays_at(const ExampleCall& call, const IndexRule& rule, const Bindings& bindings) {
  Arrays at;
  at["y"] = array_of(call.y, bindings.batch_size, Evaluation({call.y}, bindings)[call.y]);
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    const Value x = call.operands[i];
    at[rule.operands.at(i)] = array_of(x, bindings.batch_size, bindings.leaves.at(x.name()));
  }
  for (const auto& [name, extents] : rule.views) at[name].extents = extents;
  for (const IndexLine& line : rule.where) at[line.sides[0].name] = shorthand_at(line, at);
  return at;
}

/// Truncation and rounding are alike with this share of what x differs by on the way to its function's next
/// peculiarity: 1 for operands, but x itself for probabilities, as ln a bends like 1/a².
inline double step_at(double x, double least) {
  return std::cbrt(std::numeric_limits<double>::epsilon()) * std::max(least, std::abs(x));
}

inline std::vector<IndexPoint::Move> moves_of(std::size_t operand, const ExampleCall& call,
                                              const IndexRule& rule, const Bindings& bindings) {
  std::vector<IndexPoint::Move> moves;
  const std::string& name = call.operands[operand].name();
  for (std::size_t i = 0; i < bindings.leaves.at(name).size(); ++i) {
    Bindings plus = bindings, minus = bindings;
    const double step = step_at(bindings.leaves.at(name)[i], 1);
    plus.leaves[name][i] += step;
    minus.leaves[name][i] -= step;
    moves.push_back({arrays_at(call, rule, plus), arrays_at(call, rule, minus),
                     plus.leaves[name][i] - minus.leaves[name][i]});
  }
  return moves;
}

/// Moves of a shorthand as if it were free: y is what the definition says, nothing else moves.
inline std::vector<IndexPoint::Move> moves_of_shorthand(const std::string& name, const IndexRule& rule,
                                                        const Arrays& at) {
  std::vector<IndexPoint::Move> moves;
  for (std::size_t i = 0; i < at.at(name).numbers.size(); ++i) {
    const double step = step_at(at.at(name).numbers[i], 0.01);
    IndexPoint::Move move{at, at, 0};
    for (auto [arrays, by] : {std::pair(&move.plus, step), std::pair(&move.minus, -step)}) {
      (*arrays)[name].numbers[i] += by;
      arrays->at("y") = shorthand_at(rule.definition, *arrays);
    }
    move.width = move.plus[name].numbers[i] - move.minus[name].numbers[i];
    moves.push_back(std::move(move));
  }
  return moves;
}

/// Whether the lines differentiate by the shorthand.
inline bool differentiates_by(const IndexRule& rule, const std::string& name) {
  bool found = false;
  const auto look = [&](const IndexLine& line) {
    for (const IndexExpression& side : line.sides) {
      for_each_part(side, [&](const IndexExpression& e) {
        found |= e.kind == IndexExpression::Kind::kDerivative && e.parts[1].name == name;
      });
    }
  };
  std::ranges::for_each(rule.steps, look);
  look(rule.partial);
  return found;
}

inline Value adjoint_leaf(const ExampleCall& call) {
  Graph& graph = call.y.graph();
  if (const Value g = graph.find("g")) return g;
  const DType dtype = call.y.type().dtype;
  return call.y.batched() ? graph.input("g", call.y.shape(), dtype)
                          : graph.parameter("g", call.y.shape(), {}, dtype);
}

inline IndexPoint point_of(const ExampleCall& call, const IndexRule& rule, int operand,
                           const Bindings& bindings) {
  IndexPoint point{.at = arrays_at(call, rule, bindings), .moves = {}, .slopes = {}};
  Bindings with_g = bindings;
  const Value g = adjoint_leaf(call);
  testing_support::bind_sample(with_g, g, {.low = -1, .high = 1}, 0, 7);
  point.at["g"] = {with_g.leaves.at("g"), point.at["y"].extents};
  const auto i = static_cast<std::size_t>(operand);
  const Value slope = call.y.op().gradient(Pullback{call.y, g})[i];
  point.slopes[rule.operands.at(i)] = Evaluation({slope}, with_g)[slope];
  point.moves[rule.operands.at(i)] = moves_of(i, call, rule, bindings);
  for (const IndexLine& line : rule.where) {
    const std::string& name = line.sides[0].name;
    if (differentiates_by(rule, name)) point.moves[name] = moves_of_shorthand(name, rule, point.at);
  }
  return point;
}

inline bool has_differences(const IndexExpression& side) {
  bool found = false;
  for_each_part(side, [&](const IndexExpression& e) {
    found |= e.kind == IndexExpression::Kind::kDerivative && e.parts[0].name != "C";
  });
  return found;
}

struct Looked {
  int count = 0;                           ///< how often the line's condition held
  std::vector<std::string> mistakes = {};  ///< sides that do not equal the last one
};

/// All sides of a line for all values of its indices where its condition holds.
inline Looked look_at(const IndexLine& line, const IndexPoint& point) {
  Looked looked;
  IndexEquality all = line.sides;
  if (line.condition) all.push_back(*line.condition);
  const Indices ranges = ranges_of(all, point.at);
  const IndexEvaluator evaluator(point, point.at, ranges);
  for_all_indices(all, ranges, [&](const Indices& indices) {
    if (line.condition && !evaluator.holds_nearly(*line.condition, indices)) return;
    ++looked.count;
    const double expected = evaluator.value(line.sides.back(), indices);
    for (const IndexExpression& side : line.sides) {
      const bool by_differences = has_differences(side) || has_differences(line.sides.back());
      const double tolerance =
          (by_differences ? kDifferences : kRoundings) * std::max(1.0, std::abs(expected));
      const double value = evaluator.value(side, indices);
      if (!(std::abs(value - expected) <= tolerance)) {
        looked.mistakes.push_back(fmt::format("{} = {}, but {} = {}", write(side, {}).text, value,
                                              write(line.sides.back(), {}).text, expected));
      }
    }
  });
  return looked;
}

/// Where a rule's cases may be: as the examples come, far out, and where probabilities add up to 1.
enum class Spread : std::uint8_t { kExample, kFarOut, kSumOfOne };

inline void spread(std::vector<double>& numbers, const Op& op, Spread how) {
  const double total = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  const double factor = how == Spread::kSumOfOne                      ? 1 / total
                        : how == Spread::kFarOut && op.domain.low < 0 ? 2
                                                                      : 1;
  for (double& x : numbers) x *= factor;
}

}  // namespace catenary::derive::testing
