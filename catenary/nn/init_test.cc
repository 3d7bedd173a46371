#include "catenary/nn/init.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace catenary::nn {
namespace {

TEST(Init, NormalHasTheVarianceOfItsPaper) {
  EXPECT_EQ(initial(Initializer::kHeNormal, 8, 100), (Init{Init::Kind::kNormal, 0.5}));       // 2/8 = ¼
  EXPECT_EQ(initial(Initializer::kGlorotNormal, 30, 2), (Init{Init::Kind::kNormal, 0.25}));   // 2/32 = 1/16
  EXPECT_EQ(initial(Initializer::kLecunNormal, 16, 100), (Init{Init::Kind::kNormal, 0.25}));  // 1/16
}

TEST(Init, UniformHasTheSameVariance) {
  EXPECT_EQ(initial(Initializer::kHeUniform, 6, 100), (Init{Init::Kind::kUniform, 1}));       // √(6/6)
  EXPECT_EQ(initial(Initializer::kGlorotUniform, 20, 4), (Init{Init::Kind::kUniform, 0.5}));  // √(6/24)
}

TEST(Init, OrthogonalKnowsItsBlocks) {
  EXPECT_EQ(initial(Initializer::kOrthogonal, 4, 4, 3), (Init{Init::Kind::kOrthogonal, 1, 3}));
}

TEST(Init, ZerosAreZero) { EXPECT_EQ(initial(Initializer::kZeros, 3, 3), Init{}); }

TEST(Init, NamesEachInitializerOnce) {
  std::set<std::string_view> names;
  for (const Initializer init : initializers()) EXPECT_TRUE(names.insert(name_of(init)).second);
  EXPECT_EQ(names, (std::set<std::string_view>{"he_normal", "he_uniform", "glorot_normal", "glorot_uniform",
                                               "lecun_normal", "orthogonal", "zeros"}));
}

}  // namespace
}  // namespace catenary::nn
