#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/shape.h"

namespace catenary {

/// What the JSON header of a .safetensors file says of one tensor, as it stands there.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::array<std::uint64_t, Shape::kMaxRank> extents = {};
  std::size_t rank = 0;
  std::array<std::uint64_t, 2> offsets = {};  // begin and end within the data
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of their offsets
  std::map<std::string, std::string> metadata;
};

/// The key of the header that is no tensor.
inline constexpr std::string_view kSafetensorsMetadata = "__metadata__";

/// Reads the header. Throws Error{format} that names file and tensor for what is no JSON, a duplicate or
/// unknown key, a missing one, a value of the wrong kind, or more than `max_metadata` entries of metadata.
/// Neither depth nor size of the text can exhaust the stack.
[[nodiscard]] SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file,
                                                         std::size_t max_metadata);

}  // namespace catenary
