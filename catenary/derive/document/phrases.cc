#include "catenary/derive/document/phrases.h"

#include <array>

#include "catenary/base/error.h"

namespace catenary::derive {

namespace {

struct Translation {
  Phrase phrase;
  std::string_view english, chinese;
};

constexpr Translation kTranslations[] = {
    {Phrase::kTitle, "The gradient of {0}, step by step", "逐步推导 {0} 的梯度"},
    {Phrase::kSymbols, "Symbols and shapes", "符号与形状"},
    {Phrase::kSymbolColumn, "symbol", "符号"},
    {Phrase::kShapeColumn, "shape", "形状"},
    {Phrase::kMeaningColumn, "what it is", "含义"},
    {Phrase::kSample, "of one sample", "每个样本各有一个"},
    {Phrase::kShared, "given", "已知量"},
    {Phrase::kParameter, "we want the derivative by it", "求对它的导数"},
    {Phrase::kBatchSize, "number of samples in the batch", "一批中的样本数"},
    {Phrase::kSymmetric, "symmetric: {0}", "对称矩阵：{0}"},
    {Phrase::kColumns,
     "Vectors are columns. A derivative by a vector or matrix has that vector's or matrix's shape: entry by "
     "entry, {0}.",
     "向量一律为列向量。标量对向量或矩阵的导数与该向量或矩阵形状相同，逐元素定义：{0}。"},
    {Phrase::kNotationColumn, "notation", "记号"},
    {Phrase::kForward, "Forward", "前向计算"},
    {Phrase::kForwardIntro, "Each equation makes one value from what is given and what stands above it.",
     "每个等式由已知量和前面的量算出一个新的量。"},
    {Phrase::kSquaredNorm, "the squared norm is the sum of the squares", "范数的平方即各元素的平方和"},
    {Phrase::kLoss, "The function to differentiate", "要求导的函数"},
    {Phrase::kLossIntro, "We want the derivative of the scalar {0} by {1}.", "求标量 {0} 对 {1} 的导数。"},
    {Phrase::kLossIntroEach, "We want the derivative of the scalar {0} by each of {1}.",
     "求标量 {0} 对 {1} 各自的导数。"},
    {Phrase::kLossOfBatch,
     "{0} is the loss of one sample. The batch has {1} samples; what follows is one value for all of them:",
     "{0} 是一个样本的损失。一批共有 {1} 个样本；以下各量由整批样本共有："},
    {Phrase::kBackward, "Backward", "反向传播"},
    {Phrase::kBackwardIntro,
     "We go through the equations of the forward pass from the last to the first. Each call passes the "
     "derivative of its result on to its operands; which rule does that depends on the call alone.",
     "从最后一个前向等式开始，逐个往前。每个运算把对其结果的导数传给它的各个操作数；用哪条规则只取决于这个运"
     "算本身。"},
    {Phrase::kChainRule,
     "The chain rule behind every step: if {0} depends on {1} only through the elements of {2}, then {3}.",
     "每一步背后都是链式法则：若 {0} 只通过 {2} 的各元素依赖于 {1}，则 {3}。"},
    {Phrase::kSeed, "It begins with", "起点是"},
    {Phrase::kStep, "Step {0}: from {1} to {2}", "第 {0} 步：从 {1} 到 {2}"},
    {Phrase::kCall, "{0} enters equation {1}, {2}.", "{0} 出现在等式 {1} 中：{2}。"},
    {Phrase::kCallPart, "{0} enters {1}, a part of {2}.", "{0} 出现在 {1} 中，它是 {2} 的一部分。"},
    {Phrase::kRepeated, "There {0} is short for {1}: {2} is repeated for each element.",
     "其中 {0} 是 {1} 的简写：{2} 在每个元素处重复。"},
    {Phrase::kKnownFrom, " {0} is known from {1}.", "{0} 已由 {1} 得到。"},
    {Phrase::kFlat,
     "{0} is constant between its jumps, so its derivative is 0 wherever there is one: nothing flows further "
     "back from here.",
     "{0} 在各跳跃点之间为常数，导数存在之处均为 0：由此不再往前传。"},
    {Phrase::kRule, "Rule", "规则"},
    {Phrase::kArithmetic, "arithmetic", "数的运算"},
    {Phrase::kSimplified, "simplified", "化简"},
    {Phrase::kBy, "by {0}", "由 {0}"},
    {Phrase::kConstantOne, "the derivative of a value by itself is 1", "一个量对自身的导数为 1"},
    {Phrase::kDelta,
     "{0} is a pre-activation. The derivative by it is what δ stands for (textbooks also call it the "
     "residual or error of the layer): {1}.",
     "{0} 是激活函数的输入（预激活值）。对它的导数记作 δ，教科书中也称为该层的残差或误差项：{1}。"},
    {Phrase::kDeltaAgain, "{0} is a pre-activation again: {1}.", "{0} 也是预激活值：{1}。"},
    {Phrase::kInserted, "With {0} inserted:", "代入 {0}："},
    {Phrase::kAllInserted, "all steps inserted", "代入所有步骤"},
    {Phrase::kSumStep, "Step {0}: all paths to {1} together", "第 {0} 步：汇总到 {1} 的各条路径"},
    {Phrase::kPaths,
     "{0} is used {1} times: {2}. {3} depends on it along each of these paths, so by the chain rule for "
     "several paths the contributions {4} add up:",
     "{0} 被使用了 {1} 次：{2}。{3} 沿其中每条路径都依赖于它，由多路径的链式法则，各路径的贡献 {4} 相加："},
    {Phrase::kSum, "sum over the paths", "对各路径求和"},
    {Phrase::kProof, "Proof in index form.", "用下标写出的证明。"},
    {Phrase::kProofOneUse,
     "{0} is used more than once. So that this use alone is differentiated, {0} is called {1} here.",
     "{0} 用了不止一次。为了只对这一处求导，这里把它记作 {1}。"},
    {Phrase::kProofElement, "One element of the result is", "结果的一个元素为"},
    {Phrase::kProofResult, "The result is", "结果为"},
    {Phrase::kProofChain, "By the chain rule, summed over all elements of the result,",
     "由链式法则，对结果的所有元素求和，"},
    {Phrase::kProofStack, "All elements together are {0}, for its elements are",
     "把所有元素排在一起就是 {0}，因为它的元素为"},
    {Phrase::kProofWhere, "where", "其中"},
    {Phrase::kProofStep, "First we need", "先求"},
    {Phrase::kProofPartial, "Its partial derivative is", "它的偏导数为"},
    {Phrase::kProofPartialSo, "So its partial derivative is", "因此它的偏导数为"},
    {Phrase::kProofCondition, "In the case {0}", "当 {0} 时"},
    {Phrase::kProofBothCases, "In both cases", "两种情形合起来"},
    {Phrase::kProofSpecial, "If {0}, this becomes", "若 {0}，则成为"},
    {Phrase::kProofContribution,
     "{0} is {1}, so this is what this one use contributes to {2}; the contributions of the other uses are "
     "added to it.",
     "{0} 就是 {1}，因此这是这一处对 {2} 的贡献，还要加上其他各处的贡献。"},
    {Phrase::kProvedBefore, "The proof of this rule stands in step {0}.", "该规则的证明见第 {0} 步。"},
    {Phrase::kWhyShape, "Why this shape:", "为什么是这个形状："},
    {Phrase::kResults, "Results", "结果"},
    {Phrase::kResultsIntro, "Each derivative has the shape of what it is taken by.",
     "每个导数都与求导变量形状相同。"},
    {Phrase::kNumbersOfClosedForm,
     "At these numbers the steps meet 0 · ∞, which is no number; the last line of the formula has one:",
     "在这组数值处，各步中出现 0 · ∞，得不到数值；用上式最后一行可以算出："},
    {Phrase::kDirectionOfZero,
     "At these numbers the steps meet 0 · ∞, which is no number; the last line of the formula has one, as "
     "the rule of the norm takes 0 for x / ‖x‖ where x = 0:",
     "在这组数值处，各步中出现 0 · ∞，得不到数值；用上式最后一行可以算出，因为范数的规则在 x = 0 处取 x / "
     "‖x‖ "
     "为 0："},
    {Phrase::kNoNumber, "At these numbers the formula meets 0 / 0 or 0 · ∞, which is no number:",
     "在这组数值处，式中出现 0 / 0 或 0 · ∞，得不到数值："},
    {Phrase::kUnreached, "{0} does not depend on {1}, so the derivative is 0.",
     "{0} 与 {1} 无关，导数为 0。"},
    {Phrase::kUnreachedFlat,
     "{0} depends on {1} only through what is constant between jumps: the derivative is 0 wherever there is "
     "one.",
     "{0} 只通过在各跳跃点之间为常数的量依赖于 {1}：导数存在之处均为 0。"},
    {Phrase::kPartsStayNamed,
     "With all steps inserted it would be too long to read, even simplified: its parts stay named.",
     "把各步全部代入后即使化简也过长，难以阅读：各部分保留名称。"},
    {Phrase::kEngineResult, "the same in one formula", "合并为一个式子"},
    {Phrase::kBatch, "The whole batch", "整批样本"},
    {Phrase::kBatchSample,
     "The derivation for one sample, whose loss is {0}, finds these results; equations and steps keep the "
     "numbers that they have there.",
     "对损失为 {0} 的单个样本，推导得到以下结果；公式与步骤的编号与完整推导一致。"},
    {Phrase::kBatchIntro, "Put the samples side by side as columns: {0} and so on.",
     "把各样本作为列并排放置：{0}，依此类推。"},
    {Phrase::kBatchShared,
     "A shared value such as {0} meets every sample, so its derivative adds up what each sample contributes.",
     "{0} 这样的共享量作用于每个样本，所以对它的导数是各样本贡献之和。"},
    {Phrase::kBatchOwn,
     "Each sample has its own {0}, and {1} depends on it through the loss of that sample alone: nothing is "
     "summed, and there is one derivative for each sample.",
     "每个样本有自己的 {0}，{1} 只通过该样本的损失依赖于它：不需求和，每个样本各有一个导数。"},
    {Phrase::kBatchOwnLoss, "only the loss of sample {0} depends on it", "只有样本 {0} 的损失依赖于它"},
    {Phrase::kBatchForward, "The forward pass of all samples at once:", "所有样本一起的前向计算："},
    {Phrase::kBatchForwardBias,
     "Adding the bias repeats it for every column; going back, what was repeated is summed.",
     "加偏置时它被复制到每一列（广播）；反向时，被复制的量要求和。"},
    {Phrase::kColumnwise, "of each column by itself", "对每一列分别计算"},
    {Phrase::kBatchBackward,
     "Going back, the columns of {0} are the samples' {1}; a column needs nothing of the other columns:",
     "反向时，{0} 的各列是各样本的 {1}；每一列的计算与其他列无关："},
    {Phrase::kBatchLinear,
     "A sum is differentiated term by term: {0} reaches a shared value through the loss of every sample, "
     "and each of them contributes what its own derivation says.",
     "和的导数等于各项导数之和：{0} 经由每个样本的损失依赖于共享的量，每个样本的贡献就是它自己的推导结果。"},
    {Phrase::kBatchSum, "each sample's loss is a path", "每个样本的损失是一条路径"},
    {Phrase::kBatchSumBeside, "each sample's loss is a path, {0} is another",
     "每个样本的损失是一条路径，{0} 是另一条"},
    {Phrase::kBatchSteps, "From {0} back to the loss of a sample, and to what else is shared:",
     "从 {0} 往回到一个样本的损失，以及其他共享的量："},
    {Phrase::kBatchMatrix, "as one matrix product: the sum over the samples is the product's inner sum",
     "写成一个矩阵乘积：对样本求和正是矩阵乘法内部的求和"},
    {Phrase::kBatchMatrices, "as matrix products: the sum over the samples is the inner sum of each product",
     "写成矩阵乘积之和：对样本求和正是各个矩阵乘法内部的求和"},
    {Phrase::kBatchRowSums, "the sum of each row, 𝟏 being a column of ones", "即各行之和，𝟏 为全 1 的列向量"},
    {Phrase::kBroadcast, "the bias is repeated for each column (broadcast)", "偏置被复制到每一列（广播）"},
    {Phrase::kRecap, "The same as BP1 to BP4", "与 BP1–BP4 对照"},
    {Phrase::kRecapIntro,
     "The network is a chain of dense layers, {0}. The steps above are the four equations of "
     "backpropagation:",
     "这个网络是一串全连接层，{0}。上面的步骤正是反向传播的四个公式："},
    {Phrase::kRecapNoBias,
     "The network is a chain of dense layers without biases, {0}. The steps above are the equations of "
     "backpropagation; BP3 has nothing to say here:",
     "这个网络是一串没有偏置的全连接层，{0}。上面的步骤正是反向传播的公式，其中 BP3 在此无对应："},
    {Phrase::kRecapSomeBias,
     "The network is a chain of dense layers, {0}, some of them without b. The steps above are the four "
     "equations of backpropagation:",
     "这个网络是一串全连接层，{0}，其中有的层没有 b。上面的步骤正是反向传播的四个公式："},
    {Phrase::kBp1, "BP1, the last layer: {0}", "BP1，输出层：{0}"},
    {Phrase::kBp2, "BP2, from layer to layer: {0}", "BP2，逐层往前：{0}"},
    {Phrase::kBp3, "BP3, biases: {0}", "BP3，偏置：{0}"},
    {Phrase::kBp4, "BP4, weights: {0}", "BP4，权重：{0}"},
    {Phrase::kHessian, "The Hessian", "Hessian 矩阵"},
    {Phrase::kHessianIntro,
     "The Hessian says how the gradient moves when the variable does: if {1} changes by {2}, then {0} "
     "changes "
     "by the Hessian times {2}, up to terms of second order.",
     "Hessian 矩阵说明变量变化时梯度如何变化：{1} 改变 {2} 时，{0} 的改变量为 Hessian 矩阵乘以 "
     "{2}（略去二阶小量）。"},
    {Phrase::kHessianGradient, "The gradient, operation by operation:", "把梯度拆成逐个运算："},
    {Phrase::kHessianDifferentials,
     "Each of them has a differential, made of those of its operands. It is the gradient rule of the "
     "operation "
     "read forwards: what brings a derivative back by {0} takes a differential on by {1}. Where several "
     "operands "
     "move, each adds its share while the others stand still.",
     "每个量的微分都由其各操作数的微分得出，所用的正是该运算的梯度规则，只是方向相反：反向时用 {0} "
     "传回导数，正向时用 {1} 传递微分。若有多个操作数变化，则依次让其中一个变化、其余不动，再把各份相加。"},
    {Phrase::kHessianFlat,
     "{0} is constant but where it jumps: {1}, and so is the differential of what moves with it alone.",
     "{0} 除跳变处外为常数：{1}，只随它变化的量的微分也为 0。"},
    {Phrase::kHessianMixed, "Mixed second derivatives: {0} stands still, {1} moves by {2}.",
     "混合二阶导数：{0} 不动，{1} 改变 {2}。"},
    {Phrase::kHessianTransposed, "The other order of differentiation gives the transpose: {0}.",
     "交换求导次序得到其转置：{0}。"},
    {Phrase::kHessianSame, "The other order of differentiation gives the same: {0}.",
     "交换求导次序，结果相同：{0}。"},
    {Phrase::kHessianConstant, "{0} does not move with {1}, so its second derivative is 0.",
     "{0} 不随 {1} 变化，所以这个二阶导数为 0。"},
    {Phrase::kHessianJumps, "{0} changes with {1} by jumps alone; between them its derivative is 0.",
     "{0} 随 {1} 只在跳变处改变；在跳变之间，其导数为 0。"},
    {Phrase::kHessianInserted,
     "Inserted into one another, from the last one back to {0}:", "从最后一个开始依次代入，直到只剩 {0}："},
    {Phrase::kHessianRead, "What multiplies {0} is the second derivative:", "{0} 的系数就是二阶导数："},
    {Phrase::kHessianChain,
     "Inserted into one another they would fill pages. By the chain rule each matrix is made of those before "
     "it, and the last one is the second derivative:",
     "全部代入会长达数页。由链式法则，每个矩阵都由前面的矩阵算出，最后一个就是二阶导数："},
    {Phrase::kHessianFactor, "the product of the matrices, summed over the paths",
     "各矩阵相乘，并对各路径求和"},
    {Phrase::kMatrixTimesColumn, "written as matrices times differentials", "写成矩阵乘以微分"},
    {Phrase::kProductRule, ": product rule", "：乘积法则"},
    {Phrase::kQuotientRule, ": quotient rule", "：商的法则"},
    {Phrase::kChainRuleName, ": chain rule", "：链式法则"},
    {Phrase::kHessianCheck,
     "The columns of the Hessian against the same two methods, applied to the gradient. A Hessian equals its "
     "transpose; here the two differ by at most {0}.",
     "用同样两种方法对梯度求导，检验 Hessian 矩阵的各列。Hessian 矩阵等于其转置；此处两者最多相差 {0}。"},
    {Phrase::kCheck, "Check", "验算"},
    {Phrase::kCheckIntro,
     "Each result against two methods that know nothing of the derivation: central differences {0}, and the "
     "complex step {1}, which has no cancellation.",
     "用两种与推导无关的方法检验每个结果：中心差分 {0}；复数步 {1}，后者没有相消误差。"},
    {Phrase::kCheckIntroExtrapolated,
     "Each result against two methods that know nothing of the derivation: central differences {0}, "
     "extrapolated from several steps {2} to {3}, and the complex step {1}, which has no cancellation.",
     "用两种与推导无关的方法检验每个结果：中心差分 {0}，由多个步长 {2} 外推到 {3}；复数步 "
     "{1}，后者没有相消误差。"},
    {Phrase::kCheckVariable, "derivative", "导数"},
    {Phrase::kCheckDifferences, "largest error, differences", "最大误差（差分）"},
    {Phrase::kCheckComplex, "largest error, complex step", "最大误差（复数步）"},
    {Phrase::kCheckVerdict, "verdict", "结论"},
    {Phrase::kAgrees, "agrees", "一致"},
    {Phrase::kAgreesComplex,
     "agrees by the complex step; differences do not settle on enough digits at the point",
     "复数步一致；差分在该点达不到足够的有效数字"},
    {Phrase::kAgreesAtKink, "agrees: a kink, with slope {0} from the left and {1} from the right",
     "一致：此处有尖点，左导数 {0}，右导数 {1}"},
    {Phrase::kAgreesAtKinkOf, "agrees: a kink of {2}, with slope {0} from the left and {1} from the right",
     "一致：{2} 在此处有尖点，左导数 {0}，右导数 {1}"},
    {Phrase::kAgreesAtKinksOf,
     "agrees: kinks of {2} and {3}, with slope {0} from the left and {1} from the right",
     "一致：{2} 与 {3} 在此处都有尖点，左导数 {0}，右导数 {1}"},
    {Phrase::kKinkByElement, " (by element {0})", "（对第 {0} 个元素）"},
    {Phrase::kKinkOfSample, " (of sample {0})", "（第 {0} 个样本）"},
    {Phrase::kKinkByElementOfSample, " (by element {0} of sample {1})", "（对第 {1} 个样本的第 {0} 个元素）"},
    {Phrase::kDisagrees, "DISAGREES", "不一致"},
    {Phrase::kUndefinedThere, "not checked: the function is not finite at the point",
     "未检验：函数在该点不是有限值"},
    {Phrase::kUnboundedThere, "not checked: the derivative is not finite at the point",
     "未检验：导数在该点不是有限值"},
    {Phrase::kJumpsThere, "not checked: at the point there is a jump and no derivative",
     "未检验：函数在该点有跳跃，导数不存在"},
    {Phrase::kFoldsThere,
     "not checked: several kinks meet at the point, and what the rules take at each need not make a slope of "
     "the whole",
     "未检验：该点处多个尖点相遇，各规则所取的值合起来未必是整个函数的斜率"},
    {Phrase::kHiddenByRounding,
     "not checked: at the point the first digits of the derivative change when the numbers are rounded",
     "未检验：在该点，数值的舍入会改变导数的前几位数字"},
    {Phrase::kNumbersGiven, "Numbers: as given.", "数值：按给定数据。"},
    {Phrase::kNumbersRandom, "Numbers: random, from a fixed seed.", "数值：固定种子的随机数。"},
    {Phrase::kNumbersRounded,
     "All digits are computed; six are shown. Whoever goes on from rounded numbers may find the last digit "
     "different.",
     "计算时保留全部有效数字，显示时取六位。若用显示的数字继续手算，末位可能有出入。"},
    {Phrase::kNumbersSample, "What each sample has is shown for the first of {0} samples.",
     "每个样本各有的量，只显示 {0} 个样本中的第一个。"},
    {Phrase::kStepsForward, "For {0}, one step after another:", "对 {0} 逐步计算："},
    {Phrase::kStepsStart, "It starts with {0}.", "初始值为 {0}。"},
    {Phrase::kStepsRow, "{0} is row {1} of {2}, as a column.", "{0} 是 {2} 的第 {1} 行，写成列向量。"},
    {Phrase::kStepsRows, "The rows of {0} are {1}.", "{0} 的各行是 {1}。"},
    {Phrase::kStepsAfter, "After all steps:", "各步之后："},
    {Phrase::kStepsValue, "of step {0}", "第 {0} 步的量"},
    {Phrase::kThroughTime, "Backwards through time", "随时间反向传播"},
    {Phrase::kThroughTimeIntro,
     "All steps are one calculation with the same weights, so it is enough to go back through one of them, "
     "for "
     "any {0}. They are taken in the order {1}: when it is the turn of step {0}, step {2} has been taken, "
     "and "
     "what it handed back is known. Where there is no step {2}, that is 0.",
     "各步是同样的计算，用同样的权重，因此只需对任意的 {0} 推导一步。各步的顺序为 {1}：轮到第 {0} 步时，第 "
     "{2} "
     "步已经做完，它传回的导数已知；没有第 {2} 步时，该项为 0。"},
    {Phrase::kEachByItself,
     "All steps are one calculation with the same weights, and none hands anything on to another, so it is "
     "enough to "
     "go back through one of them, for any {0}.",
     "各步是同样的计算，用同样的权重，彼此之间不传递任何量，因此只需对任意的 {0} 推导一步。"},
    {Phrase::kArrival, "Step {0}: what comes to {1}", "第 {0} 步：传到 {1} 的导数"},
    {Phrase::kArrivalFrom, "Within its step {0} acts on nothing else: what comes to it, comes from outside.",
     "{0} 在本步之内不再影响别的量：传到它的导数全部来自本步之外。"},
    {Phrase::kArrivalPaths,
     "Within its step {0} acts along {1}, and beside that on what comes after the step. The contributions "
     "{2} "
     "and what comes from outside add up:",
     "{0} 在本步之内经 {1} 起作用，此外还影响本步之后的量。贡献 {2} 与来自本步之外的部分相加："},
    {Phrase::kFromStep, "from step {0}, by {1}", "来自第 {0} 步，由 {1}"},
    {Phrase::kRecursion, "The recursion in brief", "递推公式小结"},
    {Phrase::kRecursionIntro, "For {0}:", "对 {0}："},
    {Phrase::kReach, "How far back the derivative reaches", "导数能传多远"},
    {Phrase::kReachIntro,
     "How large {0} is at each step. Every step back multiplies by the matrix of the step's derivatives. "
     "Where "
     "that shrinks vectors, hardly anything is left after many steps: the gradient vanishes. Where it "
     "stretches them, "
     "the gradient explodes.",
     "下面是各步的 "
     "{0}。每往回一步，就乘以该步的导数矩阵。若它使向量变短，多步之后几乎什么都不剩：梯度消失；若它使"
     "向量变长，则梯度爆炸。"},
    {Phrase::kOverSteps, "All steps together", "各步汇总"},
    {Phrase::kOverStepsStep, "Step {0}: from all steps to {1}", "第 {0} 步：从各步到 {1}"},
    {Phrase::kOverStepsShared,
     "All steps use the same {0}. {1} depends on it along each of them, so the contributions {2} of all "
     "steps "
     "add up:",
     "各步共用同一个 {0}。{1} 经每一步都依赖于它，因此各步的贡献 {2} 相加："},
    {Phrase::kOverStepsRows, "Each row of {0} is used in one step, whose {1} is that row's derivative:",
     "{0} 的每一行只用于一步，该步的 {1} 就是对这一行的导数："},
    {Phrase::kOverStepsStart,
     "{0} is what the steps start with: it gets what the last step taken back, {1}, hands "
     "on to it by {2}:",
     "{0} 是各步的初始值：它得到最后做的那一步（第 {1} 步）由 {2} 传给它的导数："},
    {Phrase::kOverStepsSum, "sum over the steps", "对各步求和"},
    {Phrase::kRecursionCheck,
     "The recursion was run with these numbers, too. Its sums over the steps and the gradient that training "
     "runs "
     "differ by at most {0} of the largest number.",
     "递推也用这些数值算了一遍。它对各步求和的结果与训练所用的梯度相比，差别至多为最大数值的 {0}。"},
};

const Translation& translation(Phrase phrase) {
  for (const Translation& t : kTranslations) {
    if (t.phrase == phrase) return t;
  }
  fail(ErrorKind::kInternal, "phrase {} has no translation", static_cast<int>(phrase));
}

}  // namespace

std::string_view text_of(Phrase phrase, Language language) {
  const Translation& t = translation(phrase);
  return language == Language::kEnglish ? t.english : t.chinese;
}

namespace {

// Calls put(i) where the text has {i}.
template <typename Put>
void fill_in(std::string_view text, std::size_t count, Sentence& sentence, Put put) {
  const std::string_view whole = text;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    if (open > 0) sentence.push_back({std::string(text.substr(0, open)), {}});
    if (open == std::string_view::npos) break;
    const auto index = static_cast<std::size_t>(text[open + 1] - '0');
    if (index >= count)
      fail(ErrorKind::kInternal, "a phrase needs formula {}, found {}: {}", index, count, whole);
    put(index);
    text.remove_prefix(open + 3);
  }
}

}  // namespace

Sentence fill(std::string_view text, std::span<const Formula> formulas) {
  Sentence sentence;
  fill_in(text, formulas.size(), sentence, [&](std::size_t i) { sentence.push_back({"", formulas[i]}); });
  return sentence;
}

Sentence say_lists(Language language, Phrase phrase, std::span<const std::vector<Formula>> lists) {
  const std::string comma = language == Language::kEnglish ? ", " : "、";
  Sentence sentence;
  fill_in(text_of(phrase, language), lists.size(), sentence, [&](std::size_t i) {
    for (const Formula& f : lists[i]) {
      if (&f != &lists[i].front()) sentence.push_back({comma, {}});
      sentence.push_back({"", f});
    }
  });
  return sentence;
}

Sentence say(Language language, Phrase phrase, std::span<const Formula> formulas) {
  return fill(text_of(phrase, language), formulas);
}

}  // namespace catenary::derive
