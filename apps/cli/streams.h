#pragma once

#include <fmt/format.h>

#include <csignal>
#include <string_view>
#include <utility>

/// The program's standard streams: results go to stdout, talk to stderr.
namespace catenary::cli {

inline constexpr const char* kStandardInput = "/dev/stdin";
inline constexpr const char* kStandardOutput = "/dev/stdout";

/// Ignores a signal while it lives.
class IgnoredSignal {
 public:
  explicit IgnoredSignal(int signal);
  IgnoredSignal(const IgnoredSignal&) = delete;
  IgnoredSignal& operator=(const IgnoredSignal&) = delete;
  ~IgnoredSignal();

 private:
  int signal_;
  struct sigaction before_ {};
};

/// Gives the standard streams that the program was started without (`2>&-`) a place: else the next file that
/// is opened would take their number, and talk would be written into it. Reading or writing a result through
/// such a place fails as it does on a closed descriptor.
void hold_closed_streams();

/// A result, on stdout at once. Throws Error{io} when it cannot be written.
void print(std::string_view result);

/// Talk, on stderr. What cannot be said is not said: no full disk, closed terminal or broken pipe behind
/// stderr ends the work.
void say_text(std::string_view talk);
template <typename... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  say_text(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace catenary::cli
