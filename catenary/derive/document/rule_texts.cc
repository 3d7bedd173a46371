#include "catenary/derive/document/rule_texts.h"

#include <algorithm>

namespace catenary::derive {

namespace {

using std::string_view;

constexpr string_view kEach =
    "Element i of the result depends on element i of {0} alone, so the factors multiply element by element: "
    "shape {1} again.";
constexpr string_view kEachZh = "结果的第 i 个元素只依赖于 {0} 的第 i 个元素，因此逐元素相乘，形状仍为 {1}。";
constexpr string_view kNumber =
    "{0} and the result are numbers: {2} is multiplied by one slope, and the derivative is a number too.";
constexpr string_view kNumberZh = "{0} 与结果都是数：{2} 乘以一个斜率，导数也是一个数。";
constexpr string_view kWhole =
    "The result is one number and {0} has shape {1}: the number {2} times one slope for each element of {0}.";
constexpr string_view kWholeZh = "结果是一个数，而 {0} 的形状为 {1}：用数 {2} 乘以 {0} 每个元素各自的斜率。";
constexpr string_view kSquare =
    "{0} is square, {1}, and so is its derivative; the transposes put entry (i, j) of the slope where entry "
    "(i, j) of {0} stands.";
constexpr string_view kSquareZh =
    "{0} 是方阵，形状 {1}，其导数形状相同；转置使斜率的 (i, j) 元与 {0} 的 (i, j) 元对应。";

// Rules of operators that work element by element, or that reduce to a number, differ in their names alone.
RuleText each(string_view op, string_view english, string_view chinese) {
  return {op, {english, {kEach}, kNumber}, {chinese, {kEachZh}, kNumberZh}};
}
RuleText whole(string_view op, string_view english, string_view chinese) {
  return {op, {english, {kWhole}}, {chinese, {kWholeZh}}};
}
RuleText square(string_view op, string_view english, string_view chinese) {
  return {op, {english, {kSquare}}, {chinese, {kSquareZh}}};
}

const std::vector<RuleText> kRuleTexts = {
    {"add",
     {"sum", {"{0} enters with the factor 1: what arrives at the sum passes on unchanged, shape {1}."}},
     {"和", {"{0} 的系数为 1：传到这个和的导数原样往下传，形状 {1}。"}}},
    {"sub",
     {"difference",
      {"{0} enters with the factor 1: what arrives passes on unchanged, shape {1}.",
       "{0} enters with the factor −1: what arrives passes on with the other sign, shape {1}."}},
     {"差", {"{0} 的系数为 1：导数原样传下去，形状 {1}。", "{0} 的系数为 −1：导数变号后传下去，形状 {1}。"}}},
    {"mul",
     {"product, element by element",
      {"Element i of the result is a product of elements i alone; its slope by {0} is the other factor "
       "{4}. Shape {1} again."},
      "The result is the product of two numbers; its slope by {0} is the other factor {4}."},
     {"逐元素乘积",
      {"结果的第 i 个元素只是两个第 i 个元素之积；对 {0} 的斜率是另一个因子 {4}。形状仍为 {1}。"},
      "结果是两个数之积；它对 {0} 的斜率是另一个因子 {4}。"}},
    {"div", {"quotient, element by element", {kEach}, kNumber}, {"逐元素的商", {kEachZh}, kNumberZh}},
    each("neg", "negation", "取负"),
    each("square", "square", "平方"),
    each("sqrt", "square root", "平方根"),
    {"pow", {"power", {kEach}, kNumber}, {"幂", {kEachZh}, kNumberZh}},
    each("exp", "exponential", "指数函数"),
    each("log", "logarithm", "对数"),
    each("sin", "sine", "正弦"),
    each("cos", "cosine", "余弦"),
    each("abs", "absolute value", "绝对值"),
    each("clip", "clipping", "截断"),
    each("erf", "error function", "误差函数"),
    each("sigmoid", "sigmoid", "sigmoid 函数"),
    each("tanh", "hyperbolic tangent", "双曲正切 tanh"),
    each("relu", "ReLU", "ReLU 函数"),
    each("leaky_relu", "leaky ReLU", "Leaky ReLU 函数"),
    each("elu", "ELU", "ELU 函数"),
    each("softplus", "softplus", "softplus 函数"),
    each("gelu", "GELU", "GELU 函数"),
    each("silu", "SiLU", "SiLU 函数"),
    {"softmax",
     {"softmax",
      {"Every element of softmax depends on every element of {0}; the sum over all of them is the inner "
       "product with {6}. Shape {1} again."}},
     {"softmax", {"softmax 的每个元素都依赖于 {0} 的每个元素；对它们求和就是与 {6} 的内积。形状仍为 {1}。"}}},
    {"log_softmax",
     {"log-softmax",
      {"Every element depends on every element of {0} through the sum of exponentials. Shape {1} again."}},
     {"log-softmax", {"每个元素都通过指数之和依赖于 {0} 的每个元素。形状仍为 {1}。"}}},
    {"matvec",
     {"matrix times vector",
      {"{0} is {1}, so its derivative is too: the column {2} ({3}) times the row {4}ᵀ (1×{5}) gives "
       "{3}×{5}. Entry (j, k) of {0} only meets element k of {4} and goes into element j of the result.",
       "{0} has {1} elements and {2} has {3}; {4} is {5}. Element k of {0} goes into every element of the "
       "result, weighted by column k of {4}; summing over them needs {4}ᵀ, which turns {3} elements into "
       "{1}."}},
     {"矩阵乘向量",
      {"{0} 的形状是 {1}，导数也是：列 {2}（{3}）乘以行 {4}ᵀ（1×{5}），得 {3}×{5}。{0} 的 (j, k) 元只与 "
       "{4} 的第 k 个元素相乘，并只进入结果的第 j 个元素。",
       "{0} 有 {1} 个元素，{2} 有 {3} 个；{4} 的形状是 {5}。{0} 的第 k 个元素以 {4} 的第 k "
       "列为权进入结果的每个元素；对它们求和需要 {4}ᵀ，它把 {3} 个元素变为 {1} 个。"}}},
    {"matmul",
     {"matrix product",
      {"{0} is {1}, {2} is {3}, the right factor {4} is {5}: only {4}ᵀ on the right makes the sizes fit.",
       "{0} is {1}, {2} is {3}, the left factor {4} is {5}: only {4}ᵀ on the left makes the sizes fit."}},
     {"矩阵乘积",
      {"{0} 的形状是 {1}，{2} 是 {3}，右因子 {4} 是 {5}：只有右乘 {4}ᵀ 尺寸才相合。",
       "{0} 的形状是 {1}，{2} 是 {3}，左因子 {4} 是 {5}：只有左乘 {4}ᵀ 尺寸才相合。"}}},
    {"outer",
     {"outer product",
      {"Row i of the result is {0}ᵢ times {4}ᵀ: collecting row i of {2} ({3}) against {4} gives shape {1}.",
       "Column j of the result is {0}ⱼ times {4}: collecting column j of {2} ({3}) against {4} gives shape "
       "{1}."}},
     {"外积",
      {"结果的第 i 行是 {0}ᵢ 乘 {4}ᵀ：把 {2}（{3}）的第 i 行与 {4} 作内积，形状为 {1}。",
       "结果的第 j 列是 {0}ⱼ 乘 {4}：把 {2}（{3}）的第 j 列与 {4} 作内积，形状为 {1}。"}}},
    {"dot",
     {"inner product",
      {"The result is one number; its slope by element i of {0} is element i of {4}. Shape {1}."}},
     {"内积", {"结果是一个数；它对 {0} 第 i 个元素的斜率是 {4} 的第 i 个元素。形状 {1}。"}}},
    {"transpose",
     {"transpose",
      {"Entry (i, j) of the result is entry (j, i) of {0}; the way back transposes again: {1}."}},
     {"转置", {"结果的 (i, j) 元是 {0} 的 (j, i) 元；往回再转置一次：{1}。"}}},
    square("inv", "inverse", "逆矩阵"),
    square("det", "determinant", "行列式"),
    square("logdet", "logarithm of the determinant", "行列式的对数"),
    {"trace",
     {"trace",
      {"Only the diagonal of {0} is summed, each entry with the factor 1: {2} times the identity, shape "
       "{1}."}},
     {"迹", {"迹只对 {0} 的对角元求和，系数均为 1：{2} 乘单位阵，形状 {1}。"}}},
    {"diag",
     {"diagonal matrix of a vector",
      {"Element i of {0} stands at (i, i) alone: the way back takes the diagonal, shape {1}."}},
     {"向量的对角矩阵", {"{0} 的第 i 个元素只出现在 (i, i) 处：往回取对角线，形状 {1}。"}}},
    {"diagonal",
     {"diagonal of a matrix",
      {"Only the diagonal of {0} is read: its derivative is a diagonal matrix, shape {1}."}},
     {"矩阵的对角线", {"只读取了 {0} 的对角线：导数是对角矩阵，形状 {1}。"}}},
    {"kron",
     {"Kronecker product",
      {"Each entry of {0} multiplies a copy of the other factor {4}; its derivative sums over that copy. "
       "Shape {1}."}},
     {"Kronecker 积", {"{0} 的每个元素都乘上另一个因子 {4} 的一份拷贝；导数对这份拷贝求和。形状 {1}。"}}},
    {"kron_adjoint_left",
     {"adjoint of the Kronecker product", {"It is linear in {0}: shape {1} again."}},
     {"Kronecker 积的伴随", {"它对 {0} 是线性的：形状仍为 {1}。"}}},
    {"kron_adjoint_right",
     {"adjoint of the Kronecker product", {"It is linear in {0}: shape {1} again."}},
     {"Kronecker 积的伴随", {"它对 {0} 是线性的：形状仍为 {1}。"}}},
    {"vec",
     {"stacking of columns", {"The elements only change place: the way back puts them in {1} again."}},
     {"按列展开", {"元素只是换了位置：往回再放回 {1}。"}}},
    {"unvec",
     {"unstacking of columns", {"The elements only change place: the way back stacks them again, {1}."}},
     {"还原为矩阵", {"元素只是换了位置：往回再排成一列，{1}。"}}},
    {"sum",
     {"sum of all elements",
      {"Each element of {0} enters with the factor 1, so each gets the same number {2}: shape {1}."}},
     {"所有元素之和", {"{0} 的每个元素系数都是 1，因此都得到同一个数 {2}：形状 {1}。"}}},
    {"mean",
     {"mean of all elements",
      {"Each element of {0} enters with the same weight, so each gets the same number: shape {1}."}},
     {"所有元素的平均", {"{0} 的每个元素权重相同，因此都得到同一个数：形状 {1}。"}}},
    {"max",
     {"largest element",
      {"Only the largest element of {0} moves the result: it gets {2}, the others 0. Shape {1}."}},
     {"最大元素", {"只有 {0} 的最大元素影响结果：它得到 {2}，其余为 0。形状 {1}。"}}},
    whole("norm2", "Euclidean norm", "欧几里得范数"),
    whole("norm1", "sum of absolute values", "绝对值之和"),
    whole("logsumexp", "log-sum-exp", "log-sum-exp"),
    {"unit_vector",
     {"normalised vector",
      {"Every element depends on {0} through the norm; what points along {6} is taken out. Shape {1}."}},
     {"单位化", {"每个元素都通过范数依赖于 {0}；沿 {6} 方向的分量被去掉。形状 {1}。"}}},
    {"reshape",
     {"new shape", {"The elements only change place: shape {1} again."}},
     {"改变形状", {"元素只是换了位置：形状仍为 {1}。"}}},
    {"slice",
     {"part of an axis", {"What was left out has no effect: zeros there, shape {1}."}},
     {"取一段", {"没有取到的部分没有影响：补零，形状 {1}。"}}},
    {"concat",
     {"joining", {"{0} gets back the part that it became: shape {1}."}},
     {"拼接", {"{0} 取回它所成为的那一段：形状 {1}。"}}},
    {"broadcast",
     {"repetition", {"What was repeated is summed: shape {1} again."}},
     {"复制（广播）", {"被复制的量要求和：形状仍为 {1}。"}}},
    {"sum_to",
     {"sum over repeated elements",
      {"Each element enters with the factor 1 and gets what its sum got: shape {1}."}},
     {"对复制的元素求和", {"每个元素系数为 1，得到其和所得的导数：形状 {1}。"}}},
    {"pick",
     {"one element",
      {"Only the chosen element of {0} moves the result: it gets {2}, the others 0. Shape {1}."}},
     {"取一个元素", {"{0} 中只有被取的元素影响结果：它得到 {2}，其余为 0。形状 {1}。"}}},
    {"batch_sum",
     {"sum over the samples", {"Each sample enters with the factor 1."}},
     {"对样本求和", {"每个样本的系数都是 1。"}}},
    {"batch_mean",
     {"mean over the samples", {"Each of the N samples enters with the weight 1/N."}},
     {"对样本求平均", {"N 个样本的权重都是 1/N。"}}},
    {"batch_broadcast",
     {"one value for all samples", {"What every sample shares collects the sum over the samples."}},
     {"所有样本共享", {"共享的量收集各样本贡献之和。"}}},
    {"squared_error",
     {"squared error",
      {"½‖y − a‖² has the slope a − y by a: the 2 from the square cancels the ½. Shape {1}.",
       "The same with the other sign, as {0} enters with a minus. Shape {1}."}},
     {"平方误差",
      {"½‖y − a‖² 对 a 的斜率为 a − y：平方带来的 2 与 ½ 抵消。形状 {1}。",
       "{0} 前有负号，所以符号相反。形状 {1}。"}}},
    {"cross_entropy",
     {"cross-entropy",
      {"Term i is −yᵢ ln aᵢ, whose slope by aᵢ is −yᵢ/aᵢ; no other term contains aᵢ. Shape {1}.",
       "Term i is linear in yᵢ with the slope −ln aᵢ. Shape {1}."}},
     {"交叉熵",
      {"第 i 项是 −yᵢ ln aᵢ，对 aᵢ 的斜率为 −yᵢ/aᵢ；其他项不含 aᵢ。形状 {1}。",
       "第 i 项对 yᵢ 是线性的，斜率为 −ln aᵢ。形状 {1}。"}}},
    {"softmax_cross_entropy",
     {"softmax with cross-entropy",
      {"Softmax's Jacobian and cross-entropy's slope −y/a collapse to softmax({0}) Σy − y, and Σy = 1 for "
       "probabilities. Shape {1}.",
       "Linear in {0} with the slope −ln softmax. Shape {1}."}},
     {"softmax 与交叉熵",
      {"softmax 的 Jacobian 与交叉熵的斜率 −y/a 合并为 softmax({0}) Σy − y，概率满足 Σy = 1。形状 {1}。",
       "对 {0} 是线性的，斜率为 −ln softmax。形状 {1}。"}}},
    {"softmax_cross_entropy_labels",
     {"softmax with cross-entropy",
      {"Softmax's Jacobian and cross-entropy's slope collapse to softmax({0}) less the one-hot label: "
       "every element of {0} has a slope, not that of the true class alone. Shape {1}."}},
     {"softmax 与交叉熵",
      {"softmax 的 Jacobian 与交叉熵的斜率合并为 softmax({0}) 减去 one-hot 标签：{0} "
       "的每个元素都有斜率，而不只是真实类别那一个。形状 {1}。"}}},
    {"sigmoid_cross_entropy",
     {"sigmoid with cross-entropy",
      {"σ′ = a(1 − a) cancels against the slope (a − y)/(a(1 − a)) of the cross-entropy: a − y is left. "
       "Shape {1}.",
       "Linear in {0} with the slope −z. Shape {1}."}},
     {"sigmoid 与交叉熵",
      {"σ′ = a(1 − a) 与交叉熵的斜率 (a − y)/(a(1 − a)) 相消，剩下 a − y。形状 {1}。",
       "对 {0} 是线性的，斜率为 −z。形状 {1}。"}}},
    {"huber",
     {"Huber's loss",
      {"The residual, limited to the threshold: beyond it the loss is a straight line. Shape {1}.",
       "The same with the other sign. Shape {1}."}},
     {"Huber 损失", {"即截断到阈值的残差：超过阈值后损失是直线。形状 {1}。", "符号相反。形状 {1}。"}}},
};

}  // namespace

const RuleText* rule_text(const Op& op) {
  const auto it = std::ranges::find(kRuleTexts, op.name, &RuleText::op);
  return it == kRuleTexts.end() ? nullptr : &*it;
}

}  // namespace catenary::derive
