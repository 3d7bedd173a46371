// How a training step grows: samples a second of square networks over their width and the batch, against the
// roofline of this core, measured in the same run: its peak by fused multiply-adds, and the speed at which it
// reads as many bytes as a step walks through. Each cell's steps are checked before they are timed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/compare/measure.h"
#include "bench/compare/options.h"
#include "bench/compare/peak.h"
#include "bench/compare/plot.h"
#include "bench/compare/results.h"

namespace bench {
namespace {

// Multiply-adds of a step of the check's reference: a tenth of a second for its four steps.
constexpr double kCheckWork = 2e7;

struct Options {
  bool quick = false;
  int threads = 1;
  std::vector<std::int64_t> widths, batches;  // empty: all
  std::string json, svg;
};

// What is measured: two hidden layers and a last one, all as wide as the input, relu and softmax
// cross-entropy.
struct Grid {
  std::vector<std::int64_t> widths, batches;
  double most_flops;  // of a step; larger ones are left out
  double turn_seconds;
  int rounds;
  bool judged = true;  // whether a figure that cannot be true is an error
};

Grid whole_grid(const Options& options) {
  if (options.quick) return {{8, 64}, {1, 16, 256}, 5e10, 0.01, 1, false};
  return {{8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096},
          {1, 4, 16, 64, 256, 1024, 4096, 16'384, 65'536},
          3e11,
          0.05,
          3};
}

Grid grid_of(const Options& options) {
  Grid grid = whole_grid(options);
  if (!options.widths.empty()) grid.widths = options.widths;
  if (!options.batches.empty()) grid.batches = options.batches;
  return grid;
}

struct Cell {
  std::int64_t width, batch, parameters;
  double flops;         // of a step
  double seconds;       // of a step
  double peak;          // FLOP/s around it
  double roof_seconds;  // of a step on the roofline

  [[nodiscard]] double rate() const { return static_cast<double>(batch) / seconds; }
  [[nodiscard]] double roof_rate() const { return static_cast<double>(batch) / roof_seconds; }
};

Cell measure_cell(std::int64_t width, std::int64_t batch, const Grid& grid, int threads) {
  const Problem problem =
      make_problem(fmt::format("{} wide x 3", width), {width, width, width, width}, batch);
  const PeerKind side = catenary_peer();
  Check(problem, kCheckWork)(side, threads);
  const auto peer = side.make(problem, 1e-4, threads);
  std::vector<double> times, peaks = {peak(threads)};
  for (int round = 0; round < grid.rounds; ++round) {
    double elapsed = peer->time(1);
    std::int64_t steps = 1;
    // The first step warms the caches, and counts only where it fills the turn by itself.
    if (elapsed < grid.turn_seconds) elapsed = 0, steps = 0;
    for (std::int64_t block = 1; elapsed < grid.turn_seconds; block *= 2) {
      elapsed += peer->time(block);
      steps += block;
    }
    times.push_back(elapsed / static_cast<double>(steps));
    peaks.push_back(peak(threads));
    if (times.back() > 1) break;  // long steps vary little
  }
  if (grid.judged) refuse_beyond_peak(problem, side.name, median(times), peaks);
  const double speed = median(peaks) * 1e9;
  const double roof =
      std::max(problem.flops() / speed, problem.least_bytes() / bandwidth_for(problem, threads));
  return {width, batch, problem.parameters(), problem.flops(), median(times), speed, roof};
}

void print_heading(const Grid& grid) {
  fmt::print("{:>14}", "width \\ batch");
  for (const std::int64_t batch : grid.batches) fmt::print(" {:>14}", batch);
  fmt::print("\n");
}

// "2.35e+05  82%": samples a second and their share of the roofline's.
void print_cell(const Cell& cell) {
  fmt::print(" {:>9.3g} {:>3.0f}%", cell.rate(), 100 * cell.rate() / cell.roof_rate());
  std::fflush(stdout);
}

nlohmann::json json_of(const Cell& c) {
  return {{"width", c.width},
          {"batch", c.batch},
          {"parameters", c.parameters},
          {"step_seconds", c.seconds},
          {"samples_per_second", c.rate()},
          {"seconds_per_sample", c.seconds / static_cast<double>(c.batch)},
          {"gflops", c.flops / c.seconds * 1e-9},
          {"peak_gflops", c.peak * 1e-9},
          {"percent_of_peak", 100 * c.flops / c.seconds / c.peak},
          {"roof_samples_per_second", c.roof_rate()},
          {"percent_of_roof", 100 * c.rate() / c.roof_rate()}};
}

// Samples a second, and picoseconds for each sample and parameter: level lines, one upon the other, where
// time is linear in both.
Plot plot_of(const Grid& grid, const std::vector<Cell>& cells, int threads) {
  Panel rates{
      .title = "samples a second; dashed: the roofline", .x_label = "batch", .y_label = "samples / s"};
  Panel times{.title = "time for each sample and parameter; dashed: the roofline",
              .x_label = "batch",
              .y_label = "ps / (sample · parameter)"};
  for (std::size_t w = 0; w < grid.widths.size(); ++w) {
    Series rate{.name = std::to_string(grid.widths[w]), .colour = w, .style = Style::kLine};
    Series roof{.name = "", .colour = w, .style = Style::kDashes};
    Series time = rate, floor = roof;
    for (const Cell& c : cells) {
      if (c.width != grid.widths[w]) continue;
      const auto batch = static_cast<double>(c.batch);
      const double scale = 1e12 / static_cast<double>(c.parameters);
      rate.points.push_back({batch, c.rate()});
      roof.points.push_back({batch, c.roof_rate()});
      time.points.push_back({batch, scale / c.rate()});
      floor.points.push_back({batch, scale / c.roof_rate()});
    }
    for (Series* series : {&roof, &rate}) rates.series.push_back(std::move(*series));
    for (Series* series : {&floor, &time}) times.series.push_back(std::move(*series));
  }
  return {.title = "Training steps of square networks over width and batch",
          .subtitle = fmt::format("three layers as wide as their input, {} thread{}", threads,
                                  threads == 1 ? "" : "s"),
          .legend_title = "width",
          .palette = Palette::kOrdered,
          .panels = {std::move(rates), std::move(times)}};
}

void run(const Options& options) {
  pin(options.threads);
  const Grid grid = grid_of(options);
  fmt::print("samples a second, and their share of the roofline's; {} thread(s)\n", options.threads);
  print_heading(grid);
  std::vector<Cell> cells;
  nlohmann::json rows = nlohmann::json::array();
  for (const std::int64_t width : grid.widths) {
    fmt::print("{:>14}", width);
    for (const std::int64_t batch : grid.batches) {
      // 2·batch·width² for each of 8 products.
      if (16.0 * static_cast<double>(batch * width * width) > grid.most_flops) break;
      cells.push_back(measure_cell(width, batch, grid, options.threads));
      print_cell(cells.back());
      rows.push_back(json_of(cells.back()));
    }
    fmt::print("\n");
  }
  if (cells.empty()) throw std::runtime_error("no such step is small enough to be measured");
  write_results(options.json, nlohmann::json{{"threads", options.threads}, {"rows", rows}}.dump(2) + '\n');
  write_results(options.svg, svg(plot_of(grid, cells, options.threads)));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Options options;
  CLI::App app{"Samples a second over width and batch, against the roofline"};
  app.add_flag("--quick", options.quick, "a few small sizes, once each: to see that it works");
  app.add_option("--threads", options.threads, "number of threads")
      ->capture_default_str()
      ->check(bench::above_zero);
  app.add_option("--width", options.widths, "only these widths")->check(bench::above_zero);
  app.add_option("--batch", options.batches, "only these batches")->check(bench::above_zero);
  app.add_option("--json", options.json, "also write the figures to this file");
  app.add_option("--svg", options.svg, "also write a plot to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    bench::run(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
