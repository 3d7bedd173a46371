#include "catenary/derive/page/mathml.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/base/xml.h"
#include "catenary/derive/formula/formula.h"

namespace catenary::derive {

namespace {

struct Command {
  std::string_view name, mathml;
};

constexpr std::string_view kThinSpace = R"(<mspace width="0.17em"/>)";

// What a command is by itself. Operators that TeX does not stretch must say so: MathML stretches fences.
constexpr std::array kSymbols = {
    Command{"alpha", "<mi>α</mi>"},
    Command{"beta", "<mi>β</mi>"},
    Command{"gamma", "<mi>γ</mi>"},
    Command{"delta", "<mi>δ</mi>"},
    Command{"epsilon", "<mi>ε</mi>"},
    Command{"zeta", "<mi>ζ</mi>"},
    Command{"eta", "<mi>η</mi>"},
    Command{"theta", "<mi>θ</mi>"},
    Command{"kappa", "<mi>κ</mi>"},
    Command{"lambda", "<mi>λ</mi>"},
    Command{"mu", "<mi>μ</mi>"},
    Command{"nu", "<mi>ν</mi>"},
    Command{"xi", "<mi>ξ</mi>"},
    Command{"pi", "<mi>π</mi>"},
    Command{"rho", "<mi>ρ</mi>"},
    Command{"sigma", "<mi>σ</mi>"},
    Command{"tau", "<mi>τ</mi>"},
    Command{"phi", "<mi>φ</mi>"},
    Command{"chi", "<mi>χ</mi>"},
    Command{"psi", "<mi>ψ</mi>"},
    Command{"omega", "<mi>ω</mi>"},
    Command{"Gamma", R"(<mi mathvariant="normal">Γ</mi>)"},
    Command{"Delta", R"(<mi mathvariant="normal">Δ</mi>)"},
    Command{"Theta", R"(<mi mathvariant="normal">Θ</mi>)"},
    Command{"Lambda", R"(<mi mathvariant="normal">Λ</mi>)"},
    Command{"Sigma", R"(<mi mathvariant="normal">Σ</mi>)"},
    Command{"Phi", R"(<mi mathvariant="normal">Φ</mi>)"},
    Command{"Psi", R"(<mi mathvariant="normal">Ψ</mi>)"},
    Command{"Omega", R"(<mi mathvariant="normal">Ω</mi>)"},
    Command{"ell", "<mi>ℓ</mi>"},
    Command{"partial", R"(<mi mathvariant="normal">∂</mi>)"},
    Command{"infty", R"(<mi mathvariant="normal">∞</mi>)"},
    Command{"top", R"(<mo lspace="0" rspace="0">⊤</mo>)"},
    Command{"odot", "<mo>⊙</mo>"},
    Command{"otimes", "<mo>⊗</mo>"},
    Command{"times", "<mo>×</mo>"},
    Command{"cdot", "<mo>·</mo>"},
    Command{"le", "<mo>≤</mo>"},
    Command{"ge", "<mo>≥</mo>"},
    Command{"ne", "<mo>≠</mo>"},
    Command{"pm", R"(<mo form="prefix">±</mo>)"},
    Command{"to", R"(<mo stretchy="false">→</mo>)"},
    Command{"longleftarrow", R"(<mo stretchy="false">⟵</mo>)"},
    Command{"cdots", "<mo>⋯</mo>"},
    Command{"ldots", "<mo>…</mo>"},
    Command{"int", "<mo>∫</mo>"},
    Command{"lVert", R"(<mo fence="true" form="prefix" stretchy="false">‖</mo>)"},
    Command{"rVert", R"(<mo fence="true" form="postfix" stretchy="false">‖</mo>)"},
    Command{"lvert", R"(<mo fence="true" form="prefix" stretchy="false">|</mo>)"},
    Command{"rvert", R"(<mo fence="true" form="postfix" stretchy="false">|</mo>)"},
    Command{"langle", R"(<mo fence="true" form="prefix" stretchy="false">⟨</mo>)"},
    Command{"rangle", R"(<mo fence="true" form="postfix" stretchy="false">⟩</mo>)"},
    Command{"backslash", R"(<mo form="prefix" lspace="0" rspace="0">\</mo>)"},
    Command{"wedge", R"(<mo lspace="0" rspace="0">^</mo>)"},
    Command{"sim", R"(<mo lspace="0" rspace="0">~</mo>)"},
    Command{",", kThinSpace},
    Command{";", R"(<mspace width="0.28em"/>)"},
    Command{" ", R"(<mspace width="0.25em"/>)"}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One thing of a formula, as scripts see it.
struct Atom {
  std::string mathml;
  bool takes_limits = false;  ///< a subscript stands below it: Σ, max
  bool is_operator = false;   ///< a sign behind it is a prefix
  bool is_function = false;   ///< a name that is set off from what stands beside it: y ln a
};

class Parser {
 public:
  explicit Parser(std::string_view latex) : all_(latex), rest_(latex) {}

  std::string run() {
    std::string row = this->row().mathml;
    if (!rest_.empty()) bad("an opening brace or \\left");
    return row;
  }

 private:
  [[noreturn]] void bad(std::string_view needed) const {
    fail(ErrorKind::kInternal, "LaTeX '{}': needed {} before '{}'", all_, needed, rest_);
  }

  bool skip(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void skip_spaces() {
    while (skip(" ")) {
    }
  }

  [[nodiscard]] bool at_end() const {
    const bool right = rest_.starts_with("\\right") && (rest_.size() == 6 || !is_letter(rest_[6]));
    return rest_.empty() || rest_[0] == '}' || right;
  }

  struct Row {
    std::string mathml;
    int elements = 0;
  };

  // Up to a closing brace, \right or the end.
  Row row() {
    Row out;
    bool after_operator = true;
    for (skip_spaces(); !at_end(); skip_spaces()) {
      Atom atom = this->atom(after_operator);
      const bool is_function = atom.is_function;
      if (is_function && !after_operator && !out.mathml.ends_with(kThinSpace)) out.mathml += kThinSpace;
      after_operator = atom.is_operator;
      out.mathml += scripts(std::move(atom));
      ++out.elements;
      skip_spaces();
      const bool has_arguments = at_end() || rest_[0] == '(' || rest_.starts_with("\\left");
      if (is_function && !has_arguments) out.mathml += kThinSpace;
    }
    return out;
  }

  static std::string grouped(const std::string& row) { return "<mrow>" + row + "</mrow>"; }
  static std::string grouped(const Row& row) { return row.elements == 1 ? row.mathml : grouped(row.mathml); }

  // {…}, or one atom: \tfrac12.
  std::string argument() {
    skip_spaces();
    if (rest_.empty()) bad("an argument");
    if (is_digit(rest_[0])) {
      const std::string digit(1, rest_[0]);
      rest_.remove_prefix(1);
      return "<mn>" + digit + "</mn>";
    }
    if (!skip("{")) return atom(true).mathml;
    const Row row = this->row();
    if (!skip("}")) bad("}");
    return grouped(row);
  }

  // The text in {…}, without its escapes: a name of several letters.
  std::string raw_argument() {
    if (!skip("{")) bad("{");
    std::string text;
    while (!skip("}")) {
      if (rest_.empty()) bad("}");
      if (skip("\\wedge ")) {
        text += '^';
      } else if (skip("\\sim ")) {
        text += '~';
      } else if (skip("\\backslash ")) {
        text += '\\';
      } else {
        if (rest_.size() > 1) skip("\\");
        text += rest_[0];
        rest_.remove_prefix(1);
      }
    }
    return escape_xml(text);
  }

  std::string scripts(Atom base) {
    std::optional<std::string> below, above;
    std::string primes;
    for (skip_spaces(); !rest_.empty(); skip_spaces()) {
      if (skip("'") || skip("′"))
        primes += "′";
      else if (!below && skip("_"))
        below = argument();
      else if (!above && skip("^"))
        above = argument();
      else if (rest_[0] == '_' || rest_[0] == '^')
        bad("no second script");
      else
        break;
    }
    if (!primes.empty()) {
      primes = "<mo>" + primes + "</mo>";
      above = above ? grouped(primes + *above) : primes;
    }
    const std::string kind = base.takes_limits ? "munderover" : "msubsup";
    if (below && above) return fmt::format("<{0}>{1}{2}{3}</{0}>", kind, base.mathml, *below, *above);
    if (below)
      return fmt::format("<{0}>{1}{2}</{0}>", base.takes_limits ? "munder" : "msub", base.mathml, *below);
    if (above)
      return fmt::format("<{0}>{1}{2}</{0}>", base.takes_limits ? "mover" : "msup", base.mathml, *above);
    return base.mathml;
  }

  Atom atom(bool after_operator) {
    if (skip("\\")) return command();
    if (skip("{")) {
      const Row row = this->row();
      if (!skip("}")) bad("}");
      return {grouped(row)};
    }
    if (is_digit(rest_[0])) return number();
    if (rest_[0] == '_' || rest_[0] == '^') bad("a base for the script");
    return character(after_operator);
  }

  Atom number() {
    std::size_t length = 0;
    while (length < rest_.size() && (is_digit(rest_[length]) || rest_[length] == '.')) ++length;
    const std::string digits(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return {"<mn>" + digits + "</mn>"};
  }

  Atom character(bool after_operator) {
    std::size_t length = 1;
    while (length < rest_.size() && (static_cast<unsigned char>(rest_[length]) & 0xC0) == 0x80) ++length;
    const std::string_view c = rest_.substr(0, length);
    rest_.remove_prefix(length);
    const std::string text = escape_xml(c);
    if (is_letter(c[0])) return {"<mi>" + text + "</mi>"};
    if (c == "(" || c == "[") return {R"(<mo stretchy="false">)" + text + "</mo>", false, true};
    if (c == ")" || c == "]") return {R"(<mo stretchy="false">)" + text + "</mo>"};
    if (c == "|") return {R"(<mo stretchy="false" lspace="0" rspace="0">|</mo>)"};
    if (c == "-" || c == "−" || c == "+")
      return {fmt::format("<mo{}>{}</mo>", after_operator ? R"( form="prefix")" : "", c == "-" ? "−" : text),
              false, true};
    if (c == "/") return {R"(<mo stretchy="false" lspace="0" rspace="0">/</mo>)", false, true};
    if (length == 1) return {"<mo>" + text + "</mo>", false, true};
    return {"<mi>" + text + "</mi>"};
  }

  Atom command() {
    std::size_t length = 0;
    while (length < rest_.size() && is_letter(rest_[length])) ++length;
    if (length == 0 && !rest_.empty()) length = 1;
    const std::string_view name = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (name == "frac") return fraction("<mfrac>");
    if (name == "tfrac") return fraction(R"(<mfrac displaystyle="false" scriptlevel="+1">)");
    if (name == "sqrt") return {"<msqrt>" + argument() + "</msqrt>"};
    if (name == "tilde") return {R"(<mover accent="true">)" + argument() + "<mo>~</mo></mover>"};
    if (name == "left") return fenced();
    if (name == "sum") return {"<mo>∑</mo>", true, true};
    if (name == "operatorname") return {"<mi>" + upright(raw_argument()) + "</mi>"};
    if (name == "mathit") return {R"(<mi class="word">)" + raw_argument() + "</mi>"};
    if (name == "mathrm") return {R"(<mi mathvariant="normal">)" + raw_argument() + "</mi>"};
    if (name == "mathbf") return {R"(<mi mathvariant="normal" class="bold">)" + raw_argument() + "</mi>"};
    if (name == "text") return {"<mtext>" + raw_argument() + "</mtext>"};
    if (name == "pm") return {R"(<mo form="prefix">±</mo>)", false, true};
    if (is_latex_function(name))
      return {fmt::format("<mi>{}</mi>", name), name == "max" || name == "min", false, true};
    for (const Command& symbol : kSymbols) {
      if (name == symbol.name) return {std::string(symbol.mathml), false, is_infix(symbol)};
    }
    for (const char escaped : std::string_view("_#%&${}")) {
      if (name.size() == 1 && name[0] == escaped) return {"<mi>" + escape_xml(name) + "</mi>"};
    }
    fail(ErrorKind::kInternal, "LaTeX '{}': unknown command \\{}", all_, name);
  }

  // One letter by itself would be italic.
  static std::string upright(const std::string& name) { return name.size() == 1 ? name + "\u2060" : name; }

  static bool is_infix(const Command& symbol) {
    return symbol.mathml.starts_with("<mo>") || symbol.mathml.find("prefix") != std::string_view::npos;
  }

  Atom fraction(std::string_view open) {
    const std::string above = argument();
    return {fmt::format("{}{}{}</mfrac>", open, above, argument())};
  }

  Atom fenced() {
    const std::string open = delimiter();
    const std::string row = this->row().mathml;
    if (!skip("\\right")) bad("\\right");
    const std::string close = delimiter();
    return {grouped(
        fmt::format(R"(<mo fence="true" form="prefix">{}</mo>{}<mo fence="true" form="postfix">{}</mo>)",
                    open, row, close))};
  }

  std::string delimiter() {
    for (const char c : std::string_view("()[]|")) {
      if (skip(std::string_view(&c, 1))) return {c};
    }
    bad("a delimiter");
  }

  std::string_view all_, rest_;
};

}  // namespace

std::string mathml(std::string_view latex, MathStyle style) {
  // A letter is its own LaTeX.
  const bool is_plain = latex.size() == 1 && is_letter(latex[0]);
  return fmt::format("<math{}{}>{}</math>", style == MathStyle::kDisplay ? R"( displaystyle="true")" : "",
                     is_plain ? "" : fmt::format(R"( data-latex="{}")", escape_xml(latex)),
                     Parser(latex).run());
}

}  // namespace catenary::derive
