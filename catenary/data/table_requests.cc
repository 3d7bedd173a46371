#include "catenary/data/table_requests.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/number.h"
#include "catenary/data/name_index.h"

namespace catenary {

namespace {

using Names = std::span<const std::string>;

constexpr std::string_view kReadsHeader =
    "; the first line looks like a row, and data.header = false reads it as one";
constexpr std::string_view kOfType =
    "; data.types says what the column is, data.missing which words stand for a missing cell, and "
    "data.ignore "
    "leaves the column out";
constexpr std::string_view kOfTarget =
    "; data.missing says which words stand for a missing value; texts are classes for a loss such as "
    "softmax_cross_entropy, or with --target-type category";

// As where a file without a header is read as if it had one.
bool are_mostly_numbers(Names header) {
  const auto numbers = std::ranges::count_if(
      header, [](const std::string& name) { return parse_number(name, '.') || parse_number(name, ','); });
  return 2 * numbers >= std::ssize(header);
}

// The requests for a file's columns, made one by one.
class Requests {
 public:
  // unasked: what a column is read for of which nothing is said.
  Requests(const std::string& file, Names header, ColumnRole unasked)
      : file_(file), header_(header), index_(header), unasked_(unasked) {
    requests_.resize(header.size(), {.role = unasked});
  }

  // what: of which kind the column is, in a message about a name that is not there; `key`: where the name
  // comes from.
  ColumnRequest& column(const std::string& name, std::string_view what) {
    const std::optional<std::size_t> at = index_.find(name);
    if (at) return requests_[*at];
    fail(ErrorKind::kData, "{}: needed {} {}, found no such name in the header{}{}", file_, what, quote(name),
         index_.hint(name), is_training() && are_mostly_numbers(header_) ? kReadsHeader : "");
  }

  // A target that is an input, too, keeps its place among them.
  void add_targets(Names targets, std::optional<ColumnType> type, TargetRole role) {
    targets_ = targets;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      ColumnRequest& request = column(targets[i], "the target column");
      request.type = type, request.remedy = is_training() ? kOfTarget : "";
      if (role == TargetRole::kTarget) request.role = ColumnRole::kTarget, request.order = i;
    }
  }

  void add_others(const TableOptions& options) {
    if (!options.part.empty()) free(options.part, "the split's column").role = ColumnRole::kMark;
    if (!options.group.empty()) free(options.group, "the group column").role = ColumnRole::kMark;
    if (!options.series.empty()) free(options.series, "the series' column").role = ColumnRole::kMark;
    if (!options.time.empty()) free_of_marks(options.time, "the time's column").role = ColumnRole::kText;
    if (options.id.empty()) return;
    ColumnRequest& id = free(options.id, "the id column");
    if (id.role != ColumnRole::kMark) id.role = ColumnRole::kText;
  }

  [[nodiscard]] std::vector<ColumnRequest> take() { return std::move(requests_); }

 private:
  // A trained model needs no more columns than those it names.
  [[nodiscard]] bool is_training() const { return unasked_ == ColumnRole::kFeature; }

  // A column that is neither a target nor an input that a model must have.
  ColumnRequest& free(const std::string& name, std::string_view what) {
    ColumnRequest& request = column(name, what);
    const bool is_target = std::ranges::count(targets_, name) > 0;
    const bool is_free = request.role == unasked_ || request.role == ColumnRole::kSkip ||
                         request.role == ColumnRole::kMark || request.role == ColumnRole::kText;
    if (is_free && !is_target) return request;
    fail(ErrorKind::kConfig, "{}: needed {} beside the targets and the model's inputs, found {}", file_, what,
         quote(name));
  }

  ColumnRequest& free_of_marks(const std::string& name, std::string_view what) {
    ColumnRequest& request = free(name, what);
    if (request.role != ColumnRole::kMark) return request;
    fail(ErrorKind::kConfig, "{}: needed {} beside those of series, groups and parts, found {}", file_, what,
         quote(name));
  }

  const std::string& file_;
  Names header_;
  NameIndex index_;
  ColumnRole unasked_;
  Names targets_;
  std::vector<ColumnRequest> requests_;
};

std::optional<ColumnType> requested_type(TargetType type) {
  switch (type) {
    case TargetType::kInfer: return std::nullopt;
    case TargetType::kNumbers: return ColumnType::kNumber;
    default: return ColumnType::kCategory;
  }
}

}  // namespace

std::vector<ColumnRequest> training_requests(const std::string& file, Names header,
                                             const TableOptions& options) {
  for (const std::string& name : options.targets) {
    const bool is_typed =
        std::ranges::any_of(options.types, [&](const auto& type) { return type.first == name; });
    if (is_typed)
      fail(ErrorKind::kConfig, "{}: data.types: {} is the target, of which data.target_type says what it is",
           file, quote(name));
    if (std::ranges::count(options.ignore, name) > 0)
      fail(ErrorKind::kConfig, "{}: data.ignore: {} is the target", file, quote(name));
  }
  Requests requests(file, header, ColumnRole::kFeature);
  for (const auto& [name, type] : options.types) {
    ColumnRequest& request = requests.column(name, "data.types: the column");
    request.type = type, request.remedy = kOfType;
  }
  for (const std::string& name : options.ignore)
    requests.column(name, "data.ignore: the column").role = ColumnRole::kSkip;
  requests.add_targets(options.targets, requested_type(options.target_type), options.target_role);
  requests.add_others(options);
  return requests.take();
}

TargetRole target_role(const Schema& trained) {
  const auto is_target = [&](const ColumnSchema& column) {
    return std::ranges::count(trained.target_names, column.name) > 0;
  };
  return std::ranges::any_of(trained.columns, is_target) ? TargetRole::kInput : TargetRole::kTarget;
}

std::vector<ColumnRequest> trained_requests(const std::string& file, Names header, const Schema& trained,
                                            const TableOptions& options) {
  Requests requests(file, header, ColumnRole::kSkip);
  for (std::size_t i = 0; i < trained.columns.size(); ++i) {
    const ColumnSchema& column = trained.columns[i];
    requests.column(column.name, "the column that the model was trained on,") = {
        .type = column.type, .date_order = column.date_order, .order = i};
  }
  requests.add_targets(options.targets, requested_type(options.target_type), target_role(trained));
  requests.add_others(options);
  return requests.take();
}

}  // namespace catenary
