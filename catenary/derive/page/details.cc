#include <fmt/format.h>

#include "catenary/base/xml.h"
#include "catenary/derive/page/blocks.h"
#include "catenary/derive/page/graph.h"

namespace catenary::derive {

namespace {

std::string step_link(const PageContext& page, int step) {
  std::string text = page_text(page, PageText::kGoTo, std::to_string(step));
  if (!page.steps.contains(step)) return text;
  return fmt::format(R"(<a class="go" href="#step-{}">{}</a>)", step, text);
}

// A row of a detail's list, nothing if there is nothing to say.
std::string row(const PageContext& page, PageText term, const std::string& html) {
  if (html.empty()) return "";
  return fmt::format("<dt>{}</dt><dd>{}</dd>", text_of(term, page.language), html);
}

std::string numbers(const PageContext& page, const Formula& name, Value v) {
  if (page.valuation == nullptr || !v) return "";
  if (page.valuation->has_steps(v)) {
    const Shape shape = page.valuation->shape_of(v);
    if (shape.rank() > 1) return "";
    const std::int64_t steps = page.derivation.recurrences[page.valuation->recurrence_of(v)].steps;
    return html_of_values({name, {shape.size(), steps}, page.valuation->of_all_steps(v)});
  }
  if (!page.valuation->has(v)) return "";  // a symbol that stands for what each step is given
  return html_of_values({name, page.valuation->shape_of(v), page.valuation->of(v)});
}

std::string detail(const std::string& id, const std::string& title, const std::string& rows) {
  return fmt::format(R"(<section class="detail" id="{}"><h3>{}</h3><dl>{}</dl></section>)"
                     "\n",
                     id, title, rows);
}

class NodeDetail {
 public:
  NodeDetail(const Drawing::Node& node, const PageContext& page) : node_(node), page_(page) {}

  std::string run(std::size_t place) {
    return detail(fmt::format("node-{}", place), html_of(node_.formula),
                  row(page_, PageText::kDefinition, definition()) + row(page_, PageText::kShape, shape()) +
                      row(page_, PageText::kValue, numbers(page_, node_.formula, node_.value)) + adjoint());
  }

 private:
  std::string definition() {
    if (is_leaf(node_.value.op())) return "";
    const Formula right = write_definition(node_.value, page_.derivation.names);
    std::string html = html_of(node_.has_name ? equal(node_.formula, right) : right);
    if (node_.equation > 0) {
      html += fmt::format(R"( <a class="go" href="#forward-{}">{}</a>)", node_.equation,
                          page_text(page_, PageText::kEquation, std::to_string(node_.equation)));
    }
    return html;
  }

  std::string shape() {
    const Value v = node_.value;
    std::string shape = page_.derivation.dimensions.str(v.shape());
    if (page_.valuation != nullptr) {
      const std::string sizes = Dimensions{}.str(page_.valuation->shape_of(v));
      if (sizes != shape) shape += " = " + sizes;
    }
    return escape_xml(v.batched() ? page_text(page_, PageText::kShapePerSample, shape) : shape);
  }

  std::string adjoint() {
    const Derivation& d = page_.derivation;
    const Part& last = d.whole();
    if (node_.value == last.scalar) {
      const Formula one = equal(derivative(last.name, last.name), {"1", "1"});
      return row(page_, PageText::kAdjoint, html_of(one)) +
             row(page_, PageText::kMadeBy, std::string(text_of(PageText::kRepeats, page_.language)));
    }
    if (node_.adjoints.empty())
      return row(page_, PageText::kAdjoint, std::string(text_of(PageText::kNoAdjoint, page_.language)));
    std::string rows;
    for (const Adjoint* a : node_.adjoints) {
      rows += row(page_, PageText::kAdjoint, html_of(equal(a->name, write(a->total.value, d.names)))) +
              row(page_, PageText::kAdjointNumbers, numbers(page_, a->name, a->traced)) +
              row(page_, PageText::kMadeBy, makers(*a));
    }
    return rows + row(page_, PageText::kBatchAdjoint, batch());
  }

  std::string makers(const Adjoint& a) {
    std::string links;
    for (const Flow& f : a.flows) links += (links.empty() ? "" : " + ") + step_link(page_, f.number);
    if (a.sum_number == 0) return links;
    return links + (links.empty() ? "" : " → ") + step_link(page_, a.sum_number);
  }

  // A variable's derivative of the objective over the batch.
  std::string batch() {
    const Derivation& d = page_.derivation;
    if (!d.batch) return "";
    for (std::size_t i = 0; i < d.batch_results.size(); ++i) {
      if (d.sample.results[i].variable == node_.value)
        return html_of(
            equal(derivative(d.batch->name, node_.formula), write(d.batch_results[i].total.value, d.names)));
    }
    return "";
  }

  const Drawing::Node& node_;
  const PageContext& page_;
};

std::string edge_detail(const Drawing& drawing, std::size_t place, const PageContext& page) {
  const Drawing::Edge& edge = drawing.edges[place];
  const std::string id = fmt::format("edge-{}", place);
  // The script adds what the step's card says already.
  if (edge.flow != nullptr && page.steps.contains(edge.flow->number)) {
    return fmt::format(R"(<section class="detail" id="{}" data-card="step-{}">{}</section>)"
                       "\n",
                       id, edge.flow->number, step_link(page, edge.flow->number));
  }
  const Formula &from = drawing.nodes[edge.from].formula, &to = drawing.nodes[edge.to].formula;
  const Formula right = write_definition(drawing.nodes[edge.to].value, page.derivation.names);
  const std::string call = html_of(drawing.nodes[edge.to].has_name ? equal(to, right) : right);
  const std::string title = html_of(from) + R"( <span class="arrow">→</span> )" + html_of(to);
  std::string rows = row(page, PageText::kDefinition, call);
  if (edge.flow == nullptr && edge.adjoint != nullptr) {  // out of the steps
    const Adjoint& a = *edge.adjoint;
    rows += row(page, PageText::kFlow, html_of(equal(a.name, write(a.arrival, page.derivation.names))));
    return detail(id, title, rows + row(page, PageText::kMadeBy, step_link(page, a.sum_number)));
  }
  if (edge.flow == nullptr) {
    rows += row(page, PageText::kFlow, std::string(text_of(PageText::kNoFlow, page.language)));
    return detail(id, title, rows);
  }
  const Adjoint& a = *edge.adjoint;
  const Formula flow = write(edge.flow->shortened.value, page.derivation.names);
  const Formula sum = adds_to(a.name);
  const Formula equation = a.flows.size() == 1
                               ? equal(a.name, flow)
                               : Formula{sum.text + " " + flow.text, sum.latex + " " + flow.latex};
  rows += row(page, PageText::kFlow, html_of(equation));
  rows += row(page, PageText::kFlowNumbers, numbers(page, a.name, edge.flow->traced));
  rows += row(page, PageText::kMadeBy, step_link(page, edge.flow->number));
  return detail(id, title, rows);
}

}  // namespace

std::string details_of(const Drawing& drawing, const PageContext& page) {
  std::string html;
  for (std::size_t i = 0; i < drawing.nodes.size(); ++i) html += NodeDetail(drawing.nodes[i], page).run(i);
  for (std::size_t i = 0; i < drawing.edges.size(); ++i) html += edge_detail(drawing, i, page);
  return html;
}

}  // namespace catenary::derive
