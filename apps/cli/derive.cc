#include "catenary/derive/derivation.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "catenary/base/error.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/derive/compose.h"
#include "catenary/derive/expression.h"
#include "commands.h"

namespace catenary::cli {

namespace {

constexpr std::uint64_t kSeed = 1;

// What to differentiate by what, and where.
struct Problem {
  derive::Derivation derivation;
  std::optional<Bindings> at;  // given numbers
};

// Variables by the names that the formula, the config or the derivation itself gives them.
std::vector<Value> chosen(const std::vector<std::string>& names, const std::vector<Value>& known) {
  if (names.empty()) return known;
  std::vector<std::string_view> known_names;
  for (const Value v : known) known_names.push_back(v.name());
  std::vector<Value> variables;
  for (const std::string& name : names) {
    const auto it = std::ranges::find(known_names, name);
    if (it == known_names.end())
      fail(ErrorKind::kConfig, "--wrt: unknown variable {}{}", quote(name), suggestion(name, known_names));
    variables.push_back(known[static_cast<std::size_t>(it - known_names.begin())]);
  }
  return variables;
}

derive::Derivation derive_expression(const DeriveArguments& arguments) {
  const derive::Expression e = derive::parse_expression(arguments.expression, arguments.given);
  if (e.variables.empty())
    fail(ErrorKind::kConfig, "--given: needed a variable to differentiate by, found none");
  return derive::derive(e.value, chosen(arguments.wrt, e.variables),
                        {.dimensions = e.dimensions, .symmetric = e.symmetric, .order = arguments.order});
}

}  // namespace

int derive(const DeriveArguments& arguments) {
  const derive::Derivation derivation = derive_expression(arguments);
  const derive::Valuation valuation(derivation, derive::random_point(derivation, kSeed));
  const derive::Document document = derive::compose(
      derivation,
      {.language = arguments.language == "zh" ? derive::Language::kChinese : derive::Language::kEnglish,
       .full = arguments.detail == "full",
       .numbers = arguments.numbers,
       .valuation = &valuation});
  fmt::print("{}", derive::render_text(document));
  return 0;
}

}  // namespace catenary::cli
