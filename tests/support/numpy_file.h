#pragma once

#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/gzip.h"

namespace catenary::testing_support {

/// The bytes of a number, least significant first.
template <typename T>
[[nodiscard]] std::string little_endian(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

/// An array's bytes.
[[nodiscard]] inline std::string npy(const std::string& header, const std::string& elements,
                                     int version = 1) {
  std::string bytes = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
  const auto size = static_cast<std::uint32_t>(header.size());
  bytes += version == 1 ? little_endian(static_cast<std::uint16_t>(size)) : little_endian(size);
  return bytes + header + elements;
}

/// The text of an array's header.
[[nodiscard]] inline std::string npy_header(const std::string& descr, const std::string& shape,
                                            const std::string& fortran = "False") {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}  \n", descr, fortran, shape);
}

/// A file in a zip archive. What its headers say can be changed before it is written.
struct ZippedFile {
  std::string name, stored;
  std::uint16_t method = 0, flags = 0;
  std::uint32_t bytes, checksum;
  std::uint32_t stored_bytes = static_cast<std::uint32_t>(stored.size());
};

/// CRC-32.
[[nodiscard]] inline std::uint32_t crc_of(const std::string& content) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
}

/// Stored as it is.
[[nodiscard]] inline ZippedFile file_of(const std::string& name, const std::string& content) {
  return {.name = name,
          .stored = content,
          .bytes = static_cast<std::uint32_t>(content.size()),
          .checksum = crc_of(content)};
}

/// Deflated.
[[nodiscard]] inline ZippedFile deflated_file(const std::string& name, const std::string& content) {
  return {.name = name,
          .stored = deflated(content),
          .method = 8,
          .bytes = static_cast<std::uint32_t>(content.size()),
          .checksum = crc_of(content)};
}

// What both of a file's headers have.
[[nodiscard]] inline std::string common_fields(const ZippedFile& f) {
  return little_endian(f.flags) + little_endian(f.method) + std::string(4, '\0') + little_endian(f.checksum) +
         little_endian(f.stored_bytes) + little_endian(f.bytes) +
         little_endian(static_cast<std::uint16_t>(f.name.size())) + std::string(2, '\0');
}

/// The archive's bytes.
[[nodiscard]] inline std::string zip(const std::vector<ZippedFile>& files, const std::string& comment = "") {
  std::string bytes, directory;
  for (const ZippedFile& f : files) {
    directory += "PK\1\2" + std::string(4, '\0') + common_fields(f) + std::string(10, '\0') +
                 little_endian(static_cast<std::uint32_t>(bytes.size())) + f.name;
    bytes += "PK\3\4" + std::string(2, '\0') + common_fields(f) + f.name + f.stored;
  }
  const auto count = little_endian(static_cast<std::uint16_t>(files.size()));
  const auto begin = static_cast<std::uint32_t>(bytes.size());
  return bytes + directory + "PK\5\6" + std::string(4, '\0') + count + count +
         little_endian(static_cast<std::uint32_t>(directory.size())) + little_endian(begin) +
         little_endian(static_cast<std::uint16_t>(comment.size())) + comment;
}

}  // namespace catenary::testing_support
