#include "catenary/data/write_npy.h"

#include <fmt/format.h>

#include <bit>
#include <cassert>

namespace catenary {

std::string npy_start(std::int64_t rows, std::int64_t columns) {
  constexpr std::size_t kAlignment = 64, kStartBytes = 10;
  constexpr char kOrder = std::endian::native == std::endian::little ? '<' : '>';
  std::string header =
      fmt::format("{{'descr': '{}f4', 'fortran_order': False, 'shape': ({}, {}), }}", kOrder, rows, columns);
  const std::size_t end = (kStartBytes + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  header.resize(end - kStartBytes - 1, ' ');
  header += '\n';
  std::string file("\x93NUMPY\1\0", 8);
  file += static_cast<char>(header.size() & 0xFF);
  file += static_cast<char>(header.size() >> 8);
  return file + header;
}

std::string write_npy(std::span<const float> values, std::int64_t rows, std::int64_t columns) {
  assert(std::ssize(values) == rows * columns);
  std::string file = npy_start(rows, columns);
  const auto bytes = std::as_bytes(values);
  return file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace catenary
