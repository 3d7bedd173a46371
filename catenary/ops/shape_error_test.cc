#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "catenary/ir/graph.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing_support::error_of;

/// A call that must fail, and how.
struct ShapeError {
  std::string_view op;
  std::vector<Shape> operands;
  Attribute attribute;
  std::string_view message;
};

const std::vector<ShapeError>& shape_errors() {
  static const std::vector<ShapeError> errors = {
      {"add", {{2}, {3}}, {}, "add needs operands of one shape, found [2] and [3]"},
      {"sub", {{2}, {2, 1}}, {}, "sub needs operands of one shape, found [2] and [2, 1]"},
      {"mul", {{2, 3}, {3, 2}}, {}, "mul needs operands of one shape, found [2, 3] and [3, 2]"},
      {"div", {{2}, {}}, {}, "div needs operands of one shape, found [2] and []"},
      {"pow", {{}, {4}}, {}, "pow needs operands of one shape, found [] and [4]"},
      {"equal", {{1}, {3}}, {}, "equal needs operands of one shape, found [1] and [3]"},
      {"softmax", {{2, 3}}, {}, "softmax needs a vector [n] as operand 1, found [2, 3]"},
      {"log_softmax", {{}}, {}, "log_softmax needs a vector [n] as operand 1, found []"},
      {"matvec", {{3}, {3}}, {}, "matvec needs a matrix [m, n] as operand 1, found [3]"},
      {"matvec", {{2, 3}, {3, 1}}, {}, "matvec needs a vector [n] as operand 2, found [3, 1]"},
      {"matvec", {{2, 3}, {2}}, {}, "matvec needs [m, n]·[n]; found [2, 3]·[2], inner sizes 3 and 2 differ"},
      {"matmul", {{3}, {3, 2}}, {}, "matmul needs a matrix [m, n] as operand 1, found [3]"},
      {"matmul", {{2, 3}, {3}}, {}, "matmul needs a matrix [m, n] as operand 2, found [3]"},
      {"matmul",
       {{2, 3}, {2, 3}},
       {},
       "matmul needs [m, n]·[n, k]; found [2, 3]·[2, 3], inner sizes 3 and 2 differ"},
      {"outer", {{2, 3}, {3}}, {}, "outer needs a vector [n] as operand 1, found [2, 3]"},
      {"outer", {{2}, {}}, {}, "outer needs a vector [n] as operand 2, found []"},
      {"dot", {{2}, {3}}, {}, "dot needs operands of one shape, found [2] and [3]"},
      {"transpose", {{3}}, {}, "transpose needs a matrix [m, n] as operand 1, found [3]"},
      {"vec", {{6}}, {}, "vec needs a matrix [m, n] as operand 1, found [6]"},
      {"unvec", {{2, 3}}, Shape{2, 3}, "unvec needs a vector [n] as operand 1, found [2, 3]"},
      {"unvec", {{6}}, Shape{2, 2}, "unvec needs a shape [m, n] with m·n = 6, found [2, 2]"},
      {"unvec", {{6}}, Shape{6}, "unvec needs a shape [m, n] with m·n = 6, found [6]"},
      {"kron", {{3}, {3, 2}}, {}, "kron needs a matrix [m, n] as operand 1, found [3]"},
      {"kron", {{2, 3}, {}}, {}, "kron needs a matrix [m, n] as operand 2, found []"},
      {"kron_adjoint_left",
       {{4, 6}, {3, 2}},
       {},
       "kron_adjoint_left needs [m·k, n·l] and [k, l]; found [4, 6] and [3, 2], which is no factor of it"},
      {"kron_adjoint_left",
       {{6}, {3, 2}},
       {},
       "kron_adjoint_left needs a matrix [m, n] as operand 1, found [6]"},
      {"kron_adjoint_right",
       {{6, 4}, {2, 3}},
       {},
       "kron_adjoint_right needs [m·k, n·l] and [k, l]; found [6, 4] and [2, 3], which is no factor of it"},
      {"inv", {{2, 3}}, {}, "inv needs a square matrix [n, n], found [2, 3]"},
      {"det", {{4}}, {}, "det needs a square matrix [n, n], found [4]"},
      {"logdet", {{3, 2}}, {}, "logdet needs a square matrix [n, n], found [3, 2]"},
      {"trace", {{}}, {}, "trace needs a square matrix [n, n], found []"},
      {"identity", {{}}, std::int64_t{0}, "every extent of a shape is at least 1, found 0"},
      {"identity", {{2}}, std::int64_t{2}, "identity needs a scalar [] as operand 1, found [2]"},
      {"diag", {{2, 2}}, {}, "diag needs a vector [n] as operand 1, found [2, 2]"},
      {"diagonal", {{2, 3}}, {}, "diagonal needs a square matrix [n, n], found [2, 3]"},
      {"logsumexp", {{2, 3}}, {}, "logsumexp needs a vector [n] as operand 1, found [2, 3]"},
      {"argmax", {{2, 3}}, {}, "argmax needs a vector [n] as operand 1, found [2, 3]"},
      {"reshape", {{2, 3}}, Shape{5}, "reshape needs as many elements as before: [2, 3] has 6, [5] has 5"},
      {"slice", {{4, 2}}, SliceRange{2, 0, 1}, "slice needs an axis from 0 to 1 of [4, 2], found 2"},
      {"slice", {{4, 2}}, SliceRange{-1, 0, 1}, "slice needs an axis from 0 to 1 of [4, 2], found -1"},
      {"slice",
       {{4, 2}},
       SliceRange{0, 3, 5},
       "slice needs 0 <= begin < end <= 4 along axis 0 of [4, 2], found 3:5"},
      {"slice",
       {{4, 2}},
       SliceRange{1, 1, 1},
       "slice needs 0 <= begin < end <= 2 along axis 1 of [4, 2], found 1:1"},
      {"slice",
       {{4, 2}},
       SliceRange{0, -1, 1},
       "slice needs 0 <= begin < end <= 4 along axis 0 of [4, 2], found -1:1"},
      {"slice", {{}}, SliceRange{0, 0, 1}, "slice needs an operand with axes, found a scalar []"},
      {"concat",
       {{2, 3}, {2, 4}},
       std::int64_t{0},
       "concat needs parts that differ only along axis 0, found [2, 3] and [2, 4]"},
      {"concat",
       {{2, 3}, {2}},
       std::int64_t{1},
       "concat needs parts that differ only along axis 1, found [2, 3] and [2]"},
      {"concat", {{2}, {3}}, std::int64_t{1}, "concat needs an axis from 0 to 0 of [2], found 1"},
      {"concat", {{}, {}}, std::int64_t{0}, "concat needs an operand with axes, found a scalar []"},
      {"broadcast",
       {{2, 3}},
       Shape{4, 3},
       "broadcast repeats a scalar or axes of extent 1; [2, 3] does not fit [4, 3]"},
      {"broadcast",
       {{3}},
       Shape{2, 3},
       "broadcast repeats a scalar or axes of extent 1; [3] does not fit [2, 3]"},
      {"sum_to", {{2, 3}}, Shape{2, 2}, "sum_to undoes a broadcast; [2, 3] is no broadcast of [2, 2]"},
      {"one_hot", {{3}}, std::int64_t{3}, "one_hot needs a scalar [] as operand 1, found [3]"},
      {"one_hot", {{}}, std::int64_t{0}, "every extent of a shape is at least 1, found 0"},
      {"pick", {{2, 3}, {}}, {}, "pick needs a vector [n] as operand 1, found [2, 3]"},
      {"pick", {{3}, {1}}, {}, "pick needs a scalar [] as operand 2, found [1]"},
      {"squared_error", {{2}, {3}}, {}, "squared_error needs operands of one shape, found [2] and [3]"},
      {"cross_entropy", {{2}, {3}}, {}, "cross_entropy needs operands of one shape, found [2] and [3]"},
      {"softmax_cross_entropy",
       {{2, 3}, {2, 3}},
       {},
       "softmax_cross_entropy needs a vector [n] as operand 1, found [2, 3]"},
      {"softmax_cross_entropy",
       {{2}, {3}},
       {},
       "softmax_cross_entropy needs operands of one shape, found [2] and [3]"},
      {"softmax_cross_entropy_labels",
       {{}, {}},
       {},
       "softmax_cross_entropy_labels needs a vector [n] as operand 1, found []"},
      {"softmax_cross_entropy_labels",
       {{3}, {3}},
       {},
       "softmax_cross_entropy_labels needs a scalar [] as operand 2, found [3]"},
      {"sigmoid_cross_entropy",
       {{2}, {3}},
       {},
       "sigmoid_cross_entropy needs operands of one shape, found [2] and [3]"},
      {"huber", {{2}, {2, 1}}, 1.0, "huber needs operands of one shape, found [2] and [2, 1]"},
  };
  return errors;
}

/// Of an operator with one operand that no case above refuses.
bool takes_any_shape(const Op& op) {
  const std::vector<ShapeError>& errors = shape_errors();
  return op.arity() == 1 && !op.variadic() &&
         std::ranges::none_of(errors, [&](const ShapeError& error) { return error.op == op.name; });
}

/// Leaves to call an operator with, in a graph of their own.
struct Operands {
  Graph graph;
  std::vector<Value> values;

  void add(const Shape& shape, bool batched, DType dtype = DType::kF32) {
    const std::string name = fmt::format("x{}", values.size());
    values.push_back(batched ? graph.input(name, shape, dtype) : graph.parameter(name, shape, {}, dtype));
  }
};

constexpr ExampleSizes kSizes{.n = 3, .m = 2, .k = 4};

Attribute example_attribute(const Op& op) { return op.example != nullptr ? op.example(kSizes) : Attribute{}; }

TEST(ShapeErrors, AreKnownForEveryOperatorOrItTakesAnyShape) {
  for (const Op* op : ops::catalogue()) {
    const bool has_error = std::any_of(shape_errors().begin(), shape_errors().end(),
                                       [&](const ShapeError& error) { return error.op == op->name; });
    EXPECT_TRUE(has_error || takes_any_shape(*op)) << op->name << " needs an entry in shape_errors";
  }
}

TEST(ShapeErrors, SayWhatWasNeededAndWhatWasFound) {
  for (const ShapeError& error : shape_errors()) {
    const Op* op = ops::find(error.op);
    ASSERT_NE(op, nullptr) << error.op;
    Operands operands;
    for (const Shape& shape : error.operands) operands.add(shape, true);
    EXPECT_EQ(error_of([&] { operands.graph.call(*op, operands.values, error.attribute); }),
              fmt::format("shape: {}", error.message));
  }
}

TEST(ShapeErrors, AreNoneForOperatorsThatTakeAnyShape) {
  for (const Op* op : ops::catalogue()) {
    if (!takes_any_shape(*op)) continue;
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{3}, Shape{2, 3}, Shape{2, 3, 4}, Shape{1, 2, 3, 4}}) {
      Operands operands;
      operands.add(shape, op->batch != BatchRule::kSpreads);
      EXPECT_EQ(error_of([&] { operands.graph.call(*op, operands.values, example_attribute(*op)); }),
                "no error")
          << op->name;
    }
  }
}

TEST(ArityErrors, SayHowManyOperandsEachOperatorNeeds) {
  for (const Op* op : ops::catalogue()) {
    const int needed = op->arity();
    for (const int found : {0, 1, 2, 3}) {
      if (found == needed || (op->variadic() && found >= needed)) continue;
      Operands operands;
      for (int i = 0; i < found; ++i) operands.add({3}, true);
      EXPECT_EQ(error_of([&] { operands.graph.call(*op, operands.values, example_attribute(*op)); }),
                fmt::format("shape: {} needs {}{} operand{}, found {}", op->name,
                            op->variadic() ? "at least " : "", needed, needed == 1 ? "" : "s", found));
    }
  }
}

TEST(DtypeErrors, NameBothNumberTypes) {
  for (const Op* op : ops::catalogue()) {
    std::vector<Shape> shapes = example_shapes(*op, kSizes);
    if (shapes.size() < 2) continue;
    Operands operands;
    for (const Shape& shape : shapes) {
      operands.add(shape, true, operands.values.empty() ? DType::kF32 : DType::kF64);
    }
    EXPECT_EQ(error_of([&] { operands.graph.call(*op, operands.values, example_attribute(*op)); }),
              fmt::format("dtype: {} needs operands of one number type, found f32 and f64", op->name));
  }
}

TEST(BatchErrors, SayWhichOperandABatchOperatorNeeds) {
  for (const Op* op : ops::catalogue()) {
    if (op->batch == BatchRule::kAsOperands) continue;
    Operands operands;
    operands.add({3}, op->batch == BatchRule::kSpreads);
    EXPECT_EQ(error_of([&] { operands.graph.call(*op, operands.values); }),
              op->batch == BatchRule::kReduces
                  ? fmt::format("shape: {} needs an operand that is batched (one for each sample), found a "
                                "shared one",
                                op->name)
                  : fmt::format("shape: {} needs an operand that is shared (one for the batch), found a "
                                "batched one",
                                op->name));
  }
}

TEST(BatchErrors, AreOfExactlyThreeOperators) {
  std::vector<std::string_view> names;
  for (const Op* op : ops::catalogue()) {
    if (op->batch != BatchRule::kAsOperands) names.push_back(op->name);
  }
  EXPECT_EQ(names, (std::vector<std::string_view>{"batch_sum", "batch_mean", "batch_broadcast"}));
}

TEST(AttributeErrors, NameTheOperator) {
  for (const Op* op : ops::catalogue()) {
    Operands operands;
    for (const Shape& shape : example_shapes(*op, kSizes)) {
      operands.add(shape, op->batch != BatchRule::kSpreads);
    }
    const Attribute wrong = op->example != nullptr ? Attribute{} : Attribute{1.0};
    EXPECT_EQ(error_of([&] { operands.graph.call(*op, operands.values, wrong); }),
              fmt::format("internal: {} {}", op->name,
                          op->example != nullptr ? "was called with an attribute of another kind than its own"
                                                 : "takes no attribute"));
  }
}

}  // namespace
}  // namespace catenary
