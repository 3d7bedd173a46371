#include "catenary/data/csv/table_archive.h"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "catenary/base/error.h"

namespace catenary {

namespace {

template <typename T>
concept Plain = std::integral<T> || std::floating_point<T>;

// Writes what exchange() goes through, and Unpacker reads it: one list of members serves both.
class Packer {
 public:
  template <Plain T>
  void value(const T& x) {
    bytes_.append(reinterpret_cast<const char*>(&x), sizeof x);
  }
  template <typename T>
  void choice(const T& x, T /*last*/) {
    value(static_cast<std::uint8_t>(x));
  }
  void text(const std::string& x) {
    value(std::uint64_t{x.size()});
    bytes_ += x;
  }
  template <Plain T>
  void numbers(const std::vector<T>& x) {
    value(std::uint64_t{x.size()});
    bytes_.append(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(T));
  }
  template <typename T, typename F>
  void list(const std::vector<T>& x, const F& each) {
    value(std::uint64_t{x.size()});
    for (const T& element : x) each(element);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

[[noreturn]] void fail_unpacking() { fail(ErrorKind::kData, "needed a packed table, found other bytes"); }

class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <Plain T>
  void value(T& x) {
    const std::span<const std::byte> bytes = take(sizeof x);
    if constexpr (std::same_as<T, bool>) {
      if (bytes[0] > std::byte{1}) fail_unpacking();
      x = bytes[0] == std::byte{1};
    } else {
      std::memcpy(&x, bytes.data(), sizeof x);
    }
  }
  template <typename T>
  void choice(T& x, T last) {
    std::uint8_t code = 0;
    value(code);
    if (code > static_cast<std::uint8_t>(last)) fail_unpacking();
    x = static_cast<T>(code);
  }
  void text(std::string& x) {
    const std::span<const std::byte> bytes = take(size(1));
    x.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  template <Plain T>
  void numbers(std::vector<T>& x) {
    x.resize(size(sizeof(T)));
    const std::span<const std::byte> bytes = take(x.size() * sizeof(T));
    if (!x.empty()) std::memcpy(x.data(), bytes.data(), bytes.size());
  }
  template <typename T, typename F>
  void list(std::vector<T>& x, const F& each) {
    x.resize(size(sizeof(std::uint64_t)));  // each element begins with a text or has a number
    for (T& element : x) each(element);
  }
  [[nodiscard]] bool is_at_end() const { return bytes_.empty(); }

 private:
  std::span<const std::byte> take(std::size_t count) {
    if (count > bytes_.size()) fail_unpacking();
    const std::span<const std::byte> taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  // How many elements follow, of at least so many bytes each.
  std::size_t size(std::size_t element) {
    std::uint64_t count = 0;
    value(count);
    if (count > bytes_.size() / element) fail_unpacking();
    return static_cast<std::size_t>(count);
  }

  std::span<const std::byte> bytes_;
};

void exchange_texts(Packer& packer, const TextList& texts) {
  packer.value(std::uint64_t{texts.size()});
  for (std::size_t i = 0; i < texts.size(); ++i) packer.text(std::string(texts[i]));
}

void exchange_texts(Unpacker& unpacker, TextList& texts) {
  std::uint64_t count = 0;
  unpacker.value(count);
  std::string text;
  for (; count > 0; --count) {
    unpacker.text(text);
    texts.push_back(text);
  }
}

void exchange_lines(Packer& packer, const RowLines& lines) {
  packer.value(std::uint64_t{lines.size()});
  packer.list(lines.runs(), [&](const RowLines::Run& run) {
    packer.value(std::uint64_t{run.row});
    packer.value(run.line);
  });
}

void exchange_lines(Unpacker& unpacker, RowLines& lines) {
  std::uint64_t size = 0;
  unpacker.value(size);
  std::vector<RowLines::Run> runs;
  unpacker.list(runs, [&](RowLines::Run& run) {
    std::uint64_t row = 0;
    unpacker.value(row);
    run.row = row;
    unpacker.value(run.line);
  });
  const auto is_not_before = [](const RowLines::Run& a, const RowLines::Run& b) { return a.row >= b.row; };
  if (runs.empty() || runs.front().row != 0 || runs.back().row >= size ||
      std::ranges::adjacent_find(runs, is_not_before) != runs.end())
    fail_unpacking();
  lines = RowLines(std::move(runs), size);
}

void exchange(auto& archive, auto& column) requires
    std::same_as<std::remove_const_t<std::remove_reference_t<decltype(column)>>, Column> {
  archive.text(column.name);
  archive.choice(column.role, ColumnRole::kSkip);
  archive.choice(column.type, ColumnType::kTime);
  archive.choice(column.date_order, DateOrder::kDayFirst);
  archive.value(column.place);
  archive.list(column.levels, [&](auto& level) { archive.text(level); });
  archive.numbers(column.codes);
  exchange_texts(archive, column.texts);
  archive.value(column.missing);
  archive.value(column.is_nameless);
}

void exchange(auto& archive, auto& table) requires
    std::same_as<std::remove_const_t<std::remove_reference_t<decltype(table)>>, Table> {
  archive.list(table.files, [&](auto& file) {
    archive.text(file.name);
    archive.value(file.first_row);
  });
  archive.list(table.columns, [&](auto& column) { exchange(archive, column); });
  exchange_lines(archive, table.lines);
  for (auto& matrix : table.matrices) archive.value(matrix.width);
  for (auto* matrix : {&table.of(ColumnRole::kTarget), &table.of(ColumnRole::kMark)})
    archive.numbers(matrix->numbers);
  archive.value(table.decimal);
  archive.list(table.notes, [&](auto& note) { archive.text(note); });
}

bool is_code(float x, std::size_t levels) {
  return std::isnan(x) || (x >= 0 && x < static_cast<float>(levels) && x == std::floor(x));
}

// Whether a column's numbers stand for what it has.
bool is_sound(const Table& table, const Column& column) {
  if (static_cast<std::size_t>(column.role) >= kMatrixRoles)
    return column.role == ColumnRole::kSkip || column.texts.size() == table.lines.size();
  const CellMatrix& matrix = table.of(column.role);
  if (numbers_of(column.type) > matrix.width || column.place > matrix.width - numbers_of(column.type))
    return false;
  if (column.type == ColumnType::kNumber || column.type == ColumnType::kTime) return column.codes.empty();
  const std::size_t levels = column.type == ColumnType::kBoolean ? 2 : column.levels.size();
  const auto is_one = [&](float x) { return is_code(x, levels); };
  if (column.role == ColumnRole::kFeature)
    return !column.codes.empty() && std::ranges::all_of(column.codes, is_one);
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    if (!is_one(matrix.numbers[row * matrix.width + column.place])) return false;
  }
  return column.codes.empty();
}

bool is_sound(const Table& table) {
  const std::size_t rows = table.lines.size();
  for (const ColumnRole role : {ColumnRole::kTarget, ColumnRole::kMark}) {
    const CellMatrix& matrix = table.of(role);
    if (matrix.width > 0
            ? matrix.numbers.size() / matrix.width != rows || matrix.numbers.size() % matrix.width
            : !matrix.numbers.empty())
      return false;
  }
  return !table.files.empty() &&
         std::ranges::all_of(table.columns, [&](const Column& column) { return is_sound(table, column); });
}

}  // namespace

std::string pack_table(const Table& table) {
  Packer packer;
  exchange(packer, table);
  return packer.take();
}

Table unpack_table(std::span<const std::byte> bytes) {
  Unpacker unpacker(bytes);
  Table table;
  exchange(unpacker, table);
  if (!unpacker.is_at_end() || !is_sound(table)) fail_unpacking();
  return table;
}

}  // namespace catenary
