#include "catenary/train/batches.h"

#include <algorithm>
#include <utility>

#include "catenary/data/sequence.h"

namespace catenary::train {

namespace {

using Stream = std::span<const std::int64_t>;

// Row t of each stream that has one, for t = 0, 1, ...; streams are in the order of their lengths, longest
// first.
void append(std::span<const Stream> streams, Batches& batches) {
  for (std::size_t t = 0; t < streams.front().size(); ++t) {
    std::int64_t size = 0;
    for (; size < std::ssize(streams) && t < streams[static_cast<std::size_t>(size)].size(); ++size)
      batches.rows.push_back(streams[static_cast<std::size_t>(size)][t]);
    batches.sizes.push_back(size);
  }
}

std::vector<Stream> runs_of(const Dataset& data, std::span<const std::int64_t> rows) {
  std::vector<Stream> runs;
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t end = first + 1;
    while (end < rows.size() && follows(data, rows[end], rows[end - 1])) ++end;
    runs.push_back(rows.subspan(first, end - first));
    first = end;
  }
  return runs;
}

}  // namespace

Batches batches_of(std::vector<std::int64_t> rows, std::int64_t size) {
  Batches batches{.rows = std::move(rows), .sizes = {}};
  for (std::int64_t left = std::ssize(batches.rows); left > 0; left -= size)
    batches.sizes.push_back(std::min(left, size));
  return batches;
}

Batches side_by_side(std::span<const std::int64_t> rows, std::int64_t streams) {
  const std::int64_t least = std::ssize(rows) / streams, longer = std::ssize(rows) % streams;
  std::vector<Stream> all;
  for (std::int64_t i = 0; i < streams; ++i) {
    const auto length = static_cast<std::size_t>(least + (i < longer ? 1 : 0));
    all.push_back(rows.first(length));
    rows = rows.subspan(length);
  }
  Batches batches;
  append(all, batches);
  return batches;
}

Batches by_series(const Dataset& data, std::span<const std::int64_t> rows, std::int64_t most) {
  std::vector<Stream> runs = runs_of(data, rows);
  Batches batches;
  for (auto first = runs.begin(); first != runs.end();) {
    const auto end = first + std::min<std::ptrdiff_t>(most, runs.end() - first);
    std::stable_sort(first, end, [](Stream a, Stream b) { return a.size() > b.size(); });
    append({first, end}, batches);
    first = end;
  }
  return batches;
}

}  // namespace catenary::train
