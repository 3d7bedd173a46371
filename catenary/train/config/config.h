#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/data/csv/csv_format.h"
#include "catenary/data/limits.h"
#include "catenary/data/preprocess/steps.h"
#include "catenary/data/sequence.h"
#include "catenary/data/split.h"
#include "catenary/data/text_dataset.h"
#include "catenary/nn/network.h"
#include "catenary/nn/recurrent.h"
#include "catenary/optim/options.h"

namespace catenary::train {

enum class DataFormat { kIdx, kCsv, kNumpy, kText };
enum class Loss { kSoftmaxCrossEntropy, kBinaryCrossEntropy, kSquaredError, kHuber };

[[nodiscard]] std::string_view name_of(DataFormat format);
[[nodiscard]] std::string_view name_of(Loss loss);

/// Where a value stands in the config ("FILE:LINE:COLUMN"), for errors that only the data can reveal. Takes
/// no part in comparisons.
struct Place {
  std::string text;
  [[nodiscard]] bool operator==(const Place&) const { return true; }
};

/// One set of samples: a table, an IDX file of images with its file of labels, NumPy's arrays x and y in one
/// file or two, or a text. Paths that are not absolute start at the working directory.
struct DataFiles {
  std::string samples;
  std::string labels;                  ///< IDX, and arrays in two files
  std::vector<std::string> more = {};  ///< tables whose rows follow
  [[nodiscard]] bool operator==(const DataFiles&) const = default;
};

/// "a.csv"; of several files "a.csv and 2 more", whose rows are counted on from one to the next.
[[nodiscard]] std::string title(const DataFiles& files);

/// How one file's rows are divided into train, validation and test: by shares of them, or as a column says.
struct SplitConfig {
  double validation = 0;                ///< share of the rows, below 1; 0: no such part
  double test = 0;                      ///< as validation; together they are below 1
  SplitOrder by = SplitOrder::kRandom;  ///< what decides; of shares only
  bool by_given = false;    ///< false: the kind of target decides on `by`; who fills it in sets this, too
  std::string group = {};   ///< by = kGrouped: the column whose values stay together; else empty
  std::string column = {};  ///< that names each row's part; where it is not empty there are no shares
  Place place = {};         ///< of the table
  [[nodiscard]] bool operator==(const SplitConfig&) const = default;
};

/// How rows become sequences.
struct SequenceConfig {
  SequenceOptions options = {};
  TextUnit unit = TextUnit::kCharacter;  ///< of a text
  Place place = {};                      ///< of the table
  [[nodiscard]] bool operator==(const SequenceConfig&) const = default;
};

struct DataConfig {
  DataFormat format = DataFormat::kIdx;
  DataFiles train;
  std::optional<DataFiles> validation, test;
  std::optional<SplitConfig> split;        ///< of the training file; without a validation and a test file
  std::optional<SequenceConfig> sequence;  ///< examples are sequences of rows
  std::vector<std::string> targets;        ///< CSV only: the columns to predict; several only for regression
  std::vector<std::string>
      classes;           ///< IDX only: names of the labels 0, 1, ...; empty: the numbers themselves
  CsvFormat table = {};  ///< CSV only: how it is written
  std::optional<ColumnType> target_type =
      {};  ///< CSV only: kCategory takes numbers with fractions for classes
  std::vector<std::pair<std::string, ColumnType>> types =
      {};                                ///< CSV only: of columns whose cells do not tell it
  std::vector<std::string> ignore = {};  ///< CSV only: columns that are not read
  std::string id = "";                   ///< CSV only: the column that predictions carry; "": none
  DataLimits limits = {};
  std::string cache = "";  ///< folder for rows that memory has no room for; "": the user's own
  Place place, target_place;
  [[nodiscard]] bool operator==(const DataConfig&) const = default;
};

/// What a layer is: of numbers of one row or, row by row, of a sequence; of a sequence; or from one to the
/// other.
enum class LayerType { kDense, kRnn, kLstm, kGru, kEmbedding, kMeanOverTime, kLastRow, kFlatten };

/// "dense", "rnn", "lstm", "gru", "embedding", "mean_over_time", "last_row", "flatten".
[[nodiscard]] std::string_view name_of(LayerType type);
/// Whether it says how many numbers it makes.
[[nodiscard]] bool has_units(LayerType type);
/// Whether it is one of rnn, lstm and gru.
[[nodiscard]] bool is_recurrent(LayerType type);

/// Of rnn, lstm and gru; see nn::RecurrentOptions.
struct RecurrentConfig {
  /// Whether the layer answers a row for each row, or its last state; absent: as what follows needs it.
  std::optional<bool> returns_sequences = {};
  bool is_bidirectional = false;
  nn::Initializer recurrent_init = nn::Initializer::kOrthogonal;
  bool has_layer_norm = false;
  double dropout = 0, recurrent_dropout = 0;           ///< shares that training leaves out
  bool recompute = false;                              ///< less memory for more time, the same bits
  double forget_bias = 1;                              ///< of lstm
  bool has_peepholes = false;                          ///< of lstm
  nn::ResetGate reset = nn::ResetGate::kAfterProduct;  ///< of gru
  [[nodiscard]] bool operator==(const RecurrentConfig&) const = default;
};

struct LayerConfig {
  LayerType type = LayerType::kDense;
  std::string name;
  std::int64_t units = 0;          ///< 0, last layer only: as many as the loss needs
  nn::Activation activation = {};  ///< of dense and rnn
  nn::Initializer init = nn::Initializer::kGlorotUniform;
  RecurrentConfig recurrent = {};
  Place place = {};
  [[nodiscard]] bool operator==(const LayerConfig&) const = default;
};

/// The place of the layer whose units follow from the data: the last that has units.
[[nodiscard]] std::size_t output_layer(std::span<const LayerConfig> layers);
/// How many numbers that layer answers to a sample, or to each of its rows.
[[nodiscard]] std::int64_t answered_units(std::span<const LayerConfig> layers);

struct TrainConfig {
  Loss loss = Loss::kSoftmaxCrossEntropy;
  optim::Options optimizer = optim::AdamOptions{};
  double weight_decay = 0;  ///< λ: adds ½·λ·‖W‖² for each weight matrix, not for biases, to the objective
  std::int64_t epochs = 10;
  std::int64_t batch_size = 128;
  bool accuracy = false;  ///< metrics = ["accuracy"]
  [[nodiscard]] bool operator==(const TrainConfig&) const = default;
};

struct OutputConfig {
  std::string name;  ///< the run directory is runs/NAME
  [[nodiscard]] bool operator==(const OutputConfig&) const = default;
};

/// Everything that a run depends on: the same Config gives the same bits.
struct Config {
  std::int64_t seed = 1;
  DataConfig data;
  std::vector<preprocess::Step> preprocess;
  std::vector<LayerConfig> layers;
  TrainConfig train;
  OutputConfig output;
  [[nodiscard]] bool operator==(const Config&) const = default;
};

/// The format that a file's name tells: .csv, .tsv, .txt, .tab, .data, .dat (each also with .gz), .npz, .npy,
/// or images-idx3 in it, in letters of either case; nothing for other names.
[[nodiscard]] std::optional<DataFormat> format_of_name(std::string_view path);

/// Every file that the data are in: to train, to validate and to test on.
[[nodiscard]] std::vector<std::string> named_files(const DataConfig& data);

/// Whether samples are windows of series, which overlap or foretell each other.
[[nodiscard]] bool has_windows(const DataConfig& data);

/// What decides on parts unless a config says otherwise: of windows their order, of samples with a class the
/// classes, else the seed alone.
[[nodiscard]] SplitOrder usual_order(const Config& config);

/// True when the target is one of several classes, not a number.
[[nodiscard]] bool is_classification(const Config& config);

/// What becomes of overrides that do not say how a table is read, such as train.epochs=3.
enum class OtherKeys { kPassOver, kRefuse };

/// What overrides say of how a table is read, such as data.missing=["unknown"]; it has no files and no
/// targets. Throws Error{config} as load_config() does.
[[nodiscard]] DataConfig table_reading(std::span<const std::string> overrides, OtherKeys others);

/// Reads a TOML file, then applies overrides like "train.epochs=3" in order. Paths in the file are relative
/// to it, paths in overrides and in a config from /dev/stdin or another descriptor to the working directory;
/// the path "-" is /dev/stdin, and only one thing is read from a descriptor. Every default is filled in.
/// Throws Error{config} "FILE:LINE:COLUMN: KEY: expected ..., found ..." or "--set OVERRIDE: ...", Error{io}
/// when the file cannot be read.
[[nodiscard]] Config load_config(const std::string& path, std::span<const std::string> overrides = {});

/// The same from a text; `path` is the file that it would stand in.
[[nodiscard]] Config parse_config(std::string_view text, const std::string& path,
                                  std::span<const std::string> overrides = {});

/// The config as TOML, every default written out, and paths absolute; parse_config gives the same Config
/// back, but for these.
[[nodiscard]] std::string to_toml(const Config& config);

}  // namespace catenary::train
