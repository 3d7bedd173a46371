#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <span>
#include <tuple>

#include "catenary/engine/compile/loop.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/body_writer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"
#include "catenary/ops/scan_parts.h"

/// From scans that recompute to scans of segments of their steps, some of which run more than once.
namespace catenary::engine {

namespace {

using ops::Part;

std::size_t index(Value v) { return static_cast<std::size_t>(v.id()); }

std::int64_t steps_of(Value scan) {
  const Body& body = ops::body_of(scan.attribute());
  return scan.input(static_cast<int>(body.carries.size())).shape()[0];
}

bool is_cut(Value v) {
  if (!is(v, ops::kScan) || !v.batched() || ops::body_of(v.attribute()).recompute == 0) return false;
  return steps_of(v) > segment_steps(steps_of(v));
}

bool is_slice_of_rows(Value v) { return is(v, ops::kSlice) && std::get<SliceRange>(v.attribute()).axis == 0; }

// The scan of whose vector v is a piece; an empty Value if it is none of a scan's that is cut.
Value scan_of(Value v) {
  while (is(v, ops::kReshape) || is_slice_of_rows(v)) v = v.input(0);
  return is_cut(v) ? v : Value();
}

// 0: of no scan that is cut.
int generation_of(Value v) {
  const Value scan = scan_of(v);
  return scan ? ops::body_of(scan.attribute()).recompute : 0;
}

// Who reads: how often what it belongs to was derived, in which of its runs, and what it goes on from, before
// which nothing need run a second time for it.
struct Reader {
  int generation = 0, run = 0;
  Value after = {};
};

// The segment in which a scan ends.
std::int64_t last_of(Value scan) {
  const std::int64_t steps = steps_of(scan);
  const bool is_forward = ops::body_of(scan.attribute()).direction == Direction::kForward;
  return is_forward ? (steps - 1) / segment_steps(steps) : 0;
}

// Elements of a vector, one after another.
struct Range {
  std::int64_t begin, end;
};

class Cutting {
 public:
  explicit Cutting(const Program& program) : program_(program) {
    for (const Output& output : program.outputs) results_.push_back(output.value);
    for (const Update& update : program.updates) results_.push_back(update.next);
  }

  Program run() {
    const std::vector<Value> nodes = reachable(results_);
    if (std::ranges::none_of(nodes, [](Value v) { return is_cut(v) && generation_of(v) > 1; }))
      return program_;
    graph_ = &nodes[0].graph();
    images_.resize(static_cast<std::size_t>(nodes.back().id()) + 1);
    std::vector<Value> scans;
    std::ranges::copy_if(nodes, std::back_inserter(scans), is_cut);
    rebuild(reachable(scans));
    // From the last one on: each makes a segment of what it reads right before its own.
    for (auto scan = scans.rbegin(); scan != scans.rend(); ++scan) make_segments(*scan);
    rebuild(nodes);
    Program made = program_;
    for (Output& output : made.outputs) output.value = image(output.value);
    for (Update& update : made.updates) update.next = image(update.next);
    return made;
  }

 private:
  void rebuild(std::span<const Value> nodes) {
    for (const Value v : nodes) {
      if (!scan_of(v) && !images_[index(v)]) images_[index(v)] = rebuilt(v);
    }
  }

  void make_segments(Value scan) {
    const std::int64_t steps = steps_of(scan), last = (steps - 1) / segment_steps(steps);
    const bool is_forward = ops::body_of(scan.attribute()).direction == Direction::kForward;
    for (std::int64_t i = 0; i <= last; ++i) (void)segment_of(scan, is_forward ? i : last - i, {});
  }

  // What stands in the place of a node.
  Value image(Value v) {
    if (!images_[index(v)]) images_[index(v)] = read(v, {});
    return images_[index(v)];
  }

  Value read(Value v, const Reader& reader) {
    return scan_of(v) ? reshape(elements(v, {0, v.shape().size()}, reader), v.shape()) : image(v);
  }

  Value rebuilt(Value v) {
    if (is_leaf(v.op())) return v;
    if (is(v, ops::kMatMul) && is(v.input(0), ops::kTranspose)) return product_over_steps(v);
    std::vector<Value> operands;
    for (int i = 0; i < v.input_count(); ++i) operands.push_back(image(v.input(i)));
    const Value made = graph_->call(v.op(), operands, v.attribute());
    if (!v.name().empty() && made.name().empty()) made.rename(v.name());
    return made;
  }

  // What a derivative's steps answer, by the rows of what it goes through again, of which the same run reads.
  Value product_over_steps(Value product) {
    const Value left = product.input(0).input(0), right = product.input(1);
    const Reader reader{std::max(generation_of(left), generation_of(right))};
    if (generation_of(right) > generation_of(left))
      (void)read(right, reader);  // makes the runs that left is read of
    const Value rows = read(left, reader);
    return matmul(transpose(rows), read(right, reader));
  }

  Value elements(Value v, Range range, const Reader& reader) {
    if (is_cut(v)) return elements_of_runs(v, range, reader);
    if (is(v, ops::kReshape)) return elements(v.input(0), range, reader);
    if (is_slice_of_rows(v)) {
      const Shape& whole = v.input(0).shape();
      const std::int64_t skip = std::get<SliceRange>(v.attribute()).begin * (whole.size() / whole[0]);
      return elements(v.input(0), {range.begin + skip, range.end + skip}, reader);
    }
    return cut(reshape(image(v), {v.shape().size()}), range);
  }

  static Value cut(Value flat, Range range) {
    const bool whole = range.begin == 0 && range.end == flat.shape().size();
    return whole ? flat : slice(flat, 0, range.begin, range.end);
  }

  Value elements_of_runs(Value scan, Range range, const Reader& reader) {
    const Body& body = ops::body_of(scan.attribute());
    Reader own = reader;
    own.run += std::max(reader.generation - body.recompute, 0);
    const std::vector<Part> parts = ops::parts_of(body, steps_of(scan));
    std::vector<Value> pieces;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      const Range within{std::max(range.begin, part.begin) - part.begin,
                         std::min(range.end - part.begin, part.rows * part.row)};
      if (within.begin < within.end) add_pieces(scan, i, within, own, pieces);
    }
    return pieces.size() == 1 ? pieces[0] : concat(pieces);
  }

  // Elements of one of a scan's parts, by the segments that make them.
  void add_pieces(Value scan, std::size_t part, Range range, const Reader& reader,
                  std::vector<Value>& pieces) {
    const std::int64_t steps = steps_of(scan), segment = segment_steps(steps);
    const Body& body = ops::body_of(scan.attribute());
    const std::int64_t row = body.results()[part].shape().size();
    const std::int64_t first = range.begin / row, last = (range.end - 1) / row;
    const std::int64_t segments = (steps + segment - 1) / segment;
    // A carry has a row more than there are steps: that of step t is the one before or the one after it.
    const bool is_carry = part < body.next.size();
    const bool in_one = last <= std::min((first / segment + 1) * segment, steps);
    const std::int64_t skip = is_carry && first > 0 && !in_one ? 1 : 0;
    while (range.begin < range.end) {
      const std::int64_t s = std::min((range.begin / row - skip) / segment, segments - 1);
      const std::int64_t begin = s * segment, own = std::min(segment, steps - begin);
      const bool to_end = is_carry && (in_one || s == segments - 1);
      const std::int64_t end = std::min(range.end, (begin + own + (to_end ? 1 : skip)) * row);
      const std::int64_t at = ops::parts_of(body, own)[part].begin - begin * row;
      pieces.push_back(slice(segment_of(scan, s, reader), 0, at + range.begin, at + end));
      range.begin = end;
    }
  }

  // A segment's own scan. The first of its runs is one of the whole scan's; others begin with what that
  // handed on. That of the last segment is not over when others would begin.
  Value segment_of(Value scan, std::int64_t s, const Reader& reader) {
    const Body& body = ops::body_of(scan.attribute());
    const std::int64_t steps = steps_of(scan), segment = segment_steps(steps);
    const bool is_forward = body.direction == Direction::kForward;
    const int run = s == last_of(scan) ? 0 : reader.run;
    Value& made = runs_[{scan.id(), s, run}];
    if (made) return made;
    const bool is_first = s == (is_forward ? 0 : (steps - 1) / segment);
    std::vector<Value> operands;
    for (std::size_t i = 0; i < body.carries.size(); ++i) {
      const Value start =
          is_first ? image(scan.input(static_cast<int>(i))) : handed_on(scan, is_forward ? s - 1 : s + 1, i);
      operands.push_back(run == 0 ? start : again(start, reader.after));
    }
    const bool goes_on = !is_first && !operands.empty() && run == 0;
    const Reader own{body.recompute, run, goes_on ? operands[0] : reader.after};
    const std::int64_t begin = s * segment, end = std::min(begin + segment, steps);
    for (int i = static_cast<int>(operands.size()); i < scan.input_count(); ++i) {
      const Value x = scan.input(i);
      const bool is_sequence = operands.size() < body.carries.size() + body.rows.size();
      operands.push_back(is_sequence ? rows_of(x, {begin, end}, own) : image(x));
    }
    return made = graph_->call(ops::kScan, operands, scan.attribute());
  }

  Value rows_of(Value sequence, Range rows, const Reader& reader) {
    const Shape row = ops::without_rows(sequence.shape());
    const Value found = elements(sequence, {rows.begin * row.size(), rows.end * row.size()}, reader);
    return reshape(found, ops::with_rows(rows.end - rows.begin, row));
  }

  Value again(Value start, Value after) {
    std::vector<Value> operands = {start};
    if (after) operands.push_back(after);
    return graph_->call(kLoopAgain, operands, std::int64_t{again_++});
  }

  // A carry after the first run of a segment.
  Value handed_on(Value scan, std::int64_t s, std::size_t carry) {
    const Body& body = ops::body_of(scan.attribute());
    const Value run = segment_of(scan, s, {});
    const std::int64_t own = steps_of(run), row = body.next[carry].shape().size();
    const std::int64_t begin =
        ops::parts_of(body, own)[carry].begin + (body.direction == Direction::kForward ? own * row : 0);
    const Value last = reshape(slice(run, 0, begin, begin + row), body.next[carry].shape());
    return graph_->call(kLoopKept, std::array{last}, std::int64_t{0});
  }

  const Program& program_;
  std::vector<Value> results_;
  Graph* graph_ = nullptr;
  std::vector<Value> images_;                                    // by node id
  std::map<std::tuple<NodeId, std::int64_t, int>, Value> runs_;  // by scan, segment and run
  int again_ = 0;
};

}  // namespace

Program cut_scans(const Program& program) { return Cutting(program).run(); }

}  // namespace catenary::engine
