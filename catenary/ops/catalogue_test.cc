#include "catenary/ops/catalogue.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "catenary/ir/print.h"
#include "catenary/ir/verify.h"

namespace catenary {
namespace {

/// A call of the operator on leaves a, b, c of its example shapes.
Value example(Graph& graph, const Op& op, const ExampleSizes& sizes) {
  std::vector<Value> operands;
  for (const Shape& shape : example_shapes(op, sizes)) {
    const std::string name(1, static_cast<char>('a' + operands.size()));
    operands.push_back(op.batch == BatchRule::kReduces ? graph.input(name, shape)
                                                       : graph.parameter(name, shape));
  }
  return graph.call(op, operands, op.example != nullptr ? op.example(sizes) : Attribute{});
}

TEST(Catalogue, FindsOperatorsByName) {
  for (const Op* op : ops::catalogue()) EXPECT_EQ(ops::find(op->name), op);
  EXPECT_EQ(ops::find("nothing"), nullptr);
}

// Of "extern const Op kA, kB;" the names.
std::set<std::string> declared_operators(const std::string& header) {
  std::set<std::string> names;
  const std::regex declaration("extern const Op ([^;]*);"), name("k[A-Z]\\w*");
  for (std::sregex_iterator d(header.begin(), header.end(), declaration), end; d != end; ++d) {
    const std::string list = (*d)[1];
    for (std::sregex_iterator n(list.begin(), list.end(), name); n != end; ++n) names.insert(n->str());
  }
  return names;
}

TEST(Catalogue, HasEveryOperatorThatIsDeclared) {
  std::ifstream file("catenary/ops/catalogue.h");
  const std::string header((std::istreambuf_iterator(file)), {});
  const std::set<std::string> declared = declared_operators(header);
  ASSERT_TRUE(declared.contains("kAdd"));
  for (const std::string& name : declared)
    EXPECT_THAT(header, testing::HasSubstr(fmt::format("    &{},\n", name))) << "is not in kCatalogue";
  EXPECT_EQ(declared.size(), ops::catalogue().size());
}

TEST(Catalogue, NamesEachOperatorOnce) {
  std::set<std::string_view> names;
  for (const Op* op : ops::catalogue()) EXPECT_TRUE(names.insert(op->name).second) << op->name;
}

TEST(Catalogue, DescribesEachOperatorInASentence) {
  for (const Op* op : ops::catalogue()) {
    EXPECT_FALSE(op->notation.text.empty()) << op->name;
    EXPECT_FALSE(op->notation.latex.empty()) << op->name;
    EXPECT_TRUE(op->summary.ends_with('.') || op->summary.ends_with(']')) << op->name << ": " << op->summary;
  }
}

TEST(Catalogue, BuildsAnExampleCallOfEachOperatorAtAnySize) {
  for (const Op* op : ops::catalogue()) {
    for (const ExampleSizes& sizes : {ExampleSizes{1, 1, 1}, ExampleSizes{5, 3, 2}, ExampleSizes{2, 17, 4}}) {
      Graph graph;
      const Value y = example(graph, *op, sizes);
      EXPECT_EQ(&y.op(), op);
      EXPECT_NO_THROW(verify(graph)) << op->name;
    }
  }
}

TEST(Catalogue, KnowsWhichOperatorsHaveNoGradient) {
  std::set<std::string_view> names;
  for (const Op* op : ops::catalogue()) {
    if (!op->differentiable()) names.insert(op->name);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"sign", "step", "equal", "argmax", "argmax_mask", "one_hot",
                                               "identity", "batch_size"}));
}

// The name of a function of one operand and nothing else: "tanh", "arctan", "ln"; "" for what is written
// otherwise.
std::string function_name(const Op& op) {
  constexpr std::string_view kOperand = "({0.})";
  const std::string_view text = op.notation.text;
  if (!text.ends_with(kOperand)) return "";
  const std::string_view name = text.substr(0, text.size() - kOperand.size());
  return name.find_first_of(" ({") == std::string_view::npos ? std::string(name) : "";
}

// What is not here is a function of one operand.
TEST(Catalogue, WritesEachOperatorAsAPersonWould) {
  const std::map<std::string_view, std::string_view> written = {
      {"add", "a + b"},
      {"sub", "a − b"},
      {"mul", "a ⊙ b"},
      {"div", "a / b"},
      {"neg", "−a"},
      {"square", "a²"},
      {"pow", "a^b"},
      {"abs", "|a|"},
      {"step", "[a > 0]"},
      {"equal", "[a = b]"},
      {"clip", "clip(a, ±1)"},
      {"leaky_relu", "leaky_relu(a, 0.1)"},
      {"elu", "elu(a, 0.7)"},
      {"matvec", "a b"},
      {"matmul", "a b"},
      {"outer", "a bᵀ"},
      {"dot", "⟨a, b⟩"},
      {"transpose", "aᵀ"},
      {"unvec", "unvec(a, [2, 3])"},
      {"kron", "a ⊗ b"},
      {"kron_adjoint_left", "(· ⊗ b)*(a)"},
      {"kron_adjoint_right", "(b ⊗ ·)*(a)"},
      {"inv", "a⁻¹"},
      {"logdet", "ln|det(a)|"},
      {"trace", "tr(a)"},
      {"identity", "I"},
      {"sum", "Σ a"},
      {"norm1", "‖a‖₁"},
      {"norm2", "‖a‖"},
      {"unit_vector", "a / ‖a‖"},
      {"argmax_mask", "one_hot(argmax(a))"},
      {"reshape", "reshape(a, [6])"},
      {"slice", "slice(a, axis 0, 1:3)"},
      {"concat", "concat(a, b, c)"},
      {"broadcast", "a"},
      {"sum_to", "Σ→[1, 2] a"},
      {"pick", "a[b]"},
      {"batch_sum", "Σₙ a"},
      {"batch_mean", "1/N Σₙ a"},
      {"batch_broadcast", "a"},
      {"batch_size", "N"},
      {"squared_error", "½‖b − a‖²"},
      {"cross_entropy", "−Σ (b ⊙ ln(a))"},
      {"softmax_cross_entropy", "CE(softmax(a), b)"},
      {"softmax_cross_entropy_labels", "CE(softmax(a), b)"},
      {"sigmoid_cross_entropy", "BCE(σ(a), b)"},
      {"huber", "huber(a − b, 0.7)"},
  };
  for (const Op* op : ops::catalogue()) {
    Graph graph;
    const auto it = written.find(op->name);
    const std::string expected =
        it == written.end() ? fmt::format("{}(a)", function_name(*op)) : std::string(it->second);
    EXPECT_EQ(formula(example(graph, *op, {.n = 3, .m = 2, .k = 4})), expected);
  }
}

}  // namespace
}  // namespace catenary
