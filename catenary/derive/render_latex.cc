#include <fmt/format.h>

#include "catenary/derive/document.h"

namespace catenary::derive {

namespace {

constexpr std::string_view kEnglish = R"(\documentclass[a4paper,11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
)";
// Its fonts are those of Debian's texlive-lang-chinese.
constexpr std::string_view kChinese = R"(% !TeX program = xelatex
\documentclass[a4paper,11pt,fontset=fandol]{ctexart}
)";
constexpr std::string_view kCommon = R"(\usepackage[margin=2.2cm]{geometry}
\usepackage{amsmath,amssymb}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5\baselineskip}
\begin{document}
)";

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

std::string flat(const Sentence& sentence) {
  std::string text;
  for (const Inline& part : sentence)
    text += part.words.empty() ? in_line(part.formula) : escaped(part.words);
  return text;
}

std::string equation(const Equation& equation) {
  std::string rows;
  for (std::size_t i = 0; i < equation.rows.size(); ++i) {
    const Equation::Row& row = equation.rows[i];
    const bool arrow = i == 0 && equation.left.text.ends_with("⟵");
    rows += fmt::format("  {} &{} {}", i == 0 ? equation.left.latex : "", arrow ? "" : "=", row.right.latex);
    if (!row.reason.empty()) rows += R"( && \text{\small )" + flat(row.reason) + "}";
    if (i == 0 && equation.number > 0) rows += fmt::format(R"( \tag{{{}}})", equation.number);
    if (i + 1 < equation.rows.size()) rows += R"( \\)";
    rows += '\n';
  }
  return "\\begin{align*}\n" + rows + "\\end{align*}\n";
}

std::string table(const Table& table) {
  const auto row = [](const std::vector<Sentence>& cells) {
    std::string line;
    for (const Sentence& cell : cells) line += (line.empty() ? "" : " & ") + flat(cell);
    return line + " \\\\\n";
  };
  std::string out = "\\begin{tabular}{" + std::string(table.header.size(), 'l') + "}\n\\hline\n" +
                    row(table.header) + "\\hline\n";
  for (const auto& cells : table.rows) out += row(cells);
  return out + "\\hline\n\\end{tabular}\n\n";
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
