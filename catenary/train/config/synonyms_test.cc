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

TEST(Synonyms, AreNotLookedForInWordsOfMegabytes) {
  EXPECT_EQ(meant_by(std::string(10'000'000, 'l'), kKeys), "");
}

}  // namespace
}  // namespace catenary::train
