#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/sequence.h"
#include "catenary/data/sequence_split.h"
#include "catenary/data/table_dataset.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace catenary;

// What a step would read of a sequence must be there.
void require_inside(const Dataset& data, const Sequences& sequences) {
  const SequenceSchema& schema = data.schema.sequence;
  const std::int64_t rows = data.features.rows + rows_of_padding(data.schema);
  for (const std::int64_t first : sequences.firsts) {
    const std::int64_t length = length_of(data, first);
    const bool is_inside =
        first >= 0 && first + schema.steps <= rows && length >= 1 && length <= schema.steps;
    if (!is_inside || answers_to(data, first) < 1 || answers_to(data, first) > length) std::abort();
  }
  for (std::size_t i = 1; i < sequences.firsts.size(); ++i) {
    const std::int64_t before = sequences.firsts[i - 1], first = sequences.firsts[i];
    const bool goes_on = schema.advance > 0 && follows(data, first, before);
    if (goes_on && first != before + schema.advance) std::abort();
  }
  for (const std::int64_t row : target_rows(data, sequences.firsts)) {
    if (std::isnan(data.targets.at(static_cast<std::size_t>(row * data.target_columns)))) std::abort();
  }
}

std::vector<std::string> names_of(std::string_view line) {
  std::vector<std::string> names(1);
  for (const char c : line) {
    if (c == ',') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  return names;
}

}  // namespace

// A line of digits (the task; whether there are series and times, and states that go on; steps, horizon,
// stride, difference), then a table whose first columns they are and whose last one is foretold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr DataLimits kLimits{.max_bytes = 1 << 23, .max_columns = 200};
  const std::string_view all = fuzz::text_of(data, size);
  const std::size_t end = std::min(all.find('\n'), all.size());
  const auto digit = [&](std::size_t i) { return i < end ? static_cast<unsigned char>(all[i]) % 16 : 1; };
  const std::string text(all.substr(std::min(end + 1, all.size())));
  const std::vector<std::string> names = names_of(std::string_view(text).substr(0, text.find('\n')));
  const int has = digit(1);
  SequenceOptions options{.steps = digit(2),
                          .task = static_cast<SequenceTask>(digit(0) % 3),
                          .horizon = std::max(1, digit(3)),
                          .stride = std::max(1, digit(4))};
  if (options.task == SequenceTask::kNext) options.steps = std::max<std::int64_t>(1, options.steps);
  if (options.task == SequenceTask::kWhole || options.steps == 0) options.stride = 0;
  options.is_stateful = has >= 8 && options.stride > 0 && options.stride <= options.steps;
  const std::int64_t difference = end > 5 ? digit(5) : 0;
  if (options.task == SequenceTask::kNext && difference >= options.horizon && difference <= options.steps)
    options.difference = difference;
  if (has % 2 == 1) options.series = names.front();
  if (has >= 2 && names.size() > 1) options.time = names[1];
  fuzz::answer_or_refuse([&] {
    TableOptions how{
        .targets = {names.back()}, .series = options.series, .time = options.time, .limits = kLimits};
    if (options.task == SequenceTask::kNext) how.target_role = TargetRole::kInput;
    Dataset table = parse_table(text, "input", how);
    const Sequences sequences = make_sequences(table, options, "input", kLimits);
    require_inside(table, sequences);
    if (options.stride > 0)
      (void)split_windows(table, sequences,
                          ordered_parts(sequences.series, {.validation = 0.2, .test = 0.2}));
  });
  return 0;
}
