#pragma once

#include <span>
#include <string>
#include <string_view>

namespace catenary {

/// The candidate with the smallest edit distance to `name` if that is at most a third of its length plus one
/// and at most half of it, else "".
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

/// "; did you mean 'NEAREST'?" or, if nothing is near, "; expected one of a, b, c". For the end of an error
/// message.
[[nodiscard]] std::string suggestion(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace catenary
