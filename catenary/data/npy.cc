#include "catenary/data/npy.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <type_traits>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/data/npy_element.h"

namespace catenary {

namespace {

constexpr char kForeignOrder = std::endian::native == std::endian::little ? '>' : '<';

// Where the elements stand in C's order, in which the last index runs fastest, as they come in Fortran's, in
// which the first one does.
class FortranPlaces {
 public:
  explicit FortranPlaces(const std::vector<std::int64_t>& shape)
      : shape_(shape.begin(), shape.end()), index_(shape.size()), strides_(shape.size(), 1) {
    for (std::size_t axis = shape.size(); axis-- > 1;) strides_[axis - 1] = strides_[axis] * shape_[axis];
  }

  std::size_t next() {
    const std::uint64_t place = place_;
    for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
      place_ += strides_[axis];
      if (++index_[axis] < shape_[axis]) break;
      place_ -= strides_[axis] * shape_[axis];
      index_[axis] = 0;
    }
    return place;
  }

 private:
  std::vector<std::uint64_t> shape_, index_, strides_;
  std::uint64_t place_ = 0;
};

// Element `at` of those in the file, as users count.
std::string position(const NpyHeader& header, std::uint64_t at) {
  if (header.shape.size() < 2) return fmt::format("element {}", at);
  const auto rows = static_cast<std::uint64_t>(header.shape[0]);
  if (!header.is_fortran)
    return fmt::format("row {}, column {} (counted from 0)", at / header.columns(), at % header.columns());
  std::uint64_t column = 0, rest = at / rows, stride = header.columns();
  for (std::size_t axis = 1; axis < header.shape.size(); ++axis) {
    const auto extent = static_cast<std::uint64_t>(header.shape[axis]);
    stride /= extent;
    column += rest % extent * stride;
    rest /= extent;
  }
  return fmt::format("row {}, column {} (counted from 0)", at % rows, column);
}

template <typename T>
[[noreturn]] void fail_element(const NpySource& source, const NpyHeader& header, std::uint64_t at,
                               std::span<const std::byte> element) {
  const NpyElement& type = *find_npy_element(header.code());
  std::string_view needed = type.required;
  if (needed.empty())
    needed = std::is_same_v<T, float>          ? "a finite number that f32 holds, up to 3.4e38,"
             : std::is_same_v<T, std::int64_t> ? "an integer below 2^63"
                                               : "an integer below 2^53";
  fail(ErrorKind::kData, "{}: needed {} as {}, found {}", source.name, needed, position(header, at),
       type.show(element));
}

// Puts elements' bytes in the machine's order. unit: bytes of a number, or of a text's character.
void swap_bytes(std::span<std::byte> bytes, std::size_t unit) {
  for (std::size_t at = 0; at < bytes.size(); at += unit) std::ranges::reverse(bytes.subspan(at, unit));
}

// Reads an array piece by piece.
template <typename T>
class Reader {
 public:
  Reader(const NpySource& source, const NpyHeader& header)
      : source_(source), header_(header), type_(*find_npy_element(header.code())) {
    if (convert_ == nullptr) fail_type();
  }

  std::vector<T> read() {
    std::vector<T> values(header_.elements);
    if (header_.is_fortran) {
      FortranPlaces places(header_.shape);
      each([&](std::span<T> piece) {
        for (T& value : piece) values[places.next()] = std::move(value);
      });
    }
    while (done_ < values.size()) read_some(std::span(values).subspan(done_, next_count()));
    return values;
  }

  // Calls use(piece) with the elements as they come.
  void each(const auto& use) {
    std::vector<T> piece(next_count());
    while (done_ < header_.elements) {
      const std::span<T> some = std::span(piece).first(next_count());
      read_some(some);
      use(some);
    }
  }

 private:
  [[noreturn]] void fail_type() const {
    if (std::is_floating_point_v<T>) fail_npy_type(header_.descr, source_.name);
    fail(ErrorKind::kData, "{}: needed {}, found '{}'", source_.name,
         std::is_same_v<T, std::string>    ? "texts"
         : std::is_same_v<T, std::uint8_t> ? "bytes, of type u1"
                                           : "integers of 8 bytes",
         header_.descr);
  }

  // How many elements are read at once.
  [[nodiscard]] std::size_t next_count() const {
    return std::min<std::uint64_t>(chunk_.size() / header_.element_bytes, header_.elements - done_);
  }

  void read_some(std::span<T> out) {
    const std::size_t size = header_.element_bytes;
    const std::span<std::byte> part = std::span(chunk_).first(out.size() * size);
    read_npy_bytes(source_, part, "elements");
    if (header_.descr[0] == kForeignOrder) swap_bytes(part, type_.bytes);
    const std::size_t converted = convert_(part, out);
    if (converted < out.size())
      fail_element<T>(source_, header_, done_ + converted, part.subspan(converted * size, size));
    done_ += out.size();
  }

  const NpySource& source_;
  const NpyHeader& header_;
  const NpyElement& type_;
  NpyConvert<T> convert_ = std::get<NpyConvert<T>>(type_.convert);
  std::vector<std::byte> chunk_ = std::vector<std::byte>(
      std::min<std::uint64_t>(kMostNpyElementBytes, header_.elements* header_.element_bytes));
  std::uint64_t done_ = 0;  // elements
};

}  // namespace

template <typename T>
std::vector<T> read_npy(const NpySource& source, const NpyHeader& header) {
  std::vector<T> values = Reader<T>(source, header).read();
  if (source.require_end) source.require_end();
  return values;
}

template <typename T>
void read_npy_pieces(const NpySource& source, const NpyHeader& header,
                     const std::function<void(std::span<T> piece)>& use) {
  Reader<T>(source, header).each(use);
  if (source.require_end) source.require_end();
}

template <typename T>
bool lies_as(const NpyHeader& header) {
  const bool is_of_type = header.code() == (sizeof(T) == 1 ? "u1" : "f4");
  const bool has_order = sizeof(T) == 1 || header.descr[0] != kForeignOrder;
  return is_of_type && has_order && !(header.is_fortran && header.columns() > 1);
}

template void read_npy_pieces(const NpySource&, const NpyHeader&,
                              const std::function<void(std::span<float>)>&);
template void read_npy_pieces(const NpySource&, const NpyHeader&,
                              const std::function<void(std::span<std::uint8_t>)>&);
template bool lies_as<float>(const NpyHeader&);
template bool lies_as<std::uint8_t>(const NpyHeader&);

template std::vector<double> read_npy(const NpySource&, const NpyHeader&);
template std::vector<float> read_npy(const NpySource&, const NpyHeader&);
template std::vector<std::uint8_t> read_npy(const NpySource&, const NpyHeader&);
template std::vector<std::int64_t> read_npy(const NpySource&, const NpyHeader&);
template std::vector<std::string> read_npy(const NpySource&, const NpyHeader&);

}  // namespace catenary
