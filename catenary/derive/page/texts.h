#pragma once

#include <string_view>

#include "catenary/derive/document/document.h"

namespace catenary::derive {

/// What an HTML page says beside the document itself: controls, captions, descriptions for screen readers.
/// {} stands for a number or a formula's text.
enum class PageText : std::uint8_t {
  kSkip,
  kGraph,
  kGraphHint,
  kGraphKeys,
  kNumbers,
  kTheme,
  kAutomatic,
  kLight,
  kDark,
  kOpenAll,
  kCloseAll,
  kStep,
  kPrevious,
  kNext,
  kForward,
  kDetails,
  kDetailsEmpty,
  kDefinition,
  kEquation,
  kShape,
  kShapePerSample,
  kValue,
  kAdjoint,
  kAdjointNumbers,
  kBatchAdjoint,
  kNoAdjoint,
  kMadeBy,
  kGoTo,
  kRepeats,
  kFlow,
  kFlowNumbers,
  kNoFlow,
  kReads,
  kCopy,
  kCopied,
  kMadeWith,
  kCount,
};

[[nodiscard]] std::string_view text_of(PageText text, Language language);

}  // namespace catenary::derive
