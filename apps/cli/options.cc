#include "options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "catenary/base/file.h"
#include "catenary/base/thread_pool.h"

namespace catenary::cli {

namespace {

int usual_threads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, ThreadPool::kMaxThreads);
}

}  // namespace

void add_threads(CLI::App& command, int& threads) {
  threads = usual_threads();
  command
      .add_option("--threads", threads,
                  "Threads to run on [all cores]; the results are the same for any number")
      ->type_name("N")
      ->check(CLI::Range(1, ThreadPool::kMaxThreads).description(""));
}

CLI::Validator whole_number(std::size_t most_digits) {
  const auto complaint = [most_digits](const std::string& text) -> std::string {
    const bool is_digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    if (!is_digits) return fmt::format("expected a whole number from 0, found {}", quote(text));
    if (text.size() <= most_digits) return "";
    return fmt::format("expected a whole number of at most {} digits, found {}", most_digits, quote(text));
  };
  return {complaint, ""};
}

CLI::Validator number() {
  const auto complaint = [](const std::string& text) {
    char* end = nullptr;
    (void)std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' ? "" : fmt::format("expected a number, found {}", quote(text));
  };
  return {complaint, ""};
}

void add_max_bytes(CLI::App& command, MaxBytes& max_bytes, std::string_view beside) {
  command
      .add_option(
          "--max-bytes", max_bytes,
          fmt::format("Memory that a file's data may take [data.max_bytes; half of the machine's{}]", beside))
      ->type_name("N")
      ->check(whole_number(15));  // below a pebibyte
}

void add_json(CLI::App& command, bool& json, const std::string& what) {
  command.add_flag("--json", json, what);
}

void add_overrides(CLI::App& command, std::vector<std::string>& overrides, const std::string& what) {
  command.add_option("--set", overrides, what)->type_name("KEY=VALUE")->allow_extra_args(false);
}

CLI::Validator not_empty(const std::string& what) {
  const std::string message = fmt::format("expected {}, found nothing", what);
  return {[message](const std::string& text) { return text.empty() ? message : ""; }, ""};
}

CLI::Validator dash_is(const char* path) {
  const auto replace = [path](std::string& text) {
    if (text == "-") text = path;
    return std::string();
  };
  return {replace, ""};
}

CLI::Validator no_stream() {
  const auto complaint = [](const std::string& text) {
    if (text == "-")
      return std::string("expected a directory, found '-', which is stdout; ./- is a directory of that name");
    return descriptor_of(text) ? fmt::format("expected a directory, found {}, which is a stream", quote(text))
                               : "";
  };
  return {complaint, ""};
}

}  // namespace catenary::cli
