#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "catenary/derive/document/document.h"
#include "catenary/ir/op.h"

namespace catenary::derive {

/// Every sentence of a derivation. {0}, {1} ... stand for formulas.
enum class Phrase : std::uint8_t {
  kTitle,
  kSymbols,
  kSymbolColumn,
  kShapeColumn,
  kMeaningColumn,
  kSample,
  kShared,
  kParameter,
  kBatchSize,
  kSymmetric,
  kColumns,
  kNotationColumn,
  kForward,
  kForwardIntro,
  kSquaredNorm,
  kLoss,
  kLossIntro,
  kLossIntroEach,
  kLossOfBatch,
  kBackward,
  kBackwardIntro,
  kChainRule,
  kSeed,
  kStep,
  kCall,
  kCallPart,
  kRepeated,
  kKnownFrom,
  kFlat,
  kRule,
  kBy,
  kArithmetic,
  kSimplified,
  kConstantOne,
  kDelta,
  kDeltaAgain,
  kInserted,
  kAllInserted,
  kSumStep,
  kPaths,
  kSum,
  kProof,
  kProofOneUse,
  kProofElement,
  kProofResult,
  kProofChain,
  kProofStack,
  kProofWhere,
  kProofStep,
  kProofPartial,
  kProofPartialSo,
  kProofCondition,
  kProofBothCases,
  kProofSpecial,
  kProofContribution,
  kProvedBefore,
  kWhyShape,
  kResults,
  kResultsIntro,
  kNumbersOfClosedForm,
  kDirectionOfZero,
  kNoNumber,
  kUnreached,
  kUnreachedFlat,
  kPartsStayNamed,
  kEngineResult,
  kBatch,
  kBatchSample,
  kBatchIntro,
  kBatchShared,
  kBatchOwn,
  kBatchOwnLoss,
  kBatchForward,
  kBatchForwardBias,
  kColumnwise,
  kBatchBackward,
  kBatchLinear,
  kBatchSum,
  kBatchSumBeside,
  kBatchSteps,
  kBatchMatrix,
  kBatchMatrices,
  kBatchRowSums,
  kBroadcast,
  kRecap,
  kRecapIntro,
  kRecapNoBias,
  kRecapSomeBias,
  kBp1,
  kBp2,
  kBp3,
  kBp4,
  kHessian,
  kHessianIntro,
  kHessianGradient,
  kHessianDifferentials,
  kHessianFlat,
  kHessianMixed,
  kHessianTransposed,
  kHessianSame,
  kHessianConstant,
  kHessianJumps,
  kHessianInserted,
  kHessianRead,
  kHessianChain,
  kHessianFactor,
  kMatrixTimesColumn,
  kProductRule,
  kQuotientRule,
  kChainRuleName,
  kHessianCheck,
  kCheck,
  kCheckIntro,
  kCheckIntroExtrapolated,
  kCheckVariable,
  kCheckDifferences,
  kCheckComplex,
  kCheckVerdict,
  kAgrees,
  kAgreesComplex,
  kAgreesAtKink,
  kAgreesAtKinkOf,
  kAgreesAtKinksOf,
  kKinkByElement,
  kKinkOfSample,
  kKinkByElementOfSample,
  kDisagrees,
  kUndefinedThere,
  kUnboundedThere,
  kJumpsThere,
  kHiddenByRounding,
  kNumbersGiven,
  kNumbersRandom,
  kNumbersSample,
  kNumbersRounded,
  kCount,
};

/// The phrase in a language, with its placeholders.
[[nodiscard]] std::string_view text_of(Phrase phrase, Language language);

/// The phrase with formulas in its placeholders.
[[nodiscard]] Sentence say(Language language, Phrase phrase, std::span<const Formula> formulas = {});
[[nodiscard]] inline Sentence say(Language language, Phrase phrase, std::initializer_list<Formula> formulas) {
  return say(language, phrase, std::span(formulas.begin(), formulas.size()));
}

/// The same with any number of formulas in a placeholder, with the language's comma between them.
[[nodiscard]] Sentence say_lists(Language language, Phrase phrase,
                                 std::span<const std::vector<Formula>> lists);

/// A text with {0}, {1} ... as a sentence.
[[nodiscard]] Sentence fill(std::string_view text, std::span<const Formula> formulas);

/// What an operator's gradient rule is called, and why its result has the shape and the transpose that it
/// has. In `why`, {0} is the operand, {1} its shape, {2} ∂f/∂y, {3} its shape, {4} the other operand, {5}
/// that one's shape, {6} y.
struct RuleText {
  std::string_view op;
  struct In {
    std::string_view name;
    /// One for each operand; the last one stands for all further operands.
    std::vector<std::string_view> why;
    /// The same where the operand and the result are numbers and `why` would speak of elements; else empty.
    std::string_view of_number = {};
  } english, chinese;
};

/// Null for an operator without one; the tests want one for each differentiable operator.
[[nodiscard]] const RuleText* rule_text(const Op& op);

}  // namespace catenary::derive
