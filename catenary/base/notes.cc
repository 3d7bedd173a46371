#include "catenary/base/notes.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace catenary {

namespace {

std::vector<std::string> lines_of(const Error& error) {
  std::vector<std::string> lines;
  for (std::string_view rest = error.what();;) {
    const std::size_t end = rest.find('\n');
    lines.emplace_back(rest.substr(0, end));
    if (end == std::string_view::npos) return lines;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

Error with_notes(const Error& error, std::span<const std::string> notes) {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> lines = lines_of(error);
  for (const std::string& note : notes.first(std::min(kMost, notes.size()))) lines.push_back("note: " + note);
  if (notes.size() > kMost) lines.push_back(fmt::format("and {} more notes", notes.size() - kMost));
  return {error.kind(), lines};
}

Error reworded(const Error& error, const std::string& before, const std::string& behind) {
  std::vector<std::string> lines = lines_of(error);
  lines.front() = before + lines.front() + behind;
  return {error.kind(), lines};
}

}  // namespace catenary
