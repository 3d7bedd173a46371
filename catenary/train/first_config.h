#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catenary/train/config/config.h"

namespace catenary::train {

/// A table that somebody wants a network for.
struct FirstData {
  std::string path;
  std::string written_path = "";                ///< as the config shall have it; "": the same
  std::string target;                           ///< the column to predict
  std::optional<ColumnType> target_type = {};   ///< kCategory or kNumber; absent: told by the column
  std::vector<std::string> overrides = {};      ///< of which the config has those that say how it is read
  std::optional<std::uint64_t> max_bytes = {};  ///< of DataLimits; the config does not keep it
};

/// A commented config that trains a network of a sensible size on a table, by what a first reading of it
/// tells: the loss by the target, units, batches and epochs by the numbers of rows and inputs. The same file
/// gives the same text. A stream is read once. Throws Error{data}, Error{io} and Error{config} as the
/// reader does.
[[nodiscard]] std::string first_config(const FirstData& data);

}  // namespace catenary::train
