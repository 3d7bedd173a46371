#include "catenary/train/evaluate.h"

#include <gmock/gmock.h>

#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing_support::error_of;
using testing_support::TemporaryDirectory;

std::string repeated(const std::string& line, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += line;
  return text;
}

TEST(Evaluate, TakesTheMeanOverAllSamplesOfManyBatches) {
  const TemporaryDirectory folder;
  // Three batches of the network y = a, off by 1 in the first, by 2 in the second, by 4 in the third.
  (void)folder.file("data.csv",
                    "a,y\n" + repeated("5,6\n", 256) + repeated("7,5\n", 256) + repeated("1,5\n", 88));
  const Config config = small_config(folder, "y", "squared_error", kOneLayer);
  const StoredRun run = stored_with(config, {{"output.weight", {1}}, {"output.bias", {0}}});
  const Assessment found = evaluate(run, load_test_data(config, run.model.schema), 2);
  EXPECT_EQ(found.samples, 600);
  EXPECT_DOUBLE_EQ(found.score.loss, (256 * 0.5 + 256 * 2 + 88 * 8) / 600);  // ½·(off by)², exact in f32
  EXPECT_FALSE(found.score.accuracy.has_value());
  EXPECT_FALSE(found.confusion.has_value());
}

TEST(Evaluate, CountsWhichClassIsTakenForWhich) {
  const TemporaryDirectory folder;
  // The network takes -1 for k, 0 for l, 1 for m.
  (void)folder.file("data.csv", "a,class\n" + repeated("-1,k\n", 200) + repeated("1,k\n", 150) +
                                    repeated("0,l\n", 100) + repeated("0,m\n", 50) + repeated("1,m\n", 100));
  const Config config = small_config(folder, "class", "softmax_cross_entropy", kOneLayer);
  const StoredRun run = stored_with(config, {{"output.weight", {-2, 0, 2}}, {"output.bias", {0, 1, 0}}});
  const Assessment found = evaluate(run, load_test_data(config, run.model.schema), 1);
  EXPECT_DOUBLE_EQ(*found.score.accuracy, 400.0 / 600);
  ASSERT_TRUE(found.confusion.has_value());
  const std::int64_t counts[3][3] = {{200, 0, 150}, {0, 100, 0}, {0, 50, 100}};
  for (int truth = 0; truth < 3; ++truth) {
    for (int predicted = 0; predicted < 3; ++predicted)
      EXPECT_EQ(found.confusion->count(truth, predicted), counts[truth][predicted]) << truth << predicted;
  }
  EXPECT_EQ(found.confusion->samples(), 600);
}

TEST(Evaluate, LooksAtTheRowsHeldOutAlone) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y\n0,0\n1,1\n2,2\n3,3\n4,4\n5,5\n");
  std::vector<std::string> overrides = kOneLayer;
  overrides.emplace_back("data.split.test=0.5");
  const Config config = small_config(folder, "y", "squared_error", overrides);
  const StoredRun run = stored_with(config, {{"output.weight", {0}}, {"output.bias", {0}}});
  const TestData data = load_test_data(config, run.model.schema);
  double loss = 0;
  for (const std::int64_t row : data.rows) loss += static_cast<double>(row * row) / 2;
  const Assessment found = evaluate(run, data, 1);
  EXPECT_EQ(found.samples, 3);
  EXPECT_DOUBLE_EQ(found.score.loss, loss / 3);
}

TEST(Evaluate, ALossThatIsNotFiniteIsANumericError) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y\n1,0\n1e30,0\n");
  const Config config = small_config(folder, "y", "squared_error", kOneLayer);
  const StoredRun run = stored_with(config, {{"output.weight", {1}}, {"output.bias", {0}}});
  EXPECT_EQ(
      error_of([&] { (void)evaluate(run, load_test_data(config, run.model.schema), 1); }),
      "numeric: samples 0 to 1: expected a finite loss, found inf; the first value that is not finite is "
      "'½‖target − output.z‖²': inf, sample 1 of the batch");
}

}  // namespace
}  // namespace catenary::train
