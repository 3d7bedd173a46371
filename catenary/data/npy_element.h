#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

namespace catenary {

/// Makes numbers or texts of elements, whose bytes stand in the machine's order, as many as `out` has room
/// for. Returns how many came before the first that cannot be a T.
template <typename T>
using NpyConvert = std::size_t (*)(std::span<const std::byte> elements, std::span<T> out);

/// A type that NumPy's arrays have, and what becomes of its elements.
struct NpyElement {
  std::string_view code;      ///< as in a header, without the byte order: "f4"; of texts "U" or "S"
  std::size_t bytes;          ///< of an element; of texts of a character
  std::string_view required;  ///< what an element must be, whatever it shall become; "": any number will do
  /// Null where no element becomes a T. All numbers become doubles and f32, u1 stays bytes, i8 and u8
  /// become integers, since a double holds all shorter ones, and texts UTF-8, without the zeros that fill
  /// them up.
  std::tuple<NpyConvert<double>, NpyConvert<float>, NpyConvert<std::uint8_t>, NpyConvert<std::int64_t>,
             NpyConvert<std::string>>
      convert;
  std::string (*show)(std::span<const std::byte> element);  ///< in messages
};

/// The type of that code, a text's with its width ("U12"); null if there is none.
[[nodiscard]] const NpyElement* find_npy_element(std::string_view code);

/// What NumPy calls such a type, and what to do about it, for the message about one that has no numbers.
/// descr: as in a header, "|O".
[[nodiscard]] std::string describe_npy_type(std::string_view descr);

}  // namespace catenary
