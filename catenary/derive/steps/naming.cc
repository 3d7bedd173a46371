#include "catenary/derive/steps/naming.h"

#include <algorithm>
#include <array>
#include <set>

#include "catenary/derive/formula/named_values.h"
#include "catenary/derive/steps/scans.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

bool is_parameter(Value v) {
  return is(v, ops::kVariable) && std::get<VariableSpec>(v.attribute()).role == Role::kParameter;
}

bool is_activation(const Op& op) { return op.traits.reads_preactivation && !op.traits.loss; }

bool is_product(Value v) {
  return is(v, ops::kMatVec) || is(v, ops::kDot) || is(v, ops::kMatMul) || is(v, ops::kMul);
}

// Whether nn made it: "dense1.weight".
bool is_from_nn(const DenseLayer& layer) { return layer.weight.name().ends_with(".weight"); }

std::vector<Value> all_of(std::span<const Value> scalars, std::span<const Value> leaves) {
  std::vector<Value> all(scalars.begin(), scalars.end());
  all.insert(all.end(), leaves.begin(), leaves.end());
  return all;
}

class Namer {
 public:
  Namer(std::span<const Value> scalars, std::span<const Value> leaves, const GivenNames& given)
      : values_(reachable(all_of(scalars, leaves))), scalars_(scalars), given_(given) {
    std::erase_if(values_, [&](Value v) { return is_part_of_scan(v) && !is_given(v); });
    for (const Value v : values_) {
      for (int i = 0; i < v.input_count(); ++i) users_[v.input(i).id()].push_back(v);
    }
  }

  Naming run() {
    name_leaves();
    for (const GivenNames::Given& g : given_.names) name(g.value, g.name);
    naming_.deltas = given_.deltas;
    find_layers();
    if (!naming_.layers.empty())
      name_layers();
    else
      name_preactivations();
    name_rest();
    return std::move(naming_);
  }

 private:
  [[nodiscard]] bool is_given(Value v) const {
    return std::ranges::find(given_.names, v, &GivenNames::Given::value) != given_.names.end();
  }
  [[nodiscard]] bool is_inlined(Value v) const { return given_.inlined.contains(v.id()); }
  const std::vector<Value>& users(Value v) { return users_[v.id()]; }
  bool named(Value v) { return naming_.names.find(v) != nullptr; }
  void name(Value v, const Formula& f) {
    taken_.insert(f.text);
    naming_.names.set(v, f);
  }

  static Formula leaf_name(Value v) { return v.name() == "target" ? symbol("y") : symbol(v.name()); }

  // W⁽²⁾ of a recurrent network: what nn calls "output.weight", of the second layer.
  std::optional<Formula> layer_parameter(Value v) {
    struct Known {
      std::string_view end, letter;
    };
    constexpr std::array kKnown = {Known{".input_weight", "W"},     Known{".recurrent_weight", "U"},
                                   Known{".candidate_bias", "b_n"}, Known{".peephole", "p"},
                                   Known{".weight", "W"},           Known{".bias", "b"}};
    const auto known =
        std::ranges::find_if(kKnown, [&](const Known& k) { return v.name().ends_with(k.end); });
    if (known == kKnown.end()) return std::nullopt;
    const std::string layer = v.name().substr(0, v.name().size() - known->end.size());
    const auto at = std::ranges::find(layers_, layer);
    const auto l = static_cast<int>(at - layers_.begin()) + 1;
    if (at == layers_.end()) layers_.push_back(layer);
    const Formula letter = known->letter == "b_n" ? Formula{"bₙ", "b_{n}"} : symbol(known->letter);
    return with_layer(letter, l);
  }

  void name_leaves() {
    const bool has_layers = std::ranges::any_of(
        values_, [](Value v) { return is_leaf(v.op()) && v.name().ends_with(".recurrent_weight"); });
    for (const bool parameters : {false, true}) {
      for (const Value v : values_) {
        if (!is_leaf(v.op()) || is(v, ops::kConstant) || is_parameter(v) != parameters) continue;
        naming_.leaves.push_back(v);
        name(v, has_layers ? layer_parameter(v).value_or(leaf_name(v)) : leaf_name(v));
      }
    }
  }

  // z = W a + b, from its sum or from the product alone.
  bool match_affine(Value z, DenseLayer& layer) {
    const Value product = is(z, ops::kAdd) ? z.input(0) : z;
    if (!is(product, ops::kMatVec) || !is_parameter(product.input(0))) return false;
    if (is(z, ops::kAdd) && !is_parameter(z.input(1))) return false;
    const auto& uses = users(product);
    const bool goes_on = uses.size() == 1 && is(uses[0], ops::kAdd) && is_parameter(uses[0].input(1));
    if (z == product && goes_on) return false;  // the sum is the pre-activation
    layer = {product.input(0), is(z, ops::kAdd) ? z.input(1) : Value{}, product.input(1), z, z};
    return true;
  }

  void find_layers() {
    Value last;
    for (const Value v : values_) {
      DenseLayer layer;
      if (!match_affine(v, layer)) continue;
      const bool chained = last ? layer.input == last : is_leaf(layer.input.op());
      if (!chained || !is_only_way_on(layer) || !is_new(layer)) return naming_.layers.clear();
      // A penalty may read weights too; but z has one reader.
      if (users(v).size() == 1 && is_activation(users(v)[0].op())) layer.output = users(v)[0];
      last = layer.output;
      naming_.layers.push_back(layer);
    }
    // Least squares on W x + b is no network.
    const bool bends = std::ranges::any_of(naming_.layers, [&](const DenseLayer& layer) {
      const auto& readers = users(layer.z);
      return is_from_nn(layer) ||
             std::ranges::any_of(readers, [](Value u) { return u.op().traits.reads_preactivation; });
    });
    if (!bends) naming_.layers.clear();
  }

  // Whether nothing but the layer reads its input: x + W x is no chain. An autoencoder's loss reads x, too.
  bool is_only_way_on(const DenseLayer& layer) {
    return std::ranges::all_of(users(layer.input), [&](Value u) {
      const bool is_target = u.op().traits.loss && u.input(1) == layer.input && is_leaf(layer.input.op());
      return (is(u, ops::kMatVec) && u.input(0) == layer.weight) || is_target;
    });
  }

  // Whether its parameters are its own: a weight of two layers collects two contributions.
  bool is_new(const DenseLayer& layer) {
    return std::ranges::none_of(naming_.layers, [&](const DenseLayer& known) {
      return known.weight == layer.weight || (layer.bias && known.bias == layer.bias);
    });
  }

  // W⁽ˡ⁾, b⁽ˡ⁾, z⁽ˡ⁾, a⁽ˡ⁾; parameters that their maker named otherwise than "….weight" keep their names.
  void name_layers() {
    const bool from_nn = is_from_nn(naming_.layers[0]);
    naming_.numbering = from_nn                     ? LayerNumbering::kAbove
                        : naming_.layers.size() > 1 ? LayerNumbering::kBelow
                                                    : LayerNumbering::kNone;
    int l = 0;
    for (const DenseLayer& layer : naming_.layers) {
      ++l;
      const auto numbered = [&](std::string_view letter) { return of_layer(symbol(letter), l); };
      if (from_nn) {
        name(layer.weight, numbered("W"));
        if (layer.bias) name(layer.bias, numbered("b"));
      }
      name_free(layer.z, numbered("z"));
      if (layer.output != layer.z) name_free(layer.output, numbered("a"));
      name_delta(layer.z, numbered("δ"));
    }
  }

  [[nodiscard]] Formula of_layer(const Formula& letter, int l) const {
    switch (naming_.numbering) {
      case LayerNumbering::kNone: return letter;
      case LayerNumbering::kBelow: return with_index(letter, l);
      case LayerNumbering::kAbove: return with_layer(letter, l);
    }
    return letter;
  }

  // Of graphs that are no chain: pre-activations are the sums and products that an activation reads.
  void name_preactivations() {
    std::vector<Value> found;
    for (const Value v : values_) {
      const bool affine =
          is_product(v) || (is(v, ops::kAdd) && (is_product(v.input(0)) || is_product(v.input(1))));
      const bool read =
          std::ranges::any_of(users(v), [](Value u) { return u.op().traits.reads_preactivation; });
      if (affine && read && !is_given(v) && !is_inlined(v)) found.push_back(v);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto numbered = [&](std::string_view letter) {
        return found.size() == 1 ? symbol(letter) : with_index(symbol(letter), static_cast<int>(i) + 1);
      };
      name_free(found[i], numbered("z"));
      name_delta(found[i], numbered("δ"));
      for (const Value u : users(found[i])) {
        if (is_activation(u.op())) name_free(u, numbered("a"));
      }
    }
  }

  // Unless something has that name already: then name_rest() finds another.
  void name_free(Value v, const Formula& f) {
    if (!named(v) && !taken_.contains(f.text)) name(v, f);
  }

  // Where the user has a δ, the adjoint stays ∂f/∂z.
  void name_delta(Value z, const Formula& f) {
    preactivations_.insert(z.id());
    if (!taken_.contains(f.text)) naming_.deltas[z.id()] = f;
  }

  // A product that only a named sum reads, a transposed leaf and what is not written at all stay unnamed.
  bool is_inline(Value v) {
    if (only_repeats(v) || is(v, ops::kBatchSize) || is_inlined(v)) return true;
    if (is_given(v)) return false;
    const bool small = is(v, ops::kTranspose) || is(v, ops::kReshape) || is(v, ops::kOneHot);
    if (small && is_leaf(v.input(0).op())) return true;
    if (is(v, ops::kSlice) && is_parameter(v.input(0))) return true;  // a gate's rows of W
    if (is(v, ops::kSub) && is(v.input(0), ops::kConstant) && !only_repeats(v.input(1)))
      return true;                                                                               // 1 − a
    if (is(v, ops::kSquare) && users(v).size() == 1 && is(users(v)[0], ops::kSum)) return true;  // ‖W‖²
    if (!is_product(v) || users(v).size() != 1 || !is(users(v)[0], ops::kAdd)) return false;
    const Value sum = users(v)[0];
    if (preactivations_.contains(sum.id())) return !is(v, ops::kMul) || v.shape().rank() == 0;  // w x + b
    return !is(v, ops::kMul) && is_leaf(sum.input(1).op());
  }

  void name_rest() {
    int k = 0;
    for (const Value v : values_) {
      const bool is_scalar = std::ranges::count(scalars_, v) > 0;  // what is differentiated has an equation
      if (is_leaf(v.op()) || is_part_of_scan(v) || (is_inline(v) && !is_scalar)) continue;
      if (!named(v) && !is_scalar) {
        Formula f =
            v.name().empty() || v.name().find('.') != std::string::npos ? Formula{} : symbol(v.name());
        while (f.text.empty() || taken_.contains(f.text)) f = with_index(symbol("v"), ++k);
        name(v, f);
      }
      naming_.defined.push_back(v);
    }
  }

  std::vector<Value> values_;
  std::span<const Value> scalars_;
  const GivenNames& given_;
  std::vector<std::string> layers_;  // whose parameters have names already, as nn calls them
  std::map<NodeId, std::vector<Value>> users_;
  std::set<std::string> taken_;
  std::set<NodeId> preactivations_;
  Naming naming_;
};

}  // namespace

Naming name_values(std::span<const Value> scalars, std::span<const Value> leaves, const GivenNames& given) {
  return Namer(scalars, leaves, given).run();
}

std::string free_sample_index(const Naming& naming, const Dimensions& dimensions) {
  const auto is_free = [&](std::string_view letter) {
    const auto is_name = [&](Value v) {
      const Formula* name = naming.names.find(v);
      return name != nullptr && name->text == letter;
    };
    return std::ranges::none_of(naming.leaves, is_name) && std::ranges::none_of(naming.defined, is_name) &&
           std::ranges::none_of(dimensions.symbols(), [&](const auto& s) { return s.first == letter; });
  };
  // Those that Unicode has below the line.
  constexpr std::array<std::string_view, 13> kLetters = {"n", "s", "t", "i", "r", "p", "j",
                                                         "l", "k", "m", "h", "u", "v"};
  const auto letter = std::ranges::find_if(kLetters, is_free);
  return std::string(letter == kLetters.end() ? kLetters[0] : *letter);
}

Formula scalar_name(Value scalar, const Naming& naming, bool has_batch) {
  const auto is_taken = [&](const Formula& f) {
    return std::ranges::any_of(naming.leaves, [&](Value v) { return naming.names.find(v)->text == f.text; });
  };
  if (scalar.batched()) return is_taken({"ℓ", ""}) ? symbol("L") : Formula{"ℓ", R"(\ell)"};
  for (const char* letter : {has_batch ? "J" : "f", "C", "E", "F", "Q"}) {
    if (!is_taken(symbol(letter))) return symbol(letter);
  }
  return {"Φ", R"(\Phi)"};
}

}  // namespace catenary::derive
