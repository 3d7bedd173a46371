#include "catenary/derive/operators/card.h"

#include <gtest/gtest.h>

#include "catenary/derive/document/testing.h"

namespace catenary::derive {
namespace {

TEST(OperatorCard, HasANameAndAReasonInBothLanguagesForEachOperatorWithAGradient) {
  for (const Op* op : ops::catalogue()) {
    if (!op->differentiable()) continue;
    const OperatorCard* card = card_of(*op);
    ASSERT_NE(card, nullptr) << op->name;
    EXPECT_EQ(card->english.why.size(), card->chinese.why.size()) << op->name;
    EXPECT_FALSE(card->english.name.empty()) << op->name;
    EXPECT_FALSE(card->chinese.name.empty()) << op->name;
    for (std::size_t i = 0; i < card->english.why.size(); ++i) {
      EXPECT_FALSE(has_chinese(card->english.why[i])) << op->name;
      EXPECT_TRUE(has_chinese(card->chinese.why[i])) << op->name;
      EXPECT_EQ(placeholders(card->english.why[i]), placeholders(card->chinese.why[i])) << op->name;
    }
  }
}

}  // namespace
}  // namespace catenary::derive
