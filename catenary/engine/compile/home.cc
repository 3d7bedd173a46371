#include <cstdlib>

#include "catenary/engine/compile/schedule.h"
#include "catenary/ops/catalogue.h"

/// What is computed where others have their numbers: loops' rows, concatenations and sums in a step, and
/// products that their reader adds.
namespace catenary::engine {

namespace {

class Housing {
 public:
  explicit Housing(Schedule& schedule) : schedule_(schedule) {}

  void run() {
    house();
    accumulate_products();
    fold_products();
  }

 private:
  [[nodiscard]] const Loop& loop_at(std::size_t number) const { return schedule_.loops[number]; }

  // Where a loop writes a row of its own, or the first one.
  Home home_in(Value rows, Value write) const {
    const Loop& loop = loop_at(loop_number(rows));
    const std::int64_t row = write.shape().size();
    const bool is_forward = loop.direction == Direction::kForward, is_carry = rows.input_count() > 1;
    if (is_carry && rows.input(1) == write) return {rows, is_forward ? 0 : loop.steps * row, 0};
    if (is_forward) return {rows, is_carry ? row : 0, row};
    return {rows, (loop.steps - 1) * row, -row};
  }

  // Who reads the rows of loops.
  struct RowReaders {
    bool by_sums =
        true;  // only sums over all steps, as what they add up or as an outer product's left factor
    bool by_loop = true;  // only the steps that write them, and of the last one's also others
  };

  // Whether x is the row that a loop's last step has written.
  bool is_last_row(const Ref& ref, Value x) const {
    const Loop& loop = loop_at(loop_number(ref.root));
    const std::int64_t row = ref.root.shape().size() / (loop.steps + 1);
    const bool is_carry = ref.root.input_count() > 1, is_forward = loop.direction == Direction::kForward;
    return is_carry && ref.step == 0 && !ref.repeat && x.shape().size() == row &&
           ref.offset == (is_forward ? loop.steps * row : 0);
  }

  // How a row is read: by whose steps (-1: by none), in which stage (-1: behind all), and whether it is a
  // summand of all steps.
  struct Reading {
    int loop = -1, stage = -1;
    bool by_sum = false;
  };

  void note(Value x, const Reading& reading, RowReaders& of) const {
    const Ref& ref = schedule_.ref(x);
    const bool here = reading.stage == schedule_.stage(ref.root);
    const bool in_loop = reading.loop == static_cast<int>(loop_number(ref.root)) && ref.step != 0;
    const bool whole = ref.offset == 0 && x.shape().size() == ref.root.shape().size();
    of.by_sums = of.by_sums && here && reading.by_sum && whole;
    of.by_loop = of.by_loop && here && (in_loop || is_last_row(ref, x));
  }

  std::vector<RowReaders> find_row_readers() const {
    std::vector<RowReaders> readers(schedule_.stage_of.size());
    const auto read = [&](Value x, const Reading& reading) {
      const Value root = schedule_.ref(x).root;
      if (is(root, kLoopRows)) note(x, reading, readers[index(root)]);
    };
    for (const Output& output : schedule_.program.outputs) read(output.value, {});
    for (const Update& update : schedule_.program.updates) read(update.next, {});
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v)) continue;
      if (!is(v, ops::kBatchSum)) {
        for (const Value x : operands_of(schedule_, v)) read(x, {schedule_.loop(v), schedule_.stage(v)});
        continue;
      }
      const int stage = schedule_.stage(v) - 1;
      for (const Summands& part : parts_of_sum(v)) {
        read(part.left, {-1, stage, summands_of(v).steps > 1});
        if (part.right) read(part.right, {-1, stage});
      }
    }
    return readers;
  }

  // Rows of a carry that only the next step reads take turns.
  void take_turns(Value rows) {
    const std::int64_t steps = loop_at(loop_number(rows)).steps, row = rows.shape().size() / (steps + 1);
    for (const Value v : schedule_.nodes) {
      Ref& ref = schedule_.refs[index(v)];
      if (ref.root != rows) continue;
      if (ref.step != 0) {
        ref.offset -= ref.step < 0 ? steps * row : 0;
        ref.step = row;
        ref.turn = 0;
      } else if (is_last_row(ref, v)) {
        ref.offset = steps % 2 * row;
      }
    }
  }

  // Computes at once where it is written what else would be copied there.
  void house() {
    const std::vector<RowReaders> readers = find_row_readers();
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v)) continue;
      if (is(v, kLoopRows)) {
        find_home_of_rows(v, readers[index(v)]);
      } else if (schedule_.form(v) == Form::kConcat && schedule_.loop(v) >= 0) {
        std::int64_t offset = 0;
        for (int i = 0; i < v.input_count(); ++i) {
          (void)move_in(v.input(i), {v, offset, 0}, schedule_.loop(v));
          offset += v.input(i).shape().size();
        }
      }
    }
  }

  void find_home_of_rows(Value rows, const RowReaders& readers) {
    const Value write = schedule_.written[index(rows)];
    const bool is_carry = rows.input_count() > 1;
    if (!write) return;
    if (!is_carry && readers.by_sums) {
      schedule_.packed[index(rows)] = true;
      schedule_.forms[index(write)] = Form::kPack;
      schedule_.homes[index(write)] = home_in(rows, write);
      return;
    }
    Home home = home_in(rows, write);
    if (is_carry) schedule_.homes[index(rows.input(1))] = home_in(rows, rows.input(1));
    if (is_carry && readers.by_loop) {
      take_turns(rows);
      home = {rows, 0, write.shape().size(), 1};
      schedule_.homes[index(rows.input(1))] = {rows, 0, 0, 0};
    }
    if (!move_in(write.input(0), home, schedule_.loop(write))) {
      schedule_.homes[index(write)] = home;
    } else {
      schedule_.forms[index(write)] = Form::kView;
      schedule_.computed[index(write)] = false;
    }
  }

  // Whether x, which a step of the loop computes, can be computed there.
  bool move_in(Value x, const Home& home, int loop) {
    const Ref& ref = schedule_.ref(x);
    const Form form = schedule_.form(ref.root);
    const bool whole =
        ref.offset == 0 && !ref.repeat && ref.step == 0 && ref.root.shape().size() == x.shape().size();
    const bool is_made = form != Form::kLeaf && form != Form::kRows && schedule_.is_computed(ref.root);
    if (!whole || !is_made || schedule_.loop(ref.root) != loop || schedule_.home(ref.root).in) return false;
    schedule_.homes[index(ref.root)] = home;
    return true;
  }

  // In a step, q + W·x is computed where q is, if nobody else reads either.
  void accumulate_products() {
    if (schedule_.loops.empty()) return;
    const std::vector<int> readers = count_readers();
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v) || schedule_.loop(v) < 0 || !is(v, ops::kAdd)) continue;
      for (int i = 0; i < 2 && !schedule_.accumulated[index(v)]; ++i) {
        const Ref& product = schedule_.ref(v.input(i));
        const Ref& other = schedule_.ref(v.input(1 - i));
        const bool fits = schedule_.form(product.root) == Form::kProduct &&
                          readers[index(product.root)] == 1 && is_product_plus_shared(other.root) &&
                          readers[index(other.root)] == 1 && product.root.id() > other.root.id() &&
                          product.root.shape().size() == v.shape().size() && product.offset == 0 &&
                          schedule_.loop(product.root) == schedule_.loop(v);
        if (fits && move_in(v.input(1 - i), {v, 0, 0}, schedule_.loop(v)))
          schedule_.accumulated[index(v)] = true;
      }
    }
  }

  // What can be computed before the product, whatever else there is.
  bool is_product_plus_shared(Value v) const {
    if (schedule_.form(v) == Form::kProduct) return true;
    if (!is(v, ops::kAdd)) return false;
    const Value a = schedule_.ref(v.input(0)).root, b = schedule_.ref(v.input(1)).root;
    return (schedule_.form(a) == Form::kProduct && !b.batched()) ||
           (schedule_.form(b) == Form::kProduct && !a.batched());
  }

  // By node id.
  std::vector<int> count_readers() const {
    std::vector<int> readers(schedule_.forms.size());
    const auto read = [&](Value v) { ++readers[index(schedule_.ref(v).root)]; };
    for (const Output& output : schedule_.program.outputs) read(output.value);
    for (const Update& update : schedule_.program.updates) read(update.next);
    for (const Value v : schedule_.nodes) {
      if (schedule_.home(v).in) ++readers[index(v)];
      if (!schedule_.is_computed(v)) continue;
      for (const Value x : operands_of(schedule_, v)) read(x);
    }
    return readers;
  }

  // x·y + z, x·y − z and z − x·y are one operation where nobody else reads the product or square.
  void fold_products() {
    const std::vector<int> readers = count_readers();
    for (const Value v : schedule_.nodes) {
      const bool adds = (is(v, ops::kAdd) && !schedule_.accumulated[index(v)]) || is(v, ops::kSub);
      if (!schedule_.is_computed(v) || schedule_.form(v) != Form::kElementwise || !adds) continue;
      for (int i = 0; i < 2 && !schedule_.folded_in(v); ++i) {
        const Ref& ref = schedule_.ref(v.input(i));
        if (can_fold(ref, v) && readers[index(ref.root)] == 1) fold(ref.root, v);
      }
    }
  }

  bool can_fold(const Ref& ref, Value reader) const {
    const Value x = ref.root;
    const bool whole = ref.offset == 0 && !ref.repeat && x.shape().size() == reader.shape().size() &&
                       schedule_.loop(x) == schedule_.loop(reader) && !schedule_.home(x).in;
    return (is(x, ops::kMul) || is(x, ops::kSquare)) && schedule_.form(x) == Form::kElementwise && whole &&
           x.batched() == reader.batched() && schedule_.stage(x) == schedule_.stage(reader);
  }

  void fold(Value product, Value reader) {
    schedule_.forms[index(product)] = Form::kFolded;
    schedule_.computed[index(product)] = false;
    schedule_.folded[index(reader)] = product;
  }

  Schedule& schedule_;
};

}  // namespace

void find_homes(Schedule& schedule) { Housing(schedule).run(); }

}  // namespace catenary::engine
