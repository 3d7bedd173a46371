#include "catenary/derive/proof/texts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "catenary/base/error.h"
#include "catenary/derive/document/testing.h"
#include "catenary/derive/render/render.h"

namespace catenary::derive {
namespace {

TEST(ProofTexts, ExistInEnglishAndChineseWithTheSameFormulas) {
  std::set<std::string_view> keys;
  for (const ProofText& text : proof_texts()) {
    EXPECT_TRUE(keys.insert(text.key).second) << text.key << " stands twice";
    EXPECT_FALSE(has_chinese(text.english)) << text.key;
    EXPECT_TRUE(has_chinese(text.chinese)) << text.key;
    EXPECT_EQ(placeholders(text.english), placeholders(text.chinese)) << text.key;
    EXPECT_EQ(placeholders(text.english).size(), text.formulas.size()) << text.key;
  }
}

/// pdflatex's fonts for words have ASCII alone; every other sign must have its command.
TEST(ProofTexts, HaveLatexForEachOfTheirSigns) {
  for (const ProofText& text : proof_texts()) {
    const Document document{.blocks = {paragraph_block(proof_sentence(text.key, Language::kEnglish))}};
    const std::string latex = render_latex(document);
    EXPECT_TRUE(std::ranges::all_of(latex, [](char c) { return (c & 0x80) == 0; })) << text.key << latex;
  }
}

TEST(ProofTexts, HaveNoTextForAKeyThatIsNone) {
  EXPECT_TRUE(proof_sentence("", Language::kEnglish).empty());
  EXPECT_THROW((void)proof_sentence("because", Language::kEnglish), Error);
}

}  // namespace
}  // namespace catenary::derive
