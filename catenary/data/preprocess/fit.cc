#include "catenary/data/preprocess/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/classes.h"
#include "catenary/data/name_index.h"
#include "catenary/data/preprocess/column_window.h"
#include "catenary/data/preprocess/draft.h"
#include "catenary/data/preprocess/encode.h"
#include "catenary/data/preprocess/statistics.h"
#include "catenary/data/recode.h"

namespace catenary {

namespace {

using preprocess::Step;

class Fit {
 public:
  Fit(Dataset& data, const FitRows& rows, std::uint64_t room)
      : data_(data), rows_(rows), window_(data.features, rows.inputs, room) {
    for (std::size_t i = 0; i < data.schema.columns.size(); ++i) {
      const ColumnSchema& column = data.schema.columns[i];
      drafts_.push_back({.input = {.name = column.name, .column = i}, .type = column.type});
    }
  }

  void apply(const Step& step) {
    step_ = &step;
    std::visit([&](const auto& options) { apply_one(options); }, step.options);
  }

  void finish();

 private:
  // Steps that make of each draft that they take others, in its place.
  using Drafts = std::vector<Draft>;
  template <typename Takes, typename Make>
  void replace(const Takes& takes, const Make& make);
  void require_columns() const;
  [[nodiscard]] bool is_named(const Draft& draft) const;
  void push(const Draft& draft, FittedStep step, Drafts& out) const;

  void apply_one(const preprocess::Auto& options);
  void apply_one(const preprocess::Drop& options);
  void apply_one(const preprocess::Impute& options);
  void apply_one(const preprocess::OneHot& options);
  void apply_one(const preprocess::Ordinal& options);
  void apply_one(const preprocess::Dates& options);
  void apply_one(const preprocess::Standardize& options);
  void apply_one(const preprocess::MinMax& options);
  void apply_one(const preprocess::Scale& options);
  void apply_one(const preprocess::Quantile& options);
  void apply_one(const preprocess::Log& options);
  void apply_one(const preprocess::Clip& options);
  void apply_one(const preprocess::TargetStandardize& options);
  [[nodiscard]] std::vector<float> values(const Draft& draft) {
    const std::size_t column = draft.input.column, numbers = numbers_of(data_.schema.columns[column].type);
    return values_of(window_.cells(cells_of(data_, column), numbers), draft.input, window_.rows());
  }
  [[nodiscard]] std::vector<float> required_values(const Draft& draft);
  void recode_column(std::size_t column, const ColumnSchema& schema) {
    recode(data_, column, schema,
           [&](std::size_t row) { return fmt::format("row {}, column {}", row + 1, quote(schema.name)); });
  }
  [[nodiscard]] fitted::Affine standardizing(const Draft& draft) {
    return standardizing_step(values(draft), draft.input.name);
  }
  [[nodiscard]] std::vector<std::string> seen_levels(const Draft& draft);
  void impute(const preprocess::Impute& options, const Draft& draft, Drafts& out);
  void one_hot(const preprocess::OneHot& options, const Draft& draft, Drafts& out);
  void auto_number(const preprocess::Auto& options, const Draft& draft, Drafts& out);
  void auto_category(const Draft& draft, Drafts& out);
  void auto_time(const preprocess::Auto& options, const Draft& draft, Drafts& out);
  void note(const std::string& column, std::string_view reason) {
    data_.notes.push_back(fmt::format("column {} {}: left out", quote(column), reason));
  }
  void drop_unread_columns();

  Dataset& data_;
  FitRows rows_;
  ColumnWindow window_;
  const Step* step_ = nullptr;
  Drafts drafts_;
};

// Those that are not missing, at least one.
std::vector<float> Fit::required_values(const Draft& draft) {
  std::vector<float> present = present_of(values(draft));
  if (!present.empty()) return present;
  fail(ErrorKind::kData, "column {}: needed a value among the training rows, found none",
       quote(draft.input.name));
}

bool Fit::is_named(const Draft& draft) const {
  const std::vector<std::string>& names = step_->columns;
  return names.empty() || std::ranges::count(names, draft.input.name) > 0 ||
         std::ranges::count(names, data_.schema.columns[draft.input.column].name) > 0;
}

void Fit::require_columns() const {
  std::vector<std::string> known;
  for (const Draft& draft : drafts_) {
    known.push_back(draft.input.name);
    if (const std::string& column = data_.schema.columns[draft.input.column].name; column != draft.input.name)
      known.push_back(column);
  }
  const NameIndex index(known);
  for (const std::string& name : step_->columns) {
    if (index.find(name)) continue;
    fail(ErrorKind::kConfig, "preprocess: {}: needed the names of inputs, found {}{}",
         name_of(step_->options), quote(name), index.hint(name));
  }
}

template <typename Takes, typename Make>
void Fit::replace(const Takes& takes, const Make& make) {
  require_columns();
  Drafts made;
  for (const Draft& draft : drafts_) {
    const bool is_asked = is_named(draft);
    if (is_asked && takes(draft)) {
      make(draft, made);
      continue;
    }
    if (is_asked && !step_->columns.empty() && !draft.is_code) {
      fail(ErrorKind::kConfig, "preprocess: {}: column {} is a {}, which this step does not take",
           name_of(step_->options), quote(draft.input.name), name_of(draft.type));
    }
    made.push_back(draft);
  }
  drafts_ = std::move(made);
}

void Fit::push(const Draft& draft, FittedStep step, Drafts& out) const {
  out.push_back(draft);
  out.back().input.steps.push_back(std::move(step));
}

void Fit::apply_one(const preprocess::Drop& /*options*/) {
  replace([](const Draft& /*draft*/) { return true; }, [](const Draft& /*draft*/, Drafts& /*out*/) {});
}

void Fit::impute(const preprocess::Impute& options, const Draft& draft, Drafts& out) {
  const std::vector<float> all = values(draft);
  const std::vector<float> present = present_of(all);
  const bool is_constant = options.by == preprocess::Statistic::kConstant;
  if (present.empty() && !is_constant) {
    fail(ErrorKind::kData,
         "column {}: needed a value among the training rows to fill in missing ones, found none",
         quote(draft.input.name));
  }
  const float value = is_constant ? static_cast<float>(options.value) : statistic_of(options.by, present);
  push(draft, fitted::Impute{value}, out);
  if (options.indicator && present.size() < all.size()) out.push_back(indicator_of(draft));
}

void Fit::apply_one(const preprocess::Impute& options) {
  const auto takes = [](const Draft& draft) { return is_number(draft) || is_boolean(draft); };
  replace(takes, [&](const Draft& draft, Drafts& out) { impute(options, draft, out); });
}

void Fit::one_hot(const preprocess::OneHot& options, const Draft& draft, Drafts& out) {
  const std::size_t column = draft.input.column;
  const std::vector<float> codes = values(draft);
  ColumnSchema schema = data_.schema.columns[column];
  const std::vector<std::int64_t> counts = counts_of(codes, schema.levels.size());
  const bool refuses = options.unseen == Unseen::kRefuse;
  std::vector<std::string> levels;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > (refuses ? 0 : 1)) levels.push_back(schema.levels[i]);
  }
  const auto seen = std::ranges::count_if(counts, [](std::int64_t count) { return count > 0; });
  if (refuses && seen > options.max_levels) {
    fail(ErrorKind::kConfig,
         "preprocess: onehot: column {} has {} values: needed max_levels of as many for unseen = \"refuse\", "
         "found {}",
         quote(schema.name), seen, options.max_levels);
  }
  schema.unseen = options.unseen;
  schema.levels = seen > options.max_levels ? std::vector<std::string>() : levels;
  schema.buckets = seen > options.max_levels ? options.buckets : 0;
  recode_column(column, schema);
  for (std::size_t i = 0; i < schema.levels.size(); ++i) out.push_back(code_of(draft, schema.levels[i], i));
  for (std::int64_t i = 0; i < schema.buckets; ++i)
    out.push_back(code_of(draft, fmt::format("#{}", i), static_cast<std::size_t>(i)));
  if (schema.buckets == 0 && !refuses) out.push_back(code_of(draft, "other", schema.levels.size()));
  if (std::ranges::any_of(codes, [](float code) { return std::isnan(code); }))
    out.push_back(indicator_of(draft));
}

void Fit::apply_one(const preprocess::OneHot& options) {
  replace(is_category, [&](const Draft& draft, Drafts& out) { one_hot(options, draft, out); });
}

// The values that the rows have.
std::vector<std::string> Fit::seen_levels(const Draft& draft) {
  const std::vector<std::string>& levels = data_.schema.columns[draft.input.column].levels;
  const std::vector<std::int64_t> counts = counts_of(values(draft), levels.size());
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (counts[i] > 0) seen.push_back(levels[i]);
  }
  return seen;
}

void Fit::apply_one(const preprocess::Ordinal& options) {
  replace(is_category, [&](const Draft& draft, Drafts& out) {
    ColumnSchema schema = data_.schema.columns[draft.input.column];
    schema.levels = options.order.empty() ? sorted_levels(seen_levels(draft), '.') : options.order;
    recode_column(draft.input.column, schema);
    push(draft, fitted::Ordinal{static_cast<float>(schema.levels.size())}, out);
    out.back().type = ColumnType::kNumber;
  });
}

void Fit::apply_one(const preprocess::Dates& options) {
  replace(is_time, [&](const Draft& draft, Drafts& out) {
    for (const TimePart part : options.parts) out.push_back(part_of_time(draft, part));
  });
}

void Fit::apply_one(const preprocess::Standardize& /*options*/) {
  replace(is_number, [&](const Draft& draft, Drafts& out) { push(draft, standardizing(draft), out); });
}

void Fit::apply_one(const preprocess::MinMax& options) {
  replace(is_number, [&](const Draft& draft, Drafts& out) {
    const std::vector<float> present = present_of(values(draft));
    push(draft, minmax_step(present, options.low, options.high, draft.input.name), out);
  });
}

void Fit::apply_one(const preprocess::Scale& options) {
  replace(is_number, [&](const Draft& draft, Drafts& out) {
    push(draft, fitted::Affine{0, static_cast<float>(1 / options.factor)}, out);
  });
}

void Fit::apply_one(const preprocess::Quantile& options) {
  if (options.quantiles < 2)
    fail(ErrorKind::kConfig, "preprocess: quantile: needed at least 2 quantiles, found {}",
         options.quantiles);
  replace(is_number, [&](const Draft& draft, Drafts& out) {
    const std::vector<float> present = required_values(draft);
    push(draft, fitted::Quantile{quantiles_of(present, options.quantiles), options.normal}, out);
  });
}

void Fit::apply_one(const preprocess::Log& /*options*/) {
  replace(is_number, [&](const Draft& draft, Drafts& out) { push(draft, fitted::Log(), out); });
}

void Fit::apply_one(const preprocess::Clip& options) {
  replace(is_number, [&](const Draft& draft, Drafts& out) {
    push(draft, clip_step(required_values(draft), options, draft.input.name), out);
  });
}

void Fit::apply_one(const preprocess::TargetStandardize& /*options*/) {
  if (!data_.schema.classes.empty())
    fail(ErrorKind::kConfig, "preprocess: target_standardize: needed numeric targets, found classes");
  if (!data_.schema.target_scales.empty()) return;
  const auto columns = static_cast<std::size_t>(data_.target_columns);
  for (std::size_t i = 0; i < columns; ++i) {
    std::vector<float> target;
    for (const std::int64_t row : rows_.targets)
      target.push_back(data_.targets[static_cast<std::size_t>(row) * columns + i]);
    data_.schema.target_scales.push_back(standardizing_step(target, data_.schema.target_names[i]));
    if (!is_coarse(data_.schema.target_scales.back())) continue;
    data_.notes.push_back(fmt::format(
        "target {}: f32 keeps few of the digits in which its values, about {:g}, differ; they may be told "
        "less a constant",
        quote(data_.schema.target_names[i]), data_.schema.target_scales.back().shift));
  }
}

void Fit::auto_number(const preprocess::Auto& options, const Draft& draft, Drafts& out) {
  const std::vector<float> present = present_of(values(draft));
  const auto [low, high] = std::ranges::minmax_element(present);
  // As they are, all numbers are inputs.
  const bool is_constant = present.empty() || (options.standardize && *low == *high);
  const bool is_missing_somewhere = present.size() < rows_.inputs.size();
  // Whether it is missing may still tell something.
  const bool is_part = draft.input.name != data_.schema.columns[draft.input.column].name;
  if (is_constant && is_part) return;  // of dates without times nobody expects hours
  if (is_constant && (present.empty() || !is_missing_somewhere))
    return note(draft.input.name,
                present.empty() ? "has no values in the training rows" : "is the same in all training rows");
  Drafts made;
  impute({.by = draft.type == ColumnType::kBoolean ? preprocess::Statistic::kMostFrequent
                                                   : preprocess::Statistic::kMedian},
         draft, made);
  if (options.standardize && draft.type == ColumnType::kNumber && !is_constant)
    made.front().input.steps.emplace_back(standardizing(made.front()));
  if (is_constant) made.erase(made.begin());
  out.insert(out.end(), made.begin(), made.end());
}

void Fit::auto_category(const Draft& draft, Drafts& out) {
  constexpr std::size_t kFewRows = 20;  // among fewer, distinct values may be chance
  const std::vector<float> codes = values(draft);
  const std::vector<float> present = present_of(codes);
  const std::vector<std::int64_t> counts =
      counts_of(codes, data_.schema.columns[draft.input.column].levels.size());
  const auto seen =
      static_cast<std::size_t>(std::ranges::count_if(counts, [](std::int64_t n) { return n > 0; }));
  if (seen == present.size() && seen >= kFewRows)
    return note(draft.input.name, "is different in all training rows, as names are");
  if (seen == 0) return note(draft.input.name, "has no values in the training rows");
  if (seen == 1 && present.size() == codes.size())
    return note(draft.input.name, "is the same in all training rows");
  one_hot({}, draft, out);
}

// One indicator stands for all parts, which are missing together.
void Fit::auto_time(const preprocess::Auto& options, const Draft& draft, Drafts& out) {
  const std::vector<float> days = values(draft);
  const std::vector<float> present = present_of(days);
  if (present.empty()) return note(draft.input.name, "has no values in the training rows");
  Drafts made;
  for (const TimePart part : preprocess::Dates().parts) auto_number(options, part_of_time(draft, part), made);
  std::erase_if(made, [](const Draft& part) { return part.is_code; });
  if (present.size() < days.size()) made.push_back(indicator_of(draft));
  if (made.empty()) return note(draft.input.name, "is the same in all training rows");
  out.insert(out.end(), made.begin(), made.end());
}

void Fit::apply_one(const preprocess::Auto& options) {
  if (!bytes_of(data_.features).empty()) {
    if (options.standardize) apply_one(preprocess::Standardize());  // and they stay bytes in memory
    return;
  }
  replace(
      [](const Draft& draft) {
        return !draft.is_code && (draft.input.steps.empty() || is_category(draft) || is_time(draft));
      },
      [&](const Draft& draft, Drafts& out) {
        if (is_category(draft)) return auto_category(draft, out);
        if (is_time(draft)) return auto_time(options, draft, out);
        auto_number(options, draft, out);
      });
  if (options.standardize && data_.schema.classes.empty() && data_.target_columns > 0)
    apply_one(preprocess::TargetStandardize());
}

void Fit::drop_unread_columns() {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> kept(data_.schema.columns.size(), kNone);
  std::vector<ColumnSchema> columns;
  std::vector<std::size_t> places;
  std::vector<std::vector<float>> codes;
  data_.codes.resize(kept.size());
  for (Draft& draft : drafts_) {
    std::size_t& at = kept[draft.input.column];
    if (at == kNone) {
      at = columns.size();
      columns.push_back(std::move(data_.schema.columns[draft.input.column]));
      places.push_back(data_.places[draft.input.column]);
      codes.push_back(std::move(data_.codes[draft.input.column]));
    }
    draft.input.column = at;
  }
  data_.schema.columns = std::move(columns);
  data_.places = std::move(places);
  data_.codes = std::move(codes);
}

void Fit::finish() {
  for (const Draft& draft : drafts_) {
    if (draft.is_code || draft.type == ColumnType::kNumber || draft.type == ColumnType::kBoolean) continue;
    fail(ErrorKind::kConfig,
         "preprocess: column {} is a {}: needed a step that makes numbers of it, such as {}, or auto",
         quote(draft.input.name), name_of(draft.type), draft.type == ColumnType::kTime ? "dates" : "onehot");
  }
  if (drafts_.empty()) fail(ErrorKind::kData, "needed an input that the network can learn from, found none");
  drop_unread_columns();
  make_names_distinct(drafts_, data_.schema);
  for (Draft& draft : drafts_) data_.schema.inputs.push_back(std::move(draft.input));
}

}  // namespace

void fit(Dataset& data, const FitRows& rows, std::span<const Step> steps, const DataLimits& limits) {
  if (rows.inputs.empty()) fail(ErrorKind::kData, "needed at least one training row, found none");
  Fit fitting(data, rows, allowed_bytes(limits) / 4);
  for (const Step& step : steps) fitting.apply(step);
  fitting.finish();
}

}  // namespace catenary
