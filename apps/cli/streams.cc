#include "streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "catenary/base/file.h"

namespace catenary::cli {

IgnoredSignal::IgnoredSignal(int signal) : signal_(signal) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(signal_, &ignore, &before_);
}

IgnoredSignal::~IgnoredSignal() { sigaction(signal_, &before_, nullptr); }

// The lowest free number is the next to be taken, so each place gets the number that was closed. stdin's can
// only be written and stdout's only be read: what uses them as they are meant is told that they are closed.
void hold_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    (void)!::open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
  }
}

void print(std::string_view result) { write_output(kStandardOutput, result); }

void say_text(std::string_view talk) {
  const IgnoredSignal no_listener(SIGPIPE);
  while (!talk.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, talk.data(), talk.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    talk.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace catenary::cli
