#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "catenary/formats/safetensors.h"
#include "catenary/train/config/config.h"
#include "catenary/train/run/history.h"
#include "catenary/train/run/model_file.h"

namespace catenary::train {

/// On what, when and how long a run was made: all that may differ between two runs of the same bits.
struct Environment {
  std::string version;   ///< of Catenary
  std::string compiler;  ///< "GCC 12.2.0"
  std::string simd;      ///< "avx512"
  std::string cpu;       ///< the processor's own name; "" if unknown
  int threads = 1;
  std::string started;  ///< UTC, "2026-11-21T09:55:49Z"
  double seconds = 0;   ///< from the first step to the end of the last epoch
  double samples_per_second = 0;
};

/// The environment of this process, now; seconds and samples_per_second are for the caller to fill in.
[[nodiscard]] Environment current_environment(int threads);

/// What a training leaves behind.
struct Run {
  Config config = {};  ///< resolved: with every layer's units
  Safetensors initial = {}, weights = {};
  History history = {};
  Environment environment = {};
};

/// True for the names of the files that write_run writes.
[[nodiscard]] bool is_run_file(std::string_view name);

/// Throws Error{io} when a run cannot be written to `path`: something else stands there than an empty
/// directory or one with a run's files only, or the folder around it takes no directory of that name, which
/// is found by making one and removing it. Asked before training, it saves a run that could not be kept.
void require_free(const std::filesystem::path& path);

/// Writes config.resolved.toml, initial.safetensors, weights.safetensors, history.csv, history.jsonl and
/// env.json. The directory appears whole or not at all; an earlier run of that name is replaced, and a
/// symbolic link followed. Throws Error{io}.
void write_run(const std::filesystem::path& path, const Run& run);

/// A trained network and the config that it came from.
struct StoredRun {
  Config config;
  StoredModel model;
};

/// Reads a run directory. Throws Error{io}, Error{config} or Error{format} that name the file.
[[nodiscard]] StoredRun read_run(const std::filesystem::path& path);

}  // namespace catenary::train
