#include <nlohmann/json.hpp>

#include "catenary/derive/render/render.h"

namespace catenary::derive {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Formula& f) { return {{"text", f.text}, {"latex", f.latex}}; }

// Sentences keep their formulas apart, so that a reader of the JSON can typeset them.
Json json_of(const Sentence& sentence) {
  Json parts = Json::array();
  for (const Inline& part : sentence)
    parts.push_back(part.words.empty() ? json_of(part.formula) : Json(part.words));
  return parts;
}

Json json_of(const Equation& equation) {
  Json rows = Json::array();
  for (const Equation::Row& row : equation.rows)
    rows.push_back({{"right", json_of(row.right)}, {"reason", json_of(row.reason)}});
  return {{"number", equation.number}, {"left", json_of(equation.left)}, {"rows", rows}};
}

Json json_of(const Table& table) {
  Json header = Json::array(), rows = Json::array();
  for (const Sentence& cell : table.header) header.push_back(json_of(cell));
  for (const auto& row : table.rows) {
    Json cells = Json::array();
    for (const Sentence& cell : row) cells.push_back(json_of(cell));
    rows.push_back(cells);
  }
  return {{"header", header}, {"rows", rows}};
}

Json json_of(const Numbers& numbers) {
  return {{"name", json_of(numbers.name)},
          {"shape", std::vector(numbers.shape.extents().begin(), numbers.shape.extents().end())},
          {"values", numbers.values}};
}

Json json_of(const Series& series) {
  Json lines = Json::array();
  for (const Series::Line& line : series.lines)
    lines.push_back({{"name", json_of(line.name)}, {"values", line.values}});
  return {{"index", json_of(series.index)}, {"lines", lines}};
}

Json json_of(const Block& block) {
  switch (block.kind) {
    case Block::Kind::kHeading:
      return {{"kind", "heading"}, {"level", block.level}, {"sentence", json_of(block.sentence)}};
    case Block::Kind::kParagraph: return {{"kind", "paragraph"}, {"sentence", json_of(block.sentence)}};
    case Block::Kind::kEquation: return {{"kind", "equation"}, {"equation", json_of(block.equation)}};
    case Block::Kind::kTable: return {{"kind", "table"}, {"table", json_of(block.table)}};
    case Block::Kind::kNumbers: return {{"kind", "numbers"}, {"numbers", json_of(block.numbers)}};
    case Block::Kind::kSeries: return {{"kind", "series"}, {"series", json_of(block.series)}};
  }
  return {};
}

// A step as data: which rule passed which derivative on to what.
class Steps {
 public:
  Steps(const Derivation& d, const Valuation* valuation) : d_(d), valuation_(valuation) {}

  Json of(const Part& part) {
    Json steps = Json::array();
    for (const Adjoint& a : part.adjoints) {
      for (const Flow& f : a.flows) steps.push_back(of(a, f));
      if (a.sum_number == 0) continue;
      Json sum = {{"step", a.sum_number},       {"equation", a.sum_equation},
                  {"sum", a.flows.size()},      {"variable", formula(a.x)},
                  {"adjoint", json_of(a.name)}, {"result", formula(a.total.value)}};
      add_numbers(sum, a.traced);
      steps.push_back(std::move(sum));
    }
    std::sort(steps.begin(), steps.end(), [](const Json& a, const Json& b) { return a["step"] < b["step"]; });
    return steps;
  }

 private:
  Json formula(Value v) { return json_of(write(v, d_.names)); }

  Json of(const Adjoint& a, const Flow& f) {
    Json simplification = Json::array();
    for (const SimplifyStep& s : f.shortened.steps)
      simplification.push_back({{"rule", s.rule}, {"result", formula(s.after)}});
    Json step = {{"step", f.number},
                 {"equation", f.equation},
                 {"operator", f.call.op().name},
                 {"operand", f.operand},
                 {"from", formula(f.call)},
                 {"variable", formula(a.x)},
                 {"shape", d_.dimensions.str(a.x.shape())},
                 {"adjoint", json_of(a.name)},
                 {"rule", formula(f.rule)},
                 {"inserted", formula(f.inserted ? f.inserted : f.rule)},
                 {"simplification", simplification},
                 {"result", formula(f.shortened.value)}};
    add_numbers(step, f.traced);
    return step;
  }

  void add_numbers(Json& step, Value v) {
    if (valuation_ == nullptr) return;
    if (!valuation_->has_steps(v)) {
      step["values"] = valuation_->of(v);
      return;
    }
    Json all = Json::array();  // for each t
    const std::int64_t steps = d_.recurrences[valuation_->recurrence_of(v)].steps;
    for (std::int64_t t = 1; t <= steps; ++t) all.push_back(valuation_->of_step(v, t));
    step["values"] = all;
  }

  const Derivation& d_;
  const Valuation* valuation_;
};

Json json_of(std::string_view variable, const GradientAgreement& a) {
  Json check = {
      {"variable", variable},     {"method", name_of(a.method)}, {"max_absolute_error", a.max_absolute},
      {"tolerance", a.tolerance}, {"agrees", a.agrees()},        {"conclusive", a.is_conclusive}};
  using Point = GradientAgreement::Point;
  if (a.point != Point::kSound) {
    check["not_checked"] = a.point == Point::kJump        ? "jump"
                           : a.point == Point::kFolds     ? "folds"
                           : a.point == Point::kNoisy     ? "noisy"
                           : a.point == Point::kUnbounded ? "unbounded"
                                                          : "undefined";
  }
  if (a.kink) {
    check["kink"] = {{"left", a.kink->left}, {"right", a.kink->right}, {"element", a.kink->element}};
    if (a.kink->at.size() == 1) check["kink"]["operator"] = a.kink->at[0].op().name;
    if (a.kink->at.size() > 1) {
      for (const Value v : a.kink->at) check["kink"]["operators"].push_back(v.op().name);
    }
  }
  return check;
}

Json checks(const Valuation& valuation) {
  Json checks = Json::array();
  for (const GradientAgreement& a : valuation.agreements()) checks.push_back(json_of(a.variable.name(), a));
  return checks;
}

// The steps of a block of second derivatives, as data.
class HessianSteps {
 public:
  HessianSteps(const Derivation& d, const Valuation* numbers) : d_(d), numbers_(numbers) {}

  Json of(std::size_t place) {
    const SecondDerivative& block = d_.hessian->blocks[place];
    if (block.x == block.y) names_ = d_.hessian->names_in(place);
    Json parts = Json::array(), steps = Json::array();
    for (const GradientPart& part : block.parts) {
      Json json = {{"number", part.number},
                   {"symbol", formula(part.value)},
                   {"formula", json_of(write_definition(part.value, names_))}};
      add_numbers(json, part.value);
      parts.push_back(std::move(json));
    }
    for (const Differential& step : block.steps) steps.push_back(of(step));
    Json json = {{"row", block.x.name()},
                 {"column", block.y.name()},
                 {"shape", d_.dimensions.str(block.product.shape())},
                 {"gradient", formula(block.gradient)},
                 {"parts", parts},
                 {"steps", steps},
                 {"simplification", simplification(block.in_parts, names_)},
                 {"result", json_of(write(block.in_parts.value, names_))}};
    if (block.closed) json["closed"] = json_of(write(block.closed->value, d_.leaf_names()));
    add_numbers(json, block.value());
    return json;
  }

 private:
  Json formula(Value v) { return json_of(write(v, names_)); }

  static Json simplification(const Simplified& simplified, const Names& names) {
    Json steps = Json::array();
    for (const SimplifyStep& s : simplified.steps)
      steps.push_back({{"rule", s.rule}, {"result", json_of(write(s.after, names))}});
    return steps;
  }

  Json of(const Differential& step) {
    Json json = {{"step", step.number},
                 {"operator", step.y.op().name},
                 {"differential", formula(step.symbol)},
                 {"rule", formula(step.rule)},
                 {"simplification", simplification(step.shortened, names_)},
                 {"result", formula(step.shortened.value)}};
    Json jacobians = Json::array();
    for (const Differential::Jacobian& j : step.jacobians) {
      Json jacobian = {{"by", formula(j.z)}, {"formula", formula(j.matrix)}};
      add_numbers(jacobian, j.matrix);
      jacobians.push_back(std::move(jacobian));
    }
    if (!step.jacobians.empty()) json["jacobians"] = jacobians;
    return json;
  }

  void add_numbers(Json& json, Value v) {
    if (numbers_ != nullptr) json["values"] = numbers_->of(v);
  }

  Names names_ = {};
  const Derivation& d_;
  const Valuation* numbers_;
};

Json hessian_json(const Derivation& d, const Valuation* valuation, bool with_numbers) {
  HessianSteps steps(d, with_numbers ? valuation : nullptr);
  Json blocks = Json::array();
  for (std::size_t i = 0; i < d.hessian->blocks.size(); ++i) {
    Json block = steps.of(i);
    if (valuation != nullptr) {
      const Valuation::HessianAgreement& a = valuation->hessian_agreements()[i];
      const std::string name = d.hessian->blocks[i].y.name();
      block["checks"] = {json_of(name, a.differences), json_of(name, a.complex)};
      block["asymmetry"] = a.asymmetry;
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

// What one step of each recurrence does, for any t.
Json recurrences(const Derivation& d, Steps& steps) {
  Json all = Json::array();
  for (const Recurrence& r : d.recurrences) {
    Json arrivals = Json::array();
    for (const Adjoint& a : r.step.adjoints) {
      if (a.arrival)
        arrivals.push_back(
            {{"adjoint", json_of(a.name)}, {"from_outside", json_of(*d.names.find(a.arrival))}});
    }
    all.push_back({{"index", d.step_letter},
                   {"count", r.steps},
                   {"direction", r.direction == Direction::kForward ? "forward" : "backward"},
                   {"arrivals", arrivals},
                   {"steps", steps.of(r.step)}});
  }
  return all;
}

Json results(const Derivation& d, const Part& part, const Valuation* valuation) {
  Json results = Json::array();
  for (const Result& r : part.results) {
    Json result = {{"variable", r.variable.name()}, {"symbol", json_of(write(r.variable, d.names))}};
    if (r.reached) result["gradient"] = json_of(write(part.adjoints[r.adjoint].total.value, d.names));
    if (r.closed) result["closed"] = json_of(write(r.closed->value, d.leaf_names()));
    if (r.traced && valuation != nullptr) result["values"] = valuation->of(valuation->shown(r));
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace

std::string render_json(const Document& document, const Derivation& derivation, const Valuation* valuation,
                        bool with_numbers) {
  if (valuation != nullptr) valuation->require_of(derivation);
  Json blocks = Json::array();
  for (const Block& block : document.blocks) {
    Json json = json_of(block);
    if (block.step > 0) json["step"] = block.step;
    blocks.push_back(std::move(json));
  }
  const Valuation* numbers = with_numbers ? valuation : nullptr;
  Steps steps(derivation, numbers);
  Json json = {{"language", document.language == Language::kEnglish ? "en" : "zh"},
               {"steps", steps.of(derivation.sample)},
               {"results", results(derivation, derivation.sample, numbers)}};
  if (!derivation.recurrences.empty()) json["recurrences"] = recurrences(derivation, steps);
  if (derivation.batch) {
    json["batch"] = {{"steps", steps.of(*derivation.batch)}};
    Json formulas = Json::array();
    for (const BatchResult& r : derivation.batch_results)
      formulas.push_back(json_of(write(r.total.value, derivation.names)));
    json["batch"]["gradients"] = formulas;
  }
  if (derivation.hessian) json["hessian"] = hessian_json(derivation, valuation, with_numbers);
  if (valuation != nullptr) json["checks"] = checks(*valuation);
  json["document"] = blocks;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace catenary::derive
