#include "catenary/derive/compose/proof.h"

#include <fmt/format.h>

#include <set>
#include <tuple>

#include "catenary/derive/proof/texts.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// The blocks of a proof, all of one step.
class ProofWriter {
 public:
  ProofWriter(const Context& c, int step) : c_(c), step_(step) {}

  [[nodiscard]] Blocks write(const IndexProof& proof, Value y) const {
    Blocks blocks =
        labelled(y.shape().rank() == 0 ? Phrase::kProofResult : Phrase::kProofElement, proof.definition);
    blocks += lines(Phrase::kProofWhere, proof.where);
    blocks += notes(proof.notes, proof.size);
    blocks += lines(Phrase::kProofStep, proof.steps);
    blocks += labelled(proof.steps.empty() ? Phrase::kProofPartial : Phrase::kProofPartialSo, proof.partial);
    blocks += labelled(Phrase::kProofChain, proof.chain);
    for (const ProofLine& line : proof.special) {
      blocks += c_.paragraph(Phrase::kProofSpecial, {*line.condition}, step_);
      blocks += equation(line);
    }
    blocks += notes(proof.remarks, proof.size);
    if (proof.stacked.sides.empty()) return blocks;
    blocks += c_.paragraph(Phrase::kProofStack, {proof.matrix_form}, step_);
    blocks += equation(proof.stacked);
    return blocks;
  }

 private:
  [[nodiscard]] Block equation(const ProofLine& line) const {
    Equation equation{.left = line.sides[0]};
    for (std::size_t i = 1; i < line.sides.size(); ++i)
      equation.rows.push_back({line.sides[i], proof_sentence(line.reasons[i - 1], c_.o.language)});
    return equation_block(std::move(equation), step_);
  }

  [[nodiscard]] Blocks labelled(Phrase label, const ProofLine& line) const {
    if (line.sides.empty()) return {};
    return {c_.paragraph(label, {}, step_), equation(line)};
  }

  // A word before the first, before each case what it is, and one after the last case.
  [[nodiscard]] Blocks lines(Phrase label, const std::vector<ProofLine>& lines) const {
    Blocks blocks;
    bool in_case = false;
    for (const ProofLine& line : lines) {
      if (line.condition)
        blocks += c_.paragraph(Phrase::kProofCondition, {*line.condition}, step_);
      else if (&line == &lines.front())
        blocks += c_.paragraph(label, {}, step_);
      else if (in_case)
        blocks += c_.paragraph(Phrase::kProofBothCases, {}, step_);
      in_case = line.condition.has_value();
      blocks += equation(line);
    }
    return blocks;
  }

  [[nodiscard]] Blocks notes(const std::vector<std::string>& notes, const std::string& size) const {
    Sentence all;
    for (const std::string& note : notes) {
      if (!all.empty() && c_.is_english()) all.push_back({" ", {}});
      all += proof_sentence(note, c_.o.language, size);
    }
    return all.empty() ? Blocks{} : Blocks{paragraph_block(std::move(all), step_)};
  }

  const Context& c_;
  int step_;
};

// A rule that was proved and how: operator, operand, whether the result is a number, and whether it is the
// very scalar that is differentiated; and the step that proved it.
using Proved = std::map<std::tuple<const Op*, int, bool, bool>, int>;

// The step of an earlier proof that covers this use of the rule; 0 if this is the first, which is one now.
// The chain rule's proof covers the case in which the result itself is differentiated, but not the other way
// round.
int proved_before(Proved& proved, const Step& step) {
  const Flow& f = step.f;
  const bool is_number = f.call.shape().rank() == 0;
  const auto general = proved.find({&f.call.op(), f.operand, is_number, false});
  if (general != proved.end()) return general->second;
  const bool is_scalar_itself = f.call == step.part.scalar;
  const auto [first, is_new] =
      proved.try_emplace({&f.call.op(), f.operand, is_number, is_scalar_itself}, f.number);
  return is_new ? 0 : first->second;
}

// What a sign means is said where it first occurs.
void drop_known(std::vector<std::string>& notes, const std::string& size, std::set<std::string>& known) {
  std::erase_if(notes, [&](const std::string& note) {
    return !known.insert(note == "size" ? fmt::format("size {}", size) : note).second;
  });
}

// The names of the call's operands. What is used elsewhere as well gets another name as this operand: there
// is no derivative by it that would speak of this use alone.
std::vector<Formula> operand_names(const Context& c, const Step& step) {
  const auto& [part, a, f, is_one_of_several] = step;
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
std::set<std::string> taken_letters(const Context& c, Value call) {
  std::set<std::string> taken;
  for (const Value v : c.d.leaves) taken.insert(c.write(v).text);
  if (is(call, ops::kBatchSum) || is(call, ops::kBatchMean) || is(call, ops::kBatchBroadcast) ||
      is(call, ops::kMean)) {
    for (const auto& [name, extent] : c.d.dimensions.symbols()) taken.insert(name);
  }
  return taken;
}

std::optional<ToldProof> first_proof(const Context& c, const Step& step) {
  const Flow& f = step.f;
  const bool is_scalar_itself = f.call == step.part.scalar;
  ProofNames names{.operands = operand_names(c, step),
                   .y = c.write(f.call),
                   .g = c.write(f.incoming),
                   .loss = step.part.name,
                   .differentiated = is_scalar_itself ? Differentiated::kResult : Differentiated::kOther,
                   .sample_index = c.d.names.sample_index(),
                   .taken = taken_letters(c, f.call)};
  for (const auto& [name, extent] : c.d.dimensions.symbols()) names.dimensions.insert(name);
  std::optional<IndexProof> proof = index_proof(f.call, f.operand, names);
  if (!proof) return std::nullopt;
  return ToldProof{.operand = names.operands[static_cast<std::size_t>(f.operand)],
                   .proof = *std::move(proof)};
}

}  // namespace

std::map<int, ToldProof> told_proofs(const Context& c, std::span<const Step> steps) {
  std::map<int, ToldProof> all;
  Proved proved;
  std::set<std::string> known;
  for (const Step& step : steps) {
    if (const int before = proved_before(proved, step); before > 0) {
      all[step.f.number] = {.before = before};
    } else if (std::optional<ToldProof> first = first_proof(c, step)) {
      drop_known(first->proof.notes, first->proof.size, known);
      drop_known(first->proof.remarks, first->proof.size, known);
      all[step.f.number] = *std::move(first);
    }
  }
  return all;
}

Blocks proof_blocks(const Context& c, const Step& step, const ToldProof& told) {
  const int number = step.f.number;
  if (told.before > 0)
    return {c.paragraph(Phrase::kProvedBefore, {plain(std::to_string(told.before))}, number)};
  const Formula x = c.write(step.a.x);
  Blocks blocks = {c.paragraph(Phrase::kProof, {}, number)};
  if (step.is_one_of_several) blocks += c.paragraph(Phrase::kProofOneUse, {x, told.operand}, number);
  blocks += ProofWriter(c, number).write(told.proof, step.f.call);
  if (step.is_one_of_several)
    blocks +=
        c.paragraph(Phrase::kProofContribution, {told.operand, x, derivative(step.part.name, x)}, number);
  return blocks;
}

}  // namespace catenary::derive
