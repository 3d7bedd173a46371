#include "catenary/data/csv/few_texts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace catenary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(FewTexts, AreDistinctAndSorted) {
  FewTexts texts;
  EXPECT_THAT(texts.sorted(), IsEmpty());
  for (const std::string_view text : {"2", "10", "2", "1.0", "10"}) texts.add(text);
  EXPECT_THAT(texts.sorted(), ElementsAre("1.0", "10", "2"));
}

TEST(FewTexts, AreNoneOnceTheyAreMany) {
  FewTexts texts;
  for (std::size_t i = 0; i < FewTexts::kMost; ++i) texts.add(fmt::format("{}", i));
  EXPECT_THAT(texts.sorted(), SizeIs(FewTexts::kMost));
  texts.add("one more");
  texts.add("0");
  EXPECT_THAT(texts.sorted(), IsEmpty());
}

}  // namespace
}  // namespace catenary
