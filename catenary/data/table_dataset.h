#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/data/csv/csv_format.h"
#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"

namespace catenary {

/// What the target columns are. kInfer: numbers if all of their cells are, else classes, unless nearly all of
/// these are numbers, as where a stray word stands among amounts, which is refused. kClasses: classes,
/// unless they look like amounts, which are refused; kCategory: classes whatever they look like.
enum class TargetType { kInfer, kClasses, kCategory, kNumbers };

/// Whether the targets' columns are inputs, too, as where their past foretells them.
enum class TargetRole { kTarget, kInput };

/// How a table is to be read.
struct TableOptions {
  CsvFormat format = {};                        ///< how it is written
  std::vector<std::string> targets = {};        ///< columns to predict; several only as numbers
  TargetType target_type = TargetType::kInfer;  ///< of all of them
  std::vector<std::pair<std::string, ColumnType>> types = {};  ///< of columns whose cells do not tell it
  std::vector<std::string> ignore = {};                        ///< columns that are not read
  std::string id = {};                                         ///< column to carry along; "": none
  std::string part = {};                                       ///< column for Dataset::part; "": none
  std::string group = {};                                      ///< column for Dataset::group; "": none
  std::string series = {};                                     ///< column for Dataset::series; "": none
  std::string time = {};                                       ///< column for Dataset::times; "": none
  TargetRole target_role = TargetRole::kTarget;                ///< a trained model's columns tell it
  MayLack may_lack = {};  ///< of a file for a trained model: set by the reader
  /// Files whose rows follow, with the same header.
  std::vector<std::filesystem::path> more = {};
  DataLimits limits = {};  ///< how much its data may be
  /// Folder for files that keep the rows of a table beyond the limits, which are then mapped; empty: it is
  /// refused.
  std::filesystem::path cache = {};
};

/// Reads a training set. Every column that is nothing else is an input, in the file's order, but for a
/// nameless one of row numbers or names, and for those without any value. Classes are the distinct targets as
/// they are written, sorted by bytes if text and by value if all are numbers, where 1 and 1.0 are one. Throws
/// Error{data}, Error{config}, Error{io}.
[[nodiscard]] Dataset load_table(const std::filesystem::path& path, const TableOptions& options);

/// Whether the target columns must be there, or are passed over if they are.
enum class TargetUse { kRequired, kIgnored };

/// Reads a set for a trained model: columns are matched by name and read as the model's are; a missing column
/// or an unknown class is an error, other columns are passed over. Of the options, targets, types and ignore
/// are the model's.
[[nodiscard]] Dataset load_table(const std::filesystem::path& path, const Schema& trained, TargetUse use,
                                 const TableOptions& options = {});

/// The same from memory, not gzipped; `name` stands for the file in messages.
[[nodiscard]] Dataset parse_table(std::string_view text, const std::string& name,
                                  const TableOptions& options);
[[nodiscard]] Dataset parse_table(std::string_view text, const std::string& name, const Schema& trained,
                                  TargetUse use, const TableOptions& options = {});

}  // namespace catenary
