// How proofs read.
#include "catenary/derive/proof/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {
namespace {

using ::testing::ElementsAre;

Value parameter(Graph& graph, const char* name, const Shape& shape) {
  return graph.parameter(name, shape, {}, DType::kF64);
}

/// All lines of a proof, as a reader sees them.
std::vector<std::string> lines(const IndexProof& proof, std::string Formula::*form) {
  std::vector<std::string> all;
  const auto add = [&](const ProofLine& line) {
    if (line.sides.empty()) return;
    all.push_back((line.condition ? *line.condition.*form + ": " : "") + joined(line.sides).*form);
  };
  add(proof.definition);
  std::ranges::for_each(proof.where, add);
  std::ranges::for_each(proof.steps, add);
  add(proof.partial);
  add(proof.chain);
  std::ranges::for_each(proof.special, add);
  add(proof.stacked);
  return all;
}

TEST(IndexProof, ReadsAsInATextbookForAMatrixTimesAVector) {
  Graph graph;
  const Value y = matmul(parameter(graph, "W", {3, 2}), parameter(graph, "a", {2}));
  const ProofNames names{{symbol("W"), symbol("a")}, symbol("z"), symbol("delta"), symbol("C")};
  const IndexProof W = index_proof(y, 0, names).value(), a = index_proof(y, 1, names).value();
  EXPECT_THAT(
      lines(W, &Formula::text),
      ElementsAre("zᵢ = Σₖ Wᵢₖ aₖ", "∂zᵢ/∂Wⱼₖ = Σₗ [i = j] [l = k] aₗ = [i = j] aₖ",
                  "∂C/∂Wⱼₖ = Σᵢ δᵢ ∂zᵢ/∂Wⱼₖ = Σᵢ δᵢ [i = j] aₖ = δⱼ aₖ", "(δ aᵀ)ⱼₖ = δⱼ aₖ = ∂C/∂Wⱼₖ"));
  EXPECT_THAT(
      lines(W, &Formula::latex),
      ElementsAre(
          R"(z_{i} = \sum_{k} W_{ik}\,a_{k})",
          R"(\frac{\partial z_{i}}{\partial W_{jk}} = \sum_{l} [i = j]\,[l = k]\,a_{l} = [i = j]\,a_{k})",
          R"(\frac{\partial C}{\partial W_{jk}} = \sum_{i} \delta_{i}\,\frac{\partial z_{i}}{\partial W_{jk}})"
          R"( = \sum_{i} \delta_{i}\,[i = j]\,a_{k} = \delta_{j}\,a_{k})",
          R"((\delta\,a^{\top})_{jk} = \delta_{j}\,a_{k} = \frac{\partial C}{\partial W_{jk}})"));
  EXPECT_THAT(W.notes, ElementsAre("bracket"));
  EXPECT_EQ(W.matrix_form.text, "δ aᵀ");
  EXPECT_EQ(joined(a.chain.sides).text, "∂C/∂aⱼ = Σᵢ δᵢ ∂zᵢ/∂aⱼ = Σᵢ δᵢ Wᵢⱼ");
  EXPECT_EQ(joined(a.stacked.sides).text, "(Wᵀ δ)ⱼ = Σᵢ (Wᵀ)ⱼᵢ δᵢ = Σᵢ Wᵢⱼ δᵢ = ∂C/∂aⱼ");
  EXPECT_THAT(a.stacked.reasons, ElementsAre("row_by_column", "transposed", "found_above"));
}

TEST(IndexProof, PutsTheSubscriptsOfAProductWithADerivativeAroundAllOfIt) {
  Graph graph;
  const Value y = matmul(parameter(graph, "W", {3, 2}), parameter(graph, "a", {2}));
  const ProofNames names{
      {symbol("W"), symbol("a")}, symbol("z"), derivative(symbol("C"), symbol("z")), symbol("C")};
  const IndexProof proof = index_proof(y, 0, names).value();
  EXPECT_EQ(joined(proof.stacked.sides).text, "(∂C/∂z aᵀ)ⱼₖ = (∂C/∂zⱼ) aₖ = ∂C/∂Wⱼₖ");
  EXPECT_EQ(proof.stacked.sides[0].latex, R"(\left(\frac{\partial C}{\partial z}\,a^{\top}\right)_{jk})");
  EXPECT_EQ(proof.stacked.sides[1].latex, R"(\frac{\partial C}{\partial z_{j}}\,a_{k})");
}

TEST(IndexProof, ReadsAsInATextbookForSigmoid) {
  Graph graph;
  const Value y = sigmoid(parameter(graph, "z", {3}));
  const IndexProof proof = index_proof(y, 0, {{symbol("z")}, symbol("a"), symbol("g"), symbol("C")}).value();
  EXPECT_THAT(lines(proof, &Formula::text),
              ElementsAre("aᵢ = σ(zᵢ) = 1 / (1 + e^(−zᵢ))",
                          "∂aᵢ/∂zᵢ = −(∂(1 + e^(−zᵢ))/∂zᵢ) / (1 + e^(−zᵢ))² = e^(−zᵢ) / (1 + e^(−zᵢ))²"
                          " = (1 / (1 + e^(−zᵢ))) (e^(−zᵢ) / (1 + e^(−zᵢ)))"
                          " = (1 / (1 + e^(−zᵢ))) ((1 + e^(−zᵢ) − 1) / (1 + e^(−zᵢ)))"
                          " = (1 / (1 + e^(−zᵢ))) (1 − 1 / (1 + e^(−zᵢ))) = aᵢ(1 − aᵢ)",
                          "∂aᵢ/∂zⱼ = [i = j] aᵢ(1 − aᵢ)",
                          "∂C/∂zⱼ = Σᵢ gᵢ ∂aᵢ/∂zⱼ = Σᵢ gᵢ [i = j] aᵢ(1 − aᵢ) = gⱼ aⱼ(1 − aⱼ)",
                          "(g ⊙ a ⊙ (1 − a))ⱼ = gⱼ aⱼ(1 − aⱼ) = ∂C/∂zⱼ"));
  EXPECT_THAT(proof.notes, ElementsAre("bracket", "sigma"));
  EXPECT_EQ(joined(proof.definition.sides).latex, R"(a_{i} = \sigma(z_{i}) = \frac{1}{1 + e^{-z_{i}}})");
  EXPECT_EQ(joined(proof.partial.sides).latex,
            R"(\frac{\partial a_{i}}{\partial z_{j}} = [i = j]\,a_{i}(1 - a_{i}))");
}

TEST(IndexProof, NeedsNoIndexForANumber) {
  Graph graph;
  const Value y = square(parameter(graph, "z", {}));
  const IndexProof proof = index_proof(y, 0, {{symbol("z")}, symbol("a"), symbol("g"), symbol("C")}).value();
  EXPECT_THAT(lines(proof, &Formula::text), ElementsAre("a = z²", "∂a/∂z = 2 z", "∂C/∂z = g ∂a/∂z = 2 g z"));
}

TEST(IndexProof, CountsSamplesOfANumberByOneIndex) {
  Graph graph;
  const ProofNames names{{symbol("l")}, symbol("J"), symbol("g"), symbol("J"), Differentiated::kResult};
  const Value loss = graph.input("l", {}, DType::kF64);
  EXPECT_THAT(lines(index_proof(batch_mean(loss), 0, names).value(), &Formula::text),
              ElementsAre("J = (1 / N) Σₙ lₙ", "∂J/∂lₘ = (1 / N) Σₙ [n = m] = 1 / N"));
  EXPECT_THAT(lines(index_proof(batch_sum(loss), 0, names).value(), &Formula::text),
              ElementsAre("J = Σₙ lₙ", "∂J/∂lₘ = Σₙ [n = m] = 1"));
  const Value shared = graph.shared_input("s", {}, DType::kF64);
  EXPECT_THAT(lines(index_proof(graph.call(ops::kBatchBroadcast, std::array{shared}), 0,
                                {{symbol("s")}, symbol("y"), symbol("g"), symbol("J")})
                        .value(),
                    &Formula::text),
              ElementsAre("yₙ = s", "∂yₙ/∂s = 1", "∂J/∂s = Σₙ gₙ ∂yₙ/∂s = Σₙ gₙ"));
}

TEST(IndexProof, DerivesSoftmaxInItsTwoCases) {
  Graph graph;
  const Value y = softmax(parameter(graph, "z", {3}));
  const IndexProof proof = index_proof(y, 0, {{symbol("z")}, symbol("a"), symbol("g"), symbol("C")}).value();
  EXPECT_THAT(lines(proof, &Formula::text),
              ElementsAre("aᵢ = e^zᵢ / S", "S = Σₖ e^zₖ", "∂S/∂zⱼ = Σₖ ∂(e^zₖ)/∂zⱼ = Σₖ e^zₖ [k = j] = e^zⱼ",
                          "i = j: ∂aᵢ/∂zᵢ = (e^zᵢ S − e^zᵢ e^zᵢ) / S² = e^zᵢ / S − (e^zᵢ / S)² = aᵢ − aᵢ²"
                          " = aᵢ(1 − aᵢ)",
                          "i ≠ j: ∂aᵢ/∂zⱼ = (0 S − e^zᵢ e^zⱼ) / S² = −(e^zᵢ / S) (e^zⱼ / S) = −aᵢ aⱼ",
                          "∂aᵢ/∂zⱼ = aᵢ(δᵢⱼ − aⱼ)",
                          "∂C/∂zⱼ = Σᵢ gᵢ ∂aᵢ/∂zⱼ = Σᵢ gᵢ aᵢ(δᵢⱼ − aⱼ) = Σᵢ gᵢ aᵢ δᵢⱼ − aⱼ Σᵢ gᵢ aᵢ"
                          " = gⱼ aⱼ − aⱼ Σᵢ gᵢ aᵢ = aⱼ(gⱼ − Σᵢ gᵢ aᵢ)",
                          "(a ⊙ (g − (gᵀ a) 𝟏))ⱼ = aⱼ(gⱼ − Σᵢ gᵢ aᵢ) = ∂C/∂zⱼ"));
  EXPECT_EQ(proof.partial.sides.back().latex, R"(a_{i}(\delta_{ij} - a_{j}))");
}

TEST(IndexProof, CollapsesSoftmaxWithCrossEntropyToTheDifference) {
  Graph graph;
  const Value C = softmax_cross_entropy(parameter(graph, "z", {3}), parameter(graph, "y", {3}));
  const IndexProof proof =
      index_proof(
          C, 0, {{symbol("z"), symbol("y")}, symbol("C"), symbol("g"), symbol("C"), Differentiated::kResult})
          .value();
  EXPECT_THAT(lines(proof, &Formula::text),
              ElementsAre("C = −Σᵢ yᵢ ln(aᵢ)", "S = Σₖ e^zₖ", "aᵢ = e^zᵢ / S",
                          "∂S/∂zⱼ = Σₖ ∂(e^zₖ)/∂zⱼ = Σₖ e^zₖ [k = j] = e^zⱼ",
                          "i = j: ∂aᵢ/∂zᵢ = (e^zᵢ S − e^zᵢ e^zᵢ) / S² = e^zᵢ / S − (e^zᵢ / S)² = aᵢ − aᵢ²"
                          " = aᵢ(1 − aᵢ)",
                          "i ≠ j: ∂aᵢ/∂zⱼ = (0 S − e^zᵢ e^zⱼ) / S² = −(e^zᵢ / S) (e^zⱼ / S) = −aᵢ aⱼ",
                          "∂aᵢ/∂zⱼ = aᵢ(δᵢⱼ − aⱼ)", "∂C/∂aₖ = −Σᵢ yᵢ(1 / aᵢ) [i = k] = −yₖ / aₖ",
                          "∂C/∂zⱼ = Σₖ (∂C/∂aₖ) ∂aₖ/∂zⱼ = −Σₖ (yₖ / aₖ) aₖ(δₖⱼ − aⱼ) = −Σₖ yₖ(δₖⱼ − aⱼ)"
                          " = −Σₖ yₖ δₖⱼ + aⱼ Σₖ yₖ = aⱼ Σₖ yₖ − yⱼ",
                          "Σₖ yₖ = 1: ∂C/∂zⱼ = aⱼ · 1 − yⱼ = aⱼ − yⱼ",
                          "((Σ y) softmax(z) − y)ⱼ = (Σᵢ yᵢ) softmax(z)ⱼ − yⱼ = ∂C/∂zⱼ"));
  EXPECT_EQ(joined(proof.special.at(0).sides).latex,
            R"(\frac{\partial C}{\partial z_{j}} = a_{j} \cdot 1 - y_{j} = a_{j} - y_{j})");
}

TEST(IndexProof, CallsNothingElseByAnOperandsName) {
  Graph graph;
  const Value y = softmax_cross_entropy(parameter(graph, "a", {3}), parameter(graph, "k", {3}));
  const IndexProof proof =
      index_proof(y, 0, {{symbol("a"), symbol("k")}, symbol("p"), symbol("g"), symbol("C")}).value();
  EXPECT_EQ(joined(proof.definition.sides).text, "p = −Σᵢ kᵢ ln(qᵢ)");
  EXPECT_EQ(joined(proof.where.at(1).sides).text, "qᵢ = e^aᵢ / S");
}

TEST(IndexProof, SaysThatOneIndexCountsAllElementsOfAMatrix) {
  Graph graph;
  const ProofNames names{{symbol("Z")}, symbol("A"), symbol("G"), symbol("C")};
  EXPECT_THAT(index_proof(tanh(parameter(graph, "Z", {3, 2})), 0, names).value().notes,
              ElementsAre("bracket", "one_index"));
  EXPECT_THAT(index_proof(tanh(parameter(graph, "z", {3})), 0, names).value().notes, ElementsAre("bracket"));
}

}  // namespace
}  // namespace catenary::derive
