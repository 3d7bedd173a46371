#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "catenary/base/philox.h"
#include "catenary/ops/evaluate.h"

namespace catenary::testing_support {

/// Which operands are batched: bit i for operand i.
using BatchedOperands = std::uint32_t;

struct ExampleOptions {
  ExampleSizes sizes{.n = 5, .m = 3, .k = 2};
  BatchedOperands batched = 0;
  std::int64_t batch_size = 1;
  DType dtype = DType::kF64;
  std::uint64_t seed = 1;
};

/// A call of an operator on leaves of its example shapes, and numbers for them from its domains.
struct ExampleCall {
  Value y;
  std::vector<Value> operands;  ///< leaves x0, x1, ...: parameters, or inputs where batched
  std::vector<Value> smooth;    ///< the operands without class labels
  Bindings bindings;
};

/// A number from a domain for element `index` of a leaf: uniform and away from zero, or a class label below
/// `classes`, or an element of a matrix whose diagonal dominates.
inline double sample(const Domain& domain, const Shape& shape, std::int64_t classes, const Philox& random,
                     std::uint64_t index) {
  if (domain.kind == Domain::Kind::kLabel) {
    return static_cast<double>(random.below(static_cast<std::uint64_t>(classes), index));
  }
  const double x = domain.low + (domain.high - domain.low) * random.uniform(index);
  if (domain.kind == Domain::Kind::kDominantDiagonal) {
    const auto n = static_cast<std::uint64_t>(shape[0]), place = index % (n * n);
    return x / static_cast<double>(n) + (place % (n + 1) == 0 ? std::copysign(1, x) : 0);
  }
  return std::abs(x) < domain.keep_from_zero ? x + std::copysign(domain.keep_from_zero, x) : x;
}

/// Binds a leaf to numbers from a domain; the stream keeps leaves apart.
inline void bind_sample(Bindings& bindings, Value leaf, const Domain& domain, std::int64_t classes,
                        std::uint64_t seed) {
  const Philox random(seed, RandomPurpose::kTest, stream_of(leaf.name().data(), leaf.name().size()));
  std::vector<double>& numbers = bindings.leaves[leaf.name()];
  numbers.resize(static_cast<std::size_t>(leaf.shape().size() * (leaf.batched() ? bindings.batch_size : 1)));
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = sample(domain, leaf.shape(), classes, random, i);
}

/// The choices of batched operands that the operator accepts: all of them, but for the operators that cross
/// the batch.
inline std::vector<BatchedOperands> batch_choices(const Op& op) {
  if (op.batch == BatchRule::kReduces) return {1};
  if (op.batch == BatchRule::kSpreads || op.name == "batch_size") return {0};
  std::vector<BatchedOperands> choices;
  if (op.variadic()) return {0, 1, 6, 7};  // three operands: none, the first, the others, all
  const auto operands = example_shapes(op, {1, 1, 1}).size();
  for (BatchedOperands batched = 0; batched < (1u << operands); ++batched) choices.push_back(batched);
  return choices;
}

inline ExampleCall example_call(Graph& graph, const Op& op, const ExampleOptions& options) {
  ExampleCall call;
  call.bindings.batch_size = options.batch_size;
  for (const Shape& shape : example_shapes(op, options.sizes)) {
    const std::size_t i = call.operands.size();
    const std::string name = fmt::format("x{}", i);
    const bool batched = (options.batched >> i) % 2 == 1;
    const Value x =
        batched ? graph.input(name, shape, options.dtype) : graph.parameter(name, shape, {}, options.dtype);
    const Domain& domain = i == 1 ? op.domain2 : op.domain;
    bind_sample(call.bindings, x, domain, options.sizes.n, options.seed);
    call.operands.push_back(x);
    if (domain.kind != Domain::Kind::kLabel) call.smooth.push_back(x);
  }
  const Attribute attribute = op.example != nullptr ? op.example(options.sizes) : Attribute{};
  call.y = graph.call(op, call.operands, attribute);
  return call;
}

}  // namespace catenary::testing_support
