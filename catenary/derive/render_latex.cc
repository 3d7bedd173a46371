#include <fmt/format.h>

#include "catenary/derive/sentences.h"

namespace catenary::derive {

namespace {

constexpr std::string_view kEnglish = R"(\documentclass[a4paper,11pt,fleqn]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
)";
// Its fonts are those of Debian's texlive-lang-chinese.
constexpr std::string_view kChinese = R"(% !TeX program = xelatex
\documentclass[a4paper,11pt,fleqn,fontset=fandol]{ctexart}
)";
constexpr std::string_view kCommon = R"(\usepackage[margin=2.2cm]{geometry}
\usepackage{amsmath,amssymb}
\allowdisplaybreaks
\setlength{\mathindent}{1.5em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5\baselineskip}
\begin{document}
\setlength{\abovedisplayskip}{0pt}
\setlength{\abovedisplayshortskip}{0pt}
)";

// That a line of a page has room for, in letters.
constexpr double kLine = 75;

// Signs that stand in our sentences and that pdflatex's fonts for words lack.
struct Sign {
  std::string_view text, latex;
};
constexpr Sign kSigns[] = {{"Δ", R"(\ensuremath{\Delta})"},
                           {"⊙", R"(\ensuremath{\odot})"},
                           {"ᵀ", R"(\ensuremath{^{\top}})"},
                           {"δ", R"(\ensuremath{\delta})"},
                           {"′", R"(\ensuremath{'})"},
                           {"ℓ", R"(\ensuremath{\ell})"},
                           {"σ", R"(\ensuremath{\sigma})"},
                           {"Σ", R"(\ensuremath{\sum})"},
                           {"∂", R"(\ensuremath{\partial})"},
                           {"×", R"(\ensuremath{\times})"},
                           {"½", R"(\ensuremath{\tfrac12})"},
                           {"‖", R"(\ensuremath{\Vert})"},
                           {"²", R"(\ensuremath{^2})"},
                           {"−", R"(\ensuremath{-})"},
                           {"⇒", R"(\ensuremath{\Rightarrow})"},
                           {"ᵢ", R"(\ensuremath{_i})"},
                           {"ⱼ", R"(\ensuremath{_j})"},
                           {"ₖ", R"(\ensuremath{_k})"},
                           {"ₗ", R"(\ensuremath{_l})"},
                           {"𝟏", R"(\ensuremath{\mathbf{1}})"},
                           {"ᴺ", R"(\ensuremath{^N})"},
                           {"·", R"(\ensuremath{\cdot})"},
                           {"⁻", R"(\ensuremath{^-})"},
                           {"¹", R"(\ensuremath{^1})"},
                           {"³", R"(\ensuremath{^3})"},
                           {"≠", R"(\ensuremath{\neq})"},
                           {"≤", R"(\ensuremath{\le})"},
                           {"…", R"(\dots{})"},
                           {"⊗", R"(\ensuremath{\otimes})"},
                           {"⟨", R"(\ensuremath{\langle})"},
                           {"⟩", R"(\ensuremath{\rangle})"},
                           {"√", R"(\ensuremath{\surd})"},
                           {"∈", R"(\ensuremath{\in})"},
                           {"–", "--"},
                           {"₀", R"(\ensuremath{_0})"},
                           {"₁", R"(\ensuremath{_1})"},
                           {"₂", R"(\ensuremath{_2})"},
                           {"α", R"(\ensuremath{\alpha})"},
                           {"β", R"(\ensuremath{\beta})"},
                           {"λ", R"(\ensuremath{\lambda})"},
                           {"μ", R"(\ensuremath{\mu})"},
                           {"π", R"(\ensuremath{\pi})"},
                           {"Φ", R"(\ensuremath{\Phi})"},
                           {"\\", R"(\textbackslash{})"},
                           {"{", R"(\{)"},
                           {"}", R"(\})"},
                           {"#", R"(\#)"},
                           {"$", R"(\$)"},
                           {"%", R"(\%)"},
                           {"&", R"(\&)"},
                           {"_", R"(\_)"},
                           {"^", R"(\textasciicircum{})"},
                           {"~", R"(\textasciitilde{})"},
                           {"|", R"(\ensuremath{|})"},
                           {"<", R"(\ensuremath{<})"},
                           {">", R"(\ensuremath{>})"}};

std::string escaped(std::string_view words) {
  std::string out;
  while (!words.empty()) {
    std::size_t length = 0;
    for (const Sign& sign : kSigns) {
      if (!words.starts_with(sign.text)) continue;
      out += sign.latex;
      length = sign.text.size();
      break;
    }
    if (length == 0) out += words[length++];
    words.remove_prefix(length);
  }
  return out;
}

// Names of rewrite rules have no LaTeX of their own.
std::string in_line(const Formula& f) { return f.latex.empty() ? escaped(f.text) : "$" + f.latex + "$"; }

std::string flat(const Sentence& sentence) { return joined(sentence, escaped, in_line); }

// Reasons stand beside the rows, or below each where a page is too narrow.
std::string equation(const Equation& equation) {
  const bool beside = has_room_for_reasons(equation, kLine);
  std::string rows;
  for (std::size_t i = 0; i < equation.rows.size(); ++i) {
    const Equation::Row& row = equation.rows[i];
    const std::string_view sign = i == 0 && is_flow(equation) ? R"(\;)" : "=";
    if (i > 0) rows += " \\\\\n";
    rows += fmt::format("  {} &{} {}", i == 0 ? equation.left.latex : "", sign, row.right.latex);
    const std::string reason = fmt::format(R"(\qquad \text{{\small {}}})", flat(row.reason));
    if (!row.reason.empty() && beside) rows += " && " + reason;
    if (i == 0 && equation.number > 0) rows += fmt::format(R"( \tag{{{}}})", equation.number);
    if (!row.reason.empty() && !beside) rows += " \\\\\n  & " + reason;
  }
  return "\\begin{alignat*}{2}\n" + rows + "\n\\end{alignat*}\n";
}

std::string table(const Table& table) {
  const auto row = [](const std::vector<Sentence>& cells) {
    std::string line;
    for (const Sentence& cell : cells) line += (line.empty() ? "" : " & ") + flat(cell);
    return line + " \\\\\n";
  };
  // Taller rows than usual: cells hold fractions.
  std::string out = "{\\renewcommand{\\arraystretch}{1.5}\n\\begin{tabular}{" +
                    std::string(table.header.size(), 'l') + "}\n\\hline\n" + row(table.header) + "\\hline\n";
  for (const auto& cells : table.rows) out += row(cells);
  return out + "\\hline\n\\end{tabular}}\n\n";
}

std::string heading(const Block& block) {
  const std::string text = flat(block.sentence);
  if (block.level == 1) return "{\\LARGE\\bfseries " + text + "\\par}\n";
  return fmt::format("\\{}section*{{\\boldmath {}}}\n", block.level == 3 ? "sub" : "", text);
}

}  // namespace

std::string render_latex(const Document& document) {
  std::string out{document.language == Language::kEnglish ? kEnglish : kChinese};
  out += kCommon;
  for (const Block& block : document.blocks) {
    switch (block.kind) {
      case Block::Kind::kHeading: out += heading(block); break;
      case Block::Kind::kParagraph: out += flat(block.sentence) + "\n\n"; break;
      case Block::Kind::kEquation: out += equation(block.equation); break;
      case Block::Kind::kTable: out += table(block.table); break;
      case Block::Kind::kNumbers:
        out += fmt::format("\\[ {} = {} \\]\n", block.numbers.name.latex, latex_matrix(block.numbers));
        break;
    }
  }
  return out + "\\end{document}\n";
}

}  // namespace catenary::derive
