#include "catenary/formats/safetensors_header.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

using nlohmann::json;

// The keys of a tensor, as bits of the set of those that were there.
enum Field : unsigned { kNone = 0, kDType = 1, kShape = 2, kOffsets = 4, kAll = 7 };

Field field_of(std::string_view key) {
  if (key == "dtype") return kDType;
  if (key == "shape") return kShape;
  return key == "data_offsets" ? kOffsets : kNone;
}

// Receives the parser's events, so that duplicate keys are seen and no tree is built. Functions named as
// json_sax asks; each returns true to go on.
class HeaderReader {
 public:
  HeaderReader(const std::string& file, std::size_t max_metadata)
      : file_(file), max_metadata_(max_metadata) {}

  [[nodiscard]] SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t /*elements*/) {
    if (place_ == Place::kOutside) return enter(Place::kRoot);
    if (place_ != Place::kRoot) return reject("an object");
    if (key_ == kSafetensorsMetadata) return enter(Place::kMetadata);
    header_.entries.push_back({.name = key_, .dtype = {}});
    fields_ = kNone;
    return enter(Place::kTensor);
  }

  bool key(std::string& name) {
    key_ = name;
    if (place_ == Place::kRoot && name == kSafetensorsMetadata) {
      if (std::exchange(has_metadata_, true)) fail_twice();
    } else if (place_ == Place::kMetadata) {
      if (header_.metadata.contains(name)) fail_twice();
    } else if (place_ == Place::kTensor) {
      const Field field = field_of(name);
      if (field == kNone)
        fail(ErrorKind::kFormat, "{}: needed dtype, shape or data_offsets, found this key", position());
      if ((fields_ & field) != 0) fail_twice();
      fields_ |= field;
    }
    return true;
  }

  bool end_object() {
    if (place_ == Place::kTensor && fields_ != kAll) {
      key_.clear();
      fail(ErrorKind::kFormat, "{}: needed dtype, shape and data_offsets, found {} of them", position(),
           std::popcount(fields_));
    }
    return enter(place_ == Place::kRoot ? Place::kOutside : Place::kRoot);
  }

  bool start_array(std::size_t /*elements*/) {
    numbers_ = 0;
    if (place_ == Place::kTensor && key_ == "shape") return enter(Place::kShape);
    if (place_ == Place::kTensor && key_ == "data_offsets") return enter(Place::kOffsets);
    return reject("an array");
  }

  bool end_array() {
    SafetensorsEntry& entry = header_.entries.back();
    if (place_ == Place::kOffsets && numbers_ != entry.offsets.size()) {
      fail(ErrorKind::kFormat, "{}: needed 2 offsets, found {}", position(), numbers_);
    }
    if (place_ == Place::kShape && numbers_ > entry.extents.size()) {
      fail(ErrorKind::kFormat, "{}: needed at most {} extents, found {}", position(), entry.extents.size(),
           numbers_);
    }
    if (place_ == Place::kShape) entry.rank = numbers_;
    return enter(Place::kTensor);
  }

  bool string(std::string& text) {
    if (place_ == Place::kMetadata) {
      if (header_.metadata.size() == max_metadata_)
        fail(ErrorKind::kFormat, "{}: needed at most {} entries of metadata, found more", file_,
             max_metadata_);
      header_.metadata[key_] = text;
    } else if (place_ == Place::kTensor && key_ == "dtype") {
      header_.entries.back().dtype = text;
    } else {
      return reject(quote(text));
    }
    return true;
  }

  bool number_unsigned(std::uint64_t number) {
    if (place_ == Place::kShape) return add(number, header_.entries.back().extents);
    if (place_ == Place::kOffsets) return add(number, header_.entries.back().offsets);
    return reject(fmt::to_string(number));
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

  // What is beyond the array's end is only counted.
  bool add(std::uint64_t number, std::span<std::uint64_t> numbers) {
    if (numbers_ < numbers.size()) numbers[numbers_] = number;
    ++numbers_;
    return true;
  }

  [[noreturn]] void fail_twice() const {
    fail(ErrorKind::kFormat, "{}: needed distinct keys, found it twice", position());
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
  std::size_t max_metadata_;
  bool has_metadata_ = false;
  unsigned fields_ = kNone;  // keys of the current tensor so far
  std::size_t numbers_ = 0;  // of the current array so far
  std::string key_;          // the last one
  Place place_ = Place::kOutside;
};

void require_distinct_names(const std::vector<SafetensorsEntry>& entries, const std::string& file) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const SafetensorsEntry& entry : entries) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return;
  fail(ErrorKind::kFormat, "{}: tensor {}: needed distinct keys, found it twice", file, quote(*twice));
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& file,
                                           std::size_t max_metadata) {
  HeaderReader reader(file, max_metadata);
  json::sax_parse(text, &reader);
  SafetensorsHeader header = reader.take();
  require_distinct_names(header.entries, file);
  const auto by_offsets = [](const auto& a, const auto& b) { return a.offsets < b.offsets; };
  if (!std::is_sorted(header.entries.begin(), header.entries.end(), by_offsets))
    std::stable_sort(header.entries.begin(), header.entries.end(), by_offsets);
  return header;
}

}  // namespace catenary
