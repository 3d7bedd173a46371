#pragma once

#include <set>
#include <string>

#include "catenary/derive/document/document.h"
#include "catenary/derive/page/drawing.h"
#include "catenary/derive/page/texts.h"
#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/valuation.h"

/// The drawing of an HTML page and what it tells about each value and arrow. Private to html.cc.
namespace catenary::derive {

struct PageContext {
  const Derivation& derivation;
  const Valuation* valuation;  ///< null: no numbers
  Language language;
  std::set<int> steps;  ///< that the document describes, so that links may lead there
};

/// An <svg> of links: node-3 is the drawing's node 3, edge-5 its edge 5.
[[nodiscard]] std::string svg_of(const Drawing& drawing, const PageContext& page);

/// One <section class="detail"> for each link of the drawing.
[[nodiscard]] std::string details_of(const Drawing& drawing, const PageContext& page);

/// {} in a page's text replaced.
[[nodiscard]] std::string page_text(const PageContext& page, PageText text, std::string_view first = "",
                                    std::string_view second = "");

}  // namespace catenary::derive
