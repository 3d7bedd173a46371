#include <span>

#include "catenary/data/npy_dataset.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  const auto file = std::as_bytes(std::span(data, size));
  const DataLimits limits{.max_bytes = 1 << 23};
  for (const char* part : {"", "test"})
    fuzz::answer_or_refuse([&] { (void)parse_numpy(file, "input.npz", {.part = part}, limits); });
  for (const NumpySteps steps : {NumpySteps::kWindows, NumpySteps::kWhole, NumpySteps::kEachRow})
    fuzz::answer_or_refuse([&] { (void)parse_numpy(file, "input.npz", {.steps = steps}, limits); });
  fuzz::answer_or_refuse(
      [&] { (void)parse_numpy(file, "input.npy", {.targets = NumpyTargets::kIgnored}, limits); });
  return 0;
}
