#include "catenary/derive/code/writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "catenary/base/error.h"
#include "catenary/derive/formula/formula.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

constexpr std::size_t kWidth = 99;
constexpr int kFormulaSize = 32;  // symbols; longer ones explain nothing

std::vector<std::string_view> reserved(const CodeLanguage& language) {
  std::vector<std::string_view> names(language.keywords.begin(), language.keywords.end());
  for (const CodeHelper& helper : language.helpers) names.push_back(helper.name);
  return names;
}

const CodeCall* call_of(const CodeLanguage& language, const Op& op) {
  const auto call = std::ranges::find(language.calls, &op, &CodeCall::op);
  return call == language.calls.end() ? nullptr : &*call;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The place of the last space within the width that stands within brackets and outside quotes, after a comma
// if there is one far enough to the right; 0 if none. depth: how many brackets are open at the beginning.
std::size_t last_break(std::string_view line, std::size_t indent, int depth) {
  std::size_t found = 0, found_comma = 0;
  bool quoted = false;
  for (std::size_t i = indent; i < line.size() && i <= kWidth; ++i) {
    const char c = line[i];
    if (c == '"') quoted = !quoted;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c != ' ' || depth == 0 || quoted) continue;
    found = i;
    if (line[i - 1] == ',') found_comma = i;
  }
  return found_comma > kWidth / 2 ? found_comma : found;
}

// Without comments and quoted text, which name no function.
std::string bare(std::string_view code) {
  std::string result;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code.substr(i).starts_with("//")) i = std::min(code.find('\n', i), code.size() - 1);
    if (code[i] == '"') i = std::min(code.find('"', i + 1), code.size() - 1);
    result += code[i];
  }
  return result;
}

}  // namespace

std::string wrapped(std::string_view line) {
  if (const std::size_t end = line.find('\n'); end != std::string_view::npos)
    return wrapped(line.substr(0, end)) + "\n" + wrapped(line.substr(end + 1));
  std::string result;
  std::string rest(line);
  const std::size_t indent = line.find_first_not_of(' ');
  for (int depth = 0; rest.size() > kWidth; depth = 1) {
    const std::size_t at = last_break(rest, depth == 0 ? indent : indent + 4, depth);
    if (at == 0) break;
    result += rest.substr(0, at) + "\n";
    rest = std::string(indent + 4, ' ') + rest.substr(at + 1);
  }
  return result + rest;
}

bool mentions(std::string_view code, std::string_view name) {
  for (std::size_t at = code.find(name); at != std::string_view::npos; at = code.find(name, at + 1)) {
    const bool begins = at == 0 || !is_word(code[at - 1]);
    const std::size_t end = at + name.size();
    if (begins && (end == code.size() || !is_word(code[end]))) return true;
  }
  return false;
}

std::string replaced(std::string_view text, std::string_view key, std::string_view value) {
  std::string result(text);
  for (std::size_t at = result.find(key); at != std::string::npos; at = result.find(key, at + value.size()))
    result.replace(at, key.size(), value);
  return result;
}

bool has_code(const CodeLanguage& language, const Op& op) {
  return call_of(language, op) != nullptr || language.has_row(op);
}

CodeWriter::CodeWriter(const CodeRequest& request, const CodeLanguage& language)
    : language_(language), names_(reserved(language)), plan_(request, names_) {
  if (!language.sample.empty()) sample_ = names_.claim(language.sample);
}

void CodeWriter::write_values() {
  for (const Value p : plan_.request().parameters) written_[p.id()] = named(p, plan_.name(p));
  for (const Value v : plan_.order()) {
    if (const auto literal = plan_.literal(v)) {
      written_[v.id()] = number(*literal);
    } else if (plan_.is_size(v)) {
      written_[v.id()] = size(v);
    } else if (is_called(v)) {
      Written code = call(v);
      if (needs_line(v, code)) {
        const std::string name = name_for(v);
        line(language_.definition(*this, v, name, code.text));
        variables_[v.id()] = name;
        code = named(v, name);
      }
      written_[v.id()] = code;
    }
  }
}

bool CodeWriter::is_called(Value v) const { return !is_leaf(v.op()) && !plan_.literal(v) && !is_absorbed(v); }

Written CodeWriter::call(Value v) const {
  if (const CodeCall* own = call_of(language_, v.op())) return own->write(*this, v);
  if (language_.has_row(v.op())) return language_.by_row(*this, v);
  fail(ErrorKind::kConfig, "there is no {} code for the operator {}", language_.name, v.op().name);
}

Written CodeWriter::number(double x) const {
  return {language_.number(x), std::signbit(x) ? Notation::kNegation : Notation::kAtom};
}

Written CodeWriter::size(Value leaf) const {
  return write_call(language_.size, Notation::kAtom, std::vector<Written>{{plan_.name(leaf)}}, "");
}

Written CodeWriter::named(Value v, const std::string& name) const {
  return {batched(v) && !sample_.empty() ? fmt::format("{}[{}]", name, sample_) : name};
}

bool CodeWriter::is_absorbed(Value v) const {
  return language_.is_absorbed != nullptr && language_.is_absorbed(*this, v);
}

bool CodeWriter::is_cheap(Value v) const {
  if (v.op().batch == BatchRule::kSpreads || (is(v, ops::kBroadcast) && compact(v))) return true;
  return language_.is_cheap != nullptr && language_.is_cheap(*this, v);
}

bool CodeWriter::is_alias(Value v, const Written& code) const {
  const auto first = v.input_count() > 0 ? written_.find(v.input(0).id()) : written_.end();
  return first != written_.end() && code.text == first->second.text;
}

bool CodeWriter::needs_line(Value v, const Written& code) const {
  if (is_alias(v, code)) return false;
  const std::size_t width =
      language_.inline_width == nullptr ? kInlineWidth : language_.inline_width(*this, v);
  if (code.text.size() > width || (!v.name().empty() && !is_cheap(v))) return true;
  if (language_.is_costly != nullptr && language_.is_costly(*this, v)) return true;
  return plan_.uses(v) > 1 && !is_cheap(v);
}

std::string CodeWriter::name_for(Value v) {
  if (!v.name().empty()) return names_.claim(v.name());
  if (v == plan_.request().value) return names_.claim("value");
  for (const CodeRequest::Named& gradient : plan_.request().gradients) {
    if (gradient.value == v && !compact(v)) return names_.claim("d" + gradient.name);
  }
  return names_.claim_next();
}

Written CodeWriter::full(Value v) const { return compact(v) ? language_.filled(*this, v) : operand(v); }

const std::string* CodeWriter::variable(Value v) const {
  const auto name = variables_.find(v.id());
  return name == variables_.end() ? nullptr : &name->second;
}

std::vector<Written> CodeWriter::operands(Value v, bool repeats) const {
  const auto is_whole = [&](int i) { return !compact(v.input(i)); };
  bool any_whole = compact(v);
  for (int i = 0; i < v.input_count(); ++i) any_whole = any_whole || is_whole(i);
  std::vector<Written> result;
  for (int i = 0; i < v.input_count(); ++i) {
    const bool as_it_is = repeats && (any_whole || i > 0);
    result.push_back(as_it_is ? operand(v.input(i)) : full(v.input(i)));
  }
  return result;
}

std::string CodeWriter::lines(int indent) const {
  std::string text;
  for (const std::string& line : lines_)
    text += wrapped(std::string(static_cast<std::size_t>(indent), ' ') + line) + "\n";
  return text;
}

std::string CodeWriter::helpers_for(const std::string& code) const {
  std::string seen = bare(code);
  std::string result;
  for (std::size_t i = language_.helpers.size(); i-- > 0;) {
    if (!mentions(seen, language_.helpers[i].name)) continue;
    seen += bare(language_.helpers[i].source);
    result.insert(0, language_.helpers[i].source);
  }
  return result;
}

// "∂²f/∂x∂yᵀ" of "x,y".
std::string CodeWriter::hessian_name(const Formula& f, const CodeRequest::Named& hessian) const {
  const std::size_t comma = hessian.name.find(',');
  const std::string x = hessian.name.substr(0, comma);
  const std::string y = comma == std::string::npos ? x : hessian.name.substr(comma + 1);
  const auto& parameters = plan_.request().parameters;
  const auto is_row = [&](Value p) { return p.name() == y && p.shape().rank() > 0; };
  return "∂²" + f.text + "/∂" + symbol(x).text + "∂" + symbol(y).text +
         (std::ranges::any_of(parameters, is_row) ? "ᵀ" : "");
}

std::vector<std::string> CodeWriter::description() const {
  const CodeRequest& request = plan_.request();
  Names names;
  std::vector<std::string> result;
  const auto add = [&](const std::string& left, Value v, const auto& write_it) {
    if (formula_size(v, names, kFormulaSize) < kFormulaSize)
      result.push_back(left + " = " + write_it(v, names).text);
  };
  const Formula f = symbol("f");
  for (const Value v : plan_.order()) {
    if (is_leaf(v.op()) || v.name().empty()) continue;
    add(symbol(v.name()).text, v, write_definition);
    names.set(v, symbol(v.name()));
  }
  add(f.text, request.value, write);
  for (const CodeRequest::Named& g : request.gradients)
    add(derivative(f, symbol(g.name)).text, g.value, write);
  for (const CodeRequest::Named& h : request.hessians) add(hessian_name(f, h), h.value, write);
  return result;
}

}  // namespace catenary::derive
