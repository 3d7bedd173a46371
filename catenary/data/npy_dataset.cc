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

void require_shape(const Targets& y, const Features& features, const DataLimits& limits) {
  const std::vector<std::int64_t>& shape = y.header.shape;
  const bool fits =
      (shape.size() == 1 || shape.size() == 2) && shape[0] == features.rows && y.header.elements > 0;
  if (!fits) {
    fail(ErrorKind::kData, "{}: needed targets [{}] or [{}, columns], as many as x has rows, found [{}]",
         y.file.where(y.array), features.rows, features.rows, fmt::join(shape, ", "));
  }
  require_columns(y.header, y.file.where(y.array), limits);
  if (y.header.is_text() && y.header.columns() > 1) {
    fail(ErrorKind::kData, "{}: needed texts in one column, found [{}]", y.file.where(y.array),
         fmt::join(shape, ", "));
  }
}

void read_targets(NumpyData& data, const Targets& y, const DataLimits& limits) {
  require_shape(y, data.features, limits);
  data.target_columns = static_cast<std::int64_t>(y.header.columns());
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
    return data;
  }
  NumpyFile& y_file = *files.y_file;
  const Found y = &y_file == &files.x_file ? choose_beside(y_file, x) : choose(y_file, kY, suffixes);
  read_features(data, files, {x.array, files.x_file.header(x.array), bytes_beside(files, y.array)}, limits);
  read_targets(data, {y_file, y.array, y_file.header(y.array)}, limits);
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
