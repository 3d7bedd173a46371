#pragma once

#include <span>
#include <string>
#include <string_view>

// What other libraries call what a config has: "lr", "mse", "swish".
namespace catenary::train {

/// The name that the word means in other libraries, or the nearest one; "" if nothing is near.
[[nodiscard]] std::string_view meant_by(std::string_view word, std::span<const std::string_view> names);

/// "; did you mean 'NAME'?" or, if nothing is near, "; expected one of a, b, c". For the end of an error
/// message.
[[nodiscard]] std::string suggestion_for(std::string_view word, std::span<const std::string_view> names);

/// The same for a key, which may belong in another table: "; did you mean 'train.epochs'?"
[[nodiscard]] std::string key_suggestion(std::string_view word, std::span<const std::string_view> keys);

}  // namespace catenary::train
