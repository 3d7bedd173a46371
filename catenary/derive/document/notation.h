#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/document/document.h"

namespace catenary::derive {

/// A piece of notation with what it means. {0}, {1} in the meanings stand for formulas.
struct NotationText {
  /// What formulas contain, in text, that use it.
  std::string sign;
  Formula example;
  std::string_view english, chinese;
  std::vector<Formula> formulas = {};
  /// Whether a formula that contains the sign at this place uses the notation; null: always.
  bool (*applies)(std::string_view text, std::size_t at) = nullptr;
};

/// Whether the text has no word before the place that goes on there: vec( is no part of unvec(.
[[nodiscard]] bool begins_word(std::string_view text, std::size_t at);

/// All but those on the operators' cards, in the order in which they are explained. sample_index: the letter
/// that counts the samples.
[[nodiscard]] std::vector<NotationText> notation_texts(const std::string& sample_index = "n");

/// Whether one of the document's formulas uses the notation.
[[nodiscard]] bool uses(const Document& document, const NotationText& notation);

}  // namespace catenary::derive
