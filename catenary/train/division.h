#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/data/sequence.h"
#include "catenary/data/split.h"
#include "catenary/train/config/config.h"

// Which rows of a file serve which purpose. Of sequences a row stands for the one that begins with it.
namespace catenary::train {

/// What a file's rows are for, once examples are made of them.
struct Division {
  std::vector<std::int64_t> rows;  ///< that have their targets, ascending
  Sequences sequences = {};        ///< where examples are sequences
};

/// The rows that have their targets; says how many others there are. Where the config asks for sequences,
/// makes them of the rows. file: in messages. Throws Error{data} where there is none.
[[nodiscard]] Division usable_rows(const Config& config, Dataset& data, const std::string& file);

/// Divides a file's usable rows as the config says, windows so that none that trains reads or foretells a row
/// of another part. Throws Error{config} that names the place of data.split.
[[nodiscard]] Parts split_as_configured(const Config& config, const Dataset& data, Division division);

/// What decides how a config's rows come into folds: what its split is by; without one the classes, if there
/// are.
[[nodiscard]] SplitOrder fold_order(const Config& config);

/// Divides rows of the training file into folds, by fold_order() and the config's seed. Throws Error{config}
/// as folds().
[[nodiscard]] std::vector<std::vector<std::int64_t>> folds_of(const Config& config, const Dataset& table,
                                                              std::span<const std::int64_t> rows,
                                                              std::int64_t count);

}  // namespace catenary::train
