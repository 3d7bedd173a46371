#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/train/forecast_series.h"
#include "commands.h"
#include "forecast_chart.h"
#include "judging.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

// What a run foretells instead of the numbers that follow a window; "" if it does those.
std::string other_task(const train::Config& config) {
  if (!config.data.sequence) return "rows that are no sequences";
  const SequenceTask task = config.data.sequence->options.task;
  if (task != SequenceTask::kNext) return fmt::format("target = \"{}\"", name_of(task));
  return is_classification(config) ? "classes" : "";
}

void require_forecasts(const PlotArguments& arguments, const train::Config& config) {
  const std::string other = other_task(config);
  if (other.empty()) return;
  fail(ErrorKind::kConfig,
       "{}: needed a run that foretells the numbers after a window (data.sequence.target = \"next\"), found "
       "{}",
       printable(arguments.run_dir), other);
}

// Which of several names is asked for; of one it need not be.
std::size_t choice(std::string_view option, const std::string& asked, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  if (asked.empty() && names.size() == 1) return 0;
  if (asked.empty())
    fail(ErrorKind::kConfig, "{}: needed one of {}, as a drawing has one", option, listed(views));
  const auto found = std::ranges::find(names, asked);
  if (found == names.end())
    fail(ErrorKind::kConfig, "{}: unknown name {}{}", option, quote(asked), suggestion(asked, views));
  return static_cast<std::size_t>(found - names.begin());
}

// The key of each series, in the table's order; without keys there is one.
std::vector<std::string> keys_of(const train::TestData& data) {
  const Mark& marks = data.file.data.series;
  std::vector<std::string> keys;
  for (const Series& series : data.series) {
    const auto first = static_cast<std::size_t>(series.first);
    keys.push_back(marks.codes.empty() ? "" : marks.levels[static_cast<std::size_t>(marks.codes[first])]);
  }
  return keys;
}

std::string title_of(const std::string& target, const std::string& key, const train::StoredRun& run,
                     train::JudgedBy part) {
  const std::string& time = run.config.data.sequence->options.time;
  return fmt::format("{}{} by {}: forecasts of the {} rows", printable(target),
                     key.empty() ? "" : fmt::format(" ({})", printable(key)),
                     time.empty() ? "row" : printable(time), name_of(part));
}

ForecastChart chart_of(const PlotArguments& arguments, const train::StoredRun& run,
                       const train::TestData& data) {
  const std::vector<std::string>& targets = data.file.data.schema.target_names;
  const std::vector<std::string> keys = keys_of(data);
  const std::size_t target = choice("--column", arguments.column, targets);
  if (!arguments.series.empty() && data.file.data.series.codes.empty())
    fail(ErrorKind::kConfig, "--series: needed a run with data.sequence.series, found one without");
  const std::size_t series = choice("--series", arguments.series, keys);
  return {.table = data.file.data,
          .rows = data.series[series],
          .series = forecast_series(run, data, data.series[series], target, arguments.threads),
          .title = title_of(targets[target], keys[series], run, data.part)};
}

}  // namespace

int plot(const PlotArguments& arguments) {
  require_not_of_run(arguments.output, arguments.run_dir);
  if (arguments.json && goes_to_stdout(arguments.output))
    fail(ErrorKind::kConfig,
         "--json: its line would stand behind the drawing; needed an --output that is not stdout");
  train::StoredRun run = train::read_run(arguments.run_dir);
  require_forecasts(arguments, run.config);
  require_not_named(arguments.output, run.config.data);
  const train::TestData data = load_judging(run, arguments);
  require_not_named(arguments.output, run.config.data);
  say_notes(data.notes);
  say_part(data.part);
  OutputFile file(arguments.output);
  const ForecastChart chart = chart_of(arguments, run, data);
  if (chart.series.forecasts == 0)
    say("no {} row of this series has a forecast: the series alone is drawn\n", name_of(data.part));
  file.write(svg_document(chart));
  file.commit();
  if (arguments.json) {
    print_json({{"title", chart.title}, {"rows", chart.series.forecasts}, {"output", arguments.output}});
    return 0;
  }
  const std::string report =
      fmt::format("{} rows with a forecast in {}\n", chart.series.forecasts, printable(arguments.output));
  goes_to_stdout(arguments.output) ? say_text(report) : print(report);
  return 0;
}

}  // namespace catenary::cli
