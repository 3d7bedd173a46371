#include "catenary/base/file_pattern.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace catenary {

std::vector<std::string> files_of_pattern(const std::string& pattern) {
  std::error_code ignored;
  if (pattern.find_first_of("*?[") == std::string::npos || std::filesystem::exists(pattern, ignored))
    return {pattern};
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> files(found.gl_pathv, found.gl_pathv + (status == 0 ? found.gl_pathc : 0));
  ::globfree(&found);
  if (files.empty() && pattern.find_first_of("*?") == std::string::npos) return {pattern};
  std::ranges::sort(files);
  return files;
}

}  // namespace catenary
