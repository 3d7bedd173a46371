#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "testing.h"
#include "tests/support/xml.h"

namespace catenary::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kForecastConfig = R"(format = 1
[data]
train = "sales.csv"
target = "sales"
split = { test = 0.25 }
sequence = { steps = 4, horizon = 2, time = "month", season = 4, difference = 2 }
[[model.layers]]
type = "last_row"
[[model.layers]]
type = "dense"
[train]
loss = "squared_error"
epochs = 2
)";

std::string months(int rows) {
  std::string text = "month,sales\n";
  for (int i = 0; i < rows; ++i)
    text += fmt::format("{}-{:02},{}\n", 2020 + i / 12, i % 12 + 1, i + 5 * (i % 4));
  return text;
}

// A directory with a run, runs/c.
struct ShellWithForecasts : Shell {
  explicit ShellWithForecasts(const std::vector<std::string>& overrides = {}) {
    file("sales.csv", months(24));
    file("shops.csv",
         "shop,sales,cost\na,1,2\na,3,4\na,5,6\na,7,8\na,9,1\nb,2,1\nb,4,2\nb,6,3\nb,8,5\nb,1,7\n");
    file("c.toml", kForecastConfig);
    std::vector<std::string> arguments = {"train", "c.toml"};
    for (const std::string& text : overrides) arguments.insert(arguments.end(), {"--set", text});
    const Outcome trained = run(arguments);
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
  }
};

// Of each polyline and circle: how many points it has.
std::vector<std::size_t> points_of(const std::string& svg) {
  std::vector<std::size_t> counts;
  const testing_support::XmlReader reader(svg, [&](const auto& element, const auto& name, const auto& value) {
    if (element == "polyline" && name == "points")
      counts.push_back(static_cast<std::size_t>(std::count(value.begin(), value.end(), ',')));
    if (element == "circle" && name == "cx") counts.push_back(1);
  });
  EXPECT_EQ(reader.error(), "");
  return counts;
}

TEST(Plot, DrawsTheSeriesTheForecastsAndTheBaseline) {
  const ShellWithForecasts shell;
  const Outcome outcome = shell.run({"plot", "runs/c", "--output", "p.svg"});
  EXPECT_EQ(outcome.out, "6 rows with a forecast in p.svg\n") << outcome.err;
  const std::string svg = shell.text_of("p.svg");
  EXPECT_THAT(points_of(svg), ElementsAre(24, 6, 6));
  EXPECT_THAT(svg, StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_THAT(svg, HasSubstr("role=\"img\""));
  EXPECT_THAT(svg, HasSubstr("<title>sales by month: forecasts of the test rows</title>"));
  for (const std::string text :
       {">observed<", ">forecast<", ">seasonal naive<", ">2020-07<", ">2021-01<", ">0<"})
    EXPECT_THAT(svg, HasSubstr(text));
}

TEST(Plot, GoesToStdoutAndIsTheSameOnAnyNumberOfThreads) {
  const ShellWithForecasts shell;
  const Outcome one = shell.run({"plot", "runs/c", "--threads", "1"});
  EXPECT_THAT(points_of(one.out), ElementsAre(24, 6, 6));
  EXPECT_EQ(one.out, shell.run({"plot", "runs/c", "--threads", "3"}).out);
  EXPECT_THAT(one.err, HasSubstr("6 rows with a forecast in /dev/stdout"));
}

TEST(Plot, TellsWhatItDrewAsJson) {
  const ShellWithForecasts shell;
  const auto json = json_lines(shell.run({"plot", "runs/c", "--output", "p.svg", "--json"}).out);
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["title"], "sales by month: forecasts of the test rows");
  EXPECT_EQ(json[0]["rows"], 6);
  EXPECT_EQ(json[0]["output"], "p.svg");
  EXPECT_EQ(
      shell.run({"plot", "runs/c", "--json"}).err,
      "catenary: --json: its line would stand behind the drawing; needed an --output that is not stdout\n");
}

TEST(Plot, LeavesOutRowsFarBeforeTheForecasts) {
  const ShellWithForecasts shell({"data.split.test=0.125", "data.sequence.horizon=1"});
  EXPECT_THAT(points_of(shell.run({"plot", "runs/c"}).out), ElementsAre(12, 3, 3));
}

TEST(Plot, CutsATitleThatIsTooLong) {
  const ShellWithForecasts shell({"train.epochs=0"});
  const std::string name = "a<b" + std::string(100, 'x');
  shell.file("sales.csv", "month," + name + months(24).substr(11));
  ASSERT_EQ(shell.run({"train", "c.toml", "--set", "data.target=\"" + name + "\""}).exit_code, 0);
  const std::string svg = shell.run({"plot", "runs/c"}).out;
  EXPECT_THAT(points_of(svg), ElementsAre(24, 6, 6));
  EXPECT_THAT(svg, HasSubstr("<title>a&lt;b" + std::string(100, 'x') + " by month"));
  EXPECT_THAT(svg, HasSubstr("y=\"26\">a&lt;b" + std::string(74, 'x') + "...</text>"));
}

TEST(Plot, HasNoBaselineWithoutASeason) {
  const ShellWithForecasts shell({R"(data.sequence={ steps = 4, time = "month" })"});
  const std::string svg = shell.run({"plot", "runs/c"}).out;
  EXPECT_THAT(points_of(svg), ElementsAre(24, 6));
  EXPECT_THAT(svg, Not(HasSubstr("seasonal naive")));
}

TEST(Plot, OfOtherDataForetellsAllOfTheirRows) {
  const ShellWithForecasts shell;
  shell.file("new.csv", months(11));
  const Outcome outcome = shell.run({"plot", "runs/c", "--data", "new.csv"});
  EXPECT_THAT(points_of(outcome.out), ElementsAre(11, 6, 6))
      << "the seventh row after the window begins no forecast";
  EXPECT_THAT(outcome.err, HasSubstr("all rows of new.csv are judged"));
}

TEST(Plot, WithoutHeldOutRowsDrawsTheTrainingRowsAndSaysSo) {
  const ShellWithForecasts shell(
      {R"(data={ train="sales.csv", target="sales", sequence={ steps = 4, time = "month" } })"});
  const Outcome outcome = shell.run({"plot", "runs/c"});
  EXPECT_THAT(points_of(outcome.out), ElementsAre(24, 20));
  EXPECT_THAT(outcome.err,
              HasSubstr("the config names no test set: these are the samples that it was trained on"));
  EXPECT_THAT(outcome.out, HasSubstr("forecasts of the training rows"));
}

TEST(Plot, TakesOneTargetOfOneSeries) {
  const ShellWithForecasts shell({R"(data={ train="shops.csv", target=["sales", "cost"], split={ test=0.2 },)"
                                  R"( sequence={ steps = 2, series = "shop" } })"});
  const auto fault = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"plot", "runs/c"});
    const Outcome outcome = shell.run(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_EQ(fault({}), "catenary: --column: needed one of sales, cost, as a drawing has one\n");
  EXPECT_EQ(fault({"--column", "csot"}), "catenary: --column: unknown name 'csot'; did you mean 'cost'?\n");
  EXPECT_EQ(fault({"--column", "cost"}), "catenary: --series: needed one of a, b, as a drawing has one\n");
  EXPECT_EQ(fault({"--column", "cost", "--series", "c"}),
            "catenary: --series: unknown name 'c'; expected one of a, b\n");
  const Outcome outcome = shell.run({"plot", "runs/c", "--column", "cost", "--series", "b"});
  EXPECT_THAT(outcome.out, HasSubstr("<title>cost (b) by row: forecasts of the test rows</title>"));
  EXPECT_THAT(points_of(outcome.out), ElementsAre(4, 1)) << "the last row, and three before it";
}

TEST(Plot, OfASeriesWithoutAForecastDrawsItAloneAndSaysSo) {
  const ShellWithForecasts shell({"train.epochs=0"});
  shell.file("shops.csv", "shop,sales\na,1\na,3\na,5\na,7\na,9\nb,2\nb,4\n");
  ASSERT_EQ(shell
                .run({"train", "c.toml", "--set",
                      R"(data={ train="shops.csv", target="sales", split={ test=0.2 },)"
                      R"( sequence={ steps = 2, series = "shop" } })"})
                .exit_code,
            0);
  const Outcome outcome = shell.run({"plot", "runs/c", "--series", "b"});
  EXPECT_THAT(points_of(outcome.out), ElementsAre(2));
  EXPECT_THAT(outcome.err,
              HasSubstr("no test row of this series has a forecast: the series alone is drawn\n"));
}

TEST(Plot, NeedsARunThatForetellsTheNumbersAfterAWindow) {
  const ShellWithData shell;
  ASSERT_EQ(shell.run({"train", "c.toml"}).exit_code, 0);
  const Outcome outcome = shell.run({"plot", "runs/c", "--output", "p.svg"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(
      outcome.err,
      "catenary: runs/c: needed a run that foretells the numbers after a window (data.sequence.target = "
      "\"next\"), found rows that are no sequences\n");
  EXPECT_EQ(shell.text_of("p.svg"), "");
  const ShellWithForecasts alone;
  EXPECT_EQ(alone.run({"plot", "runs/c", "--series", "a"}).err,
            "catenary: --series: needed a run with data.sequence.series, found one without\n");
  EXPECT_EQ(alone.run({"plot", "runs/c", "--output", "sales.csv"}).err,
            "catenary: --output sales.csv: expected another file than the input\n");
}

TEST(Eval, PrintsTheBaselineBesideTheNetwork) {
  const ShellWithForecasts shell({"train.epochs=0"});
  const auto end = json_lines(shell.run({"train", "c.toml", "--json"}).out).back();
  const auto json = json_lines(shell.run({"eval", "runs/c", "--json"}).out).front();
  EXPECT_EQ(json["season"], 4);
  EXPECT_EQ(json["forecasts"], end["test"]["forecasts"]);
  EXPECT_EQ(json["forecasts"][0]["target"], "sales");
  EXPECT_EQ(json["forecasts"][0]["seasonal_naive"]["rmse"], 4);
  EXPECT_EQ(json["forecasts"][0]["seasonal_naive"]["mae"], 4);
  EXPECT_TRUE(json["forecasts"][0]["network"]["rmse"].is_number());
  const std::string text = shell.run({"eval", "runs/c"}).out;
  EXPECT_THAT(text,
              HasSubstr("\nsales                           RMSE         MAE\nnetwork                   "));
  EXPECT_THAT(text, HasSubstr("\nseasonal naive, season 4           4           4\n"));
}

}  // namespace
}  // namespace catenary::cli
