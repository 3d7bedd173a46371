#pragma once

#include <zlib.h>

#include <string>
#include <utility>

namespace catenary::testing_support {

/// `text` compressed by zlib, which its users link. window_bits choose the format: see deflateInit2.
[[nodiscard]] inline std::string compressed(std::string text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

/// `text` as one gzip member.
[[nodiscard]] inline std::string gzip(std::string text) { return compressed(std::move(text), 15 + 16); }

/// `text` as deflate's bare stream, as zip archives hold it.
[[nodiscard]] inline std::string deflated(std::string text) { return compressed(std::move(text), -15); }

}  // namespace catenary::testing_support
