#include <csignal>
#include <new>
#include <string>
#include <system_error>

#include "arguments.h"
#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "streams.h"

namespace {

using catenary::ErrorKind;

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kShape:
    case ErrorKind::kDtype:
    case ErrorKind::kConfig: return 2;
    case ErrorKind::kData:
    case ErrorKind::kFormat: return 3;
    case ErrorKind::kNumeric: return 4;
    case ErrorKind::kIo: return 5;
    case ErrorKind::kInternal: return 1;
  }
  return 1;
}

int fail(int code, const std::string& message) {
  catenary::cli::say("catenary: {}\n", message);
  return code;
}

int run(int argc, const char* const* argv) {
  const catenary::cli::Request request = catenary::cli::parse_arguments(argc, argv);
  return request.command ? request.command() : request.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  catenary::cli::hold_closed_streams();
  std::signal(SIGXFSZ,
              SIG_IGN);  // a file beyond the user's limit is then an error of write(), like a full disk
  try {
    return run(argc, argv);
  } catch (const catenary::Error& error) {
    return fail(exit_code(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return fail(5, "not enough memory for this model, batch and data");
  } catch (const std::system_error& error) {  // such as a thread that the system did not give
    return fail(5, catenary::printable(error.what()));
  } catch (const std::exception& error) {
    return fail(1, catenary::printable(error.what()));
  }
}
