#pragma once

#include <string_view>

namespace catenary {

/// The version of library and program; CMakeLists.txt says the same.
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace catenary
