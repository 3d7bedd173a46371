#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "catenary/base/cpp20.h"
#include "catenary/base/mapped_file.h"
#include "catenary/data/csv/text_list.h"
#include "catenary/data/schema.h"

namespace catenary {

/// Numbers of all examples: elements [rows][columns], row-major. A number is element * scale, so that images
/// stay bytes in memory (scale = 1/255) until a batch is gathered. What memory has no room for is mapped.
struct Features {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::variant<std::vector<std::uint8_t>, std::vector<float>, MappedArray<std::uint8_t>, MappedArray<float>>
      elements;
  float scale = 1;
};

/// Takes each row for `steps` rows, one after the other.
void split_rows(Features& features, std::int64_t steps);
/// All elements, where they are f32; empty where they are bytes.
[[nodiscard]] std::span<const float> floats_of(const Features& features);
/// All elements, where they are bytes; empty where they are f32.
[[nodiscard]] std::span<const std::uint8_t> bytes_of(const Features& features);
/// Whether they are mapped.
[[nodiscard]] bool are_mapped(const Features& features);

/// A column that says of each row which part of the data, or which group, it belongs to.
struct Mark {
  std::vector<float> codes;         ///< of each row, the position of its level; NaN where it is missing
  std::vector<std::string> levels;  ///< told apart and sorted as classes are: 1 and 1.0 are one
};

/// A column by which the rows of a series follow each other.
struct Times {
  TextList texts;               ///< of each row, as it stands
  std::vector<double> numbers;  ///< of each row: the seconds since 1970-01-01 of a date, else the number
  bool are_dates = false;       ///< rather than numbers
};

/// What windows whose next rows are foretold know of the targets' past, see keep_past().
struct Past {
  std::vector<float> numbers = {};  ///< [rows][targets]: each row's own; empty unless needed
  std::int64_t season = 0;          ///< rows that a season has; 0: no baseline is asked for
  /// Above 0: Dataset::targets are differences to the numbers so many rows before.
  std::int64_t difference = 0;
};

/// Examples: for each row its features and its targets. Where examples are sequences of rows, a row's targets
/// are those of the sequence that begins with it, see make_sequences().
struct Dataset {
  Features features;  ///< one row for each example, as it was read
  /// Where the first number of each of schema.columns stands among the features' columns, of which some may
  /// be unused.
  std::vector<std::size_t> places;
  /// For each of schema.columns which of its numbers each number stands for that the features have there; an
  /// empty list, and one beyond the last: themselves.
  std::vector<std::vector<float>> codes;
  /// [rows][target_columns], row-major: the class index where schema.classes is not empty, else the numbers.
  /// NaN where the target is missing.
  std::vector<float> targets;
  /// Of an only numeric target of a training set, if its cells are whole numbers and few are distinct: those,
  /// told apart as classes are.
  std::vector<std::string> whole_targets = {};
  std::int64_t target_columns = 0;  ///< 0: read for prediction, without targets
  Schema schema;                    ///< of the features and the targets
  TextList ids;                     ///< of each row, if schema.id names a column
  Mark part, group, series;         ///< empty unless asked for; a row with its targets has its part
  Times times;                      ///< empty unless asked for
  /// Above 0, of arrays [samples, steps, ...]: so many rows each are a series, which has a row of targets
  /// alone where it is foretold as a whole, until make_sequences() spreads them.
  std::int64_t rows_each = 0;
  /// Of each row how many rows the sequence has that begins with it; empty unless
  /// schema.sequence.has_lengths.
  std::vector<float> lengths = {};
  Past past = {};                  ///< of windows that foretell numbers
  std::vector<std::string> notes;  ///< what was not certain and how it was taken, for a person
};

}  // namespace catenary
