#include "catenary/derive/page/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "catenary/base/xml.h"
#include "catenary/derive/page/graph_layout.h"

namespace catenary::derive {

namespace {

// Wide enough for 18 pixel serif letters; measured on the Greek, digits and superscripts of our names.
constexpr double kLetterWidth = 10;
constexpr double kNarrowest = 56;
// A definition under a name is drawn smaller, and cut where it would make its column too wide.
constexpr double kSmallLetterWidth = 6.6;
constexpr std::size_t kMostLetters = 16;

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string cut(const std::string& text) {
  if (letters(text) <= kMostLetters) return text;
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++count == kMostLetters) break;
  }
  return text.substr(0, end) + "…";
}

// Letters of variables slanted as in formulas; words, digits and signs upright.
std::string slanted(const std::string& text) {
  const auto is_letter = [&](std::size_t i) {
    return i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) != 0;
  };
  std::string html;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    end = begin + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    const bool is_greek = text[begin] == '\xCE' || text[begin] == '\xCF';
    while (is_letter(begin) && is_letter(end)) ++end;
    const std::string piece = escape_xml(text.substr(begin, end - begin));
    const bool is_variable = is_greek || (is_letter(begin) && end == begin + 1);
    html += is_variable ? R"(<tspan class="variable">)" + piece + "</tspan>" : piece;
  }
  return html;
}

// The two lines of a node: its name, and how it is computed or, of a leaf, its shape.
struct Label {
  std::string name, below;

  Label(const Drawing::Node& node, const PageContext& page) : name(cut(node.formula.text)) {
    if (is_leaf(node.value.op()))
      below = page.derivation.dimensions.str(node.value.shape());
    else if (node.has_name)
      below = cut(write_definition(node.value, page.derivation.names).text);
  }

  [[nodiscard]] double width() const {
    return std::max({kNarrowest, 24 + kLetterWidth * static_cast<double>(letters(name)),
                     20 + kSmallLetterWidth * static_cast<double>(letters(below))});
  }
};

// The steps that complete and that sum the adjoints of a node, as the script reads them.
std::string steps_of(const Drawing::Node& node) {
  int ready = 0;
  std::string sums;
  for (const Adjoint* a : node.adjoints) {
    ready = std::max(ready, a->last_step());
    if (a->sum_number > 0) sums += (sums.empty() ? "" : " ") + std::to_string(a->sum_number);
  }
  return (ready > 0 ? fmt::format(R"( data-ready="{}")", ready) : "") +
         (sums.empty() ? "" : fmt::format(R"( data-sum="{}")", sums));
}

std::string path_data(const std::vector<GraphLayout::Point>& points) {
  std::string data = fmt::format("M{:.0f} {:.0f}", points[0].x, points[0].y);
  const auto is_level = [&](std::size_t i) { return std::abs(points[i].y - points[i - 1].y) < 0.05; };
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto &a = points[i - 1], &b = points[i];
    if (!is_level(i)) {
      const double middle = (a.x + b.x) / 2;
      data += fmt::format("C{0:.0f} {1:.0f} {0:.0f} {2:.0f} {3:.0f} {2:.0f}", middle, a.y, b.y, b.x);
    } else if (i + 1 == points.size() || !is_level(i + 1)) {
      data += fmt::format("H{:.0f}", b.x);  // a level line needs only its end
    }
  }
  return data;
}

class SvgWriter {
 public:
  SvgWriter(const Drawing& drawing, const PageContext& page) : drawing_(drawing), page_(page) {
    for (const Drawing::Node& node : drawing.nodes) labels_.emplace_back(node, page);
    for (const Label& label : labels_) widths_.push_back(label.width());
    std::vector<LayoutEdge> edges;
    for (const Drawing::Edge& e : drawing.edges) edges.push_back({e.from, e.to});
    layout_ = lay_out(widths_, edges);
    part_doubles();
  }

  std::string run() {
    std::string svg = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}" role="group" aria-labelledby="graph-title" aria-describedby="graph-keys">)"
        "\n<defs>{2}{3}</defs>\n",
        std::ceil(layout_.width), std::ceil(layout_.height), marker("forward"), marker("back"));
    for (std::size_t i = 0; i < drawing_.edges.size(); ++i) svg += edge(i);
    for (std::size_t i = 0; i < drawing_.nodes.size(); ++i) svg += node(i);
    return svg + "</svg>\n";
  }

 private:
  static std::string marker(std::string_view name) {
    return fmt::format(
        R"(<marker id="head-{0}" class="head {0}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0.5L8 4L0 7.5Z"/></marker>)",
        name);
  }

  // A call may read one operand twice, as x ⊙ x does: its arrows arrive beside each other.
  void part_doubles() {
    constexpr double kApart = 9;
    for (std::size_t i = 0; i < drawing_.edges.size(); ++i) {
      const auto& e = drawing_.edges[i];
      for (std::size_t k = i; k-- > 0 && drawing_.edges[k].to == e.to;) {
        if (drawing_.edges[k].from != e.from) continue;
        for (auto& point : layout_.paths[k]) point.y -= kApart;
        for (auto& point : layout_.paths[i]) point.y += kApart;
      }
    }
  }

  std::string edge(std::size_t i) {
    const Drawing::Edge& e = drawing_.edges[i];
    const std::string path = path_data(layout_.paths[i]);
    const std::string label = page_text(page_, PageText::kReads, drawing_.nodes[e.from].formula.text,
                                        drawing_.nodes[e.to].formula.text);
    const std::string step = e.flow == nullptr ? "" : fmt::format(R"( data-step="{}")", e.flow->number);
    return fmt::format(
        R"(<a class="edge{}" href="#edge-{}" data-from="node-{}" data-to="node-{}"{} aria-label="{}"><path class="line" d="{}"/></a>)"
        "\n",
        e.flow == nullptr ? " still" : "", i, e.from, e.to, step, escape_xml(label), path);
  }

  std::string node(std::size_t i) {
    const Drawing::Node& n = drawing_.nodes[i];
    const Label& label = labels_[i];
    const double width = widths_[i];
    const bool leaf = is_leaf(n.value.op());
    const std::string_view kind = leaf ? "leaf" : n.has_name ? "value" : "part";
    const std::string about = n.formula.text +
                              (label.below.empty() || !n.has_name || leaf ? "" : " = " + label.below) + ", " +
                              page_.derivation.dimensions.str(n.value.shape());
    return fmt::format(
        R"--(<a class="node {}" href="#node-{}"{} transform="translate({:.1f} {:.1f})" aria-label="{}">)--"
        R"(<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="{}"/>{}</a>)"
        "\n",
        kind, i, steps_of(n), layout_.centers[i].x, layout_.centers[i].y, escape_xml(about), -width / 2,
        -kNodeHeight / 2, width, kNodeHeight, leaf ? 21 : 7, text(label));
  }

  static std::string text(const Label& label) {
    const std::string name = slanted(label.name);
    if (label.below.empty()) return fmt::format(R"(<text class="name" y="6">{}</text>)", name);
    return fmt::format(R"(<text class="name" y="-1">{}</text><text class="below" y="14">{}</text>)", name,
                       escape_xml(label.below));
  }

  const Drawing& drawing_;
  const PageContext& page_;
  std::vector<Label> labels_;
  std::vector<double> widths_;
  GraphLayout layout_;
};

}  // namespace

std::string svg_of(const Drawing& drawing, const PageContext& page) { return SvgWriter(drawing, page).run(); }

std::string page_text(const PageContext& page, PageText text, std::string_view first,
                      std::string_view second) {
  return fmt::format(fmt::runtime(text_of(text, page.language)), first, second);
}

}  // namespace catenary::derive
