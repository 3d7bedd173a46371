#include "catenary/train/first_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/notes.h"
#include "catenary/base/text.h"
#include "catenary/data/preprocess/fit.h"
#include "catenary/data/table_dataset.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/toml.h"
#include "catenary/train/samples.h"

namespace catenary::train {

namespace {

// What the first reading of a table told.
struct Facts {
  std::int64_t rows = 0;    // with a target
  std::int64_t inputs = 0;  // of the network
  std::size_t columns = 0;
  std::size_t classes = 0;   // 0: the target is a number
  bool are_numbers = false;  // the classes are whole numbers, of which there are few
};

// Few whole numbers, each of which many rows have, are taken for the names of classes: how many there are,
// else 0.
std::size_t classes_among(const Dataset& table, std::int64_t rows) {
  constexpr std::size_t kMost = 10;
  constexpr std::int64_t kRowsEach = 5;  // on average
  const std::size_t count = table.whole_targets.size();
  return count >= 2 && count <= kMost && rows >= kRowsEach * static_cast<std::int64_t>(count) ? count : 0;
}

// How the table is read.
DataConfig reading_of(const FirstData& data) {
  DataConfig how = table_reading(data.overrides, OtherKeys::kPassOver);
  if (data.target_type) how.target_type = data.target_type;
  return how;
}

DataLimits limits_of(const FirstData& data, const DataConfig& how) {
  DataLimits limits = how.limits;
  if (data.max_bytes) limits.max_bytes = data.max_bytes;
  return limits;
}

Dataset read(const FirstData& data, const DataConfig& how) {
  TableOptions options = table_options(how, {.samples = data.path, .labels = ""});
  options.targets = {data.target};
  options.limits = limits_of(data, how);
  return load_table(data.path, options);
}

// Texts of which no two rows have the same are names; a table of a few rows may have as many classes.
void require_no_names(const FirstData& data, const Facts& facts) {
  constexpr std::size_t kMany = 20;
  if (facts.classes < kMany || std::cmp_less(facts.classes, facts.rows)) return;
  fail(ErrorKind::kData,
       "{}: needed a target of numbers or classes, found in {} another text in each of {} rows", data.path,
       quote(data.target), facts.rows);
}

Facts facts_of(const FirstData& data, const DataConfig& how, Dataset& table) {
  Facts facts{.columns = table.schema.columns.size(), .classes = table.schema.classes.size()};
  std::vector<std::int64_t> rows;
  for (std::size_t row = 0; row < table.targets.size(); ++row) {
    if (!std::isnan(table.targets[row])) rows.push_back(static_cast<std::int64_t>(row));
  }
  facts.rows = std::ssize(rows);
  if (rows.empty())
    fail(ErrorKind::kData, "{}: needed rows with a value of '{}', found none", data.path, data.target);
  if (!how.target_type) require_no_names(data, facts);
  if (facts.classes == 0 && !how.target_type) {
    facts.classes = classes_among(table, facts.rows);
    facts.are_numbers = facts.classes > 0;
  }
  const preprocess::Step steps[] = {{.options = preprocess::Auto()}};
  try {
    fit(table, rows, steps, limits_of(data, how));
  } catch (const Error& error) {
    throw reworded(error, data.path + ": ");
  }
  facts.inputs = std::ssize(table.schema.inputs);
  return facts;
}

// A power of two, so that a batch fills whole tiles.
std::int64_t batch_for(std::int64_t rows) {
  std::int64_t batch = 16;
  while (batch < 256 && 32 * batch < rows) batch *= 2;
  return batch;
}

// About so many steps in all, but enough passes for a small table and not too many for a large one.
std::int64_t epochs_for(std::int64_t rows, std::int64_t batch) {
  constexpr std::int64_t kSteps = 3000;
  const std::int64_t steps_each = std::max<std::int64_t>(1, rows * 7 / 10 / batch);
  const std::int64_t epochs = std::clamp<std::int64_t>(kSteps / steps_each, 10, 400);
  return epochs / 10 * 10;
}

std::string target_comment(const Facts& facts, bool is_told) {
  if (!is_told) return "";
  if (facts.are_numbers)
    return fmt::format("  # {} whole numbers, taken for classes; --target-type number takes them for amounts",
                       facts.classes);
  return facts.classes > 0 ? fmt::format("  # {} classes", facts.classes) : "  # a number";
}

std::string data_table(const FirstData& data, const DataConfig& how, const Facts& facts) {
  std::string text = fmt::format("\n[data]\nformat = \"csv\"\ntrain = {}{}\ntarget = {}{}\n",
                                 quoted_toml(data.written_path.empty() ? data.path : data.written_path),
                                 descriptor_of(data.path) ? "    # a stream; a file can be read again" : "",
                                 quoted_toml(data.target), target_comment(facts, !how.target_type)) +
                     reading_to_toml(how);
  constexpr std::int64_t kFewRows = 20;  // of which a tenth may be none
  return text + fmt::format(
                    "{}split = {{ validation = 0.1, test = 0.2, by = \"{}\" }}\n"
                    "# ignore = [\"COLUMN\"]    # columns that shall not be inputs\n"
                    "# id = \"COLUMN\"          # carried into predictions\n"
                    "# types = {{ COLUMN = \"category\" }}    # where its cells do not tell\n",
                    facts.rows < kFewRows ? "# " : "", facts.classes > 0 ? "stratified" : "random");
}

std::string layer_tables(const Facts& facts) {
  const std::int64_t units = facts.rows < 500 ? 32 : 64;
  std::string text;
  for (const std::int64_t width : {units, units / 2})
    text += fmt::format(
        "\n[[model.layers]]\ntype = \"dense\"\nunits = {}\nactivation = \"relu\"\n"
        "init = \"glorot_uniform\"\n",
        width);
  return text + fmt::format("\n[[model.layers]]\ntype = \"dense\"    # units: {}\n",
                            facts.classes == 2  ? "one, which tells both classes"
                            : facts.classes > 0 ? "one for each class"
                                                : "one for the target");
}

std::string train_table(const Facts& facts) {
  const std::int64_t batch = batch_for(facts.rows);
  return fmt::format(
      "\n[train]\nloss = \"{}\"\noptimizer = {{ type = \"adam\", learning_rate = 0.001 }}\n"
      "weight_decay = 0.01\nepochs = {}\nbatch_size = {}\n",
      facts.classes == 2  ? "binary_cross_entropy"
      : facts.classes > 0 ? "softmax_cross_entropy"
                          : "squared_error",
      epochs_for(facts.rows, batch), batch);
}

}  // namespace

std::string first_config(const FirstData& data) {
  const DataConfig how = reading_of(data);
  Dataset table = read(data, how);
  const Facts facts = explained_by(table.notes, [&] { return facts_of(data, how, table); });
  return fmt::format(
             "# {} rows, {} columns beside the target, {} inputs.\nformat = 1\nseed = 1\n"
             "preprocess = \"auto\"    # numbers standardized, missing ones filled in, categories one-hot, "
             "dates "
             "taken apart\n",
             facts.rows, facts.columns, facts.inputs) +
         data_table(data, how, facts) + layer_tables(facts) + train_table(facts);
}

}  // namespace catenary::train
