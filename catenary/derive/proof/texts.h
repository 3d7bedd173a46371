#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "catenary/derive/document/document.h"

namespace catenary::derive {

/// A reason beside a line of a proof in index form, or a note below it. {0}, {1} stand for the formulas.
struct ProofText {
  std::string_view key, english, chinese;
  std::vector<Formula> formulas = {};
};

/// All of them.
[[nodiscard]] std::span<const ProofText> proof_texts();

/// The text of that key as a sentence; an empty one for the key "". Throws Error{internal} for any other.
/// size: what the proof calls the number of elements.
[[nodiscard]] Sentence proof_sentence(std::string_view key, Language language, const std::string& size = "n");

}  // namespace catenary::derive
