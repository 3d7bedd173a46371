#include "catenary/derive/document/phrases.h"
#include "catenary/derive/document/testing.h"
#include "catenary/derive/operators/card.h"
#include "catenary/derive/render/render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "catenary/derive/proof/texts.h"
#include "catenary/ops/catalogue.h"
#include "catenary/transform/simplify/simplify.h"

namespace catenary::derive {
namespace {

TEST(Phrases, ExistInEnglishAndChineseWithTheSameFormulas) {
  for (int i = 0; i < static_cast<int>(Phrase::kCount); ++i) {
    const auto phrase = static_cast<Phrase>(i);
    const std::string_view english = text_of(phrase, Language::kEnglish);
    const std::string_view chinese = text_of(phrase, Language::kChinese);
    EXPECT_FALSE(english.empty()) << i;
    EXPECT_FALSE(has_chinese(english)) << english;
    EXPECT_TRUE(has_chinese(chinese)) << english;
    EXPECT_EQ(placeholders(english), placeholders(chinese)) << english;
  }
}

/// pdflatex's fonts for words have ASCII alone; every other sign must have its command.
TEST(Phrases, HaveLatexForEachOfTheirSigns) {
  std::vector<std::string_view> texts;
  for (int i = 0; i < static_cast<int>(Phrase::kCount); ++i)
    texts.push_back(text_of(static_cast<Phrase>(i), Language::kEnglish));
  for (const Op* op : ops::catalogue()) {
    const OperatorCard* card = card_of(*op);
    if (card == nullptr) continue;
    texts.push_back(card->english.name);
    texts.insert(texts.end(), card->english.why.begin(), card->english.why.end());
  }
  for (const SimplifyRule& rule : simplify_rules()) texts.push_back(rule.name);
  for (const ProofText& text : proof_texts()) texts.push_back(text.english);
  for (const std::string_view text : texts) {
    const Document document{.blocks = {paragraph_block({{std::string(text), {}}})}};
    const std::string latex = render_latex(document);
    EXPECT_TRUE(std::ranges::all_of(latex, [](char c) { return (c & 0x80) == 0; })) << text;
  }
}

TEST(Phrases, PutFormulasIntoTheirPlaces) {
  const Sentence sentence = fill("{0} enters {1}.", std::vector{Formula{"x", "x"}, Formula{"y", "y"}});
  ASSERT_EQ(sentence.size(), 4U);
  EXPECT_EQ(sentence[0].formula.text, "x");
  EXPECT_EQ(sentence[1].words, " enters ");
  EXPECT_EQ(sentence[2].formula.text, "y");
  EXPECT_EQ(sentence[3].words, ".");
  EXPECT_ANY_THROW((void)fill("{1}", std::vector{Formula{"x", "x"}}));
}

}  // namespace
}  // namespace catenary::derive
