#include "catenary/train/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace catenary::train {

namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::string_view kClearLine = "\r\033[K";

double samples_done(const Progress& progress) {
  return static_cast<double>((progress.epoch - 1) * progress.samples + progress.done);
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

std::string time_left(const Progress& progress) {
  const double rate = samples_per_second(progress);
  if (rate <= 0) return "?";
  const double all = static_cast<double>(progress.epochs) * static_cast<double>(progress.samples);
  return duration(std::max(0.0, all - samples_done(progress)) / rate);
}

std::string score(const Score& measured) {
  const std::string loss = fmt::format("loss {}", loss_text(measured.loss));
  return measured.accuracy ? fmt::format("{}  accuracy {:.4f}", loss, *measured.accuracy) : loss;
}

std::string epoch_of(const Progress& progress) {
  const std::string last = fmt::format("{}", progress.epochs);
  return fmt::format("epoch {:>{}}/{}", progress.epoch, last.size(), last);
}

// A line that cannot be written, as on a closed terminal, is not worth a training.
void say(std::FILE* out, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), out);
  std::fflush(out);
}

}  // namespace

std::string loss_text(double loss) { return loss_text(loss, loss); }

std::string loss_text(double loss, double mean) {
  constexpr double kSmall = 0.001;  // of what is below it four decimals have a digit at most
  return mean == 0 || std::abs(mean) >= kSmall ? fmt::format("{:.4f}", loss) : fmt::format("{:#.4g}", loss);
}

std::string short_count(double value) {
  if (value < 1e3) return fmt::format("{:.0f}", value);
  if (value < 1e6) return fmt::format("{:.1f}k", value / 1e3);
  return fmt::format("{:.2f}M", value / 1e6);
}

double samples_per_second(const Progress& progress) {
  return progress.seconds > 0 ? samples_done(progress) / progress.seconds : 0;
}

std::string progress_bar(const Progress& progress, int width) {
  const std::string left = epoch_of(progress);
  const std::string right = fmt::format("{}  {} samples/s  ETA {}", score(progress.train),
                                        short_count(samples_per_second(progress)), time_left(progress));
  const int room = width - static_cast<int>(left.size() + right.size()) - 5;  // brackets, spaces, last column
  constexpr int kNarrowest = 5;
  constexpr int kWidest = 40;
  if (room < kNarrowest)
    return fmt::format("{}  {}", left, right).substr(0, static_cast<std::size_t>(std::max(width - 1, 0)));
  const int cells = std::min(room, kWidest);
  const double share =
      progress.samples > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.samples) : 0;
  const int full = static_cast<int>(share * cells);
  return fmt::format("{} [{}{}] {}", left, std::string(static_cast<std::size_t>(full), '='),
                     std::string(static_cast<std::size_t>(cells - full), ' '), right);
}

std::string epoch_line(const Progress& progress, const EpochRecord& record) {
  std::string line = fmt::format("{}  {}", epoch_of(progress), score(record.train));
  if (record.validation) line += fmt::format("  validation {}", score(*record.validation));
  return line + fmt::format("  {} samples/s", short_count(samples_per_second(progress)));
}

void ProgressPrinter::update(const Progress& progress, Clock::time_point now) {
  if (style_ != ProgressStyle::kBar || now - drawn_ < kRedraw) return;
  drawn_ = now;
  say(out_, fmt::format("{}{}", kClearLine, progress_bar(progress, width_)));
}

void ProgressPrinter::finish_epoch(const Progress& progress, const EpochRecord& record) {
  finish(epoch_line(progress, record));
}

void ProgressPrinter::finish(std::string_view line) {
  say(out_, fmt::format("{}{}\n", style_ == ProgressStyle::kBar ? kClearLine : "", line));
}

}  // namespace catenary::train
