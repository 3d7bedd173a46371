#include <fmt/format.h>

#include "catenary/base/xml.h"
#include "catenary/derive/document/phrases.h"
#include "catenary/derive/document/sentences.h"
#include "catenary/derive/page/assets.h"
#include "catenary/derive/page/blocks.h"
#include "catenary/derive/page/graph.h"
#include "catenary/derive/page/series.h"
#include "catenary/derive/render/render.h"

namespace catenary::derive {

namespace {

PageContext context_of(const Document& document, const Derivation& derivation, const Valuation* valuation) {
  PageContext page{derivation, valuation, document.language, {}};
  for (const Block& block : document.blocks) {
    if (block.step > 0) page.steps.insert(block.step);
  }
  return page;
}

// The document as sections; each step in a card that opens and closes.
class BodyWriter {
 public:
  BodyWriter(const Document& document, const PageContext& page) : document_(document), page_(page) {}

  std::string run() {
    for (const Block& block : document_.blocks) {
      if (block.step != step_) close_step();
      if (block.kind == Block::Kind::kHeading)
        heading(block);
      else
        piece(block);
    }
    close_section();
    return std::move(html_);
  }

 private:
  void heading(const Block& block) {
    if (block.level == 1) return;  // the page's own head has it
    if (block.step > 0) return open_step(block.step, html_of(block.sentence), plain(block.sentence));
    close_section();
    html_ += fmt::format("<section aria-labelledby=\"section-{0}\">\n<h2 id=\"section-{0}\">{1}</h2>\n",
                         ++sections_, html_of(block.sentence));
    in_section_ = true;
  }

  void piece(const Block& block) {
    switch (block.kind) {
      case Block::Kind::kHeading: break;
      case Block::Kind::kParagraph: html_ += "<p>" + html_of(block.sentence) + "</p>\n"; break;
      case Block::Kind::kEquation: equation(block.equation); break;
      case Block::Kind::kTable: html_ += html_of(block.table); break;
      case Block::Kind::kNumbers: html_ += html_of(block.numbers); break;
      case Block::Kind::kSeries: html_ += html_of(block.series); break;
    }
  }

  // Equations can be linked to where they are made; where they are shown again, their number leads there.
  void equation(const Equation& e) {
    std::string id, number = e.number > 0 ? fmt::format("({})", e.number) : "";
    if (e.made_by > 0 && page_.steps.contains(e.made_by)) {
      number = fmt::format(R"(<a href="#step-{}" aria-label="{}">{}</a>)", e.made_by,
                           page_text(page_, PageText::kGoTo, std::to_string(e.made_by)), number);
    } else if (e.number > 0 && e.made_by == 0) {
      const bool is_forward = e.number <= static_cast<int>(page_.derivation.forward.size());
      id = fmt::format("{}-{}", is_forward ? "forward" : "equation", e.number);
    }
    html_ += html_of(e, id, number);
  }

  void open_step(int step, const std::string& title, const std::string& plain_title) {
    close_step();
    step_ = step;
    html_ += fmt::format(
        R"(<details class="step" id="step-{0}" data-step="{0}" data-title="{1}" open="open"><summary><h3>{2}</h3></summary>)"
        "\n<div class=\"body\">\n",
        step, escape_xml(plain_title), title);
  }

  void close_step() {
    if (step_ > 0) html_ += "</div></details>\n";
    step_ = 0;
  }

  void close_section() {
    close_step();
    if (in_section_) html_ += "</section>\n";
    in_section_ = false;
  }

  const Document& document_;
  const PageContext& page_;
  std::string html_;
  int sections_ = 0;
  bool in_section_ = false;
  int step_ = 0;
};

std::string theme_choice(const PageContext& page) {
  const auto choice = [&](std::string_view value, PageText text, std::string_view checked = "") {
    return fmt::format(
        R"(<label><input type="radio" name="theme" id="theme-{0}" value="{0}"{1}/><span>{2}</span></label>)",
        value, checked, page_text(page, text));
  };
  return fmt::format(R"(<fieldset class="theme"><legend>{}</legend>{}{}{}</fieldset>)",
                     page_text(page, PageText::kTheme),
                     choice("auto", PageText::kAutomatic, R"( checked="checked")"),
                     choice("light", PageText::kLight), choice("dark", PageText::kDark));
}

std::string toolbar(const PageContext& page, HtmlNumbers numbers) {
  std::string html = R"(<div class="toolbar">)";
  if (page.valuation != nullptr) {
    html += fmt::format(
        R"(<label class="switch"><input type="checkbox" id="numbers"{}/><span>{}</span></label>)",
        numbers == HtmlNumbers::kShown ? R"( checked="checked")" : "", page_text(page, PageText::kNumbers));
  }
  if (!page.steps.empty()) {
    html += fmt::format(R"(<button type="button" id="open-all" class="scripted">{}</button>)"
                        R"(<button type="button" id="close-all" class="scripted">{}</button>)",
                        page_text(page, PageText::kOpenAll), page_text(page, PageText::kCloseAll));
  }
  return html + theme_choice(page) + "</div>\n";
}

std::string stepper(const PageContext& page) {
  if (page.steps.empty()) return "";
  return fmt::format(
      R"(<div class="stepper scripted"><button type="button" id="previous" aria-label="{0}" title="{0}">◀&#xFE0E;</button>)"
      R"(<input type="range" id="slider" min="0" max="{1}" value="0" step="1" aria-label="{2}" aria-valuetext="{3}"/>)"
      R"(<button type="button" id="next" aria-label="{4}" title="{4}">▶&#xFE0E;</button>)"
      R"(<output id="step-title" for="slider" data-forward="{3}">{3}</output></div>)"
      "\n",
      page_text(page, PageText::kPrevious), page.steps.size(), page_text(page, PageText::kStep),
      page_text(page, PageText::kForward), page_text(page, PageText::kNext));
}

std::string explorer(const PageContext& page) {
  const Drawing drawing = draw(page.derivation);
  return fmt::format(
             R"(<section class="explorer" id="explorer" aria-labelledby="graph-title"><div class="caption"><h2 id="graph-title">{}</h2><p id="graph-hint">{}</p></div>)"
             R"(<p id="graph-keys" class="hidden">{}</p>)"
             "\n<div class=\"graph\" id=\"graph\">\n{}</div>\n{}</section>\n",
             page_text(page, PageText::kGraph), page_text(page, PageText::kGraphHint),
             page_text(page, PageText::kGraphKeys), svg_of(drawing, page), stepper(page)) +
         fmt::format(
             R"(<aside class="panel" id="panel" aria-label="{}" aria-live="polite"><p class="empty">{}</p>)"
             "\n{}<section class=\"detail\" id=\"step-detail\"></section></aside>\n",
             page_text(page, PageText::kDetails), page_text(page, PageText::kDetailsEmpty),
             details_of(drawing, page));
}

// No address is allowed: not even a formula that got past the escaping could load anything.
constexpr std::string_view kHead =
    R"(<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="{}">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"/>
<title>{}</title>
<style>
{}</style>
</head>
<body>
<a class="skip" href="#derivation">{}</a>
<header>
<h1>{}</h1>
{}</header>
)";

}  // namespace

std::string render_html(const Document& document, const Derivation& derivation, const Valuation* valuation,
                        HtmlNumbers numbers) {
  if (valuation != nullptr) valuation->require_of(derivation);
  const PageContext page = context_of(document, derivation, valuation);
  const Sentence title = document.blocks.empty() ? Sentence{} : document.blocks[0].sentence;
  return fmt::format(fmt::runtime(kHead), document.language == Language::kEnglish ? "en" : "zh-CN",
                     escape_xml(plain(title)), kPageCss, page_text(page, PageText::kSkip), html_of(title),
                     toolbar(page, numbers)) +
         "<main>\n" + explorer(page) +
         fmt::format("<article id=\"derivation\" tabindex=\"-1\" data-copy=\"{}\" data-copied=\"{}\">\n",
                     page_text(page, PageText::kCopy), page_text(page, PageText::kCopied)) +
         BodyWriter(document, page).run() + "</article>\n</main>\n<footer><p>" +
         page_text(page, PageText::kMadeWith) + "</p></footer>\n<script>\n//<![CDATA[\n" +
         std::string(kPageJs) + "//]]>\n</script>\n</body>\n</html>\n";
}

}  // namespace catenary::derive
