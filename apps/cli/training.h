#pragma once

#include <optional>

#include "catenary/base/error.h"
#include "catenary/train/config/config.h"
#include "catenary/train/progress.h"
#include "commands.h"
#include "output.h"

// What the commands that train have in common.
namespace catenary::cli {

/// The config that is named; of a table with a target, the one that `init` would write.
[[nodiscard]] train::Config load_config(const ConfigArguments& arguments);

/// Throws Error{config} for a path that cannot be a table's, such as a config's.
void require_table(const std::string& path);

/// The stream by whose data `eval` judges a config's run; "" where they stand in files.
[[nodiscard]] std::string judging_stream(const train::Config& config);

/// From here on SIGINT and SIGTERM no longer end the program but are noticed, once; a signal that the program
/// was started to ignore, as shells do for what runs in the background, stays ignored.
void listen_for_interrupts();
[[nodiscard]] bool is_interrupted();

/// A bar for a person who sees everything; with a result piped away, plain lines, which are easier to keep.
[[nodiscard]] train::ProgressPrinter make_printer();

/// Prints a training's events. One that cannot be written is no reason to lose the training, but one to
/// report afterwards.
class EventPrinter {
 public:
  void print(const Json& event);
  /// Throws Error{io} if this or an earlier event could not be written.
  void print_last(const Json& event);

 private:
  std::optional<Error> failure_;
};

}  // namespace catenary::cli
