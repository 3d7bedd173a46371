#include "catenary/train/config/synonyms.h"

#include <gtest/gtest.h>

#include <array>

namespace catenary::train {
namespace {

constexpr std::array<std::string_view, 3> kLosses = {"softmax_cross_entropy", "squared_error", "huber"};
constexpr std::array<std::string_view, 3> kKeys = {"loss", "optimizer", "batch_size"};

TEST(Synonyms, AreWhatOtherLibrariesCallAName) {
  EXPECT_EQ(meant_by("mse", kLosses), "squared_error");
  EXPECT_EQ(meant_by("MSELoss", kLosses), "squared_error");
  EXPECT_EQ(meant_by("sparse_categorical_crossentropy", kLosses), "softmax_cross_entropy");
  EXPECT_EQ(meant_by("bs", kKeys), "batch_size");
}

TEST(Synonyms, NameOnlyWhatIsThere) {
  EXPECT_EQ(meant_by("bce", kLosses), "");
  EXPECT_EQ(suggestion_for("bce", kLosses), "; expected one of softmax_cross_entropy, squared_error, huber");
}

TEST(Synonyms, LeaveMisspeltNamesToTheNearest) {
  EXPECT_EQ(meant_by("hubber", kLosses), "huber");
  EXPECT_EQ(suggestion_for("hubber", kLosses), "; did you mean 'huber'?");
}

TEST(Synonyms, OfKeysMayBelongInAnotherTable) {
  EXPECT_EQ(key_suggestion("lr", kKeys), "; did you mean 'train.optimizer.learning_rate'?");
  EXPECT_EQ(key_suggestion("layers", kKeys), "; did you mean 'model.layers'?");
  EXPECT_EQ(key_suggestion("solver", kKeys), "; did you mean 'optimizer'?");
  EXPECT_EQ(key_suggestion("colour", kKeys), "; expected one of loss, optimizer, batch_size");
}

TEST(Synonyms, OfSplitsAreThoseOfOtherLibraries) {
  constexpr std::array<std::string_view, 5> kSplit = {"validation", "test", "by", "group", "column"};
  constexpr std::array<std::string_view, 3> kOrders = {"random", "stratified", "ordered"};
  for (const char* word : {"val", "valid", "dev", "val_size", "validation_split", "validation_fraction"})
    EXPECT_EQ(meant_by(word, kSplit), "validation") << word;
  for (const char* word : {"test_size", "hold_out"}) EXPECT_EQ(meant_by(word, kSplit), "test") << word;
  for (const char* word : {"shuffle", "stratify"}) EXPECT_EQ(meant_by(word, kSplit), "by") << word;
  EXPECT_EQ(meant_by("groups", kSplit), "group");
  EXPECT_EQ(meant_by("shuffle", kOrders), "random");
  EXPECT_EQ(meant_by("shuffled", kOrders), "random");
  EXPECT_EQ(meant_by("stratify", kOrders), "stratified");
  for (const char* word : {"time", "sequential"}) EXPECT_EQ(meant_by(word, kOrders), "ordered") << word;
}

TEST(Synonyms, OfSplitsLeadToTheirTable) {
  constexpr std::array<std::string_view, 3> kDataKeys = {"train", "test", "split"};
  EXPECT_EQ(key_suggestion("validation_split", kDataKeys), "; did you mean 'split'?");
  EXPECT_EQ(key_suggestion("test_size", kDataKeys), "; did you mean 'split'?");
  EXPECT_EQ(key_suggestion("validation_split", kKeys), "; did you mean 'data.split.validation'?");
  EXPECT_EQ(key_suggestion("validation_fraction", kKeys), "; did you mean 'data.split.validation'?");
  EXPECT_EQ(key_suggestion("test_size", kKeys), "; did you mean 'data.split.test'?");
  EXPECT_EQ(key_suggestion("stratify", kKeys), "; did you mean 'data.split.by'?");
  EXPECT_EQ(key_suggestion("groups", kDataKeys), "; did you mean 'data.split.group'?");
}

TEST(Synonyms, AreNotLookedForInWordsOfMegabytes) {
  EXPECT_EQ(meant_by(std::string(10'000'000, 'l'), kKeys), "");
}

}  // namespace
}  // namespace catenary::train
