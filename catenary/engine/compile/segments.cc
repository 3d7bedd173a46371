#include <algorithm>
#include <map>
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

// Who reads: in which of its runs, and how often what it belongs to was derived.
struct Reader {
  int generation = 0, run = 0;
};

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
    for (const Value v : nodes) {
      if (!scan_of(v)) images_[index(v)] = rebuilt(v);
    }
    Program made = program_;
    for (Output& output : made.outputs) output.value = image(output.value);
    for (Update& update : made.updates) update.next = image(update.next);
    return made;
  }

 private:
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
    const Reader reader{std::max(generation_of(left), generation_of(right)), 0};
    return matmul(transpose(read(left, reader)), read(right, reader));
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
    const int run = reader.run + std::max(reader.generation - body.recompute, 0);
    const std::vector<Part> parts = ops::parts_of(body, steps_of(scan));
    std::vector<Value> pieces;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      const Range own{std::max(range.begin, part.begin),
                      std::min(range.end, part.begin + part.rows * part.row)};
      if (own.begin < own.end)
        add_pieces(scan, i, {own.begin - part.begin, own.end - part.begin}, run, pieces);
    }
    return pieces.size() == 1 ? pieces[0] : concat(pieces);
  }

  // Elements of one of a scan's parts, by the segments that make them.
  void add_pieces(Value scan, std::size_t part, Range range, int run, std::vector<Value>& pieces) {
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
      pieces.push_back(slice(segment_of(scan, s, run), 0, at + range.begin, at + end));
      range.begin = end;
    }
  }

  // A segment's own scan. The first of its runs is one of the whole scan's; others begin with what that
  // handed on. That of the last segment is not over when others would begin.
  Value segment_of(Value scan, std::int64_t s, int run) {
    const Body& body = ops::body_of(scan.attribute());
    const std::int64_t steps = steps_of(scan), segment = segment_steps(steps);
    const bool is_forward = body.direction == Direction::kForward;
    const std::int64_t last = (steps - 1) / segment;
    if (s == (is_forward ? last : 0)) run = 0;
    Value& made = runs_[{scan.id(), s, run}];
    if (made) return made;
    const std::int64_t begin = s * segment, own = std::min(segment, steps - begin);
    const bool is_first = s == (is_forward ? 0 : last);
    std::vector<Value> operands;
    for (int i = 0; i < scan.input_count(); ++i) {
      const Value x = scan.input(i);
      const auto place = static_cast<std::size_t>(i);
      if (place < body.carries.size()) {
        const Value start = is_first ? image(x) : handed_on(scan, is_forward ? s - 1 : s + 1, place);
        operands.push_back(run == 0 ? start : graph_->call(kLoopAgain, {start}, std::int64_t{again_++}));
      } else if (place < body.carries.size() + body.rows.size()) {
        const std::int64_t row = x.shape().size() / steps;
        const Value rows = elements(x, {begin * row, (begin + own) * row}, {body.recompute, run});
        operands.push_back(reshape(rows, ops::with_rows(own, ops::without_rows(x.shape()))));
      } else {
        operands.push_back(image(x));
      }
    }
    return made = graph_->call(ops::kScan, operands, scan.attribute());
  }

  // A carry after the first run of a segment.
  Value handed_on(Value scan, std::int64_t s, std::size_t carry) {
    const Body& body = ops::body_of(scan.attribute());
    const Value run = segment_of(scan, s, 0);
    const std::int64_t own = steps_of(run), row = body.next[carry].shape().size();
    const std::int64_t begin =
        ops::parts_of(body, own)[carry].begin + (body.direction == Direction::kForward ? own * row : 0);
    return reshape(slice(run, 0, begin, begin + row), body.next[carry].shape());
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
