#include "catenary/derive/steps/recurrence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>

#include "catenary/derive/formula/named_values.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/scan.h"

namespace catenary::derive {

namespace {

// h, or h⁽²⁾ where there are several scans.
Formula of_scan(const std::string& name, std::size_t place, std::size_t scans) {
  const Formula base = symbol(name);
  return scans == 1 ? base : with_layer(base, static_cast<int>(place) + 1);
}

std::string base_of_result(const Body& body, std::size_t result) {
  const std::string name = name_of_result(body, result);
  if (!name.empty()) return name;
  return result < body.carries.size() ? "s" : "y";
}

// H of the rows hᵀ of several steps.
std::string upper(std::string name) {
  if (name.size() == 1) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

bool is_activation(const Op& op) { return op.traits.reads_preactivation && !op.traits.loss; }

// Names the values of one step.
class StepNamer {
 public:
  StepNamer(Derivation& d, int place, Naming& naming)
      : d_(d), r_(d.recurrences[static_cast<std::size_t>(place)]), place_(place), naming_(naming) {}

  void run() {
    const Body& body = step_of(r_.scan);
    for (std::size_t i = 0; i < body.leaves().size(); ++i) r_.leaves.push_back(leaf(body, i));
    const StepCopy copy(body, r_.leaves, *d_.graph, [](const std::string& name) { return name; });
    for (const Value v : body.results()) r_.results.push_back(copy[v]);
    name_leaves(body);
    name_results(body);
    values_ = reachable(r_.results);
    for (const Value v : values_) {
      for (int i = 0; i < v.input_count(); ++i) users_[v.input(i).id()].push_back(v);
    }
    name_inner();
    define();
  }

 private:
  [[nodiscard]] std::size_t carries() const { return step_of(r_.scan).carries.size(); }
  [[nodiscard]] bool is_shared(std::size_t leaf) const {
    return leaf >= carries() + step_of(r_.scan).rows.size();
  }
  [[nodiscard]] Formula named(const std::string& name) const {
    return of_scan(name, static_cast<std::size_t>(place_), d_.recurrences.size());
  }
  void name(Value v, const Formula& base, int offset = 0) {
    r_.names.push_back({v, base, offset});
    naming_.names.set(v, with_step(base, {d_.step_letter, offset}));
    named_.insert(v.id());
  }

  // Weights are themselves; what a step is given of its own is a symbol.
  Value leaf(const Body& body, std::size_t i) {
    const Value operand = r_.scan.input(static_cast<int>(i)), original = body.leaves()[i];
    if (is_shared(i) && is_leaf(operand.op())) return operand;
    const std::string name = fmt::format("step {} of #{}", i, r_.scan.id());
    const Type& type = original.type();
    return type.batched ? d_.graph->input(name, type.shape, type.dtype)
                        : d_.graph->shared_input(name, type.shape, type.dtype);
  }

  void name_leaves(const Body& body) {
    for (std::size_t i = 0; i < r_.leaves.size(); ++i) {
      const Value operand = r_.scan.input(static_cast<int>(i));
      if (i < carries()) {
        name(r_.leaves[i], named(base_of_result(body, i)), r_.before());
      } else if (!is_shared(i)) {
        name(r_.leaves[i], name_of_row(operand));
      } else if (r_.leaves[i] != operand) {
        const Formula f = write(operand, naming_.names);
        naming_.names.set(r_.leaves[i], f.binding == Notation::kAtom ? f : parenthesized(f));
      }
    }
  }

  // x of a sequence x or X, h of the rows that another scan made.
  [[nodiscard]] Formula name_of_row(Value sequence) const {
    if (const auto view = scan_view(sequence)) {
      for (std::size_t i = 0; i < d_.recurrences.size(); ++i) {
        if (d_.recurrences[i].scan == view->scan)
          return of_scan(base_of_result(step_of(view->scan), view->result), i, d_.recurrences.size());
      }
    }
    std::string own = is_leaf(sequence.op()) ? sequence.name() : "x";
    if (own.size() == 1) own[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(own[0])));
    return is_leaf(sequence.op()) ? symbol(own) : named(own);
  }

  void name_results(const Body& body) {
    for (std::size_t i = 0; i < r_.results.size(); ++i) {
      const Value v = r_.results[i];
      if (!named_.contains(v.id()) && !is_leaf(v.op())) name(v, named(base_of_result(body, i)));
    }
  }

  [[nodiscard]] bool depends_on_step(Value v) const {
    const std::size_t own = carries() + step_of(r_.scan).rows.size();
    const std::vector<Value> below = reachable({v});
    return std::ranges::any_of(std::span(r_.leaves).first(own),
                               [&](Value leaf) { return std::ranges::count(below, leaf) > 0; });
  }

  // Of what an activation reads: z, or z_f of the gate f.
  void name_preactivation(Value z, const std::string& own, Value activation) {
    std::string gate = activation ? activation.name() : "";
    const bool is_gate = own.empty() && !gate.empty() && gate.find("′") == std::string::npos;
    const auto with_gate = [&](const Formula& letter) {
      return is_gate ? Formula{letter.text + "_" + gate, letter.latex + "_{" + gate + "}"} : letter;
    };
    if (own.empty() && !is_gate) {
      name(z, numbered());
      return;
    }
    name(z, with_gate(own.empty() ? named("z") : named(own)));
    const Formula delta = with_gate(named("δ"));
    r_.deltas[z.id()] = delta;
    naming_.deltas[z.id()] = with_step(delta, {d_.step_letter, 0});
  }

  Formula numbered() { return with_index(named("v"), ++count_); }

  [[nodiscard]] static bool is_written_inline(Value v) {
    return only_repeats(v) ||
           (is(v, ops::kSub) && is(v.input(0), ops::kConstant) && !only_repeats(v.input(1)));
  }

  void name_inner() {
    for (const Value v : values_) {
      if (is_leaf(v.op()) || named_.contains(v.id()) || !depends_on_step(v)) continue;
      const std::vector<Value>& users = users_[v.id()];
      const auto reader = std::ranges::find_if(users, [](Value u) { return is_activation(u.op()); });
      const std::string own = v.name();
      const bool is_result = std::ranges::count(r_.results, v) > 0;
      const bool is_sum = is(v, ops::kAdd) || is(v, ops::kMatVec);
      if ((own == "z" && is_sum) || (reader != users.end() && own.empty()))
        name_preactivation(v, own, reader == users.end() ? Value{} : *reader);
      else if (!own.empty())
        name(v, named(own));
      else if ((users.size() > 1 || is_result) && !is_written_inline(v))
        name(v, numbered());
    }
  }

  // The step's equations stand where the scan does.
  void define() {
    std::vector<Value> own;
    for (const Value v : values_) {
      if (named_.contains(v.id()) && !is_leaf(v.op())) own.push_back(v);
    }
    const auto after = std::ranges::find_if(
        naming_.defined, [&](Value v) { return v.id() > r_.scan.id() && !naming_.step_of.contains(v.id()); });
    for (const Value v : own) naming_.step_of[v.id()] = place_;
    naming_.defined.insert(after, own.begin(), own.end());
  }

  Derivation& d_;
  Recurrence& r_;
  int place_;
  Naming& naming_;
  std::vector<Value> values_;
  std::map<NodeId, std::vector<Value>> users_;
  std::set<NodeId> named_;
  int count_ = 0;
};

}  // namespace

std::vector<Recurrence> find_recurrences(std::span<const Value> outputs) {
  const std::vector<ScanView> views = scan_views(outputs);
  std::vector<Recurrence> all;
  for (const Value v : reachable(outputs)) {
    if (!is(v, ops::kScan)) continue;
    Recurrence r{.scan = v, .steps = steps_of(v), .direction = step_of(v).direction};
    std::ranges::copy_if(views, std::back_inserter(r.views), [&](const ScanView& w) { return w.scan == v; });
    all.push_back(std::move(r));
  }
  return all;
}

std::int64_t step_of_row(const Recurrence& r, const ScanView& view, std::int64_t row) {
  const bool is_carry = view.result < step_of(r.scan).carries.size();
  return is_carry && r.direction == Direction::kForward ? row : row + 1;
}

std::vector<NamedView> name_views(const std::vector<Recurrence>& recurrences) {
  std::vector<NamedView> named;
  for (std::size_t i = 0; i < recurrences.size(); ++i) {
    for (const ScanView& view : recurrences[i].views) {
      const std::string base = base_of_result(step_of(view.scan), view.result);
      const int step = static_cast<int>(step_of_row(recurrences[i], view, view.first));
      named.push_back({view.value, view.is_row ? with_step(of_scan(base, i, recurrences.size()), {"", step})
                                               : of_scan(upper(base), i, recurrences.size())});
    }
  }
  return named;
}

void write_step(Derivation& d, int place, Naming& naming) { StepNamer(d, place, naming).run(); }

Formula with_step(const Formula& name, const StepIndex& index) {
  std::string below = index.letter;
  if (index.letter.empty())
    below = std::to_string(index.offset);
  else if (index.offset != 0)
    below += (index.offset > 0 ? "+" : "−") + std::to_string(std::abs(index.offset));
  std::string latex = below;
  if (const std::size_t minus = latex.find("−"); minus != std::string::npos) latex.replace(minus, 3, "-");
  const bool ends_with_index = name.latex.ends_with('}') && name.latex.rfind("_{") != std::string::npos &&
                               name.latex.find('}', name.latex.rfind("_{")) == name.latex.size() - 1;
  const std::string set = ends_with_index ? name.latex.substr(0, name.latex.size() - 1) + "," + latex + "}"
                                          : name.latex + "_{" + latex + "}";
  const bool needs_comma = ends_with_index && name.text.find('_') == std::string::npos;
  return {name.text + (needs_comma ? "," : "") + lowered(below).value_or("_" + below), set};
}

bool Recurrence::has(Value v) const {
  return std::ranges::any_of(names, [&](const StepName& n) { return n.value == v; });
}

}  // namespace catenary::derive
