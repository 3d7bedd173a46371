#include "catenary/data/text_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/gzip.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::error_of;

std::string fault_of(std::string_view text, TextUnit unit = TextUnit::kCharacter,
                     const DataLimits& limits = {}) {
  return error_of([&] { (void)parse_text(text, "b.txt", unit, limits); });
}

TEST(TextDataset, HasARowForEachCharacterAndTheVocabularyInOrder) {
  const Dataset data = parse_text("öab\nö", "b.txt", TextUnit::kCharacter);
  EXPECT_THAT(data.schema.classes, ElementsAre("\n", "a", "b", "ö"));
  EXPECT_EQ(data.schema.columns.front().levels, data.schema.classes);
  EXPECT_THAT(floats_of(data.features), ElementsAre(3, 1, 2, 0, 3));
  EXPECT_THAT(data.targets, ElementsAre(3, 1, 2, 0, 3));
  EXPECT_EQ(data.features.rows, 5);
}

TEST(TextDataset, MayBeOfBytes) {
  const Dataset data = parse_text("a\xC3\xB6", "b.txt", TextUnit::kByte);
  EXPECT_THAT(data.schema.classes, ElementsAre("a", "\\xb6", "\\xc3"));
  EXPECT_THAT(data.targets, ElementsAre(0, 2, 1));
}

TEST(TextDataset, GivesTheBytesOfEachLevelBack) {
  const std::string text = "a\xC3\xB6\\x";
  std::string again;
  const Dataset data = parse_text(text, "b.txt", TextUnit::kByte);
  for (const float code : data.targets)
    again += bytes_of_level(data.schema.classes[static_cast<std::size_t>(code)], TextUnit::kByte);
  EXPECT_EQ(again, text);
  EXPECT_EQ(bytes_of_level("\xF0\x9F\x98\x80", TextUnit::kCharacter), "\xF0\x9F\x98\x80");
}

TEST(TextDataset, MayBeInGzip) {
  const testing_support::TemporaryDirectory folder;
  const std::string text = "abcab\n";
  const std::filesystem::path path = folder.file("b.txt.gz", testing_support::gzip(text));
  const Dataset data = load_text(path, TextUnit::kCharacter, {});
  EXPECT_THAT(data.schema.classes, ElementsAre("\n", "a", "b", "c"));
  EXPECT_THAT(data.targets, ElementsAre(1, 2, 3, 1, 2, 0));
  EXPECT_EQ(error_of([&] { (void)load_text(path, TextUnit::kCharacter, {.max_bytes = 5 * 41}); }),
            fmt::format("data: {}: needed data that take at most 205 bytes of memory, found more; "
                        "data.max_bytes (--max-bytes) sets the limit",
                        path.string()));
}

TEST(TextDataset, DoesNotCountAByteOrderMark) {
  EXPECT_THAT(parse_text("\xEF\xBB\xBF"
                         "a",
                         "b.txt", TextUnit::kCharacter)
                  .schema.classes,
              ElementsAre("a"));
}

TEST(TextDataset, IsReadForATrainedModelByItsVocabulary) {
  const testing_support::TemporaryDirectory folder;
  const Schema trained = load_text(folder.file("b.txt", "abc\n"), TextUnit::kCharacter, {}).schema;
  EXPECT_THAT(load_text(folder.file("c.txt", "ca"), TextUnit::kCharacter, {}, trained).targets,
              ElementsAre(3, 1));
  EXPECT_EQ(error_of([&] { (void)parse_text("ab\nbäz", "c.txt", TextUnit::kCharacter, {}, trained); }),
            "data: c.txt: line 2, column 2: needed one of the 4 characters that the model was trained on, "
            "found 'ä'; "
            "another must stand in its place");
}

TEST(TextDataset, IsRefusedWhereItIsNoUtf8) {
  EXPECT_EQ(fault_of("ab\xFF"
                     "c"),
            "data: b.txt: byte 3: needed a text in UTF-8, found the byte \\xFF; data.sequence.unit = "
            "\"byte\" takes "
            "any bytes");
  EXPECT_THAT(fault_of("ab\xC3"),
              ::testing::HasSubstr("byte 3: needed a text in UTF-8, found the byte \\xC3"));
}

TEST(TextDataset, IsRefusedBeyondTheLimits) {
  EXPECT_EQ(fault_of(""), "data: b.txt: needed a text, found an empty file");
  EXPECT_EQ(fault_of("abc", TextUnit::kCharacter, {.max_classes = 2}),
            "data: b.txt: needed at most 2 distinct characters, found more; data.max_classes sets the limit");
  EXPECT_EQ(fault_of("abc", TextUnit::kCharacter, {.max_bytes = 100}),
            "data: b.txt: needed data that take at most 100 bytes of memory, found 123; data.max_bytes "
            "(--max-bytes) sets the limit");
}

}  // namespace
}  // namespace catenary
