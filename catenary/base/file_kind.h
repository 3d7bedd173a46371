#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace catenary {

/// What a file is by its first bytes, for the message about one that is something else: "a zip archive",
/// "text that begins with 'format = 1'", "an empty file". "" where they tell nothing. start: some 64 bytes,
/// or all of a shorter file.
[[nodiscard]] std::string file_kind(std::span<const std::byte> start);

/// The same of files that are not text, "" for those that are.
[[nodiscard]] std::string binary_kind(std::span<const std::byte> start);

}  // namespace catenary
