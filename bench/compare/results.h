#pragma once

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace bench {

/// Writes a file of results and says so. Does nothing where no path was asked for.
inline void write_results(const std::string& path, const std::string& text) {
  if (path.empty()) return;
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
  fmt::print("wrote {}\n", path);
}

}  // namespace bench
