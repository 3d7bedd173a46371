#include "catenary/train/run_directory.h"

#include <fmt/chrono.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/engine/step.h"
#include "catenary/train/version.h"

namespace catenary::train {

namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFile = "config.resolved.toml";
constexpr const char* kWeightsFile = "weights.safetensors";
constexpr const char* kInitialFile = "initial.safetensors";

std::string compiler() {
#if defined(__clang__)
  return fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

std::string to_json(const Environment& environment) {
  nlohmann::ordered_json json;
  json["catenary"] = environment.version;
  json["compiler"] = environment.compiler;
  json["simd"] = environment.simd;
  json["cpu"] = environment.cpu;
  json["threads"] = environment.threads;
  json["started"] = environment.started;
  json["seconds"] = environment.seconds;
  json["samples_per_second"] = environment.samples_per_second;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// Absolute and without a slash at the end: "runs/x/" is "runs/x".
fs::path final_path_of(const fs::path& path) {
  const fs::path result = fs::absolute(path).lexically_normal();
  return result.has_filename() ? result : result.parent_path();
}

// Throws unless `folder`, or the nearest folder above it that is there, can be written to.
void require_writable(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  if (!fs::is_directory(folder, ignored)) {
    fail(ErrorKind::kIo, "{}: expected a directory to write to, found something else", folder.string());
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    fail(ErrorKind::kIo, "{}: expected a directory to write to: {}", folder.string(),
         std::generic_category().message(errno));
  }
}

}  // namespace

Environment current_environment(int threads) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return {.version = std::string(kVersion),
          .compiler = compiler(),
          .simd = std::string(name_of(kernels::supported_simd().back())),
          .cpu = cpu_name(),
          .threads = threads,
          .started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))};
}

void require_free(const fs::path& path) {
  std::error_code ignored;
  const bool is_taken = fs::exists(fs::symlink_status(path, ignored));
  const bool is_ours = fs::is_directory(path, ignored) &&
                       (fs::is_empty(path, ignored) || fs::exists(path / kConfigFile, ignored));
  if (is_taken && !is_ours) {
    fail(ErrorKind::kIo,
         "{}: expected a free name or an earlier run directory to replace, found something else",
         path.string());
  }
  require_writable(final_path_of(path).parent_path());
}

void write_run(const fs::path& path, const Run& run) {
  require_free(path);
  const fs::path final_path = final_path_of(path);
  std::error_code error;
  fs::create_directories(final_path.parent_path(), error);
  if (error)
    fail(ErrorKind::kIo, "{}: cannot create: {}", final_path.parent_path().string(), error.message());
  StagedDirectory staged(final_path, IfExists::kReplace);
  write_file_atomically(staged.path() / kConfigFile, to_toml(run.config));
  write_safetensors(staged.path() / kInitialFile, run.initial);
  write_safetensors(staged.path() / kWeightsFile, run.weights);
  write_file_atomically(staged.path() / "history.csv", to_csv(run.history));
  write_file_atomically(staged.path() / "history.jsonl", to_jsonl(run.history));
  write_file_atomically(staged.path() / "env.json", to_json(run.environment));
  staged.commit();
}

StoredRun read_run(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    fail(ErrorKind::kIo, "{}: expected a run directory, found {}", path.string(),
         fs::exists(path, ignored) ? "a file" : "nothing");
  }
  Config config = load_config((path / kConfigFile).string());
  if (config.layers.back().units == 0) {
    fail(ErrorKind::kConfig, "{}: missing key 'model.layers.{}.units'", config.layers.back().place.text,
         config.layers.size() - 1);
  }
  const fs::path weights = path / kWeightsFile;
  StoredModel model = unpack_model(read_safetensors(weights), config, weights.string());
  return {std::move(config), std::move(model)};
}

}  // namespace catenary::train
