#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/train/sampler.h"
#include "commands.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

// Hands over each character as it is drawn.
void write_text(train::Sampler& sampler, const SampleArguments& arguments, const auto& write) {
  write(arguments.prompt);
  for (std::int64_t i = 0; i < arguments.length; ++i) write(sampler.draw());
}

std::string whole_text(train::Sampler& sampler, const SampleArguments& arguments) {
  std::string text;
  write_text(sampler, arguments, [&](std::string_view piece) { text += piece; });
  return text;
}

// On a terminal one sees it grow. A line ends what follows it there.
void print_text(train::Sampler& sampler, const SampleArguments& arguments) {
  char last = '\n';
  write_text(sampler, arguments, [&](std::string_view piece) {
    if (piece.empty()) return;
    print(piece);
    last = piece.back();
  });
  if (last != '\n') print("\n");
}

}  // namespace

int sample(const SampleArguments& arguments) {
  require_not_of_run(arguments.output, arguments.run_dir);
  const bool is_printed = goes_to_stdout(arguments.output);
  if (arguments.json && !is_printed)
    fail(ErrorKind::kConfig, "--json prints the text itself: needed no --output beside it, found {}",
         quote(arguments.output));
  const train::StoredRun run = train::read_run(arguments.run_dir);
  require_not_named(arguments.output, run.config.data);
  train::Sampler sampler(run, {.temperature = arguments.temperature, .seed = arguments.seed});
  sampler.read(arguments.prompt, "--prompt");
  if (arguments.json) {
    print_json({{"text", whole_text(sampler, arguments)},
                {"prompt", arguments.prompt},
                {"length", arguments.length},
                {"temperature", arguments.temperature},
                {"seed", arguments.seed}});
  } else if (is_printed) {
    print_text(sampler, arguments);
  } else {
    OutputFile file(arguments.output);
    file.write(whole_text(sampler, arguments));
    file.commit();
  }
  return 0;
}

}  // namespace catenary::cli
