#pragma once

#include <string_view>

/// The files page*.css and page.js beside this header, as the build embedded them.
namespace catenary::derive {

extern const std::string_view kPageCss, kPageJs;

}  // namespace catenary::derive
