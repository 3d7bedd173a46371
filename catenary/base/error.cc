#include "catenary/base/error.h"

namespace catenary {

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
