#pragma once

#include <span>
#include <string>
#include <string_view>

namespace catenary {

/// The candidate with the smallest edit distance to `name` if that is at most a third of the shorter one's
/// length, or if only their case differs; else "".
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

/// "; did you mean 'NEAREST'?" or, if nothing is near, "; expected one of a, b, c". For the end of an error
/// message.
[[nodiscard]] std::string suggestion(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace catenary
