#include "catenary/ir/op.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/support/made_up_op.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::made_up_op;

Adjoints passes_on(const Pullback& p) { return {p.dy}; }

constexpr Op with_operands(std::string_view operands) { return made_up_op("op", {.operands = operands}); }

constexpr ExampleSizes kSizes{.n = 5, .m = 3, .k = 2, .l = 7};

TEST(Op, CountsItsOperands) {
  EXPECT_EQ(with_operands("none").arity(), 0);
  EXPECT_EQ(with_operands("").arity(), 1);
  EXPECT_EQ(with_operands("n").arity(), 1);
  EXPECT_EQ(with_operands("m n;n").arity(), 2);
  EXPECT_EQ(with_operands("n;").arity(), 2);
  EXPECT_EQ(with_operands("n m...").arity(), 1);
}

TEST(Op, IsVariadicIfItsOperandsEndInDots) {
  EXPECT_TRUE(with_operands("n m...").variadic());
  EXPECT_FALSE(with_operands("n m").variadic());
}

TEST(Op, IsDifferentiableUnlessItSaysThatItIsNot) {
  Op op = with_operands("n");
  EXPECT_FALSE(op.differentiable());
  op.gradient = passes_on;
  EXPECT_TRUE(op.differentiable());
}

TEST(ExampleShapes, ReadLettersAndNumbers) {
  EXPECT_THAT(example_shapes(with_operands("none"), kSizes), IsEmpty());
  EXPECT_THAT(example_shapes(with_operands(""), kSizes), ElementsAre(Shape{}));
  EXPECT_THAT(example_shapes(with_operands("m n;n"), kSizes), ElementsAre(Shape{3, 5}, Shape{5}));
  EXPECT_THAT(example_shapes(with_operands("n;"), kSizes), ElementsAre(Shape{5}, Shape{}));
  EXPECT_THAT(example_shapes(with_operands("1 m;12 k"), kSizes), ElementsAre(Shape{1, 3}, Shape{12, 2}));
  EXPECT_THAT(example_shapes(with_operands("mk nl;l"), kSizes), ElementsAre(Shape{6, 35}, Shape{7}));
}

TEST(ExampleShapes, RepeatTheLastOperandOfVariadicOperators) {
  EXPECT_THAT(example_shapes(with_operands("n m..."), kSizes),
              ElementsAre(Shape{5, 3}, Shape{5, 3}, Shape{5, 3}));
}

TEST(Type, IsWrittenWithNumberTypeShapeAndBatch) {
  EXPECT_EQ((Type{DType::kF32, {5}, true}).str(), "batched f32[5]");
  EXPECT_EQ((Type{DType::kF64, {}, false}).str(), "f64[]");
}

TEST(Attribute, IsWrittenAsAPersonWould) {
  EXPECT_EQ(str(Attribute{}), "");
  EXPECT_EQ(str(Attribute{0.01}), "0.01");
  EXPECT_EQ(str(Attribute{std::int64_t{3}}), "3");
  EXPECT_EQ(str(Attribute{Shape{3, 2}}), "[3, 2]");
  EXPECT_EQ(str(Attribute{SliceRange{0, 2, 5}}), "axis 0, 2:5");
  EXPECT_EQ(str(Attribute{VariableSpec{}}), "parameter, init 0");
  EXPECT_EQ(str(Attribute{VariableSpec{Role::kState, {Init::Kind::kConstant, 2}}}), "state, init 2");
  EXPECT_EQ(str(Attribute{VariableSpec{Role::kParameter, {Init::Kind::kUniform, 0.5}}}),
            "parameter, init uniform ±0.5");
  EXPECT_EQ(str(Attribute{VariableSpec{Role::kParameter, {Init::Kind::kOrthogonal, 1, 4}}}),
            "parameter, init orthogonal ×1, blocks 4");
  EXPECT_EQ(str(Attribute{VariableSpec{Role::kParameter, {Init::Kind::kNormal, 0.25}}}),
            "parameter, init normal σ=0.25");
}

}  // namespace
}  // namespace catenary
