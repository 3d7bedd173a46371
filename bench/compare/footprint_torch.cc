// Some training steps of one network by libtorch and nothing else in the process: footprint.py asks for its
// memory.
#include <CLI/CLI.hpp>

#include "peer.h"

int main(int argc, char** argv) {
  std::vector<std::int64_t> widths;
  std::int64_t batch = 1, samples = 1;
  int steps = 100;
  CLI::App app{"Training steps by libtorch, alone in their process"};
  app.add_option("WIDTHS", widths, "from the input to the output")->required();
  app.add_option("--batch", batch, "samples of a step");
  app.add_option("--samples", samples, "f32 rows kept in memory beside the batch, as a data set is");
  app.add_option("--steps", steps, "");
  CLI11_PARSE(app, argc, argv);
  const bench::Numbers data(static_cast<std::size_t>(samples * widths.front()), 1.0f);
  const auto peer = bench::torch_peer().make(bench::make_problem("", widths, batch), 1e-4, 1);
  for (int i = 0; i < steps; ++i) peer->step();
  return data.empty() ? 1 : 0;
}
