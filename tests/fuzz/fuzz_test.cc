#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "catenary/base/philox.h"

// The fuzzers by the names of their files, see CMakeLists.txt.
extern "C" {
int csv_fuzz(const std::uint8_t* data, std::size_t size);
int expr_fuzz(const std::uint8_t* data, std::size_t size);
int each_fuzz(const std::uint8_t* data, std::size_t size);
int given_fuzz(const std::uint8_t* data, std::size_t size);
int idx_fuzz(const std::uint8_t* data, std::size_t size);
int npy_dataset_fuzz(const std::uint8_t* data, std::size_t size);
int npz_fuzz(const std::uint8_t* data, std::size_t size);
int packed_table_fuzz(const std::uint8_t* data, std::size_t size);
int safetensors_fuzz(const std::uint8_t* data, std::size_t size);
int sequence_fuzz(const std::uint8_t* data, std::size_t size);
int table_fuzz(const std::uint8_t* data, std::size_t size);
int text_fuzz(const std::uint8_t* data, std::size_t size);
int toml_fuzz(const std::uint8_t* data, std::size_t size);
}

namespace catenary {
namespace {

namespace fs = std::filesystem;

using Fuzzer = int (*)(const std::uint8_t* data, std::size_t size);

const std::map<std::string, Fuzzer> kFuzzers = {{"csv", csv_fuzz},
                                                {"expr", expr_fuzz},
                                                {"each", each_fuzz},
                                                {"given", given_fuzz},
                                                {"idx", idx_fuzz},
                                                {"npy_dataset", npy_dataset_fuzz},
                                                {"npz", npz_fuzz},
                                                {"packed_table", packed_table_fuzz},
                                                {"safetensors", safetensors_fuzz},
                                                {"sequence", sequence_fuzz},
                                                {"table", table_fuzz},
                                                {"text", text_fuzz},
                                                {"toml", toml_fuzz}};

const fs::path kFolder = "tests/fuzz";  // tests run in the repository's root

std::vector<std::string> seeds_of(const std::string& name) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(kFolder / "corpus" / name)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

// Numbers of one trial, drawn one after another.
class Dice {
 public:
  explicit Dice(std::uint64_t trial) : random_(2026, RandomPurpose::kTest, trial) {}
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(random_.below(std::max<std::size_t>(bound, 1), drawn_++));
  }

 private:
  Philox random_;
  std::uint64_t drawn_ = 0;
};

// A seed with one to four changes, as libFuzzer makes them: bits, bytes, parts left out, doubled or taken
// from another.
std::string mutated(const std::vector<std::string>& seeds, Dice& dice) {
  std::string bytes = seeds[dice.below(seeds.size())];
  for (std::size_t changes = 1 + dice.below(4); changes > 0; --changes) {
    const std::string& other = seeds[dice.below(seeds.size())];
    const std::size_t at = dice.below(bytes.size() + 1), from = dice.below(other.size());
    const std::size_t count = 1 + dice.below(8);
    switch (dice.below(5)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << dice.below(8)));
        break;
      case 1: bytes.insert(at, 1, static_cast<char>(dice.below(256))); break;
      case 2: bytes.erase(at, count); break;
      case 3: bytes.insert(at, bytes, at, count); break;
      default: bytes.insert(at, other, from, count); break;
    }
  }
  return bytes;
}

void run(Fuzzer fuzzer, const std::string& bytes) {
  EXPECT_EQ(fuzzer(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), 0);
}

class Fuzz : public ::testing::TestWithParam<std::string> {};

TEST_P(Fuzz, AnswersOrRefusesSeedsAndTheirMutations) {
  constexpr std::uint64_t kTrials = 1000;  // a tenth of a second, or little more
  const Fuzzer fuzzer = kFuzzers.at(GetParam());
  const std::vector<std::string> seeds = seeds_of(GetParam());
  ASSERT_FALSE(seeds.empty());
  for (const std::string& seed : seeds) run(fuzzer, seed);
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    Dice dice(trial);
    run(fuzzer, mutated(seeds, dice));
  }
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& [name, fuzzer] : kFuzzers) result.push_back(name);
  return result;
}

INSTANTIATE_TEST_SUITE_P(All, Fuzz, ::testing::ValuesIn(names()),
                         [](const auto& fuzzer) { return fuzzer.param; });

TEST(Fuzzers, AllFilesAreInTheTable) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kEnd = "_fuzz.cc";
    if (name.ends_with(kEnd)) files.push_back(name.substr(0, name.size() - kEnd.size()));
  }
  EXPECT_THAT(files, ::testing::UnorderedElementsAreArray(names()));
}

}  // namespace
}  // namespace catenary
