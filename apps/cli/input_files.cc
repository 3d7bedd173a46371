#include "input_files.h"

#include <algorithm>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/file_pattern.h"
#include "catenary/base/text.h"

namespace catenary::cli {

train::DataFiles input_files(std::span<const std::string> names) {
  std::vector<std::string> files;
  std::vector<int> streams;
  for (const std::string& name : names) {
    const std::vector<std::string> found = files_of_pattern(name);
    if (found.empty())
      fail(ErrorKind::kConfig, "needed a file, or a pattern that some file's name has, found {}",
           quote(name));
    files.insert(files.end(), found.begin(), found.end());
    const std::optional<int> stream = descriptor_of(name);
    if (!stream) continue;
    if (std::ranges::count(streams, *stream) > 0)
      fail(ErrorKind::kConfig, "needed a stream for each thing that is read, found {} twice", name);
    streams.push_back(*stream);
  }
  return {files.front(), "", {files.begin() + 1, files.end()}};
}

}  // namespace catenary::cli
