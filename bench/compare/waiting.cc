#include "waiting.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "peer_process.h"

namespace bench {

bool waiting_is_chosen() {
  return std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr;
}

nlohmann::json rows_of_sleepers(const std::vector<std::string>& arguments, const std::string& json_path) {
  std::vector<std::string> argv = {"/proc/self/exe"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.insert(argv.end(), {"--json", json_path});
  Process(argv, {{"OMP_WAIT_POLICY", "passive"}, {"GOMP_SPINCOUNT", "0"}}).read_to_end();
  std::ifstream file(json_path);
  if (!file) throw std::runtime_error("the run whose threads sleep has failed");
  return nlohmann::json::parse(file)["rows"];
}

void take_better(nlohmann::json& row, const nlohmann::json& others) {
  for (const nlohmann::json& other : others) {
    const auto same = [&](const char* key) { return other[key] == row[key]; };
    if (!same("network") || !same("batch") || !same("threads")) continue;
    for (const auto& [name, side] : other["sides"].items()) {
      if (!row["sides"].contains(name)) continue;
      nlohmann::json& own = row["sides"][name];
      if (side["time_over_catenary"].get<double>() >= own["time_over_catenary"].get<double>()) continue;
      own = side;
      own["threads_sleep"] = true;
    }
  }
}

}  // namespace bench
