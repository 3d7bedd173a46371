#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace catenary {

/// Bytes that tell what a file is, and hold as much of its first line as messages quote.
inline constexpr std::size_t kFileStartBytes = 64;

/// The kind of what formats/safetensors.h reads: a header's length below 4 GiB, then its '{'.
inline constexpr std::string_view kSafetensorsKind = "a safetensors file";

/// What a file is by its first bytes, for the message about one that is something else: "a zip archive",
/// "text that begins with 'format = 1'", "an empty file". "" where they tell nothing. start: kFileStartBytes
/// of them, or all of a shorter file.
[[nodiscard]] std::string file_kind(std::span<const std::byte> start);

/// The same of files that are not text in UTF-8, "" for those that are.
[[nodiscard]] std::string binary_kind(std::span<const std::byte> start);

/// The same, and of any other file its length and first bytes: "a file of 300 bytes that begins with
/// [00 01 ...]". bytes: of the whole file; 0 if that is not known, as of a pipe.
[[nodiscard]] std::string describe_file(std::span<const std::byte> start, std::uint64_t bytes);

}  // namespace catenary
