// Proofs in index form.
#include <fmt/format.h>

#include "catenary/derive/compose/composer.h"
#include "catenary/derive/proof/proof.h"
#include "catenary/derive/proof/texts.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

class ProofComposer {
 public:
  ProofComposer(Composer& composer, int step) : c_(composer), step_(step) {}

  void add(const IndexProof& proof, Value y) {
    add_line(y.shape().rank() == 0 ? Phrase::kProofResult : Phrase::kProofElement, proof.definition);
    add_lines(Phrase::kProofWhere, proof.where);
    add_notes(proof.notes, proof.size);
    add_lines(Phrase::kProofStep, proof.steps);
    add_line(proof.steps.empty() ? Phrase::kProofPartial : Phrase::kProofPartialSo, proof.partial);
    add_line(Phrase::kProofChain, proof.chain);
    for (const ProofLine& line : proof.special) {
      c_.paragraph(Phrase::kProofSpecial, {*line.condition}, step_);
      add_equation(line);
    }
    add_notes(proof.remarks, proof.size);
    if (proof.stacked.sides.empty()) return;
    c_.paragraph(Phrase::kProofStack, {proof.matrix_form}, step_);
    add_equation(proof.stacked);
  }

 private:
  void add_equation(const ProofLine& line) {
    Equation equation{.left = line.sides[0]};
    for (std::size_t i = 1; i < line.sides.size(); ++i)
      equation.rows.push_back({line.sides[i], proof_sentence(line.reasons[i - 1], c_.o.language)});
    c_.document.equation(std::move(equation), step_);
  }

  void add_line(Phrase label, const ProofLine& line) {
    if (line.sides.empty()) return;
    c_.paragraph(label, {}, step_);
    add_equation(line);
  }

  // A word before the first, before each case what it is, and one after the last case.
  void add_lines(Phrase label, const std::vector<ProofLine>& lines) {
    bool in_case = false;
    for (const ProofLine& line : lines) {
      if (line.condition)
        c_.paragraph(Phrase::kProofCondition, {*line.condition}, step_);
      else if (&line == &lines.front())
        c_.paragraph(label, {}, step_);
      else if (in_case)
        c_.paragraph(Phrase::kProofBothCases, {}, step_);
      in_case = line.condition.has_value();
      add_equation(line);
    }
  }

  // What a sign means is said where it first occurs.
  void add_notes(const std::vector<std::string>& notes, const std::string& size) {
    Sentence all;
    for (const std::string& note : notes) {
      if (!c_.explained.insert(note == "size" ? fmt::format("size {}", size) : note).second) continue;
      if (!all.empty() && c_.o.language == Language::kEnglish) all.push_back({" ", {}});
      for (Inline& part : proof_sentence(note, c_.o.language, size)) all.push_back(std::move(part));
    }
    if (!all.empty()) c_.document.paragraph(std::move(all), step_);
  }

  Composer& c_;
  int step_;
};

// The step of an earlier proof that covers this use of the rule; 0 if this is the first. The chain rule's
// proof covers the case in which the result itself is differentiated, but not the other way round.
int proved_in(Composer& c, const Flow& f, bool is_scalar_itself) {
  Composer::Proved use{f.call.op().name, f.operand, f.call.shape().rank() == 0, false};
  if (const auto general = c.proved.find(use); general != c.proved.end()) return general->second;
  std::get<3>(use) = is_scalar_itself;
  const auto [first, is_new] = c.proved.try_emplace(use, f.number);
  return is_new ? 0 : first->second;
}

// The names of the call's operands. What is used elsewhere as well gets another name as this operand: there
// is no derivative by it that would speak of this use alone.
std::vector<Formula> operand_names(const Composer& c, const Flow& f, bool is_one_of_several) {
  std::vector<Formula> names;
  for (int i = 0; i < f.call.input_count(); ++i) {
    const Value x = f.call.input(i);
    const bool is_symbol = is_leaf(x.op()) || c.d.names.find(x) != nullptr;
    const Formula name = is_symbol || i != f.operand || !is_one_of_several
                             ? c.write(x)
                             : symbol(x.shape().rank() == 2 ? "X" : "x");
    names.push_back(is_one_of_several && i == f.operand ? with_tilde(name) : name);
  }
  return names;
}

// A variable's name counts nothing; nor does a dimension's count the samples, or elements whose number is
// known.
std::set<std::string> taken_letters(const Composer& c, Value call) {
  std::set<std::string> taken;
  for (const Value v : c.d.leaves) taken.insert(c.write(v).text);
  if (is(call, ops::kBatchSum) || is(call, ops::kBatchMean) || is(call, ops::kBatchBroadcast) ||
      is(call, ops::kMean)) {
    for (const auto& [name, extent] : c.d.dimensions.symbols()) taken.insert(name);
  }
  return taken;
}

}  // namespace

void add_proof(Composer& c, const Part& part, const Adjoint& a, const Flow& f, bool is_one_of_several) {
  const bool is_scalar_itself = f.call == part.scalar;
  if (const int step = proved_in(c, f, is_scalar_itself); step > 0)
    return c.paragraph(Phrase::kProvedBefore, {plain(std::to_string(step))}, f.number);
  ProofNames names{.operands = operand_names(c, f, is_one_of_several),
                   .y = c.write(f.call),
                   .g = c.write(f.incoming),
                   .loss = part.name,
                   .differentiated = is_scalar_itself ? Differentiated::kResult : Differentiated::kOther,
                   .sample_index = c.d.names.sample_index(),
                   .taken = taken_letters(c, f.call)};
  for (const auto& [name, extent] : c.d.dimensions.symbols()) names.dimensions.insert(name);
  const std::optional<IndexProof> proof = index_proof(f.call, f.operand, names);
  if (!proof) return;
  const Formula x = c.write(a.x), here = names.operands[static_cast<std::size_t>(f.operand)];
  c.paragraph(Phrase::kProof, {}, f.number);
  if (is_one_of_several) c.paragraph(Phrase::kProofOneUse, {x, here}, f.number);
  ProofComposer(c, f.number).add(*proof, f.call);
  if (is_one_of_several)
    c.paragraph(Phrase::kProofContribution, {here, x, derivative(part.name, x)}, f.number);
}

}  // namespace catenary::derive
