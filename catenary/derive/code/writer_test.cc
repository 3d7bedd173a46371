#include "catenary/derive/code/writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"

namespace catenary::derive {
namespace {

using ::testing::HasSubstr;
using testing_support::error_of;

// A language of three operators, whose calls stand before their operands.
Written prefix_call(const CodeWriter& w, Value v) {
  return write_call(fmt::format("({} {{0}} {{1}})", is(v, ops::kAdd) ? "+" : "*"), Notation::kAtom,
                    w.operands(v, true), "");
}

Written prefix_total(const CodeWriter& w, Value v) { return {"(total " + w.full(v.input(0)).text + ")"}; }

constexpr std::array kPrefixCalls = {CodeCall{&ops::kSum, &prefix_total}};
constexpr std::array<std::string_view, 2> kPrefixKeywords = {"let", "lambda"};
constexpr std::array kPrefixHelpers = {CodeHelper{"total", "(define total sum)\n"},
                                       CodeHelper{"unused", "no\n"}};

CodeLanguage small_language() {
  return {.name = "Prefix",
          .keywords = kPrefixKeywords,
          .helpers = kPrefixHelpers,
          .calls = kPrefixCalls,
          .has_row = [](const Op& op) { return &op == &ops::kAdd || &op == &ops::kMul; },
          .by_row = prefix_call,
          .number = [](double x) { return fmt::format("{}", x); },
          .filled = [](const CodeWriter& w, Value v) { return Written{"(fill " + w.operand(v).text + ")"}; },
          .definition = [](const CodeWriter&, Value, const std::string& name,
                           const std::string& code) { return fmt::format("(let {} {})", name, code); }};
}

struct Function {
  Function() {
    const Value x = graph.parameter("lambda", {3}, {}, DType::kF64);
    const Value y = (x + x * x).rename("y");
    request = {.parameters = {x}, .value = sum(y * y)};
  }
  Graph graph;
  CodeRequest request;
};

TEST(CodeWriter, WritesAnyLanguageThatIsDescribedToIt) {
  const Function f;
  CodeWriter w(f.request, small_language());
  w.write_values();
  EXPECT_EQ(w.lines(0), "(let y (+ lambda_ (* lambda_ lambda_)))\n");
  EXPECT_EQ(w.operand(f.request.value).text, "(total (* y y))");
  EXPECT_EQ(w.helpers_for(w.operand(f.request.value).text), "(define total sum)\n");
}

TEST(CodeWriter, SaysWhichLanguageHasNoCodeForAnOperator) {
  Function f;
  f.request.value = exp(f.request.value);
  CodeWriter w(f.request, small_language());
  EXPECT_THAT(error_of([&] { w.write_values(); }), HasSubstr("there is no Prefix code for the operator exp"));
  EXPECT_FALSE(has_code(small_language(), ops::kExp));
  EXPECT_TRUE(has_code(small_language(), ops::kAdd));
  EXPECT_TRUE(has_code(small_language(), ops::kSum));
}

TEST(CodeWriter, KeepsWhatIsCheapInItsPlaceAndWhatIsCostlyInItsOwn) {
  Graph graph;
  const Value x = graph.parameter("x", {}, {}, DType::kF64);
  const CodeRequest request{.parameters = {x}, .value = (x + 1.0) * (x + 1.0)};
  CodeLanguage language = small_language();
  CodeWriter shared(request, language);
  shared.write_values();
  EXPECT_EQ(shared.lines(0), "(let v1 (+ x 1))\n");
  language.is_cheap = [](const CodeWriter&, Value) { return true; };
  CodeWriter cheap(request, language);
  cheap.write_values();
  EXPECT_EQ(cheap.lines(0), "");
  EXPECT_EQ(cheap.operand(request.value).text, "(* (+ x 1) (+ x 1))");
  language.is_costly = [](const CodeWriter&, Value) { return true; };
  CodeWriter costly(request, language);
  costly.write_values();
  EXPECT_EQ(costly.lines(0), "(let v1 (+ x 1))\n(let value (* v1 v1))\n");
}

TEST(CodeWriter, ReadsWhatIsOneSamplesByTheSamplesNumber) {
  Graph graph;
  const Value x = graph.input("x", {}, DType::kF64);
  const CodeRequest request{.parameters = {x}, .value = batch_mean(x * x)};
  CodeLanguage language = small_language();
  language.sample = "k";
  static constexpr std::array kMean = {
      CodeCall{&ops::kBatchMean, [](const CodeWriter& w, Value v) { return w.operand(v.input(0)); }}};
  language.calls = kMean;
  CodeWriter w(request, language);
  w.write_values();
  EXPECT_EQ(w.operand(request.value).text, "(* x[k] x[k])");
}

}  // namespace
}  // namespace catenary::derive
