// Samples that are shorter than others, in recurrent layers and in their gradients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/nn/recurrent.h"
#include "catenary/ops/evaluate.h"
#include "catenary/transform/gradient.h"

namespace catenary::nn {
namespace {

// Two samples, of 2 and of 5 rows; what stands beyond the first one's is looked at by nobody.
TEST(Recurrent, RowsBeyondASamplesLengthAreAsIfTheyWereNotThere) {
  for (const Cell cell : {Cell::kRnn, Cell::kLstm, Cell::kGru}) {
    for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
      Graph graph;
      const Value x = graph.input("x", {5, 1}, DType::kF64), length = graph.input("length", {}, DType::kF64);
      const RecurrentOptions options{.name = "l", .direction = direction};
      const RecurrentResult padded = recurrent(cell, 2, {.rows = x, .length = length}, options);
      Graph alone;
      const Value two = alone.input("x", {2, 1}, DType::kF64);
      const RecurrentResult exact = recurrent(cell, 2, {.rows = two}, options);
      Bindings at{.batch_size = 2, .leaves = {{"x", {1, -2, 9, 9, 9, 1, 2, 3, 4, 5}}, {"length", {2, 5}}}};
      Bindings one{.batch_size = 1, .leaves = {{"x", {1, -2}}}};
      double next = 0.1;
      for (const Value p : graph.parameters()) {
        std::vector<double> numbers(static_cast<std::size_t>(p.shape().size()));
        for (double& number : numbers) number = std::sin(next += 1);
        at.leaves[p.name()] = one.leaves[p.name()] = numbers;
      }
      std::vector<Value> wrt = graph.parameters();
      wrt.push_back(x);
      const Value loss = batch_sum(sum(square(padded.sequence)) + sum(padded.last.hidden));
      const Gradient found = gradient(loss, wrt);
      const Evaluation values({padded.sequence, padded.last.hidden, found.adjoints.back()}, at);
      const Evaluation expected({exact.sequence, exact.last.hidden}, one);
      const std::vector<double>& rows = values[padded.sequence];
      EXPECT_THAT(std::vector(rows.begin(), rows.begin() + 4), expected[exact.sequence]);
      EXPECT_THAT(std::vector(rows.begin() + 4, rows.begin() + 10), testing::Each(0.0));
      const std::vector<double>& last = values[padded.last.hidden];
      EXPECT_EQ(std::vector(last.begin(), last.begin() + 2), expected[exact.last.hidden]);
      const std::vector<double>& dx = values[found.adjoints.back()];
      EXPECT_THAT(std::vector(dx.begin() + 2, dx.begin() + 5), testing::Each(0.0));
      EXPECT_NE(dx[1], 0);
    }
  }
}

}  // namespace
}  // namespace catenary::nn
