#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "choices.h"

/// The program's commands, one file each. Results go to stdout, talk to stderr; failures are Errors, which
/// main turns into a message and an exit code. `-` is the name of a standard stream in the command line
/// alone; here it has its path. Each returns the exit code of its success, which is 0 but for an interrupted
/// train or cv.
namespace catenary::cli {

/// Memory that the data of a file may take; absent: as the config says, see DataLimits.
using MaxBytes = std::optional<std::uint64_t>;

/// What tells the config of a training.
struct ConfigArguments {
  std::string config;                     ///< or, with a target, a table
  std::string target;                     ///< "": `config` names a config
  std::optional<ColumnType> target_type;  ///< kCategory or kNumber; absent: told by the column
  std::vector<std::string> set;
  MaxBytes max_bytes;
};

struct TrainArguments : ConfigArguments {
  int threads = 1;
  std::string out;  ///< "": runs/NAME
  bool json = false;
};
[[nodiscard]] int train(const TrainArguments& arguments);

struct CvArguments : ConfigArguments {
  std::int64_t folds = 5;
  std::string output;                             ///< of out-of-fold predictions; "": none
  std::optional<train::PredictionFormat> format;  ///< absent: as the output's name says
  int threads = 1;
  bool json = false;
};
[[nodiscard]] int cv(const CvArguments& arguments);

struct InitArguments {
  std::string data;
  std::string target;
  std::optional<ColumnType> target_type;
  std::vector<std::string> set;  ///< of [data], by which the table is read
  MaxBytes max_bytes;
  std::string output = "/dev/stdout";
};
[[nodiscard]] int init(const InitArguments& arguments);

/// What a trained network is judged by.
struct JudgeArguments {
  std::string run_dir;
  std::vector<std::string> data;  ///< files and patterns; empty: what the config names
  bool held_out = false;          ///< of `data` the rows that the config's split keeps from training
  MaxBytes max_bytes;
  int threads = 1;
};

struct EvalArguments : JudgeArguments {
  bool json = false;
};
[[nodiscard]] int eval(const EvalArguments& arguments);

struct PlotArguments : JudgeArguments {
  std::string column;  ///< the target that is drawn; "": the only one
  std::string series;  ///< by its key; "": the only one
  std::string output = "/dev/stdout";
  bool json = false;
};
[[nodiscard]] int plot(const PlotArguments& arguments);

struct PredictArguments {
  std::string run_dir;
  std::vector<std::string> inputs;  ///< files and patterns
  std::string output = "/dev/stdout";
  std::optional<train::PredictionFormat> format;  ///< absent: as the output's name says
  bool with_inputs = false;
  MaxBytes max_bytes;
  int threads = 1;
  bool json = false;
};
[[nodiscard]] int predict(const PredictArguments& arguments);

struct SampleArguments {
  std::string run_dir;
  std::string prompt;
  std::int64_t length = 500;  ///< characters
  double temperature = 1;
  std::uint64_t seed = 1;
  std::string output = "/dev/stdout";
  bool json = false;
};
[[nodiscard]] int sample(const SampleArguments& arguments);

struct InspectArguments {
  std::string path;  ///< a config or a run directory
  std::vector<std::string> set;
  MaxBytes max_bytes;
  int threads = 1;
  std::string dump_after;
  bool json = false;
};
[[nodiscard]] int inspect(const InspectArguments& arguments);

/// Beyond which --max-operations is refused: what is written grows with the square of them, and each takes
/// stack.
constexpr int kMostOperations = 100'000;

struct DeriveArguments {
  std::string path;  ///< a config or a run directory; "" with an expression
  std::vector<std::string> set;
  std::string expression;
  std::string given;             ///< the expression's variables and their shapes
  std::string each;              ///< steps before the expression; "" for none
  int steps = 0;                 ///< to write out of a recurrent network; 0: a recursion
  std::vector<std::string> wrt;  ///< empty: all parameters
  DeriveFormat format = DeriveFormat::kText;
  derive::Language language = derive::Language::kEnglish;
  DeriveDetail detail = DeriveDetail::kBrief;
  int order = 1;
  bool numbers = false;
  int sample = -1;     ///< a row of the training data; -1: the first
  std::string values;  ///< .npz file
  MaxBytes max_bytes;
  int max_operations = 2000;  ///< of the objective; of order 2 also blocks of second derivatives
  bool per_sample = false;
  bool batch = false;
  std::string output = "/dev/stdout";
};
[[nodiscard]] int derive(const DeriveArguments& arguments);

struct OpsArguments {
  std::vector<std::string> names;  ///< empty: all
  bool json = false;
};
[[nodiscard]] int ops(const OpsArguments& arguments);

/// 128 + SIGINT, as shells report a program that was interrupted.
inline constexpr int kInterrupted = 130;

}  // namespace catenary::cli
