#include "catenary/formats/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/shape.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

using nlohmann::json;

// Receives the parser's events, so that duplicate keys are seen and no tree is built. Functions named as
// json_sax asks; each returns true to go on.
class HeaderReader {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  [[nodiscard]] SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t /*elements*/) {
    if (place_ == Place::kOutside) return enter(Place::kRoot);
    if (place_ != Place::kRoot) return reject("an object");
    if (key_ == kSafetensorsMetadata) return enter(Place::kMetadata);
    header_.entries.push_back({.name = key_, .dtype = {}, .shape = {}, .offsets = {}});
    fields_.clear();
    return enter(Place::kTensor);
  }

  bool key(std::string& name) {
    std::unordered_set<std::string>& names = place_ == Place::kRoot ? names_ : fields_;
    key_ = name;
    if (!names.insert(name).second)
      fail(ErrorKind::kFormat, "{}: needed distinct keys, found it twice", position());
    const bool known = name == "dtype" || name == "shape" || name == "data_offsets";
    if (place_ == Place::kTensor && !known) {
      fail(ErrorKind::kFormat, "{}: needed dtype, shape or data_offsets, found this key", position());
    }
    return true;
  }

  bool end_object() {
    if (place_ == Place::kTensor && fields_.size() != 3) {
      key_.clear();
      fail(ErrorKind::kFormat, "{}: needed dtype, shape and data_offsets, found {} of them", position(),
           fields_.size());
    }
    fields_.clear();
    return enter(place_ == Place::kRoot ? Place::kOutside : Place::kRoot);
  }

  bool start_array(std::size_t /*elements*/) {
    if (place_ == Place::kTensor && key_ == "shape") return enter(Place::kShape);
    if (place_ == Place::kTensor && key_ == "data_offsets") return enter(Place::kOffsets);
    return reject("an array");
  }

  bool end_array() {
    const SafetensorsEntry& entry = header_.entries.back();
    if (place_ == Place::kOffsets && entry.offsets.size() != 2) {
      fail(ErrorKind::kFormat, "{}: needed 2 offsets, found {}", position(), entry.offsets.size());
    }
    return enter(Place::kTensor);
  }

  bool string(std::string& text) {
    if (place_ == Place::kMetadata) {
      header_.metadata[key_] = text;
    } else if (place_ == Place::kTensor && key_ == "dtype") {
      header_.entries.back().dtype = text;
    } else {
      return reject(quote(text));
    }
    return true;
  }

  bool number_unsigned(std::uint64_t number) {
    if (place_ == Place::kShape) {
      header_.entries.back().shape.push_back(number);
    } else if (place_ == Place::kOffsets) {
      header_.entries.back().offsets.push_back(number);
    } else {
      return reject(fmt::to_string(number));
    }
    return true;
  }

  bool null() { return reject("null"); }
  bool boolean(bool value) { return reject(value ? "true" : "false"); }
  bool number_integer(std::int64_t number) { return reject(fmt::to_string(number)); }
  bool number_float(double number, const std::string& /*text*/) { return reject(fmt::to_string(number)); }
  bool binary(json::binary_t& /*bytes*/) { return reject("binary data"); }

  bool parse_error(std::size_t offset, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) {
    fail(ErrorKind::kFormat, "{}: needed a JSON header in UTF-8, found a mistake at byte {} of it", file_,
         offset);
  }

 private:
  // In which object or array of the header the next event stands.
  enum class Place { kOutside, kRoot, kMetadata, kTensor, kShape, kOffsets };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  // "FILE: tensor 'w', key 'shape'".
  [[nodiscard]] std::string position() const {
    if (place_ == Place::kOutside) return file_;
    if (place_ == Place::kRoot) return fmt::format("{}: tensor {}", file_, quote(key_));
    if (place_ == Place::kMetadata) return fmt::format("{}: metadata {}", file_, quote(key_));
    const std::string tensor = fmt::format("{}: tensor {}", file_, quote(header_.entries.back().name));
    return key_.empty() ? tensor : fmt::format("{}, key {}", tensor, quote(key_));
  }

  [[nodiscard]] std::string_view needed() const {
    if (place_ == Place::kOutside || place_ == Place::kRoot) return "an object";
    if (place_ == Place::kMetadata) return "a string";
    if (place_ == Place::kTensor) return key_ == "dtype" ? "a string" : "an array";
    return "whole numbers";
  }

  [[noreturn]] bool reject(std::string_view found) const {
    fail(ErrorKind::kFormat, "{}: needed {}, found {}", position(), needed(), found);
  }

  const std::string& file_;
  SafetensorsHeader header_;
  std::unordered_set<std::string> names_;   // keys of the root so far
  std::unordered_set<std::string> fields_;  // keys of the current tensor, or of the metadata, so far
  std::string key_;                         // the last one
  Place place_ = Place::kOutside;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& file) {
  HeaderReader reader(file);
  json::sax_parse(text, &reader);
  return reader.take();
}

}  // namespace catenary
