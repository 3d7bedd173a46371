#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "catenary/derive/proof/functions.h"
#include "catenary/derive/proof/language.h"

/// Evaluates the index language, so that tests can compute what proofs print.
namespace catenary::derive::testing {

struct IndexArray {
  std::vector<double> numbers;
  std::vector<std::int64_t> extents;

  /// The extents that so many subscripts run over: the array's own, those above 1, or all elements in a row.
  [[nodiscard]] std::vector<std::int64_t> seen_with(std::size_t subscripts) const {
    if (subscripts == extents.size()) return extents;
    if (subscripts == 1) return {static_cast<std::int64_t>(numbers.size())};
    std::vector<std::int64_t> squeezed;
    std::copy_if(extents.begin(), extents.end(), std::back_inserter(squeezed), [](auto n) { return n != 1; });
    if (squeezed.size() != subscripts && numbers.size() != 1) throw std::logic_error("subscripts do not fit");
    return squeezed;
  }
};

using Arrays = std::map<std::string, IndexArray>;
using Indices = std::map<std::string, std::int64_t>;

/// Numbers for all arrays, and for the derivatives what they are when one element of an operand moves.
struct IndexPoint {
  struct Move {
    Arrays plus, minus;
    double width;
  };
  Arrays at;
  std::map<std::string, std::vector<Move>> moves;  ///< by operand and element
  std::map<std::string, std::vector<double>>
      slopes;  ///< of C by operand and element: the gradient rule's answer
};

/// What an operator that is a function of each element makes of a number.
inline double reference(const Op& op, double x) {
  double y = 0;
  const std::span<const double> input(&x, 1);
  const Shape scalar;
  op.reference(ReferenceCall{.inputs = {&input, 1},
                             .shapes = {&scalar, 1},
                             .output = {&y, 1},
                             .output_shape = scalar,
                             .attribute = {},
                             .batch_size = 1});
  return y;
}

class IndexEvaluator {
 public:
  using Kind = IndexExpression::Kind;
  IndexEvaluator(const IndexPoint& point, const Arrays& at, const Indices& ranges)
      : point_(point), at_(at), ranges_(ranges) {}

  double value(const IndexExpression& e, const Indices& indices) const {
    const auto part = [&](std::size_t i) { return value(e.parts.at(i), indices); };
    switch (e.kind) {
      case Kind::kNumber: return e.number;
      case Kind::kIndex: return static_cast<double>(indices.at(e.name));
      case Kind::kElement: return at_.at(e.name).numbers.at(place(e, indices));
      case Kind::kSum: return sum(e, indices);
      case Kind::kMax: return greatest(e, indices).second;
      case Kind::kArgmax: return static_cast<double>(greatest(e, indices).first);
      case Kind::kBracket:
      case Kind::kDelta: return holds(e.name, part(0), part(1)) ? 1 : 0;
      case Kind::kDerivative: return derivative(e, indices);
      case Kind::kAdd: return part(0) + part(1);
      case Kind::kSub: return part(0) - part(1);
      // What a bracket switches off need not exist: [2 ≤ k] g[k − 2].
      case Kind::kMul: return part(0) == 0 ? 0 : part(0) * part(1);
      case Kind::kDiv: return part(0) / part(1);
      case Kind::kPow: return std::pow(part(0), part(1));
      case Kind::kNeg: return -part(0);
      case Kind::kCall: return call(e, indices);
    }
    throw std::logic_error("no such kind");
  }

  /// A comparison; "=" to within a few roundings.
  bool holds_nearly(const IndexExpression& bracket, const Indices& indices) const {
    const double a = value(bracket.parts.at(0), indices), b = value(bracket.parts.at(1), indices);
    return bracket.name == "=" ? std::abs(a - b) <= 1e-14 * std::max(1.0, std::abs(b))
                               : holds(bracket.name, a, b);
  }

 private:
  /// The matrix without one row and one column.
  static IndexArray cut(const IndexArray& matrix, std::int64_t row, std::int64_t column) {
    const std::int64_t n = matrix.extents.at(0);
    IndexArray rest{{}, {n - 1, n - 1}};
    for (std::int64_t place = 0; place < n * n; ++place) {
      if (place / n != row && place % n != column) rest.numbers.push_back(matrix.numbers.at(place));
    }
    return rest;
  }

  /// By expansion along the first row.
  static double determinant(const IndexArray& matrix) {
    if (matrix.numbers.empty()) return 1;
    double total = 0;
    for (std::int64_t j = 0; j < matrix.extents[0]; ++j)
      total += (j % 2 == 0 ? 1 : -1) * matrix.numbers[j] * determinant(cut(matrix, 0, j));
    return total;
  }

  [[nodiscard]] IndexArray minor(const IndexExpression& e, const Indices& indices) const {
    return cut(at_.at(e.name), indices.at(e.parts[0].name), indices.at(e.parts[1].name));
  }

  /// An element of the inverse by Cramer's rule: the cofactor of its mirror image, divided by the
  /// determinant.
  [[nodiscard]] double inverse(const IndexExpression& e, const Indices& indices) const {
    const std::int64_t i = indices.at(e.parts[0].name), j = indices.at(e.parts[1].name);
    const IndexArray& matrix = at_.at(e.name);
    return ((i + j) % 2 == 0 ? 1 : -1) * determinant(cut(matrix, j, i)) / determinant(matrix);
  }

  [[nodiscard]] std::size_t place(const IndexExpression& e, const Indices& indices) const {
    const std::vector<std::int64_t> extents = at_.at(e.name).seen_with(e.parts.size());
    std::int64_t place = 0;
    for (std::size_t i = 0; i < e.parts.size(); ++i) {
      const auto index = static_cast<std::int64_t>(value(e.parts[i], indices));
      if (index < 0 || index >= extents.at(i)) throw std::logic_error(e.name + ": index out of range");
      place = place * extents[i] + index;
    }
    return static_cast<std::size_t>(place);
  }

  [[nodiscard]] double sum(const IndexExpression& e, Indices indices) const {
    double total = 0;
    for (std::int64_t i = 0; i < ranges_.at(e.name); ++i) {
      indices[e.name] = i;
      total += value(e.parts[0], indices);
    }
    return total;
  }

  [[nodiscard]] std::pair<std::int64_t, double> greatest(const IndexExpression& e, Indices indices) const {
    std::pair<std::int64_t, double> best{0, -HUGE_VAL};
    for (std::int64_t i = 0; i < ranges_.at(e.name); ++i) {
      indices[e.name] = i;
      if (const double x = value(e.parts[0], indices); x > best.second) best = {i, x};
    }
    return best;
  }

  static bool holds(const std::string& comparison, double a, double b) {
    if (comparison == "=") return a == b;
    if (comparison == "!=") return a != b;
    if (comparison == "<") return a < b;
    if (comparison == "<=") return a <= b;
    return comparison == ">" ? a > b : a >= b;
  }

  [[nodiscard]] double derivative(const IndexExpression& e, const Indices& indices) const {
    const IndexExpression &f = e.parts[0], &x = e.parts[1];
    if (f.name == "C") return point_.slopes.at(x.name).at(place(x, indices));
    const IndexPoint::Move& move = point_.moves.at(x.name).at(place(x, indices));
    return (IndexEvaluator(point_, move.plus, ranges_).value(f, indices) -
            IndexEvaluator(point_, move.minus, ranges_).value(f, indices)) /
           move.width;
  }

  [[nodiscard]] double call(const IndexExpression& e, const Indices& indices) const {
    if (e.name == "samples") return static_cast<double>(at_.at("x").extents.at(0));
    if (e.name == "size") return static_cast<double>(at_.at(e.parts.at(0).name).numbers.size());
    if (e.name == "det") return determinant(at_.at(e.parts.at(0).name));
    if (e.name == "minor") return determinant(minor(e.parts.at(0), indices));
    if (e.name == "inverse") return inverse(e.parts.at(0), indices);
    const double x = value(e.parts.at(0), indices);
    if (e.name == "clip" || e.name == "max") {
      const double limit = value(e.parts.at(1), indices);
      return e.name == "max" ? std::max(x, limit) : std::clamp(x, -limit, limit);
    }
    if (e.name == "abs") return std::abs(x);
    const Op* op = function_named(e.name);
    if (op == nullptr) throw std::out_of_range(e.name);
    return reference(*op, x);
  }

  const IndexPoint& point_;
  const Arrays& at_;
  const Indices& ranges_;
};

/// How far each index of the line runs: as far as an array that it stands in, or as an index that it equals.
inline Indices ranges_of(const IndexEquality& line, const Arrays& at) {
  using Kind = IndexExpression::Kind;
  Indices ranges;
  const auto run = [&](const std::string& index, std::int64_t range) {
    if (ranges.emplace(index, range).first->second != range)
      throw std::logic_error(index + " has two ranges");
  };
  const auto look = [&](const auto& visit) {
    for (const IndexExpression& side : line) for_each_part(side, visit);
  };
  look([&](const IndexExpression& e) {
    for (std::size_t i = 0; e.kind == Kind::kElement && i < e.parts.size(); ++i) {
      const auto array = at.find(e.name);
      if (e.parts[i].kind == Kind::kIndex && array != at.end())
        run(e.parts[i].name, array->second.seen_with(e.parts.size()).at(i));
    }
  });
  look([&](const IndexExpression& e) {
    if (e.kind != Kind::kBracket || e.parts[0].kind != Kind::kIndex || e.parts[1].kind != Kind::kIndex)
      return;
    for (const std::size_t side : {0u, 1u}) {
      if (const auto known = ranges.find(e.parts[1 - side].name); known != ranges.end())
        ranges.emplace(e.parts[side].name, known->second);
    }
  });
  return ranges;
}

/// The free indices of e; a test failure where an index is bound twice or both bound and free.
inline void add_free_indices(const IndexExpression& e, std::set<std::string> bound,
                             std::set<std::string>& free) {
  using Kind = IndexExpression::Kind;
  if (e.kind == Kind::kSum || e.kind == Kind::kMax || e.kind == Kind::kArgmax) {
    EXPECT_TRUE(bound.insert(e.name).second) << "index " << e.name << " is bound twice";
  }
  if (e.kind == Kind::kIndex && !bound.contains(e.name)) free.insert(e.name);
  for (const IndexExpression& part : e.parts) add_free_indices(part, bound, free);
}

/// Calls visit(indices) for all values of the line's free indices.
template <typename Visit>
void for_all_indices(const IndexEquality& line, const Indices& ranges, Visit visit) {
  std::set<std::string> free;
  for (const IndexExpression& side : line) add_free_indices(side, {}, free);
  std::vector<Indices> all{{}};
  for (const std::string& index : free) {
    std::vector<Indices> longer;
    for (const Indices& indices : all) {
      for (std::int64_t i = 0; i < ranges.at(index); ++i) {
        longer.push_back(indices);
        longer.back()[index] = i;
      }
    }
    all = std::move(longer);
  }
  for (const Indices& indices : all) visit(indices);
}

}  // namespace catenary::derive::testing
