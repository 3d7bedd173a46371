#include "catenary/ops/catalogue.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/ir/print.h"
#include "commands.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

// What an operator says of itself, read off an example call.
struct Entry {
  const Op* op;
  std::string formula;                // "σ(x)"
  std::vector<std::string> operands;  // "x"
  std::vector<std::string> gradients;  // for each operand ∂J/∂operand in terms of dy; "" where nothing flows
};

std::vector<std::string> operand_names(std::size_t count) {
  if (count == 1) return {"x"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(1, static_cast<char>('a' + i));
  return names;
}

Entry describe(const Op& op) {
  // All different, so that shapes in a rule tell them apart.
  constexpr ExampleSizes kSizes{.n = 4, .m = 3, .k = 2, .l = 5};
  Graph graph;
  const std::vector<Shape> shapes = example_shapes(op, kSizes);
  Entry entry{&op, "", operand_names(shapes.size()), {}};
  std::vector<Value> operands;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const bool is_batched = op.batch == BatchRule::kReduces;
    operands.push_back(is_batched ? graph.input(entry.operands[i], shapes[i])
                                  : graph.shared_input(entry.operands[i], shapes[i]));
  }
  const Value y = graph.call(op, operands, op.example != nullptr ? op.example(kSizes) : Attribute{});
  const Value dy = y.batched() ? graph.input("dy", y.shape()) : graph.shared_input("dy", y.shape());
  entry.formula = formula(y);
  for (const Value adjoint : op.gradient(Pullback{y, dy})) {
    entry.gradients.push_back(adjoint ? formula(adjoint) : "");
  }
  return entry;
}

std::vector<const Op*> chosen(const std::vector<std::string>& names) {
  const auto all = catenary::ops::catalogue();
  if (names.empty()) return {all.begin(), all.end()};
  std::vector<std::string_view> known;
  for (const Op* op : all) known.push_back(op->name);
  std::vector<const Op*> result;
  for (const std::string& name : names) {
    result.push_back(catenary::ops::find(name));
    if (result.back() == nullptr)
      fail(ErrorKind::kConfig, "unknown operator {}{}", quote(name), suggestion(name, known));
  }
  return result;
}

Json to_json(const Entry& entry) {
  Json gradients = Json::object();
  for (std::size_t i = 0; i < entry.gradients.size(); ++i) {
    gradients[entry.operands[i]] = entry.gradients[i].empty() ? Json() : Json(entry.gradients[i]);
  }
  return {{"name", entry.op->name},
          {"summary", entry.op->summary},
          {"shapes", entry.op->operands},
          {"formula", entry.formula},
          {"gradient", gradients}};
}

std::string to_text(const Entry& entry) {
  std::string text = fmt::format("{}\n  {}\n  y = {}\n", entry.op->name, entry.op->summary, entry.formula);
  for (std::size_t i = 0; i < entry.gradients.size(); ++i) {
    const std::string& rule = entry.gradients[i];
    text += fmt::format("  d{} = {}\n", entry.operands[i],
                        rule.empty() ? "nothing: no gradient flows to it" : rule);
  }
  return text + "\n";
}

}  // namespace

int ops(const OpsArguments& arguments) {
  Json list = Json::array();
  std::string text;
  for (const Op* op : chosen(arguments.names)) {
    const Entry entry = describe(*op);
    if (arguments.json) {
      list.push_back(to_json(entry));
    } else {
      text += to_text(entry);
    }
  }
  arguments.json ? print_json({{"ops", list}}) : print(text);
  return 0;
}

}  // namespace catenary::cli
