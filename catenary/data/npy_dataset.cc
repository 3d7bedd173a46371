#include "catenary/data/npy_dataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/data/npz.h"
#include "catenary/data/numpy_rows.h"

namespace catenary {

namespace {

// An array goes by a small letter or a capital one.
using Letters = std::array<char, 2>;
constexpr Letters kX = {'x', 'X'}, kY = {'y', 'Y'};

constexpr std::string_view kHowToSave = R"(np.savez("data.npz", x=..., y=...) names them)";

// An array of a file, and what its name has after the letter.
struct Found {
  std::size_t array;
  std::string suffix;
};

std::string suffix_of(std::string_view part) { return part.empty() ? "" : fmt::format("_{}", part); }

std::optional<Found> find(const NumpyFile& file, const Letters& letters, const std::string& suffix) {
  std::optional<Found> found;
  for (std::size_t i = 0; i < file.arrays().size(); ++i) {
    const std::string& name = file.arrays()[i];
    if (name != letters[0] + suffix && name != letters[1] + suffix) continue;
    if (found)
      fail(ErrorKind::kData, "{}: needed one of the arrays '{}' and '{}', found both", file.name(),
           letters[0] + suffix, letters[1] + suffix);
    found = Found{i, suffix};
  }
  return found;
}

std::string names_of(const Letters& letters, const std::vector<std::string>& suffixes) {
  std::vector<std::string> names;
  for (const std::string& suffix : suffixes) {
    for (const char letter : letters) names.push_back(fmt::format("'{}{}'", letter, suffix));
  }
  return fmt::format("{}", fmt::join(names, " or "));
}

// The one of an .npy file; else the first of these suffixes that there is.
Found choose(const NumpyFile& file, const Letters& letters, const std::vector<std::string>& suffixes) {
  if (file.is_alone()) return {0, ""};
  for (const std::string& suffix : suffixes) {
    if (std::optional<Found> found = find(file, letters, suffix)) return *std::move(found);
  }
  const std::vector<std::string_view> arrays(file.arrays().begin(), file.arrays().end());
  fail(ErrorKind::kData, "{}: needed an array named {}, found {}; {}", file.name(),
       names_of(letters, suffixes), arrays.empty() ? "no arrays" : "the arrays " + listed(arrays),
       kHowToSave);
}

// Those of the part, then those of no part.
std::vector<std::string> suffixes_of(const std::string& part) {
  std::vector<std::string> suffixes = {suffix_of(part)};
  if (!part.empty()) suffixes.emplace_back();
  return suffixes;
}

Found choose_beside(const NumpyFile& file, const Found& x) {
  if (file.is_alone()) {
    fail(
        ErrorKind::kData,
        R"({}: needed targets, too, found one array; they may be a second file, {{ x = "x.npy", y = "y.npy" }}, or beside it: {})",
        file.name(), kHowToSave);
  }
  return choose(file, kY, {x.suffix});
}

void require_columns(const NpyHeader& header, const std::string& where, const DataLimits& limits) {
  if (header.columns() <= limits.max_columns) return;
  fail(ErrorKind::kData, "{}: needed at most {} columns, found [{}]; data.max_columns sets the limit", where,
       limits.max_columns, fmt::join(header.shape, ", "));
}

// Where x and y are; no y_file: without targets.
struct Files {
  NumpyFile& x_file;
  NumpyFile* y_file;
  std::optional<NumpyPlace> place = {};  // for rows that memory has no room for
};

// The array of features.
struct X {
  std::size_t array;
  NpyHeader header;
  std::uint64_t beside;  // bytes that the targets in its file will take
};

// Bytes that targets take in the file that has the features, too.
std::uint64_t bytes_beside(const Files& files, std::size_t y) {
  if (files.y_file != &files.x_file) return 0;
  const NpyHeader header = files.y_file->header(y);
  return header.elements * (header.is_text() ? sizeof(std::string) + header.element_bytes : sizeof(double));
}

template <typename T>
void read_elements(NumpyData& data, const Files& files, const X& x, const DataLimits& limits) {
  const bool fits = files.x_file.has_room(x.header.elements * sizeof(T) + x.beside);
  if (fits || !files.place) {
    data.features.elements = files.x_file.read<T>(x.array);
  } else {
    data.features.elements = map_rows<T>(files.x_file, x.array, *files.place, limits, data.notes);
  }
}

void read_features(NumpyData& data, const Files& files, const X& x, const DataLimits& limits) {
  NumpyFile& file = files.x_file;
  const NpyHeader& header = x.header;
  if (header.shape.empty() || header.elements == 0) {
    fail(ErrorKind::kData, "{}: needed features [rows, ...] with at least one row and column, found [{}]",
         file.where(x.array), fmt::join(header.shape, ", "));
  }
  require_columns(header, file.where(x.array), limits);
  data.features.rows = header.shape[0];
  data.features.columns = static_cast<std::int64_t>(header.columns());
  file.take_room(static_cast<std::uint64_t>(data.features.rows) * kRowBytes, x.array);
  if (header.code() == "u1") {
    read_elements<std::uint8_t>(data, files, x, limits);
  } else {
    read_elements<float>(data, files, x, limits);
  }
}

// How many steps of each sample count, if an array beside x says so.
void read_lengths(NumpyData& data, NumpyFile& file, const std::string& suffix) {
  const auto found = std::ranges::find(file.arrays(), "lengths" + suffix);
  if (file.is_alone() || found == file.arrays().end()) return;
  const auto array = static_cast<std::size_t>(found - file.arrays().begin());
  const std::int64_t samples = data.features.rows / data.rows_each;
  const NpyHeader header = file.header(array);
  if (header.is_text() || header.shape != std::vector{samples}) {
    fail(ErrorKind::kData, "{}: needed numbers [{}], one for each sample of x, found {}[{}]",
         file.where(array), samples, header.is_text() ? "texts " : "", fmt::join(header.shape, ", "));
  }
  const std::vector<double> lengths = file.read<double>(array);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const bool is_length = lengths[i] >= 1 && lengths[i] <= static_cast<double>(data.rows_each) &&
                           lengths[i] == std::floor(lengths[i]);
    if (!is_length) {
      fail(ErrorKind::kData,
           "{}: needed whole numbers from 1 to {}, the steps of x, found {} as sample {} (counted "
           "from 0)",
           file.where(array), data.rows_each, lengths[i], i);
    }
    data.lengths.push_back(static_cast<std::int64_t>(lengths[i]));
  }
}

// Takes the second extent of x for steps.
void take_steps(NumpyData& data, const Files& files, const Found& x, NumpySteps steps) {
  if (steps == NumpySteps::kNone) return;
  const NpyHeader header = files.x_file.header(x.array);
  const bool has_steps = header.shape.size() > 2, are_windows = steps == NumpySteps::kWindows;
  if (has_steps == are_windows) {
    fail(ErrorKind::kData, "{}: needed {} for data.sequence.target = {}, found [{}]",
         files.x_file.where(x.array), are_windows ? "x [rows, columns]" : "x [samples, steps, ...]",
         are_windows ? "\"next\"" : "\"whole\" or \"each_row\"", fmt::join(header.shape, ", "));
  }
  if (are_windows) return;
  data.rows_each = header.shape[1];
  files.x_file.take_room(static_cast<std::uint64_t>(data.features.rows * (data.rows_each - 1)) * kRowBytes,
                         x.array);
  split_rows(data.features, data.rows_each);
  read_lengths(data, files.x_file, x.suffix);
}

// An array of targets that is being read.
struct Targets {
  NumpyFile& file;
  std::size_t array;
  NpyHeader header;
};

std::vector<double> read_reals(const Targets& y) {
  std::vector<double> numbers = y.file.read<double>(y.array);
  const auto infinite = std::ranges::find_if(numbers, [](double x) { return std::isinf(x); });
  if (infinite == numbers.end()) return numbers;
  const auto at = static_cast<std::uint64_t>(infinite - numbers.begin());
  fail(ErrorKind::kData, "{}: needed a finite number as row {}, column {} (counted from 0), found {}",
       y.file.where(y.array), at / y.header.columns(), at % y.header.columns(), *infinite);
}

void set_integers(NumpyData& data, const Targets& y) {
  constexpr std::int64_t kTwoTo53 = std::int64_t{1} << 53;  // up to it every integer is a double
  const std::vector<std::int64_t> integers = y.file.read<std::int64_t>(y.array);
  const auto is_double = [](std::int64_t x) { return -kTwoTo53 <= x && x <= kTwoTo53; };
  const auto large = std::ranges::find_if_not(integers, is_double);
  if (large == integers.end()) {
    data.targets = std::vector<double>(integers.begin(), integers.end());
    return;
  }
  if (data.target_columns > 1) {
    fail(ErrorKind::kData, "{}: needed integers up to 2^53 in several columns, found {}",
         y.file.where(y.array), *large);
  }
  y.file.take_room(integers.size() * sizeof(std::string), y.array);
  std::vector<std::string> texts;
  texts.reserve(integers.size());
  for (const std::int64_t x : integers) texts.push_back(fmt::to_string(x));
  data.targets = std::move(texts);
}

// The extents that y must have before its columns: of x's rows.
std::vector<std::int64_t> leading_extents(const NumpyData& data, NumpySteps steps) {
  if (data.rows_each == 0) return {data.features.rows};
  const std::int64_t samples = data.features.rows / data.rows_each;
  return steps == NumpySteps::kWhole ? std::vector{samples} : std::vector{samples, data.rows_each};
}

// The numbers or texts of a row of y. leading: extents that y must begin with.
std::int64_t columns_of(const Targets& y, const std::vector<std::int64_t>& leading) {
  const std::vector<std::int64_t>& shape = y.header.shape;
  const bool fits = (shape.size() == leading.size() || shape.size() == leading.size() + 1) &&
                    std::ranges::equal(std::span(shape).first(leading.size()), leading) &&
                    y.header.elements > 0;
  if (fits) return shape.size() == leading.size() ? 1 : shape.back();
  const std::string rows = fmt::format("{}", fmt::join(leading, ", "));
  fail(ErrorKind::kData, "{}: needed targets [{}] or [{}, columns], as many as x has rows, found [{}]",
       y.file.where(y.array), rows, rows, fmt::join(shape, ", "));
}

void read_targets(NumpyData& data, const Targets& y, NumpySteps steps, const DataLimits& limits) {
  data.target_columns = columns_of(y, leading_extents(data, steps));
  require_columns(y.header, y.file.where(y.array), limits);
  if (y.header.is_text() && data.target_columns > 1) {
    fail(ErrorKind::kData, "{}: needed texts in one column, found [{}]", y.file.where(y.array),
         fmt::join(y.header.shape, ", "));
  }
  if (y.header.is_text()) {
    data.targets = y.file.read<std::string>(y.array);
  } else if (y.header.code() == "i8" || y.header.code() == "u8") {
    set_integers(data, y);
  } else {
    data.targets = read_reals(y);
  }
}

NumpyData load(const Files& files, const NumpyChoice& choice, const DataLimits& limits) {
  const std::vector<std::string> suffixes = suffixes_of(choice.part);
  const Found x = choose(files.x_file, kX, suffixes);
  NumpyData data;
  if (files.y_file == nullptr) {
    read_features(data, files, {x.array, files.x_file.header(x.array), 0}, limits);
    take_steps(data, files, x, choice.steps);
    return data;
  }
  NumpyFile& y_file = *files.y_file;
  const Found y = &y_file == &files.x_file ? choose_beside(y_file, x) : choose(y_file, kY, suffixes);
  read_features(data, files, {x.array, files.x_file.header(x.array), bytes_beside(files, y.array)}, limits);
  take_steps(data, files, x, choice.steps);
  read_targets(data, {y_file, y.array, y_file.header(y.array)}, choice.steps, limits);
  return data;
}

}  // namespace

NumpyData load_numpy(const NumpyPaths& paths, const NumpyChoice& choice, const DataLimits& limits,
                     const std::filesystem::path& cache) {
  const std::optional<NumpyPlace> place = place_of(paths.x, cache);
  NumpyFile x_file(paths.x, limits);
  if (choice.targets == NumpyTargets::kIgnored) return load({x_file, nullptr, place}, choice, limits);
  if (paths.y.empty()) return load({x_file, &x_file, place}, choice, limits);
  NumpyFile y_file(paths.y, limits);
  return load({x_file, &y_file, place}, choice, limits);
}

NumpyData parse_numpy(std::span<const std::byte> file, const std::string& name, const NumpyChoice& choice,
                      const DataLimits& limits) {
  NumpyFile numpy_file(file, name, limits);
  const bool is_required = choice.targets == NumpyTargets::kRequired;
  return load({numpy_file, is_required ? &numpy_file : nullptr}, choice, limits);
}

bool has_numpy_part(const std::filesystem::path& path, std::string_view part) {
  std::error_code ignored;
  const bool is_missing = !std::filesystem::exists(path, ignored);  // NumpyFile says so
  if (descriptor_of(path) || !(is_missing || std::filesystem::is_regular_file(path, ignored))) return false;
  const NumpyFile file(path);
  return !file.is_alone() && find(file, kX, suffix_of(part)).has_value();
}

}  // namespace catenary
