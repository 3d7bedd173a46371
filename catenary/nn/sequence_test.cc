#include "catenary/nn/sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/nn/recurrent.h"
#include "catenary/ops/evaluate.h"
#include "tests/support/errors.h"

namespace catenary::nn {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing_support::error_of;

std::vector<double> evaluated(Value v, const Bindings& at) { return Evaluation({v}, at)[v]; }

TEST(RowsWithin, AreAsManyAsTheLengthSays) {
  Graph graph;
  const Value within = rows_within(graph.input("length", {}), 3);
  EXPECT_THAT(evaluated(within, {.batch_size = 3, .leaves = {{"length", {1, 2, 3}}}}),
              ElementsAre(1, 0, 0, 1, 1, 0, 1, 1, 1));
}

TEST(WithoutRowsBeyond, LeavesZerosThere) {
  Graph graph;
  const Value x = graph.input("x", {3, 2}), length = graph.input("length", {});
  EXPECT_THAT(evaluated(without_rows_beyond(x, length),
                        {.batch_size = 2,
                         .leaves = {{"x", {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}}, {"length", {1, 3}}}}),
              ElementsAre(1, 2, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6));
}

TEST(EachRow, IsTheLayerOnEveryRowWithOneSetOfParameters) {
  Graph graph;
  const Value x = graph.input("x", {3, 2});
  const Value y = sequential({each_row(dense(2, relu, {.name = "own"})), each_row(dense(1))})(x);
  EXPECT_EQ(y.shape(), Shape({3, 1}));
  EXPECT_EQ(graph.find("own.weight").shape(), Shape({2, 2}));
  EXPECT_EQ(graph.find("dense2.weight").shape(), Shape({1, 2}));
  const Bindings at{.batch_size = 2,
                    .leaves = {{"x", {1, 2, 3, 4, 5, 6, -1, -2, 0, 1, 2, 0}},
                               {"own.weight", {1, 0, 1, -1}},
                               {"own.bias", {0, 3}},
                               {"dense2.weight", {1, 10}},
                               {"dense2.bias", {0.5}}}};
  std::vector<double> expected;
  const std::vector<double>& rows = at.leaves.at("x");
  for (std::size_t i = 0; i < rows.size(); i += 2) {
    const double first = std::max(rows[i], 0.0), second = std::max(rows[i] - rows[i + 1] + 3, 0.0);
    expected.push_back(first + 10 * second + 0.5);
  }
  EXPECT_THAT(evaluated(y, at), ElementsAreArray(expected));
}

TEST(EachRow, StartsItsParametersAsTheLayerDoes) {
  Graph graph;
  const Value x = graph.input("x", {3, 5}, DType::kF64);
  (void)each_row(dense(4, relu, {.name = "a"}))(x);
  Graph alone;
  (void)dense(4, relu, {.name = "a"})(alone.input("x", {5}, DType::kF64));
  EXPECT_EQ(graph.find("a.weight").attribute(), alone.find("a.weight").attribute());
  EXPECT_EQ(graph.find("a.weight").type(), alone.find("a.weight").type());
}

TEST(LastRow, IsThatOfTheLengthWhateverFollows) {
  Graph graph;
  const Value x = graph.input("x", {3, 2}), length = graph.input("length", {});
  const Bindings at{.batch_size = 2,
                    .leaves = {{"x", {1, 2, 3, 4, 5e30, 6e30, 1, 2, 3, 4, 5, 6}}, {"length", {2, 3}}}};
  EXPECT_THAT(evaluated(last_row(x, length), at), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(evaluated(last_row(x), at), ElementsAre(5e30, 6e30, 5, 6));
}

TEST(MeanOverTime, DividesByTheLength) {
  Graph graph;
  const Value x = graph.input("x", {3, 2}), length = graph.input("length", {});
  const Bindings at{.batch_size = 2,
                    .leaves = {{"x", {1, 2, 3, 4, 5e30, 6e30, 1, 2, 3, 4, 5, 6}}, {"length", {2, 3}}}};
  EXPECT_THAT(evaluated(mean_over_time(x, length), at), ElementsAre(2, 3, 3, 4));
  const Bindings all{.batch_size = 1, .leaves = {{"x", {1, 2, 3, 4, 5, 6}}, {"length", {3}}}};
  EXPECT_THAT(evaluated(mean_over_time(x), all), ElementsAre(3, 4));
}

TEST(Embedding, PicksRowsOfItsTable) {
  Graph graph;
  const Value codes = graph.input("codes", {4, 1}), code = graph.input("code", {1});
  const Value rows = embedding(3, 2, {.name = "e"})(codes), row = embedding(3, 2)(code, "other");
  EXPECT_EQ(rows.shape(), Shape({4, 2}));
  EXPECT_EQ(row.shape(), Shape({2}));
  const Bindings at{.batch_size = 1,
                    .leaves = {{"codes", {2, 0, 3, 1}},
                               {"code", {1}},
                               {"e.weight", {1, 2, 3, 4, 5, 6}},
                               {"other.weight", {1, 2, 3, 4, 5, 6}}}};
  EXPECT_THAT(evaluated(rows, at), ElementsAre(5, 6, 1, 2, 0, 0, 3, 4));
  EXPECT_THAT(evaluated(row, at), ElementsAre(3, 4));
}

TEST(Embedding, StartsWithRowsOfALengthOfAboutOne) {
  Graph graph;
  (void)embedding(100, 16, {.name = "e"})(graph.input("x", {2, 1}));
  EXPECT_EQ(graph.find("e.weight").attribute(),
            (Attribute{VariableSpec{Role::kParameter, {Init::Kind::kNormal, 0.25}}}));
}

TEST(SequenceLayers, RefuseWhatIsNoSequence) {
  Graph graph;
  const Value v = graph.input("v", {3}), scalar = graph.input("s", {}), x = graph.input("x", {3, 2});
  EXPECT_EQ(error_of([&] { (void)each_row(dense(1))(scalar); }),
            "shape: each_row needs a sequence [T, ...], found a scalar []");
  EXPECT_EQ(error_of([&] { (void)last_row(v); }), "shape: last_row needs a sequence [T, n], found [3]");
  EXPECT_EQ(error_of([&] { (void)mean_over_time(v); }),
            "shape: mean_over_time needs a sequence [T, n], found [3]");
  EXPECT_EQ(error_of([&] { (void)last_row(x, v); }),
            "shape: last_row needs a scalar [] as length, found [3]");
  EXPECT_EQ(error_of([&] { (void)embedding(5, 2, {.name = "e"})(x); }),
            "shape: embedding layer 'e' needs one code a row, [T, 1] or [1], found [3, 2]");
  EXPECT_EQ(error_of([&] { (void)embedding(0, 2, {.name = "e"})(x); }),
            "shape: embedding layer 'e' needs 1 unit and 1 row or more, found 2 and 0");
  EXPECT_EQ(error_of([&] { (void)embedding(5, 2)(x, ""); }),
            "config: embedding layer needs a name, found none");
}

}  // namespace
}  // namespace catenary::nn
