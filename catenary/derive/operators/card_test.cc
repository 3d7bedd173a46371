#include "catenary/derive/operators/card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/derive/code/code.h"
#include "catenary/derive/document/notation.h"
#include "catenary/derive/document/testing.h"
#include "catenary/derive/proof/rules.h"
#include "tests/support/example_call.h"
#include "tests/support/made_up_op.h"

namespace catenary::derive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What a reader of school mathematics knows, and what only moves elements and says so by its name.
bool is_known(std::string_view function) {
  constexpr std::string_view kKnown[] = {"sin", "cos", "tanh",    "ln",    "exp",
                                         "max", "√",   "reshape", "slice", "concat"};
  return std::ranges::find(kKnown, function) != std::end(kKnown);
}

bool is_explained(const Op& op) {
  const std::string text(op.notation.text);
  const std::size_t open = text.find("({0");
  if (open == std::string::npos || open == 0) return true;  // signs have their rows by name
  if (const OperatorCard* card = card_of(op); card != nullptr && !card->meaning.english.empty()) return true;
  const Document document{.blocks = {equation_block({.left = {text, text}})}};
  return is_known(text.substr(0, open)) ||
         std::ranges::any_of(notation_texts(), [&](const NotationText& n) { return uses(document, n); });
}

bool has_proof(const Op& op) {
  Graph graph;
  const auto call =
      testing_support::example_call(graph, op, {.batched = testing_support::batch_choices(op)[0]});
  try {
    for (std::size_t i = 0; i < call.operands.size(); ++i) (void)index_rule(call.y, static_cast<int>(i));
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator(file), {}};
}

/// Whether a source or a document speaks of the operator: by its name, as a word.
bool is_named_in(const char* path, const Op& op) {
  return std::regex_search(text_of(path), std::regex(fmt::format(R"((^|\W){}(\W|$))", op.name)));
}

/// All at once what an operator still needs, see CONTRIBUTING.md; whether its traits are what its reference
/// does is asked by ops/traits_test.cc.
std::vector<std::string> lacks(const Op& op) {
  std::vector<std::string> lacking;
  if (!is_named_in("catenary/ops/reference_test.cc", op))
    lacking.emplace_back("numbers in ops/reference_test.cc");
  if (op.traits.activation != nullptr && !is_named_in("docs/config.md", op))
    lacking.emplace_back("its place among the activations of docs/config.md");
  if (!has_numpy_code(op)) lacking.emplace_back("a row in code/numpy_functions.cc or numpy_operators.cc");
  if (!has_cpp_code(op)) lacking.emplace_back("a row in code/cpp_functions.cc or cpp_operators.cc");
  if (!op.differentiable()) return lacking;
  if (card_of(op) == nullptr) lacking.emplace_back("a card in operators/");
  if (!has_proof(op)) lacking.emplace_back("a proof on its card");
  if (!is_explained(op)) lacking.emplace_back("the meaning of its notation on its card");
  return lacking;
}

TEST(Operators, LackNothing) {
  for (const Op* op : ops::catalogue()) EXPECT_THAT(lacks(*op), IsEmpty()) << op->name;
}

TEST(Operators, AreToldAllThatTheyLack) {
  Op made_up = testing_support::made_up_op("made_up", {.notation = {"made_up({0.})", "made_up({0.})"}});
  EXPECT_THAT(lacks(made_up), ElementsAre("numbers in ops/reference_test.cc",
                                          "a row in code/numpy_functions.cc or numpy_operators.cc",
                                          "a row in code/cpp_functions.cc or cpp_operators.cc"));
  made_up.gradient = [](const Pullback& p) -> Adjoints { return {p.dy}; };
  made_up.traits.activation = [](Value z) { return z; };
  EXPECT_THAT(
      lacks(made_up),
      ElementsAre("numbers in ops/reference_test.cc", "its place among the activations of docs/config.md",
                  "a row in code/numpy_functions.cc or numpy_operators.cc",
                  "a row in code/cpp_functions.cc or cpp_operators.cc", "a card in operators/",
                  "a proof on its card", "the meaning of its notation on its card"));
}

TEST(OperatorCard, SaysTheSameInBothLanguages) {
  for (const Op* op : ops::catalogue()) {
    const OperatorCard* card = card_of(*op);
    if (card == nullptr) continue;
    EXPECT_EQ(card->english.why.size(), card->chinese.why.size()) << op->name;
    EXPECT_FALSE(card->english.name.empty()) << op->name;
    EXPECT_FALSE(card->chinese.name.empty()) << op->name;
    for (std::size_t i = 0; i < card->english.why.size(); ++i) {
      EXPECT_FALSE(has_chinese(card->english.why[i])) << op->name;
      EXPECT_TRUE(has_chinese(card->chinese.why[i])) << op->name;
      EXPECT_EQ(placeholders(card->english.why[i]), placeholders(card->chinese.why[i])) << op->name;
    }
    const OperatorCard::Meaning& meaning = card->meaning;
    EXPECT_EQ(meaning.english.empty(), meaning.chinese.empty()) << op->name;
    EXPECT_FALSE(has_chinese(meaning.english)) << op->name;
    EXPECT_EQ(placeholders(meaning.english), placeholders(meaning.chinese)) << op->name;
    EXPECT_EQ(placeholders(meaning.english).size(), meaning.formulas.size()) << op->name;
  }
}

}  // namespace
}  // namespace catenary::derive
