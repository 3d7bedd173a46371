#include "catenary/data/preprocess/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/data/preprocess/preprocess_testing.h"

namespace catenary::preprocess_testing {
namespace {

using namespace preprocess;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::IsEmpty;
using ::testing::Pointwise;

auto near(const std::vector<float>& values) { return Pointwise(::testing::FloatNear(1e-6F), values); }

TEST(Fit, WithoutStepsNumbersAndBooleansAreInputsAsTheyAre) {
  const Dataset data = fitted_to("n,b,y\n1.5,yes,1\n-2,no,2\n", {});
  EXPECT_THAT(input_names(data), ElementsAre("n", "b"));
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(1.5, -2), ElementsAre(1, 0)));
  EXPECT_THAT(data.schema.target_scales, IsEmpty());
}

TEST(Fit, NeedsAStepForCategoriesAndTimes) {
  EXPECT_EQ(fit_error("c,y\nred,1\n", {}),
            "config: preprocess: column 'c' is a category: needed a step that makes numbers of it, such as "
            "onehot, or auto");
  EXPECT_EQ(
      fit_error("t,y\n2024-01-01,1\n", {{.options = Standardize()}}),
      "config: preprocess: column 't' is a time: needed a step that makes numbers of it, such as dates, or "
      "auto");
}

TEST(Fit, NeedsRowsAndInputs) {
  Dataset data = table("x,y\n1,2\n");
  EXPECT_EQ(testing_support::error_of([&] { fit(data, FitRows{}, {}); }),
            "data: needed at least one training row, found none");
  EXPECT_EQ(fit_error("x,y\n1,2\n1,3\n", {{.options = Auto()}}),
            "data: needed an input that the network can learn from, found none");
}

TEST(Fit, StepsNameTheirColumns) {
  EXPECT_EQ(fit_error("age,y\n1,2\n", {{.options = Standardize(), .columns = {"agee"}}}),
            "config: preprocess: standardize: needed the names of inputs, found 'agee'; did you mean 'age'?");
  EXPECT_EQ(fit_error("c,y\nred,2\n", {{.options = MinMax(), .columns = {"c"}}}),
            "config: preprocess: minmax: column 'c' is a category, which this step does not take");
  EXPECT_EQ(fit_error("x,y\n1,2\n", {{.options = OneHot(), .columns = {"x"}}}),
            "config: preprocess: onehot: column 'x' is a number, which this step does not take");
  const Dataset data = fitted_to("a,b,y\n1,1,2\n3,3,2\n", {{.options = Standardize(), .columns = {"b"}}});
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(1, 3), ElementsAre(-1, 1)));
}

TEST(Fit, StepsAreTakenOneAfterTheOther) {
  EXPECT_THAT(made_of({"0", "1"}, {{.options = Log()}, {.options = Scale{.factor = 2}}}),
              ElementsAre(near({0, 2 * std::log(2.0F)})));
  // The least and greatest of what log makes.
  EXPECT_THAT(made_of({"0", "1", "3"}, {{.options = Log()}, {.options = MinMax()}}),
              ElementsAre(near({0, 0.5, 1})));
}

TEST(Fit, ColumnsThatAreDroppedAreNotReadByTheModel) {
  const Dataset data = fitted_to("a,b,c,y\n1,2,3,0\n", {{.options = Drop(), .columns = {"a", "c"}}});
  ASSERT_EQ(data.schema.columns.size(), 1u);
  EXPECT_EQ(data.schema.columns[0].name, "b");
  EXPECT_THAT(data.places, ElementsAre(1));
  EXPECT_EQ(data.schema.inputs[0].column, 0u);
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(2)));
}

TEST(Fit, ImputesByAStatisticOfThePresentValues) {
  const auto imputed = [](const Impute& impute) {
    return made_of({"1", "1", "", "4", "10"}, {{.options = impute}});
  };
  const auto indicator = ElementsAre(0, 0, 1, 0, 0);
  EXPECT_THAT(imputed({}), ElementsAre(ElementsAre(1, 1, 2.5, 4, 10), indicator));
  EXPECT_THAT(imputed({.by = Statistic::kMean}), ElementsAre(ElementsAre(1, 1, 4, 4, 10), indicator));
  EXPECT_THAT(imputed({.by = Statistic::kMostFrequent}), ElementsAre(ElementsAre(1, 1, 1, 4, 10), indicator));
  EXPECT_THAT(imputed({.by = Statistic::kConstant, .value = -7}),
              ElementsAre(ElementsAre(1, 1, -7, 4, 10), indicator));
  EXPECT_THAT(imputed({.indicator = false}), ElementsAre(ElementsAre(1, 1, 2.5, 4, 10)));
}

TEST(Fit, AddsAnIndicatorOnlyWhereTrainingRowsLackAValue) {
  Dataset data = table("x,y\n1,0\n,0\n3,0\n");
  fit(data, Rows{0, 2}, Steps{{.options = Impute()}});
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(1, 2, 3)));
  Dataset empty = table("x,y\n,0\n5,0\n");
  EXPECT_EQ(testing_support::error_of([&] { fit(empty, Rows{0}, Steps{{.options = Impute()}}); }),
            "data: column 'x': needed a value among the training rows to fill in missing ones, found none");
}

TEST(Fit, OneHotHasAColumnForEachValueAndOneForOthers) {
  const Dataset data = fitted_to("c,y\nred,0\nblue,0\nred,0\nblue,0\npink,0\n", {{.options = OneHot()}});
  EXPECT_THAT(input_names(data), ElementsAre("c=blue", "c=red", "c=other"));
  EXPECT_THAT(data.schema.columns[0].levels, ElementsAre("blue", "red"));
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(0, 1, 0, 1, 0), ElementsAre(1, 0, 1, 0, 0),
                                           ElementsAre(0, 0, 0, 0, 1)));
}

TEST(Fit, WhatIsRefusedIsRefusedInOtherRowsOfTheFileToo) {
  const Steps refuses = {{.options = OneHot{.max_levels = 2, .unseen = Unseen::kRefuse}}};
  Dataset data = table("c,y\nred,0\nblue,0\ngreen,0\n");
  EXPECT_EQ(testing_support::error_of([&] {
              fit(data, Rows{0, 1}, refuses);
            }),
            "data: row 3, column 'c': needed a value that the training rows have, as unseen = \"refuse\" of "
            "its onehot "
            "asks, found 'green'; expected one of blue, red");
  EXPECT_EQ(fit_error("c,y\nred,0\nblue,0\ngreen,0\n", refuses),
            "config: preprocess: onehot: column 'c' has 3 values: needed max_levels of as many for unseen = "
            "\"refuse\", "
            "found 2");
}

TEST(Fit, OneHotMayRefuseWhatTrainingRowsDoNotHave) {
  const Dataset data =
      fitted_to("c,y\nred,0\nblue,0\nred,0\n", {{.options = OneHot{.unseen = Unseen::kRefuse}}});
  EXPECT_THAT(input_names(data), ElementsAre("c=blue", "c=red"));
  EXPECT_EQ(data.schema.columns[0].unseen, Unseen::kRefuse);
}

TEST(Fit, OneHotTellsMissingFromOtherValues) {
  const Dataset data = fitted_to("c,y\nred,0\nNA,0\nred,0\n", {{.options = OneHot()}});
  EXPECT_THAT(input_names(data), ElementsAre("c=red", "c=other", "c.missing"));
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(1, 0, 1), ElementsAre(0, 0, 0), ElementsAre(0, 1, 0)));
}

TEST(Fit, CategoriesOfTooManyValuesAreHashed) {
  const Dataset data =
      fitted_to("c,y\nred,0\nblue,0\nred,0\npink,0\n", {{.options = OneHot{.max_levels = 2, .buckets = 4}}});
  EXPECT_THAT(input_names(data), ElementsAre("c=#0", "c=#1", "c=#2", "c=#3"));
  EXPECT_THAT(data.schema.columns[0].levels, IsEmpty());
  EXPECT_EQ(data.schema.columns[0].buckets, 4);
  const auto inputs = inputs_of(data);
  for (std::size_t row = 0; row < 4; ++row)
    EXPECT_EQ(inputs[0][row] + inputs[1][row] + inputs[2][row] + inputs[3][row], 1);
  for (const std::vector<float>& bucket : inputs) EXPECT_EQ(bucket[0], bucket[2]);
}

TEST(Fit, OrdinalsAreTheirPlaceInTheOrder) {
  const Steps given = {{.options = Ordinal{.order = {"low", "mid", "high"}}}};
  EXPECT_THAT(made_of({"mid", "high", "low"}, given), ElementsAre(ElementsAre(1, 2, 0)));
  EXPECT_THAT(made_of({"b", "c", "a"}, {{.options = Ordinal()}}), ElementsAre(ElementsAre(1, 2, 0)));
  Dataset numbers = parse_table("x,y\n10,0\n9,0\n10,0\n", "f.csv",
                                {.targets = {"y"}, .types = {{"x", ColumnType::kCategory}}});
  fit(numbers, all_rows(numbers), Steps{{.options = Ordinal()}});
  EXPECT_THAT(inputs_of(numbers), ElementsAre(ElementsAre(1, 0, 1)));
}

TEST(Fit, WhatIsNotInAnOrderIsMissing) {
  const Steps steps = {{.options = Ordinal{.order = {"low", "high"}}}, {.options = Impute{.value = 0}}};
  EXPECT_THAT(made_of({"high", "odd", "high", "low"}, steps),
              ElementsAre(ElementsAre(1, 1, 1, 0), ElementsAre(0, 1, 0, 0)));
}

TEST(Fit, DatesAreTakenApart) {
  const Dataset data = fitted_to("t,y\n2024-02-29 06:30,0\n1999-12-31,0\n", {{.options = Dates()}});
  EXPECT_THAT(input_names(data), ElementsAre("t.year", "t.month", "t.day", "t.weekday", "t.hour"));
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(2024, 1999), ElementsAre(2, 12), ElementsAre(29, 31),
                                           ElementsAre(3, 4), ElementsAre(6.5, 0)));
  EXPECT_THAT(
      input_names(fitted_to("t,y\n2024-02-29,0\n", {{.options = Dates{.parts = {TimePart::kMonth}}}})),
      ElementsAre("t.month"));
}

TEST(Fit, ScalesByTheTrainingRows) {
  EXPECT_THAT(made_of({"1", "3"}, {{.options = Standardize()}}), ElementsAre(ElementsAre(-1, 1)));
  EXPECT_THAT(made_of({"1", "3", "2"}, {{.options = MinMax{.low = -1, .high = 1}}}),
              ElementsAre(near({-1, 1, 0})));
  EXPECT_THAT(made_of({"1", "-3"}, {{.options = Scale{.factor = 0.5}}}), ElementsAre(ElementsAre(0.5, -1.5)));
  EXPECT_THAT(made_of({"0", "-1", "1"}, {{.options = Log()}}),
              ElementsAre(near({0, -std::log(2.0F), std::log(2.0F)})));
}

TEST(Fit, ClipsToBoundsOrQuantiles) {
  EXPECT_THAT(made_of({"-5", "0", "5"}, {{.options = Clip{.low = -1, .high = 2}}}),
              ElementsAre(ElementsAre(-1, 0, 2)));
  EXPECT_THAT(made_of({"0", "1", "2", "3", "100"}, {{.options = Clip{.quantile = 0.25}}}),
              ElementsAre(ElementsAre(1, 1, 2, 3, 3)));
  EXPECT_THAT(made_of({"0", "1", "2", "3", "100"}, {{.options = Clip{.low = 2, .quantile = 0.25}}}),
              ElementsAre(ElementsAre(2, 2, 2, 3, 3)));
}

TEST(Fit, ClippingNeedsBoundsInTheirOrder) {
  EXPECT_EQ(fit_error("x,y\n1,1\n2,2\n3,3\n", {{.options = Clip{.high = 0.5, .quantile = 0}}}),
            "data: column 'x': clip: needed a bound beyond which few training rows lie, found high = 0.5 and "
            "as the "
            "other bound 1, a quantile of the training rows");
  EXPECT_EQ(
      fit_error("x,y\n1,1\n2,2\n3,3\n", {{.options = Clip{.low = 7, .quantile = 0}}}),
      "data: column 'x': clip: needed a bound beyond which few training rows lie, found low = 7 and as the "
      "other bound 3, a quantile of the training rows");
  EXPECT_THAT(made_of({"1", "2", "3"}, {{.options = Clip{.low = 3, .quantile = 0}}}),
              ElementsAre(ElementsAre(3, 3, 3)));
}

TEST(Fit, InputsHaveNamesOfTheirOwn) {
  const Dataset data = fitted_to("c,y\nother,1\nother,2\nred,1\nred,2\n", {{.options = OneHot()}});
  EXPECT_THAT(input_names(data), ElementsAre("c=other", "c=red", "c=other.1"));
  const Dataset columns = fitted_to("a,a.missing,a.missing.1,y\n1,1,1,1\n,2,2,2\n", {{.options = Impute()}});
  EXPECT_THAT(input_names(columns), ElementsAre("a", "a.missing.2", "a.missing", "a.missing.1"));
}

TEST(Fit, QuantilesAreSharesOfTheTrainingRows) {
  const Quantile five{.quantiles = 5};
  EXPECT_THAT(made_of({"1", "2", "4", "8", "16"}, {{.options = five}}),
              ElementsAre(near({0, 0.25, 0.5, 0.75, 1})));
  EXPECT_THAT(made_of({"3", "3", "3", "3", "9"}, {{.options = five}})[0][0], FloatEq(0.375));
  const Quantile normal{.quantiles = 3, .normal = true};
  EXPECT_THAT(made_of({"1", "2", "3"}, {{.options = normal}}),
              ElementsAre(near({-5.1993376F, 0, 5.1993376F})));
  EXPECT_EQ(fit_error("x,y\n1,0\n", {{.options = Quantile{.quantiles = 1}}}),
            "config: preprocess: quantile: needed at least 2 quantiles, found 1");
}

TEST(Fit, StandardizesNumericTargets) {
  const Dataset data = fitted_to("x,y\n1,1\n2,3\n3,NA\n", {{.options = TargetStandardize()}});
  EXPECT_THAT(data.schema.target_scales, ElementsAre(fitted::Affine{2, 1}));
  EXPECT_THAT(data.targets, ElementsAre(1, 3, ::testing::IsNan()));
  EXPECT_EQ(fit_error("x,y\n1,a\n2,b\n", {{.options = TargetStandardize()}}),
            "config: preprocess: target_standardize: needed numeric targets, found classes");
}

constexpr std::string_view kMixed =
    "n,b,c,t,y\n"
    "1,yes,red,2024-01-02,1\n"
    "NA,no,red,2024-01-03,3\n"
    "3,yes,blue,2024-02-02,1\n"
    "5,yes,red,2024-02-03,3\n";

TEST(Fit, AutoSuitsEachColumnsType) {
  const Dataset data = fitted_to(kMixed, {{.options = Auto()}});
  EXPECT_THAT(input_names(data),
              ElementsAre("n", "n.missing", "b", "c=red", "c=other", "t.month", "t.day", "t.weekday"));
  const float unit =
      std::sqrt(2.0F);  // 1, 3 (the median), 3, 5 have variance 2; weekdays 1, 2, 4, 5 have 2.5
  const float days = 1 / std::sqrt(2.5F);
  EXPECT_THAT(inputs_of(data),
              ElementsAre(near({-unit, 0, 0, unit}), ElementsAre(0, 1, 0, 0), ElementsAre(1, 0, 1, 1),
                          ElementsAre(1, 1, 0, 1), ElementsAre(0, 0, 1, 0), near({-1, -1, 1, 1}),
                          near({-1, 1, -1, 1}), near({-2 * days, -days, days, 2 * days})));
  EXPECT_THAT(data.schema.target_scales, ElementsAre(fitted::Affine{2, 1}));
  EXPECT_THAT(data.notes, IsEmpty());
}

TEST(Fit, AutoAddsOneIndicatorForAMissingTime) {
  const Dataset data = fitted_to("t,y\n2024-01-02,1\n,2\n2023-03-04 10:15,3\n", {{.options = Auto()}});
  EXPECT_THAT(input_names(data),
              ElementsAre("t.year", "t.month", "t.day", "t.weekday", "t.hour", "t.missing"));
  EXPECT_THAT(inputs_of(data).back(), ElementsAre(0, 1, 0));
  const Dataset same = fitted_to("t,x,y\n2024-01-02,1,1\n2024-01-02,2,2\n", {{.options = Auto()}});
  EXPECT_THAT(input_names(same), ElementsAre("x"));
  EXPECT_THAT(same.notes, ElementsAre("column 't' is the same in all training rows: left out"));
  const Dataset seldom = fitted_to("t,y\n2024-01-02,1\n,2\n", {{.options = Auto()}});
  EXPECT_THAT(input_names(seldom), ElementsAre("t.missing"));
}

TEST(Fit, NumbersAsTheyAreAreAllInputs) {
  const Dataset data = fitted_to("n,c,y\n1,7,1\n2,7,3\n5,7,2\n", {{.options = Auto{.standardize = false}}});
  ASSERT_EQ(data.schema.inputs.size(), 2u);
  EXPECT_EQ(data.schema.inputs[1].name, "c");
  EXPECT_TRUE(data.schema.target_scales.empty());
}

TEST(Fit, AutoWithoutStandardizingLeavesNumbersAndTargetsAsTheyAre) {
  const Dataset data = fitted_to("n,y\n1,1\n,3\n5,2\n", {{.options = Auto{.standardize = false}}});
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(1, 3, 5), ElementsAre(0, 1, 0)));
  EXPECT_THAT(data.schema.target_scales, IsEmpty());
}

TEST(Fit, AutoLeavesOutWhatTellsNothingAndSaysSo) {
  std::string text = "same,one,gone,name,x,y\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("7,a,{},person {},{},0\n", i == 19 ? "1" : "", i, i);
  Dataset data = table(text);
  Rows rows = all_rows(data);
  rows.pop_back();
  fit(data, rows, Steps{{.options = Auto()}});
  EXPECT_THAT(data.notes, ElementsAre("column 'same' is the same in all training rows: left out",
                                      "column 'one' is the same in all training rows: left out",
                                      "column 'gone' has no values in the training rows: left out"));
  Dataset named = table(text);
  fit(named, all_rows(named), Steps{{.options = Auto()}});
  EXPECT_THAT(named.notes,
              ::testing::Contains("column 'name' is different in all training rows, as names are: left out"));
  EXPECT_THAT(input_names(named), ElementsAre("gone.missing", "x"));
}

TEST(Fit, AutoHashesCategoriesOfMoreThan100Values) {
  const auto inputs_for = [](int levels) {
    std::string text = "c,y\n";
    for (int i = 0; i < 2 * levels; ++i) text += fmt::format("v{},{}\n", i % levels, i);
    return fitted_to(text, {{.options = Auto()}}).schema.inputs.size();
  };
  EXPECT_EQ(inputs_for(100), 101u);
  EXPECT_EQ(inputs_for(101), 64u);
}

TEST(Fit, AutoTakesWhatNoStepBeforeItTook) {
  const Dataset data = fitted_to("a,b,y\n1,1,0\n3,3,0\n",
                                 {{.options = Scale{.factor = 10}, .columns = {"a"}}, {.options = Auto()}});
  EXPECT_THAT(inputs_of(data), ElementsAre(ElementsAre(10, 30), ElementsAre(-1, 1)));
}

TEST(Fit, OtherRowsChangeNothing) {
  const std::string train =
      "1,red,a,2024-01-02,yes,1\nNA,blue,b,2024-01-03,no,2\n4,red,a,,yes,4\n8,blue,b,2023-01-02,no,7\n";
  const std::string header = "n,c,o,t,b,y\n";
  const std::string others[] = {"5,red,a,2024-01-02,yes,1\n5,red,a,2024-01-02,no,2\n",
                                "1e6,aqua,0,1970-01-01,,999\n-1e9,zebra,zz,2069-12-31 23:59,no,NA\n"};
  const Steps each[] = {{{.options = Auto()}},
                        {{.options = Impute(), .columns = {"n", "b"}},
                         {.options = Quantile(), .columns = {"n"}},
                         {.options = Ordinal(), .columns = {"o"}},
                         {.options = OneHot{.max_levels = 1, .buckets = 3}, .columns = {"c"}},
                         {.options = Dates()},
                         {.options = Impute()},
                         {.options = Clip(), .columns = {"t.day"}},
                         {.options = MinMax(), .columns = {"t.month"}},
                         {.options = TargetStandardize()}}};
  for (const Steps& steps : each) {
    std::vector<Schema> schemas;
    std::vector<std::vector<std::vector<float>>> inputs;
    for (const std::string& other : others) {
      Dataset data = table(std::string(header).append(train).append(other));
      fit(data, Rows{0, 1, 2, 3}, steps);
      schemas.push_back(data.schema);
      inputs.push_back(inputs_of(std::move(data)));
      for (std::vector<float>& input : inputs.back()) input.resize(4);
    }
    EXPECT_EQ(schemas[0], schemas[1]);
    EXPECT_EQ(inputs[0], inputs[1]);
  }
}

TEST(Fit, TargetsThatF32HardlyTellsApartAreNoted) {
  const auto notes = [](const std::string& targets) {
    return fitted_to("x,y\n" + targets, {{.options = TargetStandardize()}}).notes;
  };
  EXPECT_THAT(
      notes("1,100000001\n2,100000003\n"),
      ElementsAre("target 'y': f32 keeps few of the digits in which its values, about 1e+08, differ; they "
                  "may be told less a constant"));
  EXPECT_THAT(notes("1,1001\n2,1003\n"), IsEmpty());
  EXPECT_THAT(notes("1,5\n2,5\n"), IsEmpty());
}

}  // namespace
}  // namespace catenary::preprocess_testing
