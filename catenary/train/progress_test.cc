#include "catenary/train/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>

namespace catenary::train {
namespace {

// Half of epoch 2 of 4: 1500 samples in 1 second, 2500 to go.
const Progress kHalfway = {
    .epoch = 2, .epochs = 4, .done = 500, .samples = 1000, .train = {0.5, 0.8125}, .seconds = 1};

TEST(ProgressBar, ShowsEpochBarScoreRateAndTimeLeft) {
  EXPECT_EQ(progress_bar(kHalfway, 80),
            "epoch 2/4 [======       ] loss 0.5000  accuracy 0.8125  1.5k samples/s  ETA 2 s");
}

TEST(ProgressBar, GivesWayOnANarrowTerminal) {
  for (int width = 0; width < 200; ++width) {
    EXPECT_LE(static_cast<int>(progress_bar(kHalfway, width).size()), std::max(width - 1, 0));
  }
}

TEST(ProgressBar, LongTimesReadAsMinutesAndHours) {
  Progress progress = kHalfway;
  progress.seconds = 60;
  EXPECT_NE(progress_bar(progress, 100).find("ETA 1:40 min"), std::string::npos);
  progress.seconds = 3600;
  EXPECT_NE(progress_bar(progress, 100).find("ETA 1:40 h"), std::string::npos);
  progress.seconds = 0;
  EXPECT_NE(progress_bar(progress, 100).find("ETA ?"), std::string::npos);
}

TEST(EpochLine, NamesTrainingAndValidation) {
  EXPECT_EQ(
      epoch_line(kHalfway, {2, {0.5, 0.75}, Score{0.25, 0.875}}),
      "epoch 2/4  loss 0.5000  accuracy 0.7500  validation loss 0.2500  accuracy 0.8750  1.5k samples/s");
  EXPECT_EQ(epoch_line(kHalfway, {2, {0.5, std::nullopt}, std::nullopt}),
            "epoch 2/4  loss 0.5000  1.5k samples/s");
}

TEST(EpochLine, ShowsDigitsOfSmallLosses) {
  EXPECT_EQ(epoch_line(kHalfway, {2, {1.25e-5, std::nullopt}, Score{0.00043217, std::nullopt}}),
            "epoch 2/4  loss 1.250e-05  validation loss 0.0004322  1.5k samples/s");
}

TEST(LossText, HasFourDigitsOfWhatIsSmallAndFourDecimalsElse) {
  EXPECT_EQ(loss_text(0.001), "0.0010");
  EXPECT_EQ(loss_text(0.00099996), "0.001000");
  EXPECT_EQ(loss_text(12.34567), "12.3457");
  EXPECT_EQ(loss_text(0), "0.0000");
  EXPECT_EQ(loss_text(0.0002, 0.25), "0.0002");
  EXPECT_EQ(loss_text(0.0002, 0.0005), "0.0002000");
}

std::string written(ProgressStyle style, int updates_10_ms_apart) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  ProgressPrinter printer(file.get(), style);
  for (int i = 0; i < updates_10_ms_apart; ++i) {
    printer.update(kHalfway, ProgressPrinter::Clock::time_point(std::chrono::seconds(1) +
                                                                std::chrono::milliseconds(10 * i)));
  }
  printer.finish_epoch(kHalfway, {2, {0.5, std::nullopt}, std::nullopt});
  std::rewind(file.get());
  std::array<char, 65536> text{};
  return {text.data(), std::fread(text.data(), 1, text.size(), file.get())};
}

TEST(ProgressPrinter, RedrawsAtMostTenTimesASecond) {
  const std::string text = written(ProgressStyle::kBar, 100);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'),
            11);  // ten drawings in the second, then the finished line
}

TEST(ProgressPrinter, PlainLinesHaveNoControlCharacters) {
  EXPECT_EQ(written(ProgressStyle::kLines, 100), "epoch 2/4  loss 0.5000  1.5k samples/s\n");
}

TEST(ProgressPrinter, LeavesOutWhatCannotBeWritten) {
  for (const ProgressStyle style : {ProgressStyle::kBar, ProgressStyle::kLines}) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/dev/full", "w"), &std::fclose);
    std::setvbuf(file.get(), nullptr, _IONBF, 0);  // as stderr is
    ProgressPrinter printer(file.get(), style);
    EXPECT_NO_THROW(printer.update(kHalfway));
    EXPECT_NO_THROW(printer.finish_epoch(kHalfway, {2, {0.5, std::nullopt}, std::nullopt}));
    EXPECT_NE(std::ferror(file.get()), 0);
  }
}

}  // namespace
}  // namespace catenary::train
