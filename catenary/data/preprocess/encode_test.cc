#include "catenary/data/preprocess/encode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/data/preprocess/preprocess_testing.h"
#include "tests/support/count_allocations.h"

namespace catenary::preprocess_testing {
namespace {

using namespace preprocess;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::IsEmpty;
using testing_support::error_of;

// Two images of two bytes each.
Dataset images(std::vector<std::uint8_t> bytes, const Steps& steps) {
  Dataset data;
  data.features = {.rows = 2, .columns = 2, .elements = std::move(bytes), .scale = 1.0F / 255};
  data.schema.columns = {{.name = "pixel0"}, {.name = "pixel1"}};
  data.places = {0, 1};
  fit(data, Rows{0, 1}, steps);
  return data;
}

TEST(Encode, NumbersWithoutMissingOnesAreMovedNotCopied) {
  std::string text = "a,b,y\n";
  for (int i = 0; i < 10'000; ++i) text += fmt::format("{},{},{}\n", i, i % 7, i);
  for (const Steps& steps : {Steps{}, Steps{{.options = Standardize()}}, Steps{{.options = Auto()}}}) {
    Dataset data = fitted_to(text, steps);
    const float* before = floats_of(data.features).data();
    Inputs inputs;
    const std::int64_t most =
        testing_support::most_bytes_allocated([&] { inputs = encode(data, "f.csv", {.max_bytes = 1}); });
    EXPECT_EQ(floats_of(inputs.features).data(), before);
    EXPECT_LT(most, 1000);
  }
}

TEST(Encode, WithoutStepsOnlyTheFeaturesScaleIsApplied) {
  Dataset numbers = fitted_to("a,b,y\n1,2,0\n", {});
  const Inputs plain = encode(numbers, "f.csv", {});
  EXPECT_THAT(plain.scale, IsEmpty());
  EXPECT_THAT(plain.shift, IsEmpty());
  Dataset bytes = images({0, 255, 51, 0}, {});
  const Inputs image = encode(bytes, "images", {});
  EXPECT_THAT(image.scale, ElementsAre(static_cast<double>(1.0F / 255)));
  EXPECT_THAT(image.shift, ElementsAre(0));
  EXPECT_EQ(image.features.scale, 1.0F / 255);
}

TEST(Encode, BytesAreStandardizedWhereTheyAreGathered) {
  Dataset bytes = images({0, 7, 200, 7}, {{.options = Standardize()}});
  const Inputs inputs = encode(bytes, "images", {});
  EXPECT_TRUE(std::holds_alternative<std::vector<std::uint8_t>>(inputs.features.elements));
  EXPECT_THAT(inputs.scale, ElementsAre(DoubleNear(0.01, 1e-9), DoubleNear(1.0 / 255, 1e-9)));
  EXPECT_THAT(inputs.shift, ElementsAre(DoubleNear(-1, 1e-7), DoubleNear(-7.0 / 255, 1e-7)));
}

TEST(Encode, BytesBecomeNumbersWhereAStepIsNoScale) {
  Dataset bytes = images({0, 255, 51, 102}, {{.options = Log()}});
  const Inputs inputs = encode(bytes, "images", {});
  EXPECT_THAT(std::get<std::vector<float>>(inputs.features.elements),
              ElementsAre(0, FloatEq(std::log(2.0F)), FloatEq(std::log(1.2F)), FloatEq(std::log(1.4F))));
  EXPECT_TRUE(inputs.scale.empty());
}

// A row beyond those lacks a value, so that all are encoded one by one.
TEST(Encode, ARowsInputsDoNotHangOnWhatOtherRowsLack) {
  const std::string rows = "a,b,y\n0.1,7,0\n0.3,1e7,0\n-123.456,3,0\n";
  for (const Steps& steps :
       {Steps{{.options = Auto()}}, Steps{{.options = Impute()}, {.options = MinMax()}}}) {
    const auto inputs_with = [&](const std::string& more) {
      Dataset data = table(rows + more);
      fit(data, Rows{0, 1, 2}, steps);
      auto inputs = inputs_of(std::move(data));
      for (std::vector<float>& input : inputs) input.resize(3);
      return inputs;
    };
    EXPECT_EQ(inputs_with(""), inputs_with("NA,1,0\n"));
  }
}

TEST(Encode, ATrainedModelsInputsAreThoseOfItsTraining) {
  const std::string text =
      "n,c,t,b,y\n1,red,2024-01-02,yes,0\n,blue,2024-02-03,no,0\n4,red,,yes,0\n4,blue,2023-05-02,,0\n";
  const Dataset trained = fitted_to(text, {{.options = Auto()}});
  const Dataset again = parse_table(text, "f.csv", trained.schema, TargetUse::kRequired);
  EXPECT_EQ(inputs_of(again), inputs_of(trained));
  const Dataset other = parse_table("b,t,n,c\nno,2024-01-02,1,red\n,,,\nno,2024-01-02,1,pink\n", "f.csv",
                                    trained.schema, TargetUse::kIgnored);
  const auto inputs = inputs_of(other);
  const auto first = inputs_of(trained);
  const auto at = [&](std::string_view name) {
    const std::vector<std::string> names = input_names(trained);
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  };
  for (const char* name : {"n", "n.missing", "t.month", "c=red"})
    EXPECT_EQ(inputs[at(name)][0], first[at(name)][0]);
  EXPECT_EQ(inputs[at("n.missing")][1], 1);
  EXPECT_EQ(inputs[at("c=red")][1], 0);
  EXPECT_EQ(inputs[at("c=other")][1], 0);
  EXPECT_EQ(inputs[at("c=other")][2], 1);
}

TEST(Encode, AMissingValueThatNoStepFillsInIsRefusedByItsPlace) {
  Dataset data = fitted_to("x,y\n1,0\n,0\n", {});
  EXPECT_EQ(
      error_of([&] { (void)encode(data, "f.csv", {}); }),
      "data: f.csv: row 2, input 'x': needed a value or a step of preprocessing that fills in missing ones, "
      "such as impute, found a missing one");
}

TEST(Encode, MemoryHasALimit) {
  Dataset data = fitted_to("c,y\nred,0\nred,0\nblue,0\n", {{.options = OneHot()}});
  EXPECT_EQ(error_of([&] { (void)encode(data, "f.csv", {.max_bytes = 23}); }),
            "data: f.csv: needed data that take at most 23 bytes of memory, found 24; data.max_bytes "
            "(--max-bytes) sets the limit");
}

TEST(Encode, ManyRowsAreEncodedInBlocks) {
  std::string text = "c,y\n";
  for (int i = 0; i < 200; ++i) text += fmt::format("{},0\n", i % 3 == 0 ? "red" : "blue");
  const auto inputs = inputs_of(fitted_to(text, {{.options = OneHot()}}));
  for (std::size_t row = 0; row < 200; ++row) EXPECT_EQ(inputs[1][row], row % 3 == 0 ? 1 : 0) << row;
}

TEST(ValuesOf, AreOneColumnsNumbersThroughItsSteps) {
  const Dataset data = table("a,t,y\n1,2024-02-29,0\n2,2024-03-01,0\n-3,,0\n");
  const Input log{
      .name = "a", .column = 0, .steps = {fitted::Affine{.shift = 1, .scale = 2}, fitted::Clip{-1, 0}}};
  EXPECT_THAT(values_of(cells_of(data, log.column), log, Rows{2, 1}), ElementsAre(-1, 0));
  const Input day{.name = "t.day", .column = 1, .steps = {fitted::Part{TimePart::kDay}}};
  EXPECT_THAT(values_of(cells_of(data, day.column), day, Rows{0, 2, 1}),
              ElementsAre(29, ::testing::IsNan(), 1));
}

}  // namespace
}  // namespace catenary::preprocess_testing
