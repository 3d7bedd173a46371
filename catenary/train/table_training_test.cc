// Tables as people have them, from the file to the scores and the predictions.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

#include "catenary/train/testing.h"
#include "tests/support/errors.h"
#include "tests/support/mangle.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::error_of;
using testing_support::mangled;
using testing_support::TemporaryDirectory;

// Forty customers: text, dates, booleans, missing cells, two rows without an answer, and an answer that
// follows from the town and the age.
std::string customers() {
  const char* towns[] = {"Ulm", "Köln", "Bonn"};
  std::string text = "name,town,age,member,since,left\n";
  for (int i = 0; i < 40; ++i) {
    const int age = 20 + i * 13 % 37;
    const std::string town = i % 10 == 7 ? "NA" : towns[i % 3];
    const std::string left = i % 20 == 11 ? "?" : (age > 38) == (i % 3 != 0) ? "yes" : "no";
    text += fmt::format("person {},{} ,{},{},2024-{:02}-{:02},{}\n", i, town,
                        i % 8 == 5 ? "" : std::to_string(age), i % 4 < 2 ? "true" : "FALSE", 1 + i % 12,
                        1 + i % 28, left);
  }
  return text;
}

Config customers_config(const TemporaryDirectory& folder, std::vector<std::string> overrides = {}) {
  (void)folder.file("data.csv", customers());
  overrides.insert(overrides.begin(), {"data.standardize=true", "data.id=name", "train.epochs=60",
                                       "data.split={validation=0.2, test=0.25}"});
  return small_config(folder, "left", "softmax_cross_entropy", overrides);
}

TEST(TableTraining, LearnsFromTextDatesBooleansAndMissingCells) {
  const TemporaryDirectory folder;
  const auto result = train(customers_config(folder), {});
  EXPECT_LT(result->run.history.back().train.loss, 0.5 * result->run.history.front().train.loss);
  std::vector<std::string> inputs;
  for (const Input& input : kept(folder, result->run).model.schema.inputs) inputs.push_back(input.name);
  EXPECT_THAT(inputs, ElementsAre("town=Bonn", "town=Köln", "town=Ulm", "town=other", "town.missing", "age",
                                  "age.missing", "member", "since.month", "since.day", "since.weekday"));
}

TEST(TableTraining, ATestGivesTheSameScoresOnceAtTheEndAndLater) {
  const TemporaryDirectory folder;
  const auto result = train(customers_config(folder), {});
  const StoredRun run = kept(folder, result->run);
  const Assessment later = evaluate(run, load_test_data(run.config, run.model.schema), 2);
  EXPECT_EQ(later.score.loss, result->test->score.loss);
  EXPECT_EQ(later.score.accuracy, result->test->score.accuracy);
  EXPECT_EQ(later.samples, 10);  // a quarter of the 38 rows that have an answer
}

TEST(TableTraining, PredictionsAreWhatTheScoresCount) {
  const TemporaryDirectory folder;
  const auto result = train(customers_config(folder), {});
  const StoredRun run = kept(folder, result->run);
  const auto rows = predicted_cells(run, folder / "data.csv");
  ASSERT_EQ(rows.size(), 41u);
  EXPECT_THAT(rows[0], ElementsAre("name", "prediction", "probability_no", "probability_yes"));
  const TestData test = load_test_data(run.config, run.model.schema);
  double right = 0, loss = 0;
  for (const std::int64_t row : test.rows) {
    const auto& cells = rows.at(static_cast<std::size_t>(row) + 1);
    const auto truth = static_cast<std::size_t>(test.file.data.targets[static_cast<std::size_t>(row)]);
    EXPECT_EQ(cells[0], fmt::format("person {}", row));
    right += cells[1] == run.model.schema.classes[truth] ? 1 : 0;
    loss -= std::log(std::stod(cells[2 + truth]));
  }
  const auto count = static_cast<double>(test.rows.size());
  EXPECT_DOUBLE_EQ(right / count, *result->test->score.accuracy);
  EXPECT_NEAR(loss / count, result->test->score.loss,
              1e-5);  // f32 probabilities, each right to some 6e-8 of 1
}

TEST(TableTraining, GivesTheSameBitsOnAnyNumberOfThreads) {
  const TemporaryDirectory folder;
  const Config config = customers_config(folder, {"train.epochs=5"});
  const auto one = train(config, {.threads = 1});
  for (const int threads : {2, 3}) {
    const auto other = train(config, {.threads = threads});
    EXPECT_EQ(one->run.weights, other->run.weights) << threads;
    EXPECT_EQ(to_csv(one->run.history), to_csv(other->run.history)) << threads;
    EXPECT_EQ(one->test->score.loss, other->test->score.loss) << threads;
  }
}

TEST(TableTraining, AValueThatWasNeverSeenIsTheOther) {
  const TemporaryDirectory folder;
  const StoredRun run = kept(folder, train(customers_config(folder), {})->run);
  const auto rows =
      predicted_cells(run, folder.file("in.csv",
                                       "since,age,member,name,town,more\n2024-05-05,30,true,a,Rom,x\n"
                                       "2024-05-05,30,true,b,Oslo,y\n2024-05-05,30,true,c,,z\n"
                                       "2024-05-05,30,true,d,Ulm,z\n"));
  const auto probabilities = [&](std::size_t row) {
    return std::vector(rows.at(row).begin() + 1, rows.at(row).end());
  };
  EXPECT_EQ(probabilities(1), probabilities(2));
  EXPECT_NE(probabilities(1), probabilities(3));
  EXPECT_NE(probabilities(1), probabilities(4));
}

TEST(TableTraining, AValueThatWasNeverSeenMayBeRefused) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "town,y\nUlm,1\nBonn,2\nUlm,3\nBonn,2\n");
  const Config config = small_config(folder, "y", "squared_error",
                                     {"preprocess=[{type='onehot', unseen='refuse'}]", "train.epochs=1"});
  const StoredRun run = kept(folder, train(config, {})->run);
  const std::string input = folder.file("in.csv", "town\nBonn\nUlmm\n");
  EXPECT_EQ(error_of([&] { (void)predicted_cells(run, input); }),
            "data: " + input +
                ": line 3, column 1 'town': needed a value that the training rows have, as unseen = "
                "\"refuse\" of its onehot asks, found 'Ulmm'; did you mean 'Ulm'?");
}

TEST(TableTraining, ACellThatIsMissingOnlyAtPredictionIsFilledIn) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kPlane);
  const Config config =
      small_config(folder, "y", "squared_error", {"data.standardize=true", "train.epochs=5"});
  const StoredRun run = kept(folder, train(config, {})->run);
  const auto rows = predicted_cells(run, folder.file("in.csv", "a,b\nNA,1\n0,1\n"));  // 0 is the median of a
  EXPECT_EQ(rows.at(1), rows.at(2));
}

TEST(TableTraining, RowsWithoutATargetServeNoPurposeAndAreCounted) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y\n1,1\n2,NA\n3,3\n4,\n5,5\n");
  (void)folder.file("test.csv", "a,y\n1,?\n2,2\n");
  (void)folder.file("none.csv", "a,y\n1,\n2,-\n");
  const Config config = small_config(folder, "y", "squared_error",
                                     {"train.epochs=3", "data.test=" + (folder / "test.csv").string()});
  const TrainingData data = load_training_data(config);
  EXPECT_THAT(data.train_rows, ElementsAre(0, 2, 4));
  EXPECT_THAT(data.test_rows, ElementsAre(1));
  EXPECT_THAT(data.notes,
              ElementsAre((folder / "data.csv").string() + ": rows without a target are left out: 2 of 5",
                          (folder / "test.csv").string() + ": rows without a target are left out: 1 of 2"));
  const TestData test = load_test_data(config, data.schema());
  EXPECT_THAT(test.rows, ElementsAre(1));
  EXPECT_EQ(test.notes.size(), 1u);
  Config without = config;
  without.data.train.samples = folder / "none.csv";
  EXPECT_EQ(
      error_of([&] { (void)load_training_data(without); }),
      "data: " + (folder / "none.csv").string() + ": column 2 'y': needed values to predict, found none");
}

// Of 16 rows, the last four are tested on and two before them validated on; `others` are their cells a, town
// and y.
train::Run trained_with(const TemporaryDirectory& folder, const std::string& others) {
  std::string text = "a,town,y,part\n";
  for (int i = 0; i < 10; ++i) text += fmt::format("{},{},{},train\n", i, i % 2 == 0 ? "Ulm" : "Bonn", 2 * i);
  for (int i = 0; i < 6; ++i) text += others + (i < 2 ? ",val\n" : ",test\n");
  (void)folder.file("data.csv", text);
  return train(small_config(folder, "y", "squared_error",
                            {"data.standardize=true", "data.split={column='part'}", "train.epochs=10"}),
               {})
      ->run;
}

TEST(TableTraining, FittingAndTrainingLookAtTheTrainingRowsAlone) {
  const TemporaryDirectory folder;
  const train::Run usual = trained_with(folder, "3,Ulm,6");
  for (const char* others : {"1e30,Ulm,0", "NA,Ulm,6", "3,Atlantis,6", "3,,6", "3,Ulm,-1e9"}) {
    const train::Run other = trained_with(folder, others);
    EXPECT_EQ(other.weights, usual.weights) << others;  // and what is stored of the inputs
    EXPECT_EQ(other.initial, usual.initial) << others;
    EXPECT_EQ(other.history.back().train.loss, usual.history.back().train.loss) << others;
  }
}

TEST(TableTraining, AColumnNamesEachRowsPart) {
  const TemporaryDirectory folder;
  const train::Run run = trained_with(folder, "3,Ulm,6");
  const TrainingData data = load_training_data(run.config);
  EXPECT_THAT(data.validation_rows, ElementsAre(10, 11));
  EXPECT_THAT(data.test_rows, ElementsAre(12, 13, 14, 15));
  std::vector<std::string> columns;
  for (const ColumnSchema& column : data.schema().columns) columns.push_back(column.name);
  EXPECT_THAT(columns, ElementsAre("a", "town"));
}

TEST(TableTraining, GroupsStayTogether) {
  const TemporaryDirectory folder;
  std::string text = "a,y,patient\n";
  for (int i = 0; i < 24; ++i) text += fmt::format("{},{},p{}\n", i * i % 17, i, i % 6);
  (void)folder.file("data.csv", text);
  const TrainingData data = load_training_data(
      small_config(folder, "y", "squared_error", {"data.split={validation=0.3, test=0.3, group='patient'}"}));
  std::map<std::int64_t, int> part_of;
  int part = 0;
  for (const auto* rows : {&data.train_rows, &data.validation_rows, &data.test_rows}) {
    EXPECT_FALSE(rows->empty());
    for (const std::int64_t row : *rows)
      EXPECT_EQ(part_of.try_emplace(row % 6, part).first->second, part) << row;
    ++part;
  }
}

TEST(TableTraining, ARowWithoutAGroupIsAGroupOfItsOwn) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y,g\n1,1,NA\n2,2,\n3,3,?\n4,4,NA\n5,5,p\n6,6,p\n");
  const TrainingData data =
      load_training_data(small_config(folder, "y", "huber", {"data.split={test=0.5, group='g'}"}));
  EXPECT_LT(data.train_rows.front(), 4);
  EXPECT_LT(data.test_rows.front(), 4);
}

TEST(TableTraining, AClassThatAPartLacksIsSaid) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv",
                    "a,k,part\n1,x,train\n2,y,train\n3,x,train\n4,z,train\n5,x,test\n6,y,test\n7,y,val\n");
  const TrainingData data =
      load_training_data(small_config(folder, "k", "softmax_cross_entropy", {"data.split={column='part'}"}));
  EXPECT_THAT(data.notes,
              ElementsAre("no validation row is of the classes x, z", "no test row is of the class z"));
}

TEST(TableTraining, ColumnsOfNoUseAreNoInputs) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", ",a,b,c,y\n1,5,7,2,1\n2,6,7,,2\n3,9,7,1,3\n");
  const TrainingData data = load_training_data(
      small_config(folder, "y", "squared_error", {"data.standardize=true", "data.ignore='a'"}));
  ASSERT_EQ(data.schema().columns.size(), 1u);
  EXPECT_EQ(data.schema().columns[0].name, "c");
  EXPECT_THAT(data.notes, ElementsAre(HasSubstr("has no name and another value in each row: left out"),
                                      HasSubstr("column 'b' is the same in all training rows: left out")));
}

TEST(TableTraining, ATargetServesNoOtherPurpose) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", customers());
  const auto error = [&](const std::string& override_text) {
    return error_of([&] {
      (void)load_training_data(small_config(folder, "left", "softmax_cross_entropy", {override_text}));
    });
  };
  const std::string needed = "config: " + (folder / "data.csv").string() + ": needed ";
  const std::string found = " beside the targets and the model's inputs, found 'left'";
  EXPECT_EQ(error("data.id=left"), needed + "the id column" + found);
  EXPECT_EQ(error("data.split={column='left'}"), needed + "the split's column" + found);
  EXPECT_EQ(error("data.split={test=0.2, group='left'}"), needed + "the group column" + found);
}

TEST(TableTraining, TheIdMayBeTheGroup) {
  const TemporaryDirectory folder;
  const auto result =
      train(customers_config(folder, {"data.split={test=0.2, group='name'}", "train.epochs=1"}), {});
  const auto rows = predicted_cells(kept(folder, result->run), folder / "data.csv");
  EXPECT_EQ(rows.at(0).at(0), "name");
  EXPECT_EQ(rows.at(40).at(0), "person 39");
}

TEST(TableTraining, AConfigsIdThatItsModelReadsIsRefused) {
  const TemporaryDirectory folder;
  StoredRun run = kept(folder, train(customers_config(folder, {"train.epochs=1"}), {})->run);
  for (const std::string name : {"age", "town", "since"}) {
    run.config.data.id = name;
    EXPECT_THAT(error_of([&] { (void)predicted_cells(run, folder / "data.csv"); }),
                HasSubstr("beside the targets and the model's inputs, found '" + name + "'"));
  }
}

// Whatever a model's file says of columns and inputs: a run is refused, a file is, or it is predicted.
TEST(TableTraining, AnyDamageToWhatIsStoredOfInputsIsAnErrorOrAModel) {
  const TemporaryDirectory folder;
  const Config config = customers_config(folder, {"train.epochs=1"});
  const train::Run run = train(config, {})->run;
  int predictions = 0;
  for (const char* key : {"columns", "inputs", "id", "classes", "targets"}) {
    for (std::uint64_t trial = 0; trial < 60; ++trial) {
      Safetensors damaged = run.weights;
      damaged.metadata[key] = mangled(damaged.metadata[key], trial);
      try {
        const StoredRun stored_run{run.config, unpack_model(damaged, run.config, "w")};
        (void)predicted_cells(stored_run, folder / "data.csv");
        (void)evaluate(stored_run, load_test_data(run.config, stored_run.model.schema), 1);
        ++predictions;
      } catch (const Error& error) {
        EXPECT_NE(error.kind(), ErrorKind::kInternal) << key << " " << trial << ": " << error.what();
      }
    }
  }
  EXPECT_GT(predictions, 0);
}

TEST(TableTraining, WhatCannotBeFittedNamesTheFile) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y\n1,2\n1,3\n");
  EXPECT_EQ(error_of([&] {
              (void)load_training_data(small_config(folder, "y", "huber", {"data.standardize=true"}));
            }),
            "data: " + (folder / "data.csv").string() +
                ": needed an input that the network can learn from, found none\nnote: column 'a' is the same "
                "in all "
                "training rows: left out");
}

TEST(TableTraining, JudgingNeedsNoIdAndNoOtherColumns) {
  const TemporaryDirectory folder;
  const StoredRun run = kept(folder, train(customers_config(folder), {})->run);
  Config config = run.config;
  config.data.split.reset();
  config.data.test = DataFiles{
      folder.file("test.csv",
                  "left,since,age,member,town\nyes,2024-05-05,30,true,Rom\nno,2024-05-06,,no,Ulm\n"),
      ""};
  const TestData test = load_test_data(config, run.model.schema);
  EXPECT_EQ(evaluate(run, test, 1).samples, 2);
}

class EveryPreprocessing : public testing::TestWithParam<const char*> {};

TEST_P(EveryPreprocessing, IsTheSameWhenTheModelIsReadBack) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", customers());
  const Config config = small_config(folder, "left", "softmax_cross_entropy",
                                     {"data.ignore=name", "preprocess=" + std::string(GetParam()),
                                      "train.epochs=3", "data.split={validation=0.2, test=0.25}"});
  const auto result = train(config, {});
  const StoredRun run = kept(folder, result->run);
  EXPECT_EQ(run.config.preprocess, config.preprocess);
  EXPECT_EQ(evaluate(run, load_test_data(run.config, run.model.schema), 1).score.loss,
            result->test->score.loss);
  EXPECT_EQ(train(run.config, {})->run.weights, result->run.weights);
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryPreprocessing,
    testing::Values(
        "auto", "[{type='auto', standardize=false}]",
        "[{type='impute'}, {type='onehot'}, {type='dates'}, {type='standardize'}]",
        "[{type='ordinal', order=['Ulm', 'Bonn']}, {type='impute', by='constant', value=-1, "
        "indicator=false}, {type='dates', parts=['month', 'hour']}, {type='minmax', low=-1}]",
        "[{type='onehot', max_levels=1, buckets=3}, {type='impute', by='mean'}, {type='log'}, "
        "{type='quantile', quantiles=5}, {type='drop', columns='since'}]",
        "[{type='drop', columns=['town', 'since', 'member']}, {type='impute', by='most_frequent'}, "
        "{type='clip'}, {type='quantile', distribution='normal'}, {type='scale', factor=0.5}]",
        "[{type='impute', columns='age'}, {type='log', columns='age'}, {type='auto'}]"));

TEST(TableTraining, ACategoryOfManyValuesIsHashedTheSameWayEachTime) {
  const TemporaryDirectory folder;
  std::string text = "town,y\n";
  for (int i = 0; i < 360; ++i) text += fmt::format("town {},{}\n", i % 120, i % 120 % 7);
  (void)folder.file("data.csv", text);
  const auto result = train(small_config(folder, "y", "squared_error",
                                         {"data.standardize=true", "data.split.test=0.2", "train.epochs=2"}),
                            {});
  const StoredRun run = kept(folder, result->run);
  EXPECT_EQ(run.model.schema.columns.at(0).buckets, 64);
  EXPECT_EQ(run.model.schema.inputs.size(), 64u);
  EXPECT_EQ(evaluate(run, load_test_data(run.config, run.model.schema), 1).score.loss,
            result->test->score.loss);
  EXPECT_EQ(predicted_cells(run, folder.file("in.csv", "town\nnew\ntown 5\n")).size(), 3u);
}

TEST(TableTraining, AValidationPartIsMeasuredEachEpochAndTheTestOnlyAtTheEnd) {
  const TemporaryDirectory folder;
  const auto result = train(customers_config(folder, {"train.epochs=3"}), {});
  for (const EpochRecord& record : result->run.history) EXPECT_TRUE(record.validation.has_value());
  const StoredRun run = kept(folder, result->run);
  const TrainingData data = load_training_data(run.config);
  Model model(run.config, run.model.schema);
  Variables variables(model.graph, 1);
  load_parameters(run.model, variables);
  ThreadPool pool(1);
  const Score last = Evaluator(model, variables, data.validation(), pool).evaluate().score;
  EXPECT_EQ(result->run.history.back().validation->loss, last.loss);
  EXPECT_EQ(result->run.history.back().validation->accuracy, last.accuracy);
}

TEST(TableTraining, InputsStandBesideThePredictionsAsTheyAreWritten) {
  const TemporaryDirectory folder;
  const StoredRun run = kept(folder, train(customers_config(folder), {})->run);
  const auto rows = predicted_cells(
      run,
      folder.file("in.csv", "prediction,name,town,age,member,since\n007,\"x\", Ulm ,030,yes,2024-02-01\n"),
      true);
  EXPECT_THAT(rows.at(0), ElementsAre("prediction_input", "name", "town", "age", "member", "since",
                                      "prediction", "probability_no", "probability_yes"));
  EXPECT_THAT(std::vector(rows.at(1).begin(), rows.at(1).begin() + 6),
              ElementsAre("007", "x", "Ulm", "030", "yes", "2024-02-01"));
}

}  // namespace
}  // namespace catenary::train
