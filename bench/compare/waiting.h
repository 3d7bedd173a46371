#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace bench {

// How a thread of GCC's OpenMP waits for work is settled when a process starts. By default it spins for some
// milliseconds: the best there is for short products on idle cores, and ruin where something else wants the
// core, or another library's threads. So this program measures peers that use it on several threads twice,
// once in a process of their own whose threads sleep at once, and each peer's better figure counts.

/// Whether the caller's environment says how threads wait: then nothing is measured twice.
[[nodiscard]] bool waiting_is_chosen();

/// The rows of another run of this program, with these arguments, in which threads without work sleep. Throws
/// where it fails.
[[nodiscard]] nlohmann::json rows_of_sleepers(const std::vector<std::string>& arguments,
                                              const std::string& json_path);

/// Replaces sides of a row by those of the same row among others where these took less time over Catenary's.
void take_better(nlohmann::json& row, const nlohmann::json& others);

}  // namespace bench
