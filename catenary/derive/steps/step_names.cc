#include "catenary/derive/steps/step_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <span>

#include "catenary/derive/formula/named_values.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

std::string base_of_result(const Body& body, std::size_t result) {
  std::string name = name_of_result(body, result);
  if (!name.empty()) return name;
  return result < body.carries.size() ? "s" : "y";
}

// z of a value that its maker called hidden.z.
std::string own_name(Value v) { return v.name().substr(v.name().rfind('.') + 1); }

bool is_activation(const Op& op) { return op.traits.reads_preactivation && !op.traits.loss; }

// Names what a step computes.
class StepNamer {
 public:
  StepNamer(const Body& body, const ScanNaming& naming, Value scan)
      : body_(body), naming_(naming), scan_(scan), values_(reachable(body.results())) {
    for (const Value v : values_) {
      for (int i = 0; i < v.input_count(); ++i) users_[v.input(i).id()].push_back(v);
    }
  }

  void name_inner(StepNames& made) {
    for (const Value v : values_) {
      if (is_leaf(v.op()) || made.names.contains(v.id()) || !depends_on_step(v)) continue;
      const std::vector<Value>& users = users_[v.id()];
      const auto reader = std::ranges::find_if(users, [](Value u) { return is_activation(u.op()); });
      const std::string own = own_name(v);
      const bool is_sum = is(v, ops::kAdd) || is(v, ops::kMatVec);
      if ((own == "z" && is_sum) || (reader != users.end() && own.empty()))
        name_preactivation(v, reader == users.end() ? Value{} : *reader, made);
      else if (!own.empty())
        made.names[v.id()] = naming_.named(scan_, own);
      else if (users.size() > 1 && !is_written_inline(v))
        made.names[v.id()] = numbered();
    }
  }

 private:
  // z, or z_f of what the gate f reads.
  void name_preactivation(Value z, Value activation, StepNames& made) {
    const std::string gate = activation ? activation.name() : "";
    const bool is_gate = z.name().empty() && !gate.empty() && gate.find("′") == std::string::npos;
    if (z.name().empty() && !is_gate) {
      made.names[z.id()] = numbered();
      return;
    }
    const std::string below = is_gate ? "_" + gate : "";
    made.names[z.id()] = naming_.named(scan_, (is_gate ? "z" : own_name(z)) + below);
    made.deltas[z.id()] = naming_.named(scan_, "δ" + below);
  }

  Formula numbered() { return with_index(naming_.named(scan_, "v"), ++count_); }

  [[nodiscard]] bool depends_on_step(Value v) const {
    const std::vector<Value> below = reachable({v});
    const auto reads = [&](Value leaf) { return std::ranges::count(below, leaf) > 0; };
    return std::ranges::any_of(body_.carries, reads) || std::ranges::any_of(body_.rows, reads);
  }

  [[nodiscard]] static bool is_written_inline(Value v) {
    return only_repeats(v) ||
           (is(v, ops::kSub) && is(v.input(0), ops::kConstant) && !only_repeats(v.input(1)));
  }

  const Body& body_;
  const ScanNaming& naming_;
  Value scan_;
  std::vector<Value> values_;
  std::map<NodeId, std::vector<Value>> users_;
  int count_ = 0;
};

}  // namespace

Formula ScanNaming::named(Value scan, const std::string& name) const {
  const Formula base = symbol(name);
  const auto place = static_cast<int>(std::ranges::find(scans_, scan) - scans_.begin());
  return scans_.size() == 1 ? base : with_layer(base, place + 1);
}

Formula ScanNaming::of_result(Value scan, std::size_t result) const {
  return named(scan, base_of_result(step_of(scan), result));
}

Formula ScanNaming::of_rows(Value scan, std::size_t result) const {
  std::string name = base_of_result(step_of(scan), result);
  if (name.size() == 1) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return named(scan, name);
}

// x of a sequence x, h of the rows that another scan made.
Formula ScanNaming::of_row(Value scan, Value sequence) const {
  if (const auto view = scan_view(sequence)) return of_result(view->scan, view->result);
  if (!is_leaf(sequence.op())) return named(scan, "x");
  const auto known = row_names_.find(sequence.name());
  if (sequence.name() == "target") return symbol("y");
  return symbol(known == row_names_.end() ? sequence.name() : known->second);
}

StepNames ScanNaming::of_step(Value scan) const {
  const Body& body = step_of(scan);
  StepNames made;
  const std::vector<Value> results = body.results();
  for (std::size_t i = 0; i < body.carries.size(); ++i) made.names[body.carries[i].id()] = of_result(scan, i);
  for (std::size_t i = 0; i < body.rows.size(); ++i)
    made.names[body.rows[i].id()] = of_row(scan, scan.input(static_cast<int>(body.carries.size() + i)));
  for (std::size_t i = 0; i < results.size(); ++i) {
    const bool is_z = i >= body.carries.size() && base_of_result(body, i) == "z";
    if (is_z && is(results[i], ops::kAdd)) made.deltas[results[i].id()] = named(scan, "δ");
    if (!is_leaf(results[i].op())) made.names.try_emplace(results[i].id(), of_result(scan, i));
  }
  StepNamer(body, *this, scan).name_inner(made);
  return made;
}

Formula with_step(const Formula& name, const std::string& letter, int offset) {
  std::string below = letter;
  if (letter.empty())
    below = std::to_string(offset);
  else if (offset != 0)
    below += (offset > 0 ? "+" : "−") + std::to_string(std::abs(offset));
  std::string latex = below;
  if (const std::size_t minus = latex.find("−"); minus != std::string::npos)
    latex.replace(minus, std::string_view("−").size(), "-");
  // z_{f,t}^{(2)}: one index below, the layer's above.
  const std::size_t above = std::min(superscript_at(name.latex), name.latex.size());
  const std::string base = name.latex.substr(0, above);
  const std::size_t index = base.rfind("_{");
  const bool ends_with_index = index != std::string::npos && base.find('}', index) == base.size() - 1;
  const std::string set =
      (ends_with_index ? base.substr(0, base.size() - 1) + "," + latex + "}" : base + "_{" + latex + "}") +
      name.latex.substr(above);
  const bool needs_comma = ends_with_index && name.text.find('_') == std::string::npos;
  return {name.text + (needs_comma ? "," : "") + lowered(below).value_or("_" + below), set};
}

}  // namespace catenary::derive
