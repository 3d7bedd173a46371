#include <algorithm>

#include "catenary/derive/compose/sections.h"

namespace catenary::derive {

namespace {

// How the network numbers its layers: W⁽ˡ⁾, Wₗ, or W of a single one.
class LayerNotation {
 public:
  explicit LayerNotation(LayerNumbering numbering) : numbering_(numbering) {}

  [[nodiscard]] Formula this_one(const std::string& letter) const { return with(letter, "ˡ", "ₗ", "l"); }
  [[nodiscard]] Formula before(const std::string& letter) const { return with(letter, "ˡ⁻¹", "ₗ₋₁", "l-1"); }
  [[nodiscard]] Formula after(const std::string& letter) const { return with(letter, "ˡ⁺¹", "ₗ₊₁", "l+1"); }
  [[nodiscard]] Formula last(const std::string& letter) const { return with(letter, "ᴸ", "_L", "L"); }

 private:
  [[nodiscard]] Formula with(const std::string& letter, const std::string& above, const std::string& below,
                             const std::string& latex) const {
    Formula f = symbol(letter);
    if (numbering_ == LayerNumbering::kNone) return f;
    if (numbering_ == LayerNumbering::kBelow) return {f.text + below, f.latex + "_{" + latex + "}"};
    return {f.text + "⁽" + above + "⁾", f.latex + "^{(" + latex + ")}"};
  }

  LayerNumbering numbering_;
};

// Whether an activation works element by element, so that its slope is a factor: f′(z).
bool is_elementwise(const DenseLayer& layer) {
  return layer.output != layer.z && layer.output.op().traits.elementwise;
}

Formula spaced(const Formula& a, const Formula& b, const std::string& text, const std::string& latex) {
  return {a.text + text + b.text, a.latex + latex + b.latex};
}

Formula transposed(const Formula& f) { return {f.text + "ᵀ", raised(f.latex, R"(\top)")}; }

// The first letter that neither the objective nor a given value has, with an index or without.
std::string free_letter(const Context& c, std::initializer_list<const char*> letters) {
  const auto is_taken = [&](const std::string& letter) {
    const auto has = [&](const Formula& f) {
      const std::string_view text = f.text;
      return text.starts_with(letter) &&
             (text.size() == letter.size() || static_cast<unsigned char>(text[letter.size()]) >= 0x80);
    };
    return has(c.d.sample.name) || std::ranges::any_of(c.d.leaves, [&](Value v) { return has(c.write(v)); });
  };
  const auto* free = std::ranges::find_if(letters, [&](const char* letter) { return !is_taken(letter); });
  return free == letters.end() ? *(letters.end() - 1) : *free;
}

// The four equations in general, in the notation of this network; of a single layer with its own names.
class GeneralEquations {
 public:
  explicit GeneralEquations(const Context& c)
      : c_(c),
        l_(c.d.numbering),
        z_(free_letter(c, {"z", "u", "s", "ζ"})),
        a_(free_letter(c, {"a", "h", "o", "α"})),
        f_(free_letter(c, {"f", "g", "φ", "ψ"})) {}

  [[nodiscard]] Formula layer(bool has_bias) const {
    Formula z = spaced(weight(), inputs(), " ", R"(\,)");
    if (has_bias) z = spaced(z, is_single() ? c_.write(only().bias) : l_.this_one("b"), " + ", " + ");
    Formula all = equal(this_z(), z);
    if (is_single() && only().output == only().z) return all;
    const Formula a = is_single() ? c_.write(only().output) : l_.this_one(a_);
    return spaced(all, equal(a, called(f_, this_z())), ", ", R"(,\; )");
  }

  [[nodiscard]] Formula bp1() const {
    const Formula z = is_single() ? this_z() : l_.last(z_);
    Formula delta = equal(l_.last("δ"), by(z));
    if (!is_elementwise(c_.d.layers.back())) return delta;
    const Formula a = is_single() ? c_.write(only().output) : l_.last(a_);
    return equal(delta, spaced(by(a), slope(z), " ⊙ ", R"( \odot )"));
  }

  [[nodiscard]] Formula bp2() const {
    const Formula back = spaced(transposed(l_.after("W")), l_.after("δ"), " ", R"(\,)");
    const auto hidden = std::span(c_.d.layers).first(c_.d.layers.size() - 1);
    if (std::ranges::all_of(hidden, is_elementwise))
      return equal(l_.this_one("δ"), spaced(back, slope(this_z()), " ⊙ ", R"( \odot )"));
    const Formula jacobian = derivative(l_.this_one(a_), this_z());
    return equal(l_.this_one("δ"), {"(" + jacobian.text + ")ᵀ " + back.text,
                                    R"(\left()" + jacobian.latex + R"(\right)^{\top} )" + back.latex});
  }

  [[nodiscard]] Formula bp3() const {
    return equal(by(is_single() && only().bias ? c_.write(only().bias) : l_.this_one("b")), l_.this_one("δ"));
  }

  [[nodiscard]] Formula bp4() const {
    return equal(by(weight()), spaced(l_.this_one("δ"), transposed(inputs()), " ", R"(\,)"));
  }

 private:
  [[nodiscard]] bool is_single() const { return c_.d.layers.size() == 1; }
  [[nodiscard]] const DenseLayer& only() const { return c_.d.layers[0]; }
  [[nodiscard]] Formula by(const Formula& x) const { return derivative(c_.d.sample.name, x); }
  [[nodiscard]] Formula weight() const { return is_single() ? c_.write(only().weight) : l_.this_one("W"); }
  [[nodiscard]] Formula this_z() const { return is_single() ? c_.write(only().z) : l_.this_one(z_); }
  // A single layer reads x.
  [[nodiscard]] Formula inputs() const { return is_single() ? c_.write(only().input) : l_.before(a_); }
  static Formula called(const std::string& function, const Formula& z) {
    const Formula f = symbol(function);
    return {f.text + "(" + z.text + ")", f.latex + "(" + z.latex + ")"};
  }
  [[nodiscard]] Formula slope(const Formula& z) const {
    const Formula f = symbol(f_);
    return {f.text + "′(" + z.text + ")", f.latex + "'(" + z.latex + ")"};
  }

  const Context& c_;
  LayerNotation l_;
  std::string z_, a_, f_;
};

std::vector<Equation::Row> total_rows(const Context& c, const Adjoint& a) {
  return {{c.write(a.total.value), {}}};
}

// The adjoints of some values, from the last layer to the first; nothing where none flows.
template <typename Rows>
Blocks group(const Context& c, const Block& title, std::span<const Value> variables, Rows rows) {
  Blocks blocks;
  for (const Value v : variables) {
    const Adjoint* a = v ? c.d.sample.find(v) : nullptr;
    if (a == nullptr) continue;
    if (blocks.empty()) blocks += title;
    blocks += equation_block(
        {.number = a->equation(), .made_by = a->flows.back().number, .left = a->name, .rows = rows(c, *a)});
  }
  return blocks;
}

// Not where the user's own δ is something else.
bool has_deltas(const Derivation& d) {
  return std::ranges::all_of(d.layers, [&](const DenseLayer& layer) {
    const Adjoint* adjoint = d.sample.find(layer.z);
    return adjoint == nullptr || adjoint->is_delta;
  });
}

}  // namespace

Blocks recap_section(const Context& c) {
  if (c.d.layers.empty() || !c.tells_sample() || !has_deltas(c.d)) return {};
  const GeneralEquations general(c);
  std::vector<Value> z, biases, weights;
  for (std::size_t l = c.d.layers.size(); l-- > 0;) {
    z.push_back(c.d.layers[l].z);
    biases.push_back(c.d.layers[l].bias);
    weights.push_back(c.d.layers[l].weight);
  }
  const auto without = std::ranges::count(biases, Value{});
  const bool has_none = without == std::ssize(biases);
  const Phrase intro = has_none      ? Phrase::kRecapNoBias
                       : without > 0 ? Phrase::kRecapSomeBias
                                     : Phrase::kRecapIntro;
  Blocks blocks = {c.heading(Phrase::kRecap), c.paragraph(intro, {general.layer(!has_none)})};
  const std::span<const Value> all_z = z;
  blocks += group(c, c.paragraph(Phrase::kBp1, {general.bp1()}), all_z.first(1), delta_rows);
  blocks += group(c, c.paragraph(Phrase::kBp2, {general.bp2()}), all_z.subspan(1), delta_rows);
  blocks += group(c, c.paragraph(Phrase::kBp3, {general.bp3()}), biases, total_rows);
  blocks += group(c, c.paragraph(Phrase::kBp4, {general.bp4()}), weights, total_rows);
  return blocks;
}

}  // namespace catenary::derive
