#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "catenary/derive/document/sentences.h"
#include "catenary/derive/render/latex_matrix.h"
#include "catenary/derive/render/render.h"

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

struct Sign {
  std::string_view text, latex;
};

// Characters of sentences and of rules' names that mean something to LaTeX.
constexpr Sign kSpecial[] = {{"\\", R"(\textbackslash{})"},
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

// Characters that pdflatex's fonts for words or those for formulas lack, as formulas.
constexpr Sign kSigns[] = {{"ᵀ", R"(^{\top})"},
                           {"′", "'"},
                           {"ℓ", R"(\ell)"},
                           {"∂", R"(\partial)"},
                           {"×", R"(\times)"},
                           {"±", R"(\pm)"},
                           {"½", R"(\tfrac12)"},
                           {"‖", R"(\Vert)"},
                           {"−", "-"},
                           {"⇒", R"(\Rightarrow)"},
                           {"→", R"(\to)"},
                           {"↦", R"(\mapsto)"},
                           {"⟵", R"(\longleftarrow)"},
                           {"⊙", R"(\odot)"},
                           {"⊗", R"(\otimes)"},
                           {"⟨", R"(\langle)"},
                           {"⟩", R"(\rangle)"},
                           {"√", R"(\surd)"},
                           {"∈", R"(\in)"},
                           {"∫", R"(\int)"},
                           {"∞", R"(\infty)"},
                           {"≠", R"(\neq)"},
                           {"≤", R"(\le)"},
                           {"≥", R"(\ge)"},
                           {"·", R"(\cdot)"},
                           {"𝟏", R"(\mathbf{1})"},
                           {"⁰", "^0"},
                           {"¹", "^1"},
                           {"²", "^2"},
                           {"³", "^3"},
                           {"⁴", "^4"},
                           {"⁵", "^5"},
                           {"⁶", "^6"},
                           {"⁷", "^7"},
                           {"⁸", "^8"},
                           {"⁹", "^9"},
                           {"⁺", "^+"},
                           {"⁻", "^-"},
                           {"⁽", "^("},
                           {"⁾", "^)"},
                           {"ᵃ", "^a"},
                           {"ᵇ", "^b"},
                           {"ᵏ", "^k"},
                           {"ˡ", "^l"},
                           {"ⁿ", "^n"},
                           {"ˣ", "^x"},
                           {"ᶻ", "^z"},
                           {"ᴺ", "^N"},
                           {"₀", "_0"},
                           {"₁", "_1"},
                           {"₂", "_2"},
                           {"₃", "_3"},
                           {"₄", "_4"},
                           {"₅", "_5"},
                           {"₆", "_6"},
                           {"₇", "_7"},
                           {"₈", "_8"},
                           {"₉", "_9"},
                           {"ᵢ", "_i"},
                           {"ⱼ", "_j"},
                           {"ₖ", "_k"},
                           {"ₗ", "_l"},
                           {"ₘ", "_m"},
                           {"ₙ", "_n"},
                           {"ₚ", "_p"},
                           {"α", R"(\alpha)"},
                           {"β", R"(\beta)"},
                           {"γ", R"(\gamma)"},
                           {"δ", R"(\delta)"},
                           {"ε", R"(\epsilon)"},
                           {"ζ", R"(\zeta)"},
                           {"η", R"(\eta)"},
                           {"θ", R"(\theta)"},
                           {"ι", R"(\iota)"},
                           {"κ", R"(\kappa)"},
                           {"λ", R"(\lambda)"},
                           {"μ", R"(\mu)"},
                           {"ν", R"(\nu)"},
                           {"ξ", R"(\xi)"},
                           {"π", R"(\pi)"},
                           {"ρ", R"(\rho)"},
                           {"ς", R"(\varsigma)"},
                           {"σ", R"(\sigma)"},
                           {"τ", R"(\tau)"},
                           {"υ", R"(\upsilon)"},
                           {"φ", R"(\phi)"},
                           {"χ", R"(\chi)"},
                           {"ψ", R"(\psi)"},
                           {"ω", R"(\omega)"},
                           {"Γ", R"(\Gamma)"},
                           {"Δ", R"(\Delta)"},
                           {"Θ", R"(\Theta)"},
                           {"Λ", R"(\Lambda)"},
                           {"Ξ", R"(\Xi)"},
                           {"Π", R"(\Pi)"},
                           {"Σ", R"(\Sigma)"},
                           {"Υ", R"(\Upsilon)"},
                           {"Φ", R"(\Phi)"},
                           {"Ψ", R"(\Psi)"},
                           {"Ω", R"(\Omega)"},
                           {"ο", "o"},
                           {"Α", R"(\mathrm{A})"},
                           {"Β", R"(\mathrm{B})"},
                           {"Ε", R"(\mathrm{E})"},
                           {"Ζ", R"(\mathrm{Z})"},
                           {"Η", R"(\mathrm{H})"},
                           {"Ι", R"(\mathrm{I})"},
                           {"Κ", R"(\mathrm{K})"},
                           {"Μ", R"(\mathrm{M})"},
                           {"Ν", R"(\mathrm{N})"},
                           {"Ο", R"(\mathrm{O})"},
                           {"Ρ", R"(\mathrm{P})"},
                           {"Τ", R"(\mathrm{T})"},
                           {"Χ", R"(\mathrm{X})"}};

std::string escaped(std::string_view words) {
  std::string out;
  for (const char c : words) {
    const auto* const special = std::ranges::find(kSpecial, std::string_view(&c, 1), &Sign::text);
    out += special == std::end(kSpecial) ? std::string_view(&c, 1) : special->latex;
  }
  return out;
}

// A letter with an accent, U+00C0 to U+017F: no font for formulas has one.
bool is_accented(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return character.size() == 2 && first >= 0xC3 && first <= 0xC5;
}

// The text in characters that the compiler knows, in words and in formulas alike.
std::string with_signs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < text.size() && (text[length] & 0xC0) == 0x80) ++length;
    const std::string_view character = text.substr(0, length);
    const auto* const sign = std::ranges::find(kSigns, character, &Sign::text);
    if (length > 1 && sign != std::end(kSigns)) {
      out += fmt::format(R"(\ensuremath{{{}}})", sign->latex);
    } else if (is_accented(character)) {
      out += fmt::format(R"(\textit{{{}}})", character);
    } else if (character == "…") {
      out += R"(\dots{})";
    } else if (character == "–") {
      out += "--";
    } else {
      out += character;
    }
    text.remove_prefix(length);
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
    const std::string_view sign = i == 0 && equation.sign == Equation::Sign::kAddsTo ? R"(\;)" : "=";
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
  std::string preamble{document.language == Language::kEnglish ? kEnglish : kChinese};
  preamble += kCommon;
  std::string out;
  for (const Block& block : document.blocks) {
    switch (block.kind) {
      case Block::Kind::kHeading: out += heading(block); break;
      case Block::Kind::kParagraph: out += flat(block.sentence) + "\n\n"; break;
      case Block::Kind::kEquation: out += equation(block.equation); break;
      case Block::Kind::kTable: out += table(block.table); break;
      case Block::Kind::kNumbers:
        out += fmt::format("\\[ {} = {} \\]\n", block.numbers.name.latex, latex_matrix(block.numbers));
        break;
      case Block::Kind::kSeries: out += table(table_of(block.series)); break;
    }
  }
  return preamble + with_signs(out) + "\\end{document}\n";
}

}  // namespace catenary::derive
