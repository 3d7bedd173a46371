#include "catenary/derive/page/texts.h"

#include "catenary/base/error.h"

namespace catenary::derive {

namespace {

struct Translation {
  PageText text;
  std::string_view english, chinese;
};

constexpr Translation kTranslations[] = {
    {PageText::kSkip, "Skip to the derivation", "跳到推导正文"},
    {PageText::kGraph, "The computation", "计算图"},
    {PageText::kGraphHint,
     "Point at or tap a value or an arrow to see its numbers, its derivative and the step that made it.",
     "指向或点按一个量或一条箭头，查看它的数值、导数以及得出它的步骤。"},
    {PageText::kGraphKeys,
     "Arrow keys walk through values and arrows, Enter holds the details, Escape lets them go.",
     "用方向键在各个量和箭头间移动，回车键固定详情，Esc 键取消。"},
    {PageText::kNumbers, "Numbers", "数值"},
    {PageText::kTheme, "Colours", "配色"},
    {PageText::kAutomatic, "auto", "自动"},
    {PageText::kLight, "light", "浅色"},
    {PageText::kDark, "dark", "深色"},
    {PageText::kOpenAll, "Open all steps", "展开所有步骤"},
    {PageText::kCloseAll, "Close all steps", "收起所有步骤"},
    {PageText::kStep, "Step", "步骤"},
    {PageText::kPrevious, "Previous step", "上一步"},
    {PageText::kNext, "Next step", "下一步"},
    {PageText::kForward, "Forward pass, before the first step back", "前向计算，反向第一步之前"},
    {PageText::kDetails, "Details", "详情"},
    {PageText::kDetailsEmpty, "Nothing chosen yet. Choose a value or an arrow above, or move the slider.",
     "尚未选择。请在上方选择一个量或一条箭头，或者拖动滑块。"},
    {PageText::kDefinition, "Definition", "定义"},
    {PageText::kEquation, "forward equation ({})", "前向等式 ({})"},
    {PageText::kShape, "Shape", "形状"},
    {PageText::kShapePerSample, "{}, one for each sample", "{}，每个样本各一个"},
    {PageText::kValue, "Value", "数值"},
    {PageText::kAdjoint, "Derivative (adjoint)", "导数（伴随量）"},
    {PageText::kAdjointNumbers, "Derivative in numbers", "导数的数值"},
    {PageText::kBatchAdjoint, "Over the whole batch", "对整批样本"},
    {PageText::kNoAdjoint, "not needed for the derivatives that were asked for", "所求导数用不到它"},
    {PageText::kMadeBy, "Made by", "得自"},
    {PageText::kGoTo, "step {}", "第 {} 步"},
    {PageText::kRepeats, "a value by itself has the derivative 1", "一个量对自身的导数为 1"},
    {PageText::kFlow, "What flows back", "反向传回的量"},
    {PageText::kFlowNumbers, "In numbers", "代入数值"},
    {PageText::kNoFlow, "nothing flows back: its derivative is not needed here",
     "没有反向传播：这里用不到它的导数"},
    {PageText::kReads, "{} enters {}", "{} 参与 {}"},
    {PageText::kCopy, "Copy LaTeX", "复制 LaTeX"},
    {PageText::kCopied, "Copied", "已复制"},
    {PageText::kMadeWith, "Written by catenary derive. Formulas copy as LaTeX.",
     "由 catenary derive 生成。复制公式即得 LaTeX。"},
};

}  // namespace

std::string_view text_of(PageText text, Language language) {
  for (const Translation& t : kTranslations) {
    if (t.text == text) return language == Language::kEnglish ? t.english : t.chinese;
  }
  fail(ErrorKind::kInternal, "page text {} has no translation", static_cast<int>(text));
}

}  // namespace catenary::derive
