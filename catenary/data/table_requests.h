#pragma once

#include <span>
#include <string>
#include <vector>

#include "catenary/data/csv/csv.h"
#include "catenary/data/schema.h"
#include "catenary/data/table_dataset.h"

namespace catenary {

/// What the columns of a file are read for, and as what, to train on them. Throws Error{data} for a name that
/// the header lacks, Error{config} for one that is asked to be two things.
[[nodiscard]] std::vector<ColumnRequest> training_requests(const std::string& file,
                                                           std::span<const std::string> header,
                                                           const TableOptions& options);

/// Whether the targets are among the model's inputs.
[[nodiscard]] TargetRole target_role(const Schema& trained);

/// The same for a trained model. Of the options, targets, target_type and the names of columns count.
[[nodiscard]] std::vector<ColumnRequest> trained_requests(const std::string& file,
                                                          std::span<const std::string> header,
                                                          const Schema& trained, const TableOptions& options);

}  // namespace catenary
