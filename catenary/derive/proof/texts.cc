#include "catenary/derive/proof/texts.h"

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/derive/document/phrases.h"
#include "catenary/derive/operators/card.h"

namespace catenary::derive {

namespace {

Formula same(const char* text) { return {text, text}; }

const std::vector<ProofText> kReasons = {
    {"chain_rule", "chain rule", "链式法则"},
    {"insert", "inserting what was found", "代入已求得的结果"},
    {"sift", "only one term of the sum is not 0", "和式中只有一项不为 0"},
    {"own_element", "each element depends on its own alone", "每个元素只依赖于对应的元素"},
    {"same_element", "an element's slope by itself is 1, by any other 0",
     "元素对自身的导数为 1，对其他元素为 0"},
    {"definition", "by definition", "由定义"},
    {"linear", "slope of a linear function", "线性函数的斜率"},
    {"power", "power rule", "幂函数求导"},
    {"power_each", "power rule in each term, and the chain rule", "逐项用幂函数求导与链式法则"},
    {"fraction", "arithmetic of fractions", "分式运算"},
    {"arithmetic", "arithmetic", "数的运算"},
    {"collect", "collecting terms", "合并同类项"},
    {"cancel", "cancelling", "约分"},
    {"factor", "factoring out", "提取公因子"},
    {"split", "splitting the sum; what does not depend on its index comes out",
     "拆开和式，与求和指标无关的量提到外面"},
    {"common", "common denominator", "通分"},
    {"product", "product rule", "乘积法则"},
    {"product_constant", "product rule; the right-hand side is constant", "乘积法则；右边为常数"},
    {"quotient", "quotient rule", "商法则"},
    {"quotient_inner", "quotient rule and chain rule", "商法则与链式法则"},
    {"quotient_other", "quotient rule; the numerator does not contain the variable",
     "商法则；分子不含该变量"},
    {"quotient_mutual", "quotient rule; above and below the line each is the other's derivative",
     "商法则；分子与分母互为导数"},
    {"reciprocal",
     "derivative of a reciprocal: {0}",
     "倒数求导：{0}",
     {{"(1/u)′ = −u′/u²", R"((1/u)' = -u'/u^2)"}}},
    {"inner", "chain rule: outer slope times inner slope", "链式法则：外导乘内导"},
    {"exp", "{0} is its own derivative", "{0} 的导数是它自己", {{"eˣ", "e^x"}}},
    {"exp_minus",
     "{0} has the slope {1}",
     "{0} 的导数为 {1}",
     {{"e^(−x)", "e^{-x}"}, {"−e^(−x)", "-e^{-x}"}}},
    {"exp_own", "each exponential depends on its own element alone", "每个指数只依赖于它自己的元素"},
    {"exp_ln", "{0}", "即 {0}", {{"aᵇ = e^(b ln a)", R"(a^b = e^{b \ln a})"}}},
    {"exp_ln_inverse", "{0}", "即 {0}", {{"ln eᶻ = z", R"(\ln e^z = z)"}}},
    {"by_exp", "dividing by {0} above and below", "分子分母同除以 {0}", {{"eˣ", "e^x"}}},
    {"ln", "derivative of the logarithm", "对数求导"},
    {"ln_inner",
     "derivative of the logarithm, chain rule: {0}",
     "对数求导与链式法则：{0}",
     {{"(ln u)′ = u′/u", R"((\ln u)' = u'/u)"}}},
    {"ln_each", "derivative of the logarithm in each term", "逐项对对数求导"},
    {"ln_both", "derivatives of both logarithms; the other terms do not contain the variable",
     "对两个对数求导；其余各项不含该变量"},
    {"ln_abs",
     "{0} for either sign of {1}",
     "{0}，{1} 取正负皆成立",
     {{"(ln |D|)′ = D′/D", R"((\ln \lvert D \rvert)' = D'/D)"}, same("D")}},
    {"ln_quotient", "difference of logarithms", "对数之差"},
    {"sin", "derivative of the sine", "正弦求导"},
    {"cos", "derivative of the cosine", "余弦求导"},
    {"fundamental", "fundamental theorem of calculus", "微积分基本定理"},
    {"fundamental_inner", "fundamental theorem of calculus, and the chain rule", "微积分基本定理与链式法则"},
    {"root_inner", "derivative of the root, chain rule", "平方根求导与链式法则"},
    {"constant_sign", "the sign does not change near a point other than 0", "在 0 以外，符号在该点附近不变"},
    {"add_subtract", "adding and subtracting 1", "加 1 再减 1"},
    {"both_cases", "both cases in one formula", "两种情形合为一式"},
    {"kronecker",
     "both cases in one formula, by Kronecker's {0}",
     "用 Kronecker 的 {0} 把两种情形合为一式",
     {{"δᵢⱼ", R"(\delta_{ij})"}}},
    {"clip_inside", "inside the limits nothing is cut off", "在界内不截断"},
    {"clip_outside", "outside the limits the result is constant", "在界外结果为常数"},
    {"relu_above", "above 0 the maximum is the operand itself", "大于 0 时最大值就是操作数本身"},
    {"relu_below", "below 0 the maximum is the constant 0", "小于 0 时最大值恒为 0"},
    {"relu_result", "the result is above 0 exactly where the operand is", "结果大于 0 当且仅当操作数大于 0"},
    {"bracket_above", "above 0 only the first term is there", "大于 0 时只剩第一项"},
    {"bracket_below", "below 0 only the second term is there", "小于 0 时只剩第二项"},
    {"complement", "{0}", "即 {0}", {{"[x ≤ 0] = 1 − [x > 0]", R"([x \le 0] = 1 - [x > 0])"}}},
    {"same_condition", "the same condition in other words", "同一条件的另一种写法"},
    {"stays_largest", "near the point the same element stays the largest", "在该点附近最大的仍是同一个元素"},
    {"term_by_term", "a sum is differentiated term by term", "和式逐项求导"},
    {"own_term", "only one term contains the variable", "只有一项含该变量"},
    {"other_side", "moving a term to the other side", "移项"},
    {"left_inverse",
     "multiplying from the left by the inverse: {0}",
     "左乘逆矩阵：{0}",
     {{"X⁻¹ X = I", "X^{-1} X = I"}}},
    {"alien_cofactors", "expansion by cofactors; with two equal rows it is 0",
     "按代数余子式展开；有两行相同时为 0"},
    {"divide_by_det", "dividing by the determinant makes the inverse", "除以行列式即得逆矩阵"},
    {"cofactor_row", "expansion along the variable's row, which its cofactors do not contain",
     "按变量所在行展开，其代数余子式不含该行"},
    {"line_before", "by the line on the inverse", "由关于逆矩阵的一行"},
    {"condition", "inserting the condition", "代入条件"},
    {"huber_inside", "inside the threshold only the square is there", "阈值以内只有平方项"},
    {"huber_outside", "outside the threshold only the straight line is there", "阈值以外只有直线项"},
    {"shifted", "one term of the sum is not 0 where the index is in range, else none",
     "指标在范围内时和式中有一项不为 0，否则一项也没有"},
    {"row_by_column", "row times column", "行乘列"},
    {"entry_of_outer", "one element of the first times one of the second", "前者的一个元素乘后者的一个元素"},
    {"transposed", "a transpose exchanges the indices", "转置交换两个下标"},
    {"element_by_element", "element by element", "逐元素"},
    {"found_above", "as found above", "即上面求得的结果"},
};

const std::vector<ProofText> kNotes = {
    {"delta",
     "{0} is 1 when {1}, else 0 (Kronecker's delta); it is not a layer's {2}.",
     "{0} 在 {1} 时为 1，否则为 0（Kronecker 符号）；它不是某一层的 {2}。",
     {{"δᵢⱼ", R"(\delta_{ij})"}, {"i = j", "i = j"}, {"δ⁽ˡ⁾", R"(\delta^{(l)})"}}},
    {"bracket",
     "{0} is 1 where what stands in it holds, else 0 (Iverson's bracket).",
     "{0} 在括号内的条件成立时为 1，否则为 0（Iverson 括号）。",
     {{"[i = j]", "[i = j]"}}},
    {"size", "{0} is the number of elements.", "{0} 是元素的个数。", {same("n")}},
    {"samples", "{0} is the number of samples.", "{0} 是样本的个数。", {same("N")}},
    {"sigma",
     "{0} is the sigmoid function.",
     "{0} 是 sigmoid 函数。",
     {{"σ(x) = 1 / (1 + e^(−x))", R"(\sigma(x) = \frac{1}{1 + e^{-x}})"}}},
    {"clip",
     "{0} is the number limited to {1}.",
     "{0} 是把该数限制在 {1} 内的结果。",
     {{"clip(x, ±c)", R"(\operatorname{clip}(x, \pm c))"}, {"[−c, c]", "[-c, c]"}}},
    {"sign",
     "{0} is −1, 0 or 1: the sign of the number.",
     "{0} 为 −1、0 或 1，即该数的符号。",
     {{"sign(x)", R"(\operatorname{sign}(x))"}}},
    {"argmax",
     "{0} is the index of the first maximum.",
     "{0} 是第一个最大值的下标。",
     {{"argmaxᵢ xᵢ", R"(\operatorname{argmax}_i x_i)"}}},
    {"inverse",
     "{0} is the element of the inverse in row {1}, column {2}.",
     "{0} 是逆矩阵第 {1} 行第 {2} 列的元素。",
     {{"(X⁻¹)ᵢⱼ", "(X^{-1})_{ij}"}, same("i"), same("j")}},
    {"minor",
     "{0} is the determinant without row {1} and column {2}; with its sign it is a cofactor.",
     "{0} 是去掉第 {1} 行、第 {2} 列后的行列式；带上符号就是代数余子式。",
     {{"det(X[−i, −j])", R"(\det(X_{-i,-j}))"}, same("i"), same("j")}},
    {"one_index", "One index counts all elements.", "一个下标遍历所有元素。"},
    {"kink", "At 0 there is a kink and no derivative; the rule takes 0 there.",
     "在 0 处有尖点，导数不存在；规则在该处取 0。"},
    {"clip_kink", "At the limits there are kinks and no derivative; the rule takes 0 there.",
     "在两个界处有尖点，导数不存在；规则在该处取 0。"},
    {"left_slope", "At 0 the two slopes may differ; the rule takes that from below.",
     "在 0 处左右斜率可能不同；规则取左侧的斜率。"},
    {"norm_at_zero",
     "Where all elements are 0 the norm has a kink and no derivative; the rule takes 0 there.",
     "当所有元素为 0 时范数有尖点，导数不存在；规则在该处取 0。"},
    {"first_maximum",
     "Where several elements are the largest there is no derivative; the rule takes the first of them.",
     "若有多个元素同为最大，则导数不存在；规则取其中第一个。"},
    {"huber_smooth",
     "Where square and straight line meet, both have the same value and the same slope: no kink.",
     "平方与直线相接处，两者的值与斜率都相同：没有尖点。"},
    {"erf",
     "{0} is the error function.",
     "{0} 是误差函数。",
     {{"erf(x) = 2/√π ∫₀ˣ e^(−t²) dt",
       R"(\operatorname{erf}(x) = \frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2} dt)"}}},
    {"gelu_numbers",
     "Below, {0} is written as {1} and {2} as {3}.",
     "下面 {0} 写作 {1}，{2} 写作 {3}。",
     {{"1/√2", R"(1/\sqrt{2})"}, same("0.707107"), {"1/√(2π)", R"(1/\sqrt{2\,\pi})"}, same("0.398942")}},
    {"softmax", "The exponential over the sum of all of them is an element of softmax.",
     "一个指数除以所有指数之和，就是 softmax 的一个元素。"},
    {"zero_target", "A term whose target is 0 counts as 0, even where the probability is 0 too.",
     "目标为 0 的项按 0 计，即使概率也为 0。"},
    {"total_target",
     "Targets that are probabilities add up to 1; for any others their sum stays as a factor.",
     "目标是概率时其和为 1；否则目标之和作为因子保留。"},
    {"expansion", "The determinant is expanded along any one row: the formula holds for each row.",
     "行列式可按任意一行展开：该式对每一行都成立。"},
    {"inverse_defined",
     "The inverse is defined by {0}, which is written here element by element.",
     "逆矩阵由 {0} 定义，这里逐元素写出。",
     {{"X X⁻¹ = I", "X X^{-1} = I"}}},
    {"row_by_row", "One index counts the elements row by row, which a new shape leaves as it is.",
     "一个下标按行逐个遍历元素，改变形状时其次序不变。"},
    {"from_zero", "Indices count from 0.", "下标从 0 开始。"},
    {"samples_counted", "The index counts the samples.", "下标遍历样本。"},
    {"samples_first", "The first index counts the samples.", "第一个下标遍历样本。"},
    {"stacked", "A stacked vector has two indices here: the column, and the row in it.",
     "由各列堆叠成的向量在这里用两个下标：第几列，以及列中的第几行。"},
    {"blocks",
     "A Kronecker product has four indices here: the row of blocks, the row in the block, the column of "
     "blocks, "
     "the column in the block.",
     "Kronecker 积在这里用四个下标：块的行、块内的行、块的列、块内的列。"},
};

ProofText text_of(const OperatorCard::Reason& reason) {
  ProofText text{reason.key, reason.english, reason.chinese};
  for (const auto& shown : reason.formulas)
    text.formulas.push_back({std::string(shown.text), std::string(shown.latex)});
  return text;
}

std::vector<ProofText> joined_texts() {
  std::vector<ProofText> all = kReasons;
  all.insert(all.end(), kNotes.begin(), kNotes.end());
  for (const OperatorCard* card : operator_cards()) {
    for (const OperatorCard::Reason& reason : card->reasons) all.push_back(text_of(reason));
  }
  return all;
}

}  // namespace

std::span<const ProofText> proof_texts() {
  static const std::vector<ProofText> all = joined_texts();
  return all;
}

Sentence proof_sentence(std::string_view key, Language language, const std::string& size) {
  if (key.empty()) return {};
  const auto texts = proof_texts();
  const auto found = std::ranges::find(texts, key, &ProofText::key);
  if (found == texts.end()) fail(ErrorKind::kInternal, "index form: no text is called {}", key);
  const std::string_view text = language == Language::kEnglish ? found->english : found->chinese;
  return key == "size" ? fill(text, {{symbol(size)}}) : fill(text, found->formulas);
}

}  // namespace catenary::derive
