#include "catenary/derive/proof/proof.h"

#include <algorithm>
#include <array>

namespace catenary::derive {

namespace {

using Kind = IndexExpression::Kind;

template <typename Visit>
void for_each_line(const IndexRule& rule, Visit visit) {
  for (const auto* lines : {&rule.where, &rule.steps, &rule.special})
    std::for_each(lines->begin(), lines->end(), visit);
  for (const IndexLine* line : {&rule.definition, &rule.partial, &rule.chain}) visit(*line);
}

template <typename Visit>
void for_each_part_of(const IndexLine& line, Visit visit) {
  for (const IndexExpression& side : line.sides) for_each_part(side, visit);
  if (line.condition) for_each_part(*line.condition, visit);
}

bool is_index(const IndexExpression& e) {
  return e.kind == Kind::kIndex || e.kind == Kind::kSum || e.kind == Kind::kMax || e.kind == Kind::kArgmax;
}

// Keeps the rule's own letters where no operand is called the same.
class Letters {
 public:
  void take(const std::string& name) { taken_.insert(name); }
  template <std::size_t n>
  std::string free(const std::string& own, const std::array<const char*, n>& others) {
    if (taken_.insert(own).second) return own;
    for (const char* other : others) {
      if (taken_.insert(other).second) return other;
    }
    return own;
  }

 private:
  std::set<std::string> taken_;
};

void name_indices(const std::set<std::string>& indices, Letters& letters, IndexNames& names) {
  for (const std::string& index : indices)
    names.indices.try_emplace(index,
                              letters.free(index, std::array{"i", "j", "k", "l", "m", "p", "r", "s", "t"}));
}

bool is_size(const IndexExpression& e) { return e.kind == Kind::kCall && e.name == "size"; }

bool counts_samples(const IndexRule& rule) {
  return std::ranges::any_of(rule.notes,
                             [](const std::string& note) { return note.starts_with("samples_"); });
}

IndexNames index_names(const IndexRule& rule, const IndexLine& stacked, const ProofNames& names) {
  IndexNames all;
  Letters letters;
  const auto call = [&](const std::string& array, const Formula& name) {
    all.arrays[array] = name;
    letters.take(name.text);
  };
  for (std::size_t i = 0; i < rule.operands.size(); ++i) call(rule.operands[i], names.operands.at(i));
  call("y", names.y);
  call("g", names.g);
  call("C", names.loss);
  for (const std::string& name : names.taken) letters.take(name);
  std::set<std::string> indices;
  bool has_size = false;
  const auto collect = [&](const IndexLine& line) {
    for_each_part_of(line, [&](const IndexExpression& e) {
      if (is_index(e)) indices.insert(e.name);
      has_size |= is_size(e);
    });
  };
  for_each_line(rule, collect);
  collect(stacked);
  if (counts_samples(rule)) all.indices["n"] = letters.free(names.sample_index, std::array{"s", "t"});
  if (has_size) all.size = letters.free("n", std::array{"p", "q", "s", "t"});
  for (const std::string& name : names.dimensions) letters.take(name);
  name_indices(indices, letters, all);
  for (const IndexLine& shorthand : rule.where) {
    const std::string& own = shorthand.sides[0].name;
    const std::string name = letters.free(own, std::array{"p", "q", "s", "u", "v", "h", "c"});
    all.arrays[own] = {name, name};
  }
  return all;
}

ProofLine written(const IndexLine& line, const IndexNames& names) {
  ProofLine formulas;
  for (std::size_t i = 0; i < line.sides.size(); ++i) {
    Formula side = write(line.sides[i], names);
    // Elements of different trees may read alike, as δⱼ of a formula that is δ.
    if (i > 0 && side.text == formulas.sides.back().text) continue;
    if (i > 0) formulas.reasons.push_back(line.reasons[i - 1]);
    formulas.sides.push_back(std::move(side));
  }
  if (line.condition) formulas.condition = write_condition(*line.condition, names);
  return formulas;
}

std::vector<ProofLine> written(const std::vector<IndexLine>& lines, const IndexNames& names) {
  std::vector<ProofLine> formulas;
  for (const IndexLine& line : lines) formulas.push_back(written(line, names));
  return formulas;
}

struct Sign {
  Kind kind;
  std::string_view name;  // "" stands for any
  const char* note;
};
constexpr Sign kSigns[] = {
    {Kind::kDelta, "", "delta"},         {Kind::kBracket, "", "bracket"},     {Kind::kArgmax, "", "argmax"},
    {Kind::kCall, "size", "size"},       {Kind::kCall, "samples", "samples"}, {Kind::kCall, "sigma", "sigma"},
    {Kind::kCall, "clip", "clip"},       {Kind::kCall, "sign", "sign"},       {Kind::kCall, "minor", "minor"},
    {Kind::kCall, "inverse", "inverse"},
};

// In the order of the table, then those of the rule itself.
std::vector<std::string> notes(const IndexRule& rule, const IndexLine& stacked) {
  std::vector<std::string> all;
  for (const Sign& sign : kSigns) {
    bool found = false;
    const auto look = [&](const IndexLine& line) {
      for (const IndexExpression& side : line.sides)
        for_each_part(side, [&](const IndexExpression& e) {
          found |= e.kind == sign.kind && (sign.name.empty() || e.name == sign.name);
        });
    };
    for_each_line(rule, look);
    look(stacked);
    if (found) all.emplace_back(sign.note);
  }
  for (const std::string& note : rule.notes) {
    if (std::ranges::find(all, note) == all.end()) all.push_back(note);
  }
  return all;
}

Formula matrix_form(const StackedForm& form, const ProofNames& names, Names& called) {
  for (std::size_t i = 0; i < form.operands.size(); ++i) called.set(form.operands[i], names.operands.at(i));
  called.set(form.y, names.y);
  if (names.differentiated == Differentiated::kOther) called.set(form.g, names.g);
  return write(form.form, called);
}

IndexProof prove(const IndexRule& rule, const ProofNames& names, const StackedForm& form) {
  Names in_form;
  const Formula whole = matrix_form(form, names, in_form);
  IndexNames called = index_names(rule, form.line, names);
  for (const auto& [array, value] : form.arrays) called.arrays[array] = write(value, in_form);
  const bool is_other = names.differentiated == Differentiated::kOther;
  return {.definition = written(rule.definition, called),
          .where = written(rule.where, called),
          .steps = written(rule.steps, called),
          .partial = written(rule.partial, called),
          .chain = is_other ? written(rule.chain, called) : ProofLine{},
          .special = written(rule.special, called),
          .matrix_form = whole,
          .stacked = written(form.line, called),
          .notes = notes(rule, form.line),
          .remarks = rule.remarks,
          .size = called.size};
}

}  // namespace

Formula joined(const Equality& sides) {
  Formula all;
  for (const Formula& side : sides) {
    all.text += (all.text.empty() ? "" : " = ") + side.text;
    all.latex += (all.latex.empty() ? "" : " = ") + side.latex;
  }
  all.binding = sides.size() == 1 ? sides[0].binding : Notation::kSum;
  return all;
}

std::optional<IndexProof> index_proof(Value y, int operand, const ProofNames& names) {
  std::optional<IndexRule> rule = index_rule(y, operand);
  if (!rule) return std::nullopt;
  if (rule->partial.sides[0].parts[1].parts.size() == 1 && y.input(operand).shape().rank() > 1)
    rule->notes.emplace_back("one_index");
  return prove(*rule, names, stacked_form(y, operand, *rule, names.differentiated));
}

}  // namespace catenary::derive
