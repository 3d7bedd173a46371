#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"
#include "catenary/data/sequence_times.h"

// Examples that are sequences of a table's rows.
namespace catenary {

/// What is foretold: the targets of the rows after a window; a target of each series; the target of each row.
enum class SequenceTask { kNext, kWhole, kEachRow };

/// "next", "whole", "each_row".
[[nodiscard]] std::string_view name_of(SequenceTask task);

/// How a table's rows become sequences.
struct SequenceOptions {
  /// Rows that the network reads, of whole series the most that one may have; 0: those of the longest series.
  std::int64_t steps = 0;
  SequenceTask task = SequenceTask::kNext;
  std::int64_t horizon = 1;  ///< kNext: rows after a window that are foretold
  std::int64_t lead = 0;     ///< kEachRow: rows from one to the row whose target it foretells
  /// Rows from a window's first to the next one's; 0: whole series are examples.
  std::int64_t stride = 1;
  std::string series = {};      ///< the column that tells series apart; "": all rows are one
  std::string time = {};        ///< the column by which rows of a series ascend; "": none
  Gaps gaps = Gaps::kRefuse;    ///< of times
  bool target_is_input = true;  ///< kNext: the targets' past is read, too
  /// Of windows, whose stride is at most `steps`: whether recurrent layers go on from one to the next.
  bool is_stateful = false;
  /// kNext, of numbers: rows that a season has, for the baseline, at most `steps`; 0: none.
  std::int64_t season = 0;
  /// kNext, of numbers: differences to the numbers so many rows before are foretold, from horizon to steps;
  /// 0: the numbers themselves.
  std::int64_t difference = 0;
  [[nodiscard]] bool operator==(const SequenceOptions&) const = default;
};

/// Rows that the targets of a sequence are of, from its first row on: [first, end).
struct TargetRows {
  std::int64_t first = 0;
  std::int64_t end = 0;
  [[nodiscard]] bool operator==(const TargetRows&) const = default;
};

/// The sequences that a dataset's rows make.
struct Sequences {
  std::vector<Series> series;        ///< in the table's order
  std::vector<std::int64_t> firsts;  ///< the first row of each sequence that has its targets, ascending
  TargetRows targets;                ///< of windows
};

/// The series of a table, and their times in order. file: in messages. Throws Error{data} that names series,
/// row and times: rows of a series that do not stand side by side, times that do not ascend, and gaps.
[[nodiscard]] std::vector<Series> series_of(const Dataset& data, const SequenceOptions& options,
                                            const std::string& file);

/// Makes sequences of a table's rows; nothing is copied. Sets data.schema.sequence, unless a trained model's
/// schema has it, and data.lengths; moves targets to the rows that their sequences begin with, where windows
/// of kNext that begin at row r have those of row r + steps on, and each row that of row r + lead; series
/// those of their last row that has them. The last window of a series ends with it. Without targets every
/// window is there, also those that nothing follows. Sequences that lack a target are left out, with a note.
/// Throws Error{data} for no sequence, for series of more rows than steps, for a class that is not the same
/// in all rows of a series (kWhole), and for more memory than allowed.
[[nodiscard]] Sequences make_sequences(Dataset& data, const SequenceOptions& options, const std::string& file,
                                       const DataLimits& limits);

/// The same for rows whose targets a trained model foretells. Windows that foretell each row stand side by
/// side, but for the last one of a series, which ends it; where states go on, each row is one: the schema's
/// steps become 1.
[[nodiscard]] Sequences sequences_to_predict(Dataset& data, const SequenceOptions& options,
                                             const std::string& file, const DataLimits& limits);

/// How many rows a sequence has.
[[nodiscard]] std::int64_t length_of(const Dataset& data, std::int64_t first);

/// How many answers a network gives to a sequence: one, or one a row that is answered.
[[nodiscard]] std::int64_t answers_to(const Dataset& data, std::int64_t first);

/// The same of several.
[[nodiscard]] std::int64_t answers_to(const Dataset& data, std::span<const std::int64_t> firsts);

/// The rows that sequences read, each once and ascending; firsts ascend.
[[nodiscard]] std::vector<std::int64_t> rows_read(const Dataset& data, std::span<const std::int64_t> firsts);

/// The rows that have the sequences' targets in data.targets, each once and ascending.
[[nodiscard]] std::vector<std::int64_t> target_rows(const Dataset& data,
                                                    std::span<const std::int64_t> firsts);

/// Whether the sequence that begins at `first` goes on where the one at `before` ends, so that recurrent
/// layers' states go on, too.
[[nodiscard]] bool follows(const Dataset& data, std::int64_t first, std::int64_t before);

/// How many rows of inputs may be read from a row on beyond the table's last one.
[[nodiscard]] std::int64_t rows_of_padding(const Schema& schema);

}  // namespace catenary
