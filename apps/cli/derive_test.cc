#include <fmt/format.h>
#include <gmock/gmock.h>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Outcome derive(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "derive");
  return Shell().run(arguments);
}

const std::vector<std::string> kLeastSquares = {
    "--expr", "½·norm(W*x+b-y)^2", "--given", "W: m×n, x: n, b: m, y: m", "--wrt", "W,x"};

std::vector<std::string> with(std::vector<std::string> arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
  return arguments;
}

TEST(Derive, PrintsTheDerivationOfAFormula) {
  const Outcome outcome = derive(kLeastSquares);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  for (const char* line : {"W        m×n     we want the derivative by it", "v₁ = W x + b    (1)",
                           "∂f/∂W = ∂f/∂v₂ xᵀ", "= (W x + b − y) xᵀ", "= Wᵀ (W x + b − y)", "agrees"}) {
    EXPECT_THAT(outcome.out, HasSubstr(line));
  }
  EXPECT_THAT(outcome.out, Not(HasSubstr("DISAGREES")));
}

TEST(SlowDerive, RefusesWhatIsTooLongToBeReadBeforeItDerives) {
  const auto repeated = [](int count, std::string_view separator, auto name) {
    std::string all;
    for (int i = 0; i < count; ++i) all += (i == 0 ? "" : std::string(separator)) + name(i);
    return all;
  };
  const auto x = [](int) { return std::string("x"); };
  const std::string power = repeated(4999, "*", x);
  const Outcome product = derive({"--expr", power, "--given", "x: 1", "--detail", "full"});
  EXPECT_EQ(product.exit_code, 2);
  EXPECT_EQ(product.out, "");
  EXPECT_THAT(product.err, HasSubstr("needed a derivation of at most 2000 operations, found 4998; "
                                     "--max-operations 4998 takes it"));
  EXPECT_EQ(derive({"--expr", power, "--given", "x: 1", "--max-operations", "4998"}).exit_code, 0);
  EXPECT_THAT(derive({"--expr", "x", "--given", "x: 1", "--max-operations", "100001"}).err,
              HasSubstr("--max-operations"));
  const std::string many = repeated(500, "+", [](int i) { return "a" + std::to_string(i); });
  const std::string all = repeated(500, ", ", [](int i) { return fmt::format("a{}: 1", i); });
  EXPECT_THAT(derive({"--expr", many, "--given", all, "--order", "2"}).err,
              EndsWith("needed a derivation of at most 100000 blocks of second derivatives, found 125250\n"));
  const std::string sum = repeated(400, "+", [](int i) { return "a" + std::to_string(i); });
  const std::string given = repeated(400, ", ", [](int i) { return "a" + std::to_string(i) + ": 1"; });
  EXPECT_THAT(derive({"--expr", sum, "--given", given, "--order", "2"}).err,
              HasSubstr("at most 2000 blocks of second derivatives, found 80200"));
  const std::vector<std::string> small = {"--expr", repeated(5, "*", x), "--given", "x: 1"};
  EXPECT_EQ(derive(with(small, {"--max-operations", "4"})).exit_code, 0);
  EXPECT_THAT(derive(with(small, {"--max-operations", "3"})).err, HasSubstr("at most 3 operations, found 4"));
}

TEST(Derive, ChoosesSizesForWhichTheFunctionIsDefined) {
  for (const auto& [formula, given] :
       {std::pair{"logdet(X*X')", "X: m×n"}, std::pair{"logdet(X'*X)", "X: m×n"},
        std::pair{"trace(inv(A*X*X'*A'))", "A: k×m, X: m×n"},
        std::pair{"det(A'*X'*X*A)", "A: k×m, X: l×k"}}) {
    const Outcome outcome = derive({"--expr", formula, "--given", given});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, Not(HasSubstr("not checked"))) << formula;
    EXPECT_THAT(outcome.out, Not(HasSubstr("DISAGREES"))) << formula;
  }
}

const std::vector<std::string> kRecurrent = {
    "--each",  "x of X: z = W*x + U*h + b; h: 2 = tanh(z)", "--expr", "squared_error(h, y)",
    "--given", "X: 3×2, W: 2×2, U: 2×2, b: 2, y: 2",        "--wrt",  "W,U,b"};

TEST(Derive, GoesThroughTimeByOneStep) {
  const Outcome outcome = derive(with(kRecurrent, {"--numbers"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* line :
       {"∂f/∂hₜ = [t = 3] (h₃ − y) + Uᵀ δₜ₊₁", "∂f/∂W = Σₜ δₜ xₜᵀ", "‖∂f/∂hₜ‖", "[δ₁ … δ₃] = ["})
    EXPECT_THAT(outcome.out, HasSubstr(line));
  const auto json = nlohmann::json::parse(derive(with(kRecurrent, {"--json", "--numbers"})).out);
  EXPECT_EQ(json["recurrences"][0]["count"], 3);
  EXPECT_EQ(json["recurrences"][0]["steps"][1]["values"].size(), 3U);
}

TEST(Derive, WritesStepsOutWhereItIsTold) {
  const Outcome outcome = derive(with(kRecurrent, {"--steps", "3"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* line : {"x₁ = X[1]ᵀ", "δ₂ = Uᵀ δ₃ ⊙ (1 − h₂^⊙2)"})
    EXPECT_THAT(outcome.out, HasSubstr(line));
  EXPECT_THAT(derive(with(kRecurrent, {"--steps", "4"})).err,
              HasSubstr("--steps: needed the number of steps that there are, 3, found 4"));
  EXPECT_THAT(derive(with(kLeastSquares, {"--steps", "4"})).err,
              HasSubstr("--steps writes out the steps of a recurrent network, found none"));
}

TEST(Derive, RefusesToWriteOutStepsBeyondNumber) {
  std::vector<std::string> many = kRecurrent;
  many[5] = "X: 60000×2, W: 2×2, U: 2×2, b: 2, y: 2";
  for (const auto& more :
       {std::vector<std::string>{"--steps", "60000"}, {"--format", "cpp"}, {"--order", "2"}}) {
    std::vector<std::string> arguments = many;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = derive(arguments);
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, HasSubstr("needed a derivation of at most"));
  }
}

TEST(Derive, SpeaksChinese) {
  const Outcome outcome = derive(with(kLeastSquares, {"--lang", "zh", "--detail", "full"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("逐步推导 f 的梯度"));
  EXPECT_THAT(outcome.out, HasSubstr("为什么是这个形状"));
  EXPECT_THAT(outcome.out, HasSubstr("用下标写出的证明"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("chain rule")));
}

TEST(Derive, HasEveryFormat) {
  EXPECT_THAT(derive(with(kLeastSquares, {"--format", "latex"})).out, StartsWith("\\documentclass"));
  EXPECT_THAT(derive(with(kLeastSquares, {"--format", "markdown"})).out, StartsWith("# The gradient of $f$"));
  EXPECT_THAT(derive(with(kLeastSquares, {"--format", "html"})).out, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(derive(with(kLeastSquares, {"--format", "numpy"})).out,
              HasSubstr("def value_and_gradient(W, x, b, y):"));
  EXPECT_THAT(derive(with(kLeastSquares, {"--format", "cpp"})).out, HasSubstr("value_and_gradient("));
  const auto json = nlohmann::json::parse(derive(with(kLeastSquares, {"--json", "--numbers"})).out);
  EXPECT_EQ(json["steps"].size(), 7U);
  EXPECT_EQ(json["results"][0]["closed"]["text"], "(W x + b − y) xᵀ");
  EXPECT_EQ(json["steps"][5]["operator"], "matvec");
  for (const auto& check : json["checks"]) EXPECT_TRUE(check["agrees"]);
}

TEST(Derive, WritesAFileWhole) {
  const Shell shell;
  const Outcome outcome = shell.run({"derive", "--expr", "x*x", "--given", "x: 1", "--output", "x.txt"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(shell.all_files(), testing::ElementsAre("x.txt"));
}

constexpr std::string_view kConfig = R"(format = 1
[data]
format = "csv"
train = "data.csv"
target = "kind"
standardize = false
[model]
[[model.layers]]
type = "dense"
name = "hidden"
units = 3
activation = "tanh"
[[model.layers]]
type = "dense"
name = "output"
[train]
loss = "softmax_cross_entropy"
optimizer = { type = "sgd", learning_rate = 0.1 }
epochs = 1
batch_size = 2
)";

class DeriveConfig : public testing::Test {
 protected:
  DeriveConfig() {
    shell_.file("net.toml", kConfig);
    shell_.file("data.csv", "a,b,kind\n0.5,1,u\n-1,2,v\n0.25,-0.5,u\n2,1,v\n");
  }
  Shell shell_;
};

TEST_F(DeriveConfig, ShowsOneSampleOfTheDataWithTheInitialWeights) {
  const Outcome outcome = shell_.run({"derive", "net.toml", "--numbers", "--sample", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* line :
       {"x = [ −1 ]\n        [  2 ]", "δ⁽²⁾ = softmax(z⁽²⁾) − one_hot(y)", "∂J/∂W⁽¹⁾ = Σₙ ∂J/∂ℓ ∂ℓ/∂W⁽¹⁾",
        "= 1/N Σₙ δ⁽¹⁾ xᵀ", "1/N Δ⁽¹⁾ Xᵀ", "BP4, weights"}) {
    EXPECT_THAT(outcome.out, HasSubstr(line));
  }
}

using SlowDeriveConfig = DeriveConfig;

TEST_F(SlowDeriveConfig, GoesThroughTimeOfARecurrentNetwork) {
  std::string table = "day,v,u\n";
  for (int day = 0; day < 12; ++day) table += fmt::format("{},{},{}\n", day, day * 7 % 5, day * 3 % 4);
  shell_.file("days.csv", table);
  for (const char* type : {"rnn", "lstm", "gru"}) {
    SCOPED_TRACE(type);
    shell_.file("days.toml", fmt::format(R"(format = 1
[data]
format = "csv"
train = "days.csv"
target = "v"
sequence = {{ steps = 4, time = "day" }}
[model]
layers = [{{ type = "{}", units = 2 }}, {{ type = "dense" }}]
[train]
loss = "squared_error"
optimizer = {{ type = "sgd", learning_rate = 0.1 }}
epochs = 1
batch_size = 2
)",
                                         type));
    const Outcome outcome = shell_.run({"derive", "days.toml", "--numbers"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const char* line : {"For t = 1, …, 4, one step after", "∂ℓ/∂hₜ = [t = 4] W⁽²⁾ᵀ ∂ℓ/∂v₁", "‖∂ℓ/∂hₜ‖"})
      EXPECT_THAT(outcome.out, HasSubstr(line));
    EXPECT_THAT(outcome.out, Not(HasSubstr("scan(")));
    EXPECT_EQ(shell_.run({"derive", "days.toml", "--steps", "4", "--numbers"}).exit_code, 0);
    EXPECT_EQ(shell_.run({"derive", "days.toml", "--format", "numpy"}).exit_code, 0);
    EXPECT_EQ(shell_.run({"derive", "days.toml", "--format", "html", "--lang", "zh"}).exit_code, 0);
  }
}

TEST_F(DeriveConfig, ShowsImagesAsTheirModelReadsThem) {
  shell_.file("x-images-idx3", std::string("\0\0\x08\x03\0\0\0\2\0\0\0\1\0\0\0\2\xff\0\0\x33", 20));
  shell_.file("x-labels-idx1", std::string("\0\0\x08\x01\0\0\0\2\0\1", 10));
  const Outcome bytes =
      shell_.run({"derive", "net.toml", "--numbers", "--set", R"(data={train="x-images-idx3"})"});
  EXPECT_THAT(bytes.out, HasSubstr("x = [ 1 ]\n        [ 0 ]")) << bytes.err;  // of 0 to 1, not of 0 to 255
  const Outcome standardised = shell_.run({"derive", "net.toml", "--numbers", "--sample", "1", "--set",
                                           R"(data={train="x-images-idx3", standardize=true})"});
  EXPECT_THAT(standardised.out, HasSubstr("x = [ −1 ]\n        [  1 ]")) << standardised.err;
}

TEST_F(DeriveConfig, TakesTheTrainedWeightsOfARun) {
  ASSERT_EQ(shell_.run({"train", "net.toml", "--out", "run"}).exit_code, 0);
  const auto weights = [&](const char* path) {
    const auto json = nlohmann::json::parse(shell_.run({"derive", path, "--json", "--numbers"}).out);
    return json["results"][0]["values"];
  };
  EXPECT_NE(weights("net.toml"), weights("run"));
}

TEST_F(DeriveConfig, NamesVariablesAsTheConfigOrTheDerivationDoes) {
  const Outcome a = shell_.run({"derive", "net.toml", "--wrt", "hidden.weight"});
  const Outcome b = shell_.run({"derive", "net.toml", "--wrt", "W1"});
  EXPECT_EQ(a.exit_code, 0) << a.err;
  EXPECT_EQ(a.out, b.out);
  EXPECT_THAT(shell_.run({"derive", "net.toml", "--wrt", "hiden.weight"}).err,
              HasSubstr("--wrt: unknown variable 'hiden.weight'; did you mean 'hidden.weight'?"));
}

TEST_F(DeriveConfig, TakesOneListOfNamesForEachWrt) {
  const Outcome listed = shell_.run({"derive", "--wrt", "W1,b2", "net.toml"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_EQ(listed.out, shell_.run({"derive", "--wrt", "W1", "net.toml", "--wrt", "b2"}).out);
}

TEST_F(DeriveConfig, ShowsOneSampleOrTheBatchAlone) {
  const std::string sample = shell_.run({"derive", "net.toml", "--per-sample"}).out;
  const std::string batch = shell_.run({"derive", "net.toml", "--batch"}).out;
  EXPECT_THAT(sample, Not(HasSubstr("The whole batch")));
  EXPECT_THAT(sample, HasSubstr("Step 1:"));
  EXPECT_THAT(batch, HasSubstr("The whole batch"));
  EXPECT_THAT(batch, Not(HasSubstr("Step 1:")));
}

TEST_F(DeriveConfig, AddsTheWeightDecayToWhatTheSamplesContribute) {
  const std::string out = shell_.run({"derive", "net.toml", "--set", "train.weight_decay=0.5"}).out;
  EXPECT_THAT(out, HasSubstr("∂J/∂W⁽²⁾ ⟵"));  // a part, not the whole
  EXPECT_THAT(out, HasSubstr("∂J/∂W⁽²⁾ = Σₙ ∂J/∂ℓ ∂ℓ/∂W⁽²⁾ + ½ W⁽²⁾"));
}

TEST_F(DeriveConfig, ChecksWhatItPrints) {
  const std::string sample = shell_.run({"derive", "net.toml", "--per-sample"}).out;
  EXPECT_THAT(sample.substr(sample.find("Check")), HasSubstr("∂ℓ/∂W⁽¹⁾"));
  EXPECT_THAT(sample, Not(HasSubstr("∂J")));
}

TEST(Derive, RunsWithoutNumbersWhereTheyWouldTakeTooLong) {
  const Outcome outcome = derive({"--expr", "logdet(A)", "--given", "A: 20000×20000"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("∂f/∂A = A⁻ᵀ"));
  EXPECT_THAT(derive({"--expr", "logdet(A)", "--given", "A: 20000×20000", "--numbers"}).err,
              HasSubstr("too long"));
}

TEST(Derive, PrintsWhatHasNoFiniteDerivativeAndSaysSo) {
  const struct {
    const char *formula, *message;
  } kCases[] = {{"sqrt(relu(-x'*x))", "the derivative by x is not finite"},
                {"sum(x/norm(x - x))", "the function is not finite"},
                {"x'*x*(norm(x-x)/norm(x-x))", "the function is not a number"}};
  for (const auto& c : kCases) {
    const Outcome outcome = derive({"--expr", c.formula, "--given", "x: n"});
    EXPECT_EQ(outcome.exit_code, 4) << c.formula;
    EXPECT_THAT(outcome.out, HasSubstr("Results")) << c.formula;
    EXPECT_THAT(outcome.err, StartsWith("catenary: ")) << c.formula;
    EXPECT_THAT(outcome.err, HasSubstr(c.message)) << c.formula;
  }
}

TEST(Derive, SaysThatAMatrixHasNoInverse) {
  for (const char* formula : {"det(outer(x,x))", "logdet(x*x')"}) {
    const Outcome outcome = derive({"--expr", formula, "--given", "x: n"});
    EXPECT_EQ(outcome.exit_code, 4) << formula;
    EXPECT_THAT(outcome.out, HasSubstr("Results")) << formula;
    EXPECT_THAT(outcome.err, HasSubstr("the matrix x xᵀ has no inverse, which the derivation needs"))
        << formula;
  }
}

TEST(Derive, ChecksADerivativeThatIsFiniteInClosedFormAlone) {
  for (const char* formula : {"(norm(x-x)^2)^(1/2)", "sum(sqrt(x-x))"}) {
    const Outcome outcome = derive({"--expr", formula, "--given", "x: n", "--numbers"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out.substr(outcome.out.find("Results")), Not(HasSubstr("nan"))) << formula;
  }
}

TEST(Derive, PutsAHeaderInANamespaceOfItsFilesName) {
  const Shell shell;
  const std::vector<std::string> arguments = {"derive",     "--expr",   "1 - x'*y", "--given",
                                              "x: n, y: n", "--format", "cpp"};
  ASSERT_EQ(shell.run(with(arguments, {"--output", "my-cosine.h"})).exit_code, 0);
  std::stringstream header;
  header << std::ifstream(shell / "my-cosine.h").rdbuf();
  EXPECT_THAT(header.str(), HasSubstr("\nnamespace derived::my_cosine {\n"));
  EXPECT_THAT(shell.run(arguments).out, HasSubstr("\nnamespace derived_"));
}

TEST(Derive, WritesErrorsInMarkdownAsText) {
  const std::string out = derive({"--expr", "x'*x", "--given", "x: n", "--format", "markdown"}).out;
  EXPECT_THAT(out, testing::ContainsRegex("\\| [0-9]\\.[0-9]e[+-][0-9][0-9] \\|"));
  EXPECT_THAT(out, Not(testing::ContainsRegex("[0-9]e[+-][0-9][0-9]\\$")));
}

TEST(Derive, SaysWhatIsWrongInOneMessage) {
  const struct {
    std::vector<std::string> arguments;
    const char* message;
  } kCases[] = {
      {{}, "needed a config or --expr FORMULA, found neither"},
      {{"--expr", "", "--given", "x: n"}, "--expr: expected a formula, found nothing"},
      {with(kLeastSquares, {"--json", "--format", "html"}), "--format excludes --json"},
      {with(kLeastSquares, {"--per-sample", "--batch"}), "--per-sample excludes --batch"},
      {with(kLeastSquares, {"--numbers", "--format", "numpy"}),
       "--numbers: the function that --format numpy"},
      {with(kLeastSquares, {"--order", "3"}), "--order: Value 3 not in range 1 to 2"},
      {{"--expr", "norm(x)", "--given", "x: n", "--wrt", "z"}, "unknown variable 'z'; expected one of x"},
      {{"--expr", "x"}, "--given: needed a variable to differentiate by"},
      {{"--expr", "x", "--given", " "}, "--given: needed a variable to differentiate by"},
      {with(kLeastSquares, {"--numbers", "--sample", "1.5"}),
       "--sample: expected a whole number from 0, found '1.5'"},
      {{"--expr", "foo(x)", "--given", "x: n"}, "unknown function 'foo'; expected one of abs, "},
      {{"--expr", "acos(x)", "--given", "x: n"}, "unknown function 'acos'; expected one of abs, "},
      {{"--expr", "x/0", "--given", "x: 1"}, "column 2: cannot divide a scalar by 0"},
      {{"--expr", "norm(x)^2", "--given", "x: n batched, t: 1 batched"},
       "--wrt: needed a variable to differentiate by, found none, and all are of one sample: x, t"},
      {{"--expr", "1"}, "--given: needed a variable to differentiate by"},
      {with(kLeastSquares, {"--format", "pdf"}),
       "--format: unknown value 'pdf'; expected one of text, latex"},
      {with(kLeastSquares, {"--lang", "de"}), "--lang: unknown value 'de'"},
      {with(kLeastSquares, {"--detail", "ful"}), "--detail: unknown value 'ful'; did you mean 'full'?"},
      {with(kLeastSquares, {"--sample", "1"}), "--sample and --values choose the numbers of --numbers"},
      {with(kLeastSquares, {"--numbers", "--sample", "1"}), "--sample is a row of a config's data"},
      {with(kLeastSquares, {"--numbers", "--values", "none.npz"}), "none.npz"},
      {with(kLeastSquares, {"--order", "2"}),
       "a Hessian is that of a function by vectors or scalars: by the matrix W"},
      {{"--expr", "norm(x)", "--given", "x: n", "--wrt", "x,x"}, "--wrt: 'x' is named twice"},
      {{"nothing.toml"}, "nothing.toml"},
  };
  for (const auto& c : kCases) {
    const Outcome outcome = derive(c.arguments);
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(c.message));
    EXPECT_THAT(outcome.err, StartsWith("catenary: "));
  }
}

}  // namespace
}  // namespace catenary::cli
