#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "catenary/derive/document/document.h"
#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/valuation.h"

namespace catenary::derive {

/// Plain Unicode text, at most about 100 columns wide.
[[nodiscard]] std::string render_text(const Document& document);
/// GitHub-flavoured Markdown with formulas in LaTeX between $ signs.
[[nodiscard]] std::string render_markdown(const Document& document);
/// A LaTeX document that pdflatex (English) or xelatex with ctex (Chinese) compiles.
[[nodiscard]] std::string render_latex(const Document& document);

/// The steps as data (operator, operand, rule, simplification, result, numbers), the results, the checks, and
/// the document itself. with_numbers: the values at the valuation's point, too. valuation: may be null.
[[nodiscard]] std::string render_json(const Document& document, const Derivation& derivation,
                                      const Valuation* valuation, bool with_numbers);

/// Whether an HTML page shows the document's numbers from the start; its reader can change that.
enum class HtmlNumbers : std::uint8_t { kHidden, kShown };

/// One HTML file that needs no other and no network: the document with formulas as MathML, a drawing of the
/// computation that tells about each value and arrow, and a slider over the steps. Without scripts it is a
/// plain document. Compose the document with numbers, so that the page can show them on demand. valuation:
/// may be null.
[[nodiscard]] std::string render_html(const Document& document, const Derivation& derivation,
                                      const Valuation* valuation, HtmlNumbers numbers = HtmlNumbers::kHidden);

/// The function and the gradients as source code: `value_and_gradient(...)`. Throws Error{config} where an
/// operator has no code.
[[nodiscard]] std::string render_numpy(const Derivation& derivation, CheckedPart part = CheckedPart::kBatch);
/// cpp_namespace: see CodeRequest.
[[nodiscard]] std::string render_cpp(const Derivation& derivation, CheckedPart part = CheckedPart::kBatch,
                                     std::string_view cpp_namespace = {});

}  // namespace catenary::derive
