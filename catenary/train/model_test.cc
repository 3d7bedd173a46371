#include "catenary/train/model.h"

#include <gmock/gmock.h>

#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

Schema schema_of(std::vector<std::string> classes) {
  return {.columns = {{.name = "a"}, {.name = "b"}},
          .inputs = {{.name = "a", .column = 0}, {.name = "b", .column = 1}},
          .target_names = {"y"},
          .classes = std::move(classes)};
}

Config config_of(const std::string& loss, const std::vector<std::string>& overrides = {}) {
  const TemporaryDirectory folder;
  Config config = small_config(folder, "y", loss, overrides);
  config.data.train.samples = "data.csv";
  for (LayerConfig& layer : config.layers) layer.place = {"c.toml:9:9"};
  return config;
}

std::vector<std::string> names(const Program& program) {
  std::vector<std::string> result;
  for (const Output& output : program.outputs) result.push_back(output.name);
  return result;
}

TEST(OutputUnits, FollowFromTheLossAndTheData) {
  EXPECT_EQ(output_units(config_of("softmax_cross_entropy"), schema_of({"p", "q", "r"})), 3);
  EXPECT_EQ(output_units(config_of("binary_cross_entropy"), schema_of({"p", "q"})), 1);
  EXPECT_EQ(output_units(config_of("huber"), schema_of({})), 1);
}

TEST(OutputUnits, ClassesMustFitTheLoss) {
  EXPECT_EQ(error_of([] { (void)output_units(config_of("softmax_cross_entropy"), schema_of({"p"})); }),
            "data: data.csv: the loss softmax_cross_entropy needs at least 2 classes, found 1");
  EXPECT_EQ(error_of([] {
              (void)output_units(config_of("binary_cross_entropy"), schema_of({"p", "q", "r"}));
            }),
            "data: data.csv: the loss binary_cross_entropy needs 2 classes, found 3");
}

TEST(ResolveUnits, FillsInTheLastLayerOrAgreesWithIt) {
  Config config = config_of("softmax_cross_entropy");
  resolve_units(config, schema_of({"p", "q", "r"}));
  EXPECT_EQ(config.layers.back().units, 3);
  EXPECT_EQ(error_of([&] {
              resolve_units(config, schema_of({"p", "q"}));
            }),
            "config: c.toml:9:9: model.layers.1.units: expected 2, one for each class of the data, found 3");
}

TEST(ParameterCount, IsLimitedBeforeMemoryIsTaken) {
  Config config = config_of("huber");
  config.layers[1].units = 1;
  EXPECT_EQ(parameter_count(Model(config, schema_of({}))), 3 * 3 + 4);
  config.layers[0].units = std::int64_t{1} << 24;
  Schema schema = schema_of({});
  schema.inputs.resize(784);
  EXPECT_EQ(error_of([&] { Model(config, schema); }),
            "config: c.toml:9:9: model.layers.0: expected at most 1073741824 parameters in all, found "
            "13170114560 up to "
            "this layer");
}

TEST(Model, NamesItsParametersByItsLayers) {
  Config config = config_of("softmax_cross_entropy");
  resolve_units(config, schema_of({"p", "q"}));
  Model model(config, schema_of({"p", "q"}));
  std::vector<std::string> parameters;
  for (const Value parameter : model.graph.parameters())
    parameters.push_back(parameter.name() + parameter.shape().str());
  EXPECT_THAT(parameters,
              ElementsAre("hidden.weight[3, 2]", "hidden.bias[3]", "output.weight[2, 3]", "output.bias[2]"));
}

TEST(Programs, MeasureTheAccuracyOfClassesOnly) {
  Config classes = config_of("binary_cross_entropy");
  resolve_units(classes, schema_of({"p", "q"}));
  Model classifier(classes, schema_of({"p", "q"}));
  EXPECT_THAT(names(training_program(classifier, classes)), ElementsAre("loss", "correct"));
  EXPECT_THAT(names(evaluation_program(classifier)), ElementsAre("loss", "class"));
  EXPECT_THAT(names(prediction_program(classifier)), ElementsAre("prediction", "class"));
  Config numbers = config_of("squared_error");
  resolve_units(numbers, schema_of({}));
  Model regression(numbers, schema_of({}));
  EXPECT_THAT(names(training_program(regression, numbers)), ElementsAre("loss"));
  EXPECT_THAT(names(evaluation_program(regression)), ElementsAre("loss"));
  EXPECT_THAT(names(prediction_program(regression)), ElementsAre("prediction"));
}

}  // namespace
}  // namespace catenary::train
