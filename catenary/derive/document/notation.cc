#include "catenary/derive/document/notation.h"

#include <algorithm>
#include <cctype>

namespace catenary::derive {

namespace {

Formula same(const char* text) { return {text, text}; }
Formula call(const std::string& name, const std::string& arguments) {
  return {name + "(" + arguments + ")", R"(\operatorname{)" + name + "}(" + arguments + ")"};
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// I between signs that are no letters, and no function's name.
bool is_word(std::string_view text, std::size_t at) {
  return begins_word(text, at) &&
         (at + 1 == text.size() || (!is_letter(text[at + 1]) && text[at + 1] != '('));
}

// A⁻¹, but neither a⁽ˡ⁻¹⁾ nor 10⁻¹.
bool is_inverse(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at + std::string_view("⁻¹").size());
  const bool is_ten = at > 0 && std::isdigit(static_cast<unsigned char>(text[at - 1])) != 0;
  return !is_ten && !rest.starts_with("⁾") && !rest.starts_with("⁰");
}

// x ⊙ y, but not x^⊙2.
bool is_product(std::string_view text, std::size_t at) { return at == 0 || text[at - 1] != '^'; }

// Aᵀ, but not A⁻ᵀ.
bool is_transpose(std::string_view text, std::size_t at) { return !text.substr(0, at).ends_with("⁻"); }

// ⟨x, y⟩, but not sample 1 of x, x⟨1⟩.
bool is_inner_product(std::string_view text, std::size_t at) {
  const std::string_view inside = text.substr(at, text.find("⟩", at) - at);
  return inside.find(',') != inside.npos;
}

// A comparison between brackets.
bool is_comparison(std::string_view text, std::size_t at) {
  const std::string_view inside = text.substr(at, text.find(']', at) - at);
  return std::ranges::any_of(std::initializer_list<std::string_view>{"=", "<", ">", "≤", "≥", "≠"},
                             [&](std::string_view sign) { return inside.find(sign) != inside.npos; });
}

// x[2:4], or x[2] of a value.
bool is_range(std::string_view text, std::size_t at) {
  const std::string_view inside = text.substr(at + 1, text.find(']', at) - at - 1);
  return at > 0 && text[at - 1] != ' ' && text[at - 1] != '(' && !inside.empty() &&
         inside.find_first_not_of("0123456789:") == inside.npos;
}

// Sample 1 of x, x⟨1⟩, but not the inner product ⟨x, y⟩.
bool is_sample(std::string_view text, std::size_t at) { return !is_inner_product(text, at); }

const std::vector<NotationText> kNotation = {
    {"⊙",
     {"x ⊙ y", R"(x \odot y)"},
     "product element by element (the Hadamard product)",
     "逐元素相乘（Hadamard 积）",
     {},
     is_product},
    {"^⊙", {"x^⊙2", R"(x^{\odot 2})"}, "power of each element", "逐元素的幂"},
    {"ᵀ", {"Aᵀ", R"(A^{\top})"}, "transpose: rows become columns", "转置：行变为列", {}, is_transpose},
    {"⟨",
     {"⟨x, y⟩", R"(\langle x, y \rangle)"},
     "inner product {0}",
     "内积 {0}",
     {{"Σᵢ xᵢ yᵢ", R"(\sum_i x_i\,y_i)"}},
     is_inner_product},
    {"⟨",
     {},  // x⟨n⟩
     "{0} of sample {1}",
     "第 {1} 个样本的 {0}",
     {},
     is_sample},
    {"𝟏",
     {"𝟏", R"(\mathbf{1})"},
     "a 1 in each element, of the shape that fits",
     "每个元素都是 1，形状随上下文而定"},
    {"I", same("I"), "identity matrix", "单位矩阵", {}, is_word},
    {"⁻¹",
     {"A⁻¹", "A^{-1}"},
     "inverse matrix, {0}",
     "逆矩阵，{0}",
     {{"A A⁻¹ = I", "A\\,A^{-1} = I"}},
     is_inverse},
    {"⁻ᵀ", {"A⁻ᵀ", R"(A^{-\top})"}, "transpose of the inverse", "逆矩阵的转置"},
    {"tr(",
     call("tr", "A"),
     "trace, the sum of the diagonal: {0}",
     "迹，即对角元之和 {0}",
     {{"Σᵢ Aᵢᵢ", R"(\sum_i A_{ii})"}},
     begins_word},
    {"det(", {"det(A)", R"(\det(A))"}, "determinant", "行列式"},
    {"diag(",
     call("diag", "x"),
     "square matrix with {0} on its diagonal, else 0",
     "以 {0} 为对角线、其余为 0 的方阵",
     {same("x")},
     begins_word},
    {"diagonal(",
     call("diagonal", "A"),
     "the diagonal of {0} as a column",
     "{0} 的对角线，写成列向量",
     {same("A")}},
    {"vec(",
     call("vec", "A"),
     "the columns of {0}, stacked to one",
     "把 {0} 的各列依次接成一列",
     {same("A")},
     begins_word},
    {"unvec(",
     {"unvec(x, m×n)", R"(\operatorname{unvec}(x, m \times n))"},
     "the {0} matrix whose stacked columns are {1}",
     "各列依次接起来为 {1} 的 {0} 矩阵",
     {{"m×n", R"(m \times n)"}, same("x")}},
    {"⊗",
     {"A ⊗ B", R"(A \otimes B)"},
     "Kronecker product: the block matrix of {0}",
     "Kronecker 积：由各块 {0} 组成的矩阵",
     {{"Aᵢⱼ B", R"(A_{ij}\,B)"}}},
    {"(· ⊗",
     {"(· ⊗ B)*(D)", R"((\cdot \otimes B)^{*}(D))"},
     "adjoint of {0}: entry (i, j) is {2} times block (i, j) of {1}, summed",
     "{0} 的伴随：(i, j) 元是 {1} 的第 (i, j) 块与 {2} 的内积",
     {{"A ↦ A ⊗ B", R"(A \to A \otimes B)"}, same("D"), same("B")}},
    {"⊗ ·)*(",
     {"(A ⊗ ·)*(D)", R"((A \otimes \cdot)^{*}(D))"},
     "adjoint of {0}: the sum of the blocks of {1}, block (i, j) times {2}",
     "{0} 的伴随：{1} 的各块之和，第 (i, j) 块乘以 {2}",
     {{"B ↦ A ⊗ B", R"(B \to A \otimes B)"}, same("D"), {"Aᵢⱼ", "A_{ij}"}}},
    {"[",
     {"[P]", "[P]"},
     "1 where {0} holds, else 0 (Iverson's bracket), in each element",
     "{0} 成立时为 1，否则为 0（Iverson 括号），逐元素计算",
     {same("P")},
     is_comparison},
    {"[",
     {"x[2:4]", "x[2:4]"},
     "elements 2 to 4, of a matrix rows",
     "第 2 到第 4 个元素；对矩阵为行",
     {},
     is_range},
    {"concat(",
     call("concat", "x, y"),
     "{0} and below it {1}",
     "{0} 之下接 {1}",
     {same("x"), same("y")},
     begins_word},
    {"one_hot(",
     {"one_hot(k)", "e_{k}"},
     "the vector that is 1 at element {0}, else 0",
     "第 {0} 个元素为 1、其余为 0 的向量",
     {same("k")}},
    {"argmax(", call("argmax", "x"), "the index of the first largest element", "第一个最大元素的下标"},
    {"‖₁", {"‖x‖₁", R"(\lVert x \rVert_1)"}, "sum of the absolute values", "各元素绝对值之和"},
    {"‖",
     {"‖x‖", R"(\lVert x \rVert)"},
     "norm {0}, of a matrix as well",
     "范数 {0}，对矩阵亦然",
     {{"√(Σᵢ xᵢ²)", R"(\sqrt{\sum_i x_i^2})"}}},
    {"Σ ", {"Σ x", R"(\sum x)"}, "sum of all elements", "所有元素之和"},
    {"Σₙ", {}, "sum over the samples", "对样本求和"},
    {"sign(", call("sign", "x"), "−1, 0 or 1: the sign", "符号：−1、0 或 1", {}, begins_word},
    {"mean(", call("mean", "x"), "mean of all elements", "所有元素的平均", {}, begins_word},
    {"softmax(",
     call("softmax", "x"),
     "element i is {0}",
     "第 i 个元素为 {0}",
     {{"e^xᵢ / Σₖ e^xₖ", R"(\frac{e^{x_i}}{\sum_k e^{x_k}})"}},
     begins_word},
    {"log_softmax(",
     {"log_softmax(x)", R"(\operatorname{log\_softmax}(x))"},
     "element i is {0}",
     "第 i 个元素为 {0}",
     {{"xᵢ − ln Σₖ e^xₖ", R"(x_i - \ln \sum_k e^{x_k})"}}},
    {"logsumexp(", call("logsumexp", "x"), "{0}", "即 {0}", {{"ln Σᵢ e^xᵢ", R"(\ln \sum_i e^{x_i})"}}},
    {"BCE(",
     {"BCE(a, y)", R"(\operatorname{BCE}(a, y))"},
     "cross-entropy of two classes, {0}",
     "二分类交叉熵 {0}",
     {{"−Σᵢ (yᵢ ln aᵢ + (1 − yᵢ) ln(1 − aᵢ))", R"(-\sum_i (y_i \ln a_i + (1 - y_i) \ln(1 - a_i)))"}}},
    {"CE(",
     {"CE(a, y)", R"(\operatorname{CE}(a, y))"},
     "cross-entropy {0}; of a label, {1} is 1 there and else 0",
     "交叉熵 {0}；若给出类别，则 {1} 在该处为 1，其余为 0",
     {{"−Σᵢ yᵢ ln aᵢ", R"(-\sum_i y_i \ln a_i)"}, same("y")},
     begins_word},
    {"huber(",
     {"huber(r, k)", R"(\operatorname{huber}(r, k))"},
     "sum over the elements of {0}, or {1} where the absolute value is above {2}",
     "对各元素求和：{0}，绝对值大于 {2} 时为 {1}",
     {{"½ r²", R"(\tfrac12 r^2)"}, {"k(|r| − k/2)", R"(k(\lvert r \rvert - k/2))"}, same("k")}},
};

bool uses(const Formula& formula, const NotationText& notation) {
  const std::string_view text = formula.text;
  for (std::size_t at = text.find(notation.sign); at != text.npos; at = text.find(notation.sign, at + 1)) {
    if (notation.applies == nullptr || notation.applies(text, at)) return true;
  }
  return false;
}

bool uses(const Sentence& sentence, const NotationText& notation) {
  return std::ranges::any_of(sentence, [&](const Inline& part) {
    // The name of a rewrite rule, which has no LaTeX, has notation of its own.
    return !part.formula.latex.empty() && uses(part.formula, notation);
  });
}

}  // namespace

bool begins_word(std::string_view text, std::size_t at) {
  return at == 0 || !is_letter(text[at]) || !is_letter(text[at - 1]);
}

std::vector<NotationText> notation_texts(const std::string& sample_index) {
  std::vector<NotationText> texts = kNotation;
  for (NotationText& text : texts) {
    if (text.applies == is_sample) {
      text.example = {"x⟨" + sample_index + "⟩", R"(x^{\langle )" + sample_index + R"( \rangle})"};
      text.formulas = {same("x"), symbol(sample_index)};
    } else if (text.sign == "Σₙ") {
      text.example = sum_of_samples(sample_index);
      text.sign = text.example.text;
    }
  }
  return texts;
}

bool uses(const Document& document, const NotationText& notation) {
  return std::ranges::any_of(document.blocks, [&](const Block& block) {
    const auto in_row = [&](const Equation::Row& row) {
      return uses(row.right, notation) || uses(row.reason, notation);
    };
    return uses(block.sentence, notation) || uses(block.equation.left, notation) ||
           std::ranges::any_of(block.equation.rows, in_row);
  });
}

}  // namespace catenary::derive
