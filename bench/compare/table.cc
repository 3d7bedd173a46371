#include "table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace bench {

namespace {

using nlohmann::json;

std::string time_text(double time) {
  if (time < 1e-3) return fmt::format("{:.2f} µs", time * 1e6);
  return time < 1 ? fmt::format("{:.2f} ms", time * 1e3) : fmt::format("{:.2f} s", time);
}

// "1.29x"; "~95.2x" where the library ran an adapted problem; "-" where it ran none.
std::string ratio_text(const json& side) {
  if (side.is_null()) return "-";
  const double ratio = side["time_over_catenary"];
  const char* mark = side["adapted"] ? "~" : "";
  return ratio < 100 ? fmt::format("{}{:.2f}x", mark, ratio) : fmt::format("{}{:.0f}x", mark, ratio);
}

json side_of(const json& row, const std::string& name) { return row["sides"].value(name, json()); }

// The best of the steps assembled by hand.
std::string best_by_hand(const json& row) {
  double best = 0;
  for (const json& side : row["sides"]) {
    const double ratio = side["time_over_catenary"];
    if (side["by_hand"] && (best == 0 || ratio < best)) best = ratio;
  }
  return best == 0 ? "-" : fmt::format("{:.2f}x", best);
}

std::string network_of(const json& row) {
  return fmt::format("{}, {}", row["network"].get<std::string>(), row["batch"].get<std::int64_t>());
}

}  // namespace

void print_heading(std::span<const PeerKind> kinds) {
  for (const PeerKind& kind : kinds) fmt::print("{:10} {}\n", kind.name, kind.about);
  fmt::print("\n{:17} {:>6} {:>2} {:>10} {:>8} {:>9} {:>7} {:>6} {:>6} {:>7} ", "network", "batch", "th",
             "step", "spread %", "samples/s", "GFLOP/s", "% peak", "x 1 th", "by hand");
  for (const PeerKind& kind : kinds.subspan(1)) fmt::print(" {:>8}", kind.name);
  fmt::print("\n");
}

void print_row(const json& row, const json& one_thread, std::span<const PeerKind> kinds) {
  const json& own = row["sides"][kinds[0].name];
  const double time = own["step_seconds"];
  const double spread = 100 * (own["most_seconds"].get<double>() - own["least_seconds"].get<double>()) / time;
  const bool again = !one_thread.is_null();
  const std::string gain =
      again ? fmt::format("{:.2f}", one_thread["sides"][kinds[0].name]["step_seconds"].get<double>() / time)
            : "";
  fmt::print("{:17} {:>6} {:>2} {:>10} {:>8.1f} {:>9.3g} {:>7.1f} {:>6.1f} {:>6} {:>7} ",
             again ? "" : row["network"].get<std::string>(), row["batch"].get<std::int64_t>(),
             row["threads"].get<int>(), time_text(time), spread, own["samples_per_second"].get<double>(),
             own["gflops"].get<double>(), own["percent_of_peak"].get<double>(), gain, best_by_hand(row));
  for (const PeerKind& kind : kinds.subspan(1)) fmt::print(" {:>8}", ratio_text(side_of(row, kind.name)));
  fmt::print("\n");
  if (row.contains("percent_of_bandwidth")) {
    fmt::print("{:27} {:.1f} % of the {:.1f} GB/s at which weights of this size are read\n", "",
               row["percent_of_bandwidth"].get<double>(), row["read_bytes_per_second"].get<double>() * 1e-9);
  }
  std::fflush(stdout);
}

Plot plot_of(const json& rows, std::span<const PeerKind> kinds) {
  Plot plot{.title = "A training step's time over Catenary's",
            .subtitle = "right of 1: Catenary is faster; hollow: the peer ran an adapted problem",
            .panels = {}};
  std::map<int, std::vector<json>> by_threads;
  for (const json& row : rows) by_threads[row["threads"]].push_back(row);
  for (const auto& [threads, own_rows] : by_threads) {
    Panel panel{.title = fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"),
                .x_label = "peer's time / Catenary's time",
                .mark_x = 1};
    for (const json& row : own_rows) panel.categories.push_back(network_of(row));
    for (const PeerKind& kind : kinds.subspan(1)) {
      const std::size_t colour = panel.series.size();
      Series series{
          .name = kind.name, .colour = colour, .style = Style::kDots, .hollow = kind.adapt != nullptr};
      for (std::size_t i = 0; i < own_rows.size(); ++i) {
        const json side = side_of(own_rows[i], kind.name);
        if (side.is_null()) continue;
        series.points.push_back({side["time_over_catenary"], static_cast<double>(i)});
      }
      panel.series.push_back(std::move(series));
    }
    plot.panels.push_back(std::move(panel));
  }
  return plot;
}

}  // namespace bench
