#include "catenary/data/idx_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/data/idx.h"
#include "catenary/data/row_cache.h"

namespace catenary {

namespace {

constexpr float kByteScale = 1.0F / 255;  // maps bytes onto [0, 1]

Features features_of(IdxArray array) {
  Features features{.rows = array.extents[0], .columns = 1, .elements = {}};
  for (const std::int64_t extent : std::span(array.extents).subspan(1)) features.columns *= extent;
  std::visit([&](auto& elements) { features.elements = std::move(elements); }, array.elements);
  if (!bytes_of(features).empty()) features.scale = kByteScale;
  return features;
}

// "pixel0", "pixel1", ...: as many as an image has elements.
void add_pixels(Dataset& dataset) {
  for (std::int64_t i = 0; i < dataset.features.columns; ++i) {
    dataset.schema.columns.push_back({.name = fmt::format("pixel{}", i)});
    dataset.places.push_back(static_cast<std::size_t>(i));
  }
}

std::vector<std::string> class_names(float greatest) {
  std::vector<std::string> names;
  for (int label = 0; label <= static_cast<int>(greatest); ++label) names.push_back(fmt::to_string(label));
  return names;
}

// Throws unless each label is a whole number from 0 to count - 1. note: the end of the message
// about one that is too great.
void require_labels(const std::vector<float>& labels, std::size_t count, const IdxPaths& paths,
                    std::string_view note = "") {
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const float label = labels[row];
    if (label >= 0 && label < static_cast<float>(count) && label == std::floor(label)) continue;
    fail(ErrorKind::kData, "{}: needed whole labels from 0 to {}, found {} for row {}{}",
         paths.labels.string(), count - 1, label, row, label < static_cast<float>(count) ? "" : note);
  }
}

std::vector<float> read_labels(const IdxPaths& paths, std::int64_t rows, const DataLimits& limits) {
  IdxArray array = read_idx(paths.labels, limits);
  if (array.extents.size() != 1) {
    fail(ErrorKind::kData, "{}: needed labels with 1 dimension, found {}", paths.labels.string(),
         array.extents.size());
  }
  if (array.extents[0] != rows) {
    fail(ErrorKind::kData, "{}: needed {} labels, one for each image of {}, found {}", paths.labels.string(),
         rows, paths.images.string(), array.extents[0]);
  }
  if (auto* numbers = std::get_if<std::vector<float>>(&array.elements)) return std::move(*numbers);
  const auto& bytes = std::get<std::vector<std::uint8_t>>(array.elements);
  return {bytes.begin(), bytes.end()};
}

Dataset load(const IdxPaths& paths, const DataLimits& limits, BeyondLimit large) {
  IdxArray images = read_idx(paths.images, limits, large);
  if (images.extents.size() < 2) {
    fail(ErrorKind::kData, "{}: needed images with 2 dimensions or more, found 1, as labels have it",
         paths.images.string());
  }
  Dataset dataset;
  const std::vector<std::int64_t> extents = images.extents;
  dataset.features = features_of(std::move(images));
  if (paths.rows == ImageRows::kSteps) {
    if (extents.size() < 3) {
      fail(ErrorKind::kData,
           "{}: needed images with 3 dimensions or more, whose rows are the steps of sequences, "
           "found 2",
           paths.images.string());
    }
    dataset.rows_each = extents[1];
  }
  if (are_mapped(dataset.features))
    dataset.notes.push_back(note_of_rows(paths.images.string(), paths.images));
  if (!paths.labels.empty()) {
    dataset.targets = read_labels(paths, dataset.features.rows, limits);
    dataset.target_columns = 1;
  }
  if (dataset.rows_each > 0) split_rows(dataset.features, dataset.rows_each);
  add_pixels(dataset);
  return dataset;
}

}  // namespace

Dataset load_idx(const IdxPaths& paths, const DataLimits& limits, BeyondLimit large) {
  Dataset dataset = load(paths, limits, large);
  if (dataset.targets.empty()) return dataset;
  require_labels(dataset.targets, limits.max_classes, paths, "; data.max_classes sets the limit");
  dataset.schema.classes = class_names(*std::max_element(dataset.targets.begin(), dataset.targets.end()));
  return dataset;
}

Dataset load_idx(const IdxPaths& paths, const Schema& trained, const DataLimits& limits, BeyondLimit large) {
  Dataset dataset = load(paths, limits, large);
  if (std::ssize(trained.columns) != dataset.features.columns) {
    fail(ErrorKind::kData, "{}: needed {} features as the model was trained on, found {}",
         paths.images.string(), trained.columns.size(), dataset.features.columns);
  }
  require_labels(dataset.targets, trained.classes.size(), paths);
  dataset.schema = trained;
  return dataset;
}

}  // namespace catenary
