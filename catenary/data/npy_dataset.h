#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"

namespace catenary {

/// The files of a data set of NumPy's arrays: an .npz of both, or an .npy of each.
struct NumpyPaths {
  std::filesystem::path x;
  std::filesystem::path y = {};  ///< empty: beside x in its file
};

/// Whether there must be targets, or whether they are passed over.
enum class NumpyTargets { kRequired, kIgnored };

/// Whether a row of x is an example, or a step of the one series that x [rows, columns] is; or x [samples,
/// steps, ...] are the steps of sequences, of which y tells a target each, or one of each step.
enum class NumpySteps { kNone, kWindows, kWhole, kEachRow };

/// Which arrays of an .npz to read.
struct NumpyChoice {
  /// "train" or "test": the arrays x_train and y_train, as Keras names them, where x_train is there, x and y
  /// otherwise. "": x and y. Names may begin with X and Y instead.
  std::string part = {};
  NumpyTargets targets = NumpyTargets::kRequired;
  NumpySteps steps = NumpySteps::kNone;
};

/// What the arrays hold.
struct NumpyData {
  /// x, [rows, ...] flattened row-major to [rows][columns]: u8 where x is uint8, else f32, in which a missing
  /// number is NaN and all others are finite. scale = 1.
  Features features;
  /// Of x [samples, steps, ...]: its steps, each of which is a row then; else 0.
  std::int64_t rows_each = 0;
  /// Of such an x that has an array `lengths` [samples] beside it: how many steps of each sample count, from
  /// 1 to all.
  std::vector<std::int64_t> lengths = {};
  /// y, [rows][target_columns] (where a sample has one target, [samples][target_columns]), row-major:
  /// numbers, as exact as y has them (NaN: missing; none is infinite), or texts as they stand: of y with
  /// texts, and of y with whole numbers that not all are doubles, in decimals. Texts are of one column.
  std::variant<std::vector<double>, std::vector<std::string>> targets;
  std::int64_t target_columns = 0;  ///< 0: read without targets
  std::vector<std::string> notes;   ///< for a person
};

/// Reads x, and y if it is required: numbers of any type that read_npy_header() knows, as targets also texts.
/// Throws Error{data} that names the file and array, what was needed and what was found, also for more
/// columns or memory than allowed; Error{io}. Beside x_train or
/// x_test stands lengths_train or lengths_test. cache: a folder for the rows of x that memory has no room
/// for, which are then mapped, from there or from where they lie; empty: they are refused. What is not x must
/// fit.
[[nodiscard]] NumpyData load_numpy(const NumpyPaths& paths, const NumpyChoice& choice = {},
                                   const DataLimits& limits = {}, const std::filesystem::path& cache = {});

/// The same from memory that holds one file; `name` stands for it in messages.
[[nodiscard]] NumpyData parse_numpy(std::span<const std::byte> file, const std::string& name,
                                    const NumpyChoice& choice = {}, const DataLimits& limits = {});

/// Whether the file has an array x_PART; not of a stream, which can be read only once. Throws as load_numpy()
/// does for what is no NumPy file.
[[nodiscard]] bool has_numpy_part(const std::filesystem::path& path, std::string_view part);

}  // namespace catenary
