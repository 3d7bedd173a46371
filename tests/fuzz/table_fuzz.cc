#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "catenary/data/preprocess/encode.h"
#include "catenary/data/preprocess/fit.h"
#include "catenary/data/table_dataset.h"
#include "tests/fuzz/fuzz.h"

// A table whose last column is to be predicted: read, prepared by half of its rows as any table is, and read
// again by what that has learned, which must make the same inputs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  constexpr DataLimits kLimits{.max_bytes = 1 << 23, .max_columns = 200};
  const std::string text(fuzz::text_of(data, size));
  const std::string first_line = text.substr(0, text.find_first_of("\r\n"));
  const std::string target = first_line.substr(first_line.find_last_of(",;\t|") + 1);
  fuzz::answer_or_refuse([&] {
    TableOptions options{.targets = {target}, .limits = kLimits};
    Dataset table = parse_table(text, "input", options);
    std::vector<std::int64_t> rows(static_cast<std::size_t>(table.features.rows + 1) / 2);
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    fit(table, rows, std::vector<preprocess::Step>{{.options = preprocess::Auto()}});
    const Inputs inputs = encode(table, "input", kLimits);
    try {
      Dataset again = parse_table(text, "input", table.schema, TargetUse::kRequired, options);
      const Inputs same = encode(again, "input", kLimits);
      const bool are_same = std::ranges::equal(floats_of(same.features), floats_of(inputs.features));
      if (!are_same || same.scale != inputs.scale) std::abort();
    } catch (const Error& error) {  // what was read once is read again
      std::fprintf(stderr, "again: %s\n", error.what());
      std::abort();
    }
  });
  return 0;
}
