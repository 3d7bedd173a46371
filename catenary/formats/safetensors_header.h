#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace catenary {

/// What the JSON header of a .safetensors file says of one tensor, as it stands there.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> offsets;  // begin and end within the data
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// The key of the header that is no tensor.
inline constexpr std::string_view kSafetensorsMetadata = "__metadata__";

/// Reads the header. Throws Error{format} that names file and tensor for what is no JSON, a duplicate or
/// unknown key, a missing one, or a value of the wrong kind. Neither depth nor size of the text can exhaust
/// the stack.
[[nodiscard]] SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file);

}  // namespace catenary
