#pragma once

#include <string>

#include "catenary/data/split.h"
#include "catenary/train/config/config.h"
#include "catenary/train/config/toml.h"

namespace catenary::train {

/// How one file's rows are divided into train, validation and test: by shares of them, or as a column says.
struct SplitConfig {
  double validation = 0;                ///< share of the rows, below 1; 0: no such part
  double test = 0;                      ///< as validation; together they are below 1
  SplitOrder by = SplitOrder::kRandom;  ///< what decides; of shares only
  bool by_given = false;    ///< false: the kind of target decides on `by`; who fills it in sets this, too
  std::string group = {};   ///< by = kGrouped: the column whose values stay together; else empty
  std::string column = {};  ///< that names each row's part; where it is not empty there are no shares
  Place place = {};         ///< of the table
  [[nodiscard]] bool operator==(const SplitConfig&) const = default;
};

/// Reads data.split, such as { validation = 0.15, test = 0.2, by = "ordered" }. Throws Error{config} as
/// load_config says.
[[nodiscard]] SplitConfig read_split(const TomlNode& node);

/// The split as a TOML inline table, which has `by` even where it was not given; read_split reads it back.
[[nodiscard]] std::string to_toml(const SplitConfig& split);

}  // namespace catenary::train
