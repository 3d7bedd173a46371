// How fast tables are read: megabytes a second of one core, from memory, of a table of numbers and of a mixed
// one, beside what is least to do with the numbers: to find each cell's end and to hand it to
// std::from_chars. The tables that are read are checked before anything is timed. Both sides take turns; a
// figure is the median of several.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "catenary/base/file.h"
#include "catenary/base/philox.h"
#include "catenary/data/csv/csv.h"

namespace bench {
namespace {

using catenary::Philox;
using catenary::Table;

struct Source {
  std::string name;
  std::string text;
  std::function<void(const Table&)> check;  // throws if it is not what was written
};

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("read wrongly: " + what);
}

// 20 columns of numbers of 6 to 8 characters.
Source numbers(std::int64_t rows) {
  constexpr int kColumns = 20;
  const Philox random(1, catenary::RandomPurpose::kTest, 0);
  Source source{.name = "numbers", .text = {}, .check = {}};
  for (int i = 0; i < kColumns; ++i) source.text += fmt::format("{}x{}", i > 0 ? "," : "", i);
  source.text += '\n';
  double sum = 0;
  std::uint64_t drawn = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (int i = 0; i < kColumns; ++i) {
      const double x = (static_cast<double>(random.below(400'000, drawn++)) - 200'000) / 10'000;
      source.text += fmt::format("{}{:.4f}", i > 0 ? "," : "", x);
      sum += static_cast<double>(static_cast<float>(x));
    }
    source.text += '\n';
  }
  source.check = [=](const Table& table) {
    double found = 0;
    for (const float x : table.of(catenary::ColumnRole::kFeature).numbers) found += static_cast<double>(x);
    require(table.rows() == rows && std::abs(found - sum) < 1e-6 * (1 + std::abs(sum)), "numbers");
  };
  return source;
}

// A number that counts, two categories, a date, two numbers, a boolean that is missing in a third of the
// rows.
Source mixed(std::int64_t rows) {
  const Philox random(2, catenary::RandomPurpose::kTest, 0);
  const std::vector<std::string> towns = {"Berlin", "Ulm", "Frankfurt am Main", "Paris", "New York", "Rio"};
  const std::vector<std::string> flags = {"yes", "no", ""};
  Source source{.name = "mixed", .text = "id,town,job,when,age,income,flag\n", .check = {}};
  std::uint64_t drawn = 0;
  const auto below = [&](std::uint64_t bound) { return random.below(bound, drawn++); };
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::string &town = towns[below(towns.size())], &flag = flags[below(flags.size())];
    source.text +=
        fmt::format("{},{},job{},{}-{:02}-{:02},{},{}.{:02},{}\n", row, town, below(300), 1990 + below(34),
                    1 + below(12), 1 + below(28), 18 + below(72), 10'000 + below(90'000), below(100), flag);
  }
  source.check = [=](const Table& table) {
    using catenary::ColumnType;
    const ColumnType types[] = {ColumnType::kNumber, ColumnType::kCategory, ColumnType::kCategory,
                                ColumnType::kTime,   ColumnType::kNumber,   ColumnType::kNumber,
                                ColumnType::kBoolean};
    for (std::size_t i = 0; i < std::size(types); ++i)
      require(table.columns[i].type == types[i], table.columns[i].name);
    require(table.rows() == rows && table.columns[1].levels.size() == towns.size(), "mixed");
  };
  return source;
}

// The sum of all cells that are numbers.
double from_chars_alone(const std::string& text) {
  double sum = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* cell = at;
    while (at != end && *at != ',' && *at != '\n') ++at;
    double x = 0;
    (void)std::from_chars(cell, at, x);
    sum += x;
    if (at != end) ++at;
  }
  return sum;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

nlohmann::json measure(const Source& source, int rounds) {
  source.check(catenary::parse_csv(source.text, source.name));
  std::vector<double> ours, least;
  double sum = 0;
  for (int round = 0; round < rounds; ++round) {
    ours.push_back(seconds_of([&] { (void)catenary::parse_csv(source.text, source.name); }));
    least.push_back(seconds_of([&] { sum += from_chars_alone(source.text); }));
  }
  require(std::isfinite(sum), "sum");
  const double megabytes = static_cast<double>(source.text.size()) / 1e6;
  const double our_speed = megabytes / median(ours), least_speed = megabytes / median(least);
  fmt::print("{:<8} {:>7.1f} MB   {:>6.0f} MB/s   from_chars alone {:>6.0f} MB/s   ratio {:.2f}\n",
             source.name, megabytes, our_speed, least_speed, our_speed / least_speed);
  return {{"name", source.name},
          {"megabytes", megabytes},
          {"mb_per_s", our_speed},
          {"from_chars_mb_per_s", least_speed}};
}

int run(int argc, const char* const* argv) {
  CLI::App app("How fast tables are read, in megabytes a second of one core");
  bool quick = false;
  std::string json;
  app.add_flag("--quick", quick, "A moment, to see that it works");
  app.add_option("--json", json, "Also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  const std::int64_t rows = quick ? 500 : 400'000;
  nlohmann::json rows_json = nlohmann::json::array();
  for (const Source& source : {numbers(rows), mixed(2 * rows)})
    rows_json.push_back(measure(source, quick ? 1 : 7));
  if (!json.empty()) catenary::write_file_atomically(json, rows_json.dump(2) + "\n");
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    return bench::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "reading_bench: {}\n", error.what());
    return 1;
  }
}
