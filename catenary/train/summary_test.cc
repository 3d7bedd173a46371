#include "catenary/train/summary.h"

#include <gmock/gmock.h>

#include "catenary/train/model.h"
#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::StartsWith;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

const Schema kSchema = {.columns = {{.name = "a"}, {.name = "b"}},
                        .inputs = {{.name = "a", .column = 0}, {.name = "b", .column = 1}},
                        .target_names = {"side"},
                        .classes = {"left", "right"}};

Config resolved_config() {
  const TemporaryDirectory folder;
  Config config = small_config(folder, "side", "softmax_cross_entropy");
  resolve_units(config, kSchema);
  return config;
}

TEST(Summary, CountsParametersAndFlopsByHand) {
  const NetworkSummary summary = summarize(resolved_config(), kSchema, {});
  EXPECT_EQ(summary.parameters, (2 + 1) * 3 + (3 + 1) * 2);
  EXPECT_EQ(summary.forward_flops, 2 * 2 * 3 + 2 * 3 * 2);
  EXPECT_EQ(summary.training_flops, 3 * (12 + 12) - 12);
  EXPECT_GT(summary.planned_bytes, 4 * 3 * summary.parameters);  // weights and Adam's two moments at least
  EXPECT_THAT(str(summary), StartsWith("layer       output    parameters   FLOPs/sample\n"
                                       "x              [2]             0              0\n"
                                       "hidden         [3]             9             12\n"
                                       "output         [2]             8             12\n"
                                       "total                         17             24\n"
                                       "\ntraining: 60 FLOPs/sample, "));
}

TEST(Summary, KeepsTheProgramAfterAPass) {
  for (const std::string_view pass : pass_names()) {
    EXPECT_FALSE(summarize(resolved_config(), kSchema, {.dump_after = std::string(pass)}).dump.empty())
        << pass;
  }
}

TEST(Summary, AnUnknownPassNamesTheNearest) {
  EXPECT_EQ(error_of([] { (void)summarize(resolved_config(), kSchema, {.dump_after = "fues"}); }),
            "config: unknown pass 'fues'; did you mean 'fuse'?");
}

}  // namespace
}  // namespace catenary::train
