#include "catenary/train/run/run_directory.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/engine/step.h"
#include "catenary/train/run/version.h"

namespace catenary::train {

namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFile = "config.resolved.toml";
constexpr const char* kWeightsFile = "weights.safetensors";
constexpr const char* kInitialFile = "initial.safetensors";
constexpr const char* kHistoryCsv = "history.csv";
constexpr const char* kHistoryJsonl = "history.jsonl";
constexpr const char* kEnvironmentFile = "env.json";
constexpr std::array<std::string_view, 6> kRunFiles = {kConfigFile, kWeightsFile,  kInitialFile,
                                                       kHistoryCsv, kHistoryJsonl, kEnvironmentFile};

// 2^30 parameters in f32, see parameter_count(), and what standardises their inputs.
constexpr std::uint64_t kMostWeightBytes = std::uint64_t{5} << 30;

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

// Absolute, without a slash at the end ("runs/x/" is "runs/x"), and where a symbolic link leads to.
fs::path final_path_of(const fs::path& path) { return follow_links(path); }

// The folders above a path that are not there yet: made now, and removed unless kept.
class MissingFolders {
 public:
  explicit MissingFolders(const fs::path& folder) {
    std::error_code error;
    for (fs::path at = folder; !fs::exists(at, error) && at.has_relative_path(); at = at.parent_path())
      missing_.push_back(at);
    fs::create_directories(folder, error);
    if (!error) return;
    remove();
    fail(ErrorKind::kIo, "{}: cannot create: {}", folder.string(), error.message());
  }
  MissingFolders(const MissingFolders&) = delete;
  MissingFolders& operator=(const MissingFolders&) = delete;
  ~MissingFolders() { remove(); }
  void keep() { missing_.clear(); }

 private:
  void remove() {
    std::error_code ignored;  // one that is no longer empty is somebody's
    for (const fs::path& folder : missing_) fs::remove(folder, ignored);
  }
  std::vector<fs::path> missing_;  // the deepest first
};

[[noreturn]] void fail_taken(const fs::path& path, std::string_view found) {
  fail(ErrorKind::kIo, "{}: expected a free name or an earlier run directory to replace, found {}",
       path.string(), found);
}

// Throws unless the directory is empty or holds a config and nothing but a run's files: it will be deleted.
void require_run_or_empty(const fs::path& path) {
  bool is_empty = true, has_config = false;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!is_run_file(name) || !entry->is_regular_file(error)) fail_taken(path, quote(name) + " in it");
    is_empty = false;
    has_config |= name == kConfigFile;
  }
  if (error) fail(ErrorKind::kIo, "{}: cannot read: {}", path.string(), error.message());
  if (!is_empty && !has_config) fail_taken(path, "something else");
}

// Only the system knows whether it will take the name, so it is asked to.
void require_writable(const fs::path& path) {
  const MissingFolders folders(path.parent_path());
  const StagedDirectory probe(path, IfExists::kReplace);
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

bool is_run_file(std::string_view name) {
  return std::find(kRunFiles.begin(), kRunFiles.end(), name) != kRunFiles.end();
}

void require_free(const fs::path& path) {
  const fs::path final_path = final_path_of(path);
  std::error_code ignored;
  if (fs::is_directory(final_path, ignored)) {
    require_run_or_empty(final_path);
  } else if (fs::exists(fs::symlink_status(final_path, ignored))) {
    fail_taken(path, "something else");
  }
  require_writable(final_path);
}

void write_run(const fs::path& path, const Run& run) {
  require_free(path);
  const fs::path final_path = final_path_of(path);
  MissingFolders folders(final_path.parent_path());
  StagedDirectory staged(final_path, IfExists::kReplace);
  write_file_atomically(staged.path() / kConfigFile, to_toml(run.config));
  write_safetensors(staged.path() / kInitialFile, run.initial);
  write_safetensors(staged.path() / kWeightsFile, run.weights);
  write_file_atomically(staged.path() / kHistoryCsv, to_csv(run.history));
  write_file_atomically(staged.path() / kHistoryJsonl, to_jsonl(run.history));
  write_file_atomically(staged.path() / kEnvironmentFile, to_json(run.environment));
  staged.commit();
  folders.keep();
}

StoredRun read_run(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    fail(ErrorKind::kIo, "{}: expected a run directory, found {}", path.string(),
         fs::exists(path, ignored) ? "a file" : "nothing");
  }
  Config config = load_config((path / kConfigFile).string());
  const std::size_t last = output_layer(config.layers);
  if (config.layers[last].units == 0)
    fail(ErrorKind::kConfig, "{}: missing key 'model.layers.{}.units'", config.layers[last].place.text, last);
  const fs::path weights = path / kWeightsFile;
  StoredModel model =
      unpack_model(read_safetensors(weights, {.max_data_bytes = kMostWeightBytes}), config, weights.string());
  return {std::move(config), std::move(model)};
}

}  // namespace catenary::train
