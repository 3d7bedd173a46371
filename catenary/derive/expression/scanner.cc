#include "catenary/derive/expression/scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary::derive {

namespace {

constexpr std::size_t kLongestLine = 160;

// Spellings and what they are short for; longer ones first.
struct Spelling {
  std::string_view text, meaning;
};
constexpr std::array kSymbols = {
    Spelling{".*", ".*"}, Spelling{"./", "./"},  Spelling{".^", ".^"},  Spelling{".'", "'"},
    Spelling{"**", "^"},  Spelling{"⁻¹", "^-1"}, Spelling{"⁻ᵀ", "^-T"}, Spelling{"ᵀ", "'"},
    Spelling{"′", "'"},   Spelling{"²", "^2"},   Spelling{"³", "^3"},   Spelling{"·", "*"},
    Spelling{"×", "*"},   Spelling{"⋅", "*"},    Spelling{"⊙", ".*"},   Spelling{"∘", ".*"},
    Spelling{"⊘", "./"},  Spelling{"⊗", "⊗"},    Spelling{"−", "-"},    Spelling{"÷", "/"},
    Spelling{"‖", "‖"},   Spelling{"+", "+"},    Spelling{"-", "-"},    Spelling{"*", "*"},
    Spelling{"/", "/"},   Spelling{"^", "^"},    Spelling{"'", "'"},    Spelling{"(", "("},
    Spelling{")", ")"},   Spelling{",", ","},    Spelling{"|", "|"}};

struct Fraction {
  std::string_view text;
  double value;
};
constexpr std::array kFractions = {Fraction{"½", 0.5}, Fraction{"¼", 0.25}, Fraction{"¾", 0.75},
                                   Fraction{"⅓", 1.0 / 3}, Fraction{"⅔", 2.0 / 3}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Letters of Unicode, two bytes each, that LaTeX lacks: ĸ is no name.
constexpr std::string_view kLettersWithoutLatex = "ĦħĸĿŀŉŦŧſ";

// ASCII letters, "_", Latin letters with accents up to U+017F, and Greek ones without.
std::size_t letter_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (std::isalpha(first) != 0 || first == '_') return 1;
  if (text.size() < 2 || first < 0xC3 || first > 0xCF) return 0;
  const std::string_view letter = text.substr(0, 2);
  const bool is_accented = letter >= "À" && letter <= "ž" && letter != "×" && letter != "÷" &&
                           kLettersWithoutLatex.find(letter) == std::string_view::npos;
  const bool is_greek = (letter >= "Α" && letter <= "Ω") || (letter >= "α" && letter <= "ω");
  return is_accented || is_greek ? 2 : 0;
}

Token scan_number(std::string_view text, std::size_t begin) {
  const char* first = text.data() + begin;
  Token token{Token::Kind::kNumber, "", 0, begin, begin};
  const auto [last, error] = std::from_chars(first, text.data() + text.size(), token.number);
  token.end = begin + static_cast<std::size_t>(last - first);
  if (error == std::errc::result_out_of_range) fail_at("expression", text, begin, "a number beyond doubles");
  // 1./x divides element by element: the point belongs to the operator.
  const bool ends_in_point = text[token.end - 1] == '.' && token.end < text.size() &&
                             std::string_view("*/^'").find(text[token.end]) != std::string_view::npos;
  if (ends_in_point) --token.end;
  token.text = text.substr(begin, token.end - begin);
  return token;
}

Token scan_name(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size()) {
    const std::size_t length = is_digit(text[end]) ? 1 : letter_length(text.substr(end));
    if (length == 0) break;
    end += length;
  }
  return {Token::Kind::kName, std::string(text.substr(begin, end - begin)), 0, begin, end};
}

Token scan_token(std::string_view text, std::size_t begin) {
  const std::string_view rest = text.substr(begin);
  if (is_digit(rest[0]) || (rest[0] == '.' && rest.size() > 1 && is_digit(rest[1])))
    return scan_number(text, begin);
  for (const Fraction& f : kFractions) {
    if (rest.starts_with(f.text))
      return {Token::Kind::kNumber, std::string(f.text), f.value, begin, begin + f.text.size()};
  }
  for (const Spelling& s : kSymbols) {
    if (rest.starts_with(s.text))
      return {Token::Kind::kSymbol, std::string(s.meaning), 0, begin, begin + s.text.size()};
  }
  if (letter_length(rest) > 0) return scan_name(text, begin);
  if (rest[0] == '.')
    fail_at("expression", text, begin,
            "needed .*, ./, .^, .' or a number at the point; a transpose is written x'");
  std::size_t end = begin + 1;
  while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
  fail_at("expression", text, begin,
          fmt::format("no expression contains the character {}", quote(text.substr(begin, end - begin))));
}

// The column, from 1, of the character after `text`.
std::size_t column_after(std::string_view text) {
  const auto starts_character = [](char c) { return (c & 0xC0) != 0x80; };
  return 1 + static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

bool is_symbol(const Token& token, std::string_view text) {
  return token.kind == Token::Kind::kSymbol && token.text == text;
}

// Whether a bar after this token, if that is no bar itself, closes: x|, (a)|, x'|.
bool ends_operand(const Token& token) {
  return token.kind != Token::Kind::kSymbol || token.text == ")" || token.text == "'" ||
         (token.text.size() > 1 && token.text[0] == '^');
}

struct Bars {
  std::size_t open, close;
};

// The bars that belong together, in the order in which they close.
std::vector<Bars> paired_bars(const std::vector<Token>& tokens) {
  std::vector<Bars> pairs;
  std::vector<std::size_t> open;
  bool was_closed = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool is_bar = is_symbol(tokens[i], "|") || is_symbol(tokens[i], "‖");
    const bool is_after_operand = i > 0 && (was_closed || ends_operand(tokens[i - 1]));
    was_closed = is_bar && is_after_operand && !open.empty() && tokens[open.back()].text == tokens[i].text;
    if (was_closed) {
      pairs.push_back({open.back(), i});
      open.pop_back();
    } else if (is_bar) {
      open.push_back(i);
    }
  }
  return pairs;
}

// ||x|| is ‖x‖: two pairs of bars that open side by side and close side by side.
std::vector<Token> with_double_bars(std::vector<Token> tokens) {
  const std::vector<Bars> pairs = paired_bars(tokens);
  std::vector<bool> dropped(tokens.size());
  const auto touch = [&](std::size_t i) {
    return is_symbol(tokens[i], "|") && is_symbol(tokens[i + 1], "|") && tokens[i].end == tokens[i + 1].begin;
  };
  for (std::size_t k = 1; k < pairs.size(); ++k) {
    const Bars inner = pairs[k - 1], outer = pairs[k];
    const bool are_neighbours = outer.open + 1 == inner.open && inner.close + 1 == outer.close;
    if (!are_neighbours || dropped[inner.close] || !touch(outer.open) || !touch(inner.close)) continue;
    for (const std::size_t i : {outer.open, inner.close}) {
      tokens[i].text = "‖";
      tokens[i].end = tokens[i + 1].end;
      dropped[i + 1] = true;
    }
  }
  std::vector<Token> kept;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!dropped[i]) kept.push_back(std::move(tokens[i]));
  }
  return kept;
}

}  // namespace

std::vector<Token> scan(std::string_view text) {
  if (!is_utf8(text)) fail(ErrorKind::kConfig, "expression: needed UTF-8, found {}", quote(text));
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
      continue;
    }
    tokens.push_back(scan_token(text, at));
    at = tokens.back().end;
  }
  tokens.push_back({Token::Kind::kEnd, "", 0, text.size(), text.size()});
  return with_double_bars(std::move(tokens));
}

void fail_at(std::string_view what, std::string_view text, std::size_t byte, const std::string& message) {
  const std::string_view before = text.substr(0, byte);
  std::vector<std::string> lines = {fmt::format("{}, column {}: {}", what, column_after(before), message)};
  if (text.size() <= kLongestLine && text.find('\n') == std::string_view::npos) {
    lines.push_back(fmt::format("  {}", text));
    lines.push_back(fmt::format("  {:>{}}", "^", column_after(printable(before))));
  }
  throw Error(ErrorKind::kConfig, lines);
}

}  // namespace catenary::derive
