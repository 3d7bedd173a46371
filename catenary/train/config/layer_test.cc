#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/ops/catalogue.h"
#include "catenary/train/config/config.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing_support::error_of;

// A config of these layers and a last one.
std::string with_layers(const std::string& layers, const std::string& last = "type = \"dense\"\n") {
  return "format = 1\n[data]\ntrain = \"a.csv\"\ntarget = \"y\"\n" + layers + "[[model.layers]]\n" + last +
         "[train]\nloss = \"softmax_cross_entropy\"\n";
}

std::vector<LayerConfig> layers_of(const std::string& text) { return parse_config(text, "c.toml").layers; }

std::string refusal_of(const std::string& text) {
  return error_of([&] { (void)parse_config(text, "c.toml"); });
}

TEST(LayerConfigs, OfSequencesHaveTheirDefaults) {
  const std::vector<LayerConfig> layers =
      layers_of(with_layers("[[model.layers]]\ntype = \"embedding\"\nunits = 3\n"
                            "[[model.layers]]\ntype = \"rnn\"\nunits = 4\n"
                            "[[model.layers]]\ntype = \"lstm\"\nunits = 5\n"
                            "[[model.layers]]\ntype = \"gru\"\nunits = 6\n"
                            "[[model.layers]]\ntype = \"mean_over_time\"\n"));
  ASSERT_EQ(layers.size(), 6u);
  EXPECT_EQ(layers[0], (LayerConfig{.type = LayerType::kEmbedding,
                                    .name = "embedding1",
                                    .units = 3,
                                    .init = nn::Initializer::kLecunNormal}));
  EXPECT_EQ(
      layers[1],
      (LayerConfig{
          .type = LayerType::kRnn, .name = "rnn2", .units = 4, .activation = nn::Activation(ops::kTanh)}));
  EXPECT_EQ(layers[2], (LayerConfig{.type = LayerType::kLstm, .name = "lstm3", .units = 5}));
  EXPECT_EQ(layers[3], (LayerConfig{.type = LayerType::kGru, .name = "gru4", .units = 6}));
  EXPECT_EQ(layers[4].name, "mean_over_time5");
  EXPECT_EQ(layers[2].recurrent.returns_sequences, std::nullopt);
  EXPECT_EQ(layers[2].recurrent.recurrent_init, nn::Initializer::kOrthogonal);
}

TEST(LayerConfigs, AreWrittenWithEveryKeyAndReadBack) {
  const std::string text = with_layers(
      "[[model.layers]]\ntype = \"lstm\"\nunits = 5\nreturn_sequences = true\nbidirectional = true\n"
      "init = \"zeros\"\nrecurrent_init = \"he_normal\"\nforget_bias = 0.5\npeepholes = true\n"
      "layer_norm = true\ndropout = 0.25\nrecurrent_dropout = 0.5\nrecompute = true\n"
      "[[model.layers]]\ntype = \"gru\"\nunits = 6\nreset_gate = \"before_product\"\n"
      "[[model.layers]]\ntype = \"rnn\"\nunits = 6\nactivation = \"relu\"\nreturn_sequences = false\n"
      "[[model.layers]]\ntype = \"last_row\"\n[[model.layers]]\ntype = \"flatten\"\n");
  const Config config = parse_config(text, "c.toml");
  const LayerConfig& lstm = config.layers[0];
  EXPECT_EQ(lstm.recurrent, (RecurrentConfig{.returns_sequences = true,
                                             .is_bidirectional = true,
                                             .recurrent_init = nn::Initializer::kHeNormal,
                                             .has_layer_norm = true,
                                             .dropout = 0.25,
                                             .recurrent_dropout = 0.5,
                                             .recompute = true,
                                             .forget_bias = 0.5,
                                             .has_peepholes = true}));
  EXPECT_EQ(lstm.init, nn::Initializer::kZeros);
  EXPECT_EQ(config.layers[1].recurrent.reset, nn::ResetGate::kBeforeProduct);
  EXPECT_EQ(config.layers[2].activation, nn::Activation(ops::kRelu));
  EXPECT_EQ(config.layers[2].recurrent.returns_sequences, false);
  const std::string written = to_toml(config);
  EXPECT_EQ(parse_config(written, "c.toml").layers, config.layers);
  for (const char* line :
       {"forget_bias = 0.5\npeepholes = true\n", "reset_gate = \"before_product\"\n",
        "bidirectional = false\nrecurrent_init = \"orthogonal\"\nlayer_norm = false\ndropout = 0.0\n",
        "recurrent_dropout = 0.0\nrecompute = false\n",
        "[[model.layers]]\ntype = \"last_row\"\nname = \"last_row4\"\n\n"})
    EXPECT_THAT(written, testing::HasSubstr(line));
}

TEST(LayerConfigs, SayWhichTypesHaveAKey) {
  const auto of = [](const std::string& keys) {
    return refusal_of(with_layers("[[model.layers]]\n" + keys));
  };
  EXPECT_EQ(
      of("type = \"gru\"\nunits = 3\npeepholes = true\n"),
      "config: c.toml:8:1: model.layers.0.peepholes: the layer types that have this key are lstm, found "
      "'gru'");
  EXPECT_EQ(of("type = \"dense\"\nunits = 3\ndropout = 0.5\n"),
            "config: c.toml:8:1: model.layers.0.dropout: the layer types that have this key are rnn, lstm, "
            "gru, found 'dense'");
  EXPECT_EQ(
      of("type = \"lstm\"\nunits = 3\nactivation = \"tanh\"\n"),
      "config: c.toml:8:1: model.layers.0.activation: the layer types that have this key are dense, rnn, "
      "found 'lstm'");
  EXPECT_EQ(of("type = \"flatten\"\nunits = 3\n"),
            "config: c.toml:7:1: model.layers.0.units: the layer types that have this key are dense, rnn, "
            "lstm, gru, embedding, found 'flatten'");
  EXPECT_EQ(of("type = \"lstm\"\nunits = 3\nreturn_sequence = true\n"),
            "config: c.toml:8:1: unknown key 'return_sequence' in [model.layers.0]; did you mean "
            "'return_sequences'?");
}

TEST(LayerConfigs, RefuseValuesThatACellDoesNotHave) {
  const auto of = [](const std::string& keys) {
    return refusal_of(with_layers("[[model.layers]]\n" + keys));
  };
  EXPECT_EQ(
      of("type = \"rnn\"\nunits = 3\nactivation = \"silu\"\n"),
      "config: c.toml:8:14: model.layers.0.activation: unknown value 'silu'; expected one of tanh, relu");
  EXPECT_EQ(of("type = \"gru\"\nunits = 3\nreset_gate = \"before\"\n"),
            "config: c.toml:8:14: model.layers.0.reset_gate: unknown value 'before'; expected one of "
            "after_product, before_product");
  EXPECT_EQ(of("type = \"gru\"\nunits = 3\ndropout = 1\n"),
            "config: c.toml:8:11: model.layers.0.dropout: expected a number from 0 to 0.9999999, found 1");
  EXPECT_EQ(of("type = \"SimpleRNN\"\nunits = 3\n"),
            "config: c.toml:6:8: model.layers.0.type: unknown value 'SimpleRNN'; expected one of dense, rnn, "
            "lstm, gru, embedding, mean_over_time, last_row, flatten; did you mean 'rnn'?");
}

TEST(LayerConfigs, UnitsFollowFromTheDataInTheLastLayerThatHasSome) {
  const std::string lstm = "[[model.layers]]\ntype = \"lstm\"\nunits = 3\n";
  EXPECT_EQ(output_layer(layers_of(with_layers(lstm))), 1u);
  EXPECT_EQ(output_layer(layers_of(with_layers("", "type = \"lstm\"\n"))), 0u);
  EXPECT_EQ(output_layer(layers_of(
                with_layers("[[model.layers]]\ntype = \"dense\"\n", "type = \"mean_over_time\"\n"))),
            0u);
  EXPECT_EQ(refusal_of(with_layers("[[model.layers]]\ntype = \"lstm\"\n")),
            "config: c.toml:5:1: missing key 'model.layers.0.units': only the last layer's follow from the "
            "data");
  EXPECT_EQ(refusal_of(with_layers("", "type = \"lstm\"\nbidirectional = true\n")),
            "config: c.toml:5:1: missing key 'model.layers.0.units': those of a bidirectional layer do not "
            "follow from the data");
  EXPECT_EQ(refusal_of(with_layers("", "type = \"flatten\"\n")),
            "config: c.toml:5:1: model.layers: expected at least one layer with units, found none");
  EXPECT_EQ(refusal_of(with_layers(lstm, "type = \"flatten\"\n")),
            "config: c.toml:8:1: model.layers.1: expected a layer with units after flatten, found none");
}

}  // namespace
}  // namespace catenary::train
