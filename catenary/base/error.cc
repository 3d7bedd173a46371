#include "catenary/base/error.h"

#include "catenary/base/text.h"

namespace catenary {

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + printable(line);
  return text;
}

}  // namespace

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(printable(message)), kind_(kind) {}

Error::Error(ErrorKind kind, const std::vector<std::string>& lines)
    : std::runtime_error(joined(lines)), kind_(kind) {}

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kShape: return "shape";
    case ErrorKind::kDtype: return "dtype";
    case ErrorKind::kConfig: return "config";
    case ErrorKind::kData: return "data";
    case ErrorKind::kFormat: return "format";
    case ErrorKind::kIo: return "io";
    case ErrorKind::kNumeric: return "numeric";
    case ErrorKind::kInternal: return "internal";
  }
  return "internal";
}

}  // namespace catenary
