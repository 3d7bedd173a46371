// Files that NumPy itself wrote, by Debian's Python.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "catenary/data/npz.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

// Arrays named by what they are, of each type, order and rank; one archive plain, one deflated, one as from a
// pipe, in which sizes follow the data; and arrays alone in each version of the format.

constexpr std::string_view kScript = R"(
import io, sys
import numpy as np

class Pipe(io.RawIOBase):
    def __init__(self, file): self.file = file
    def writable(self): return True
    def write(self, data): return self.file.write(data)

folder = sys.argv[1]
matrix = np.arange(12).reshape(3, 4)
arrays = {}
for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"):
    for order in ("<", ">"):
        typed = (matrix % 2 if kind == "b1" else matrix).astype(order + kind)
        arrays[kind + ("_little" if order == "<" else "_big")] = typed
        arrays[kind + ("_little" if order == "<" else "_big") + "_fortran"] = np.asfortranarray(typed)
arrays["scalar"] = np.float64(0.1)
arrays["vector"] = np.array([1.5, -np.inf])
arrays["empty"] = np.zeros((0, 2))
arrays["cube"] = np.asfortranarray(np.arange(24.0).reshape(2, 3, 4))
np.savez(folder + "/plain.npz", **arrays)
np.savez_compressed(folder + "/deflated.npz", **arrays)
with open(folder + "/pipe.npz", "wb") as file: np.savez_compressed(Pipe(file), **arrays)
for version in (1, 2, 3):
    with open(f"{folder}/version{version}.npy", "wb") as file:
        np.lib.format.write_array(file, matrix.astype(float), version=(version, 0))
)";

std::vector<double> counted(std::size_t size) {
  std::vector<double> result(size);
  for (std::size_t i = 0; i < size; ++i) result[i] = static_cast<double>(i);
  return result;
}

void expect_arrays(const std::filesystem::path& path) {
  std::map<std::string, NamedArray> arrays;
  for (NamedArray& array : read_npz(path)) arrays[array.name] = std::move(array);
  ASSERT_EQ(arrays.size(), 52u) << path;
  EXPECT_EQ(arrays["scalar"].values, std::vector<double>{0.1});
  EXPECT_TRUE(arrays["scalar"].shape.empty());
  EXPECT_EQ(arrays["vector"].values[0], 1.5);
  EXPECT_EQ(arrays["empty"].shape, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(arrays["cube"].values, counted(24));
  for (const auto& [name, array] : arrays) {
    if (name.find('_') == std::string::npos) continue;
    EXPECT_EQ(array.shape, (std::vector<std::int64_t>{3, 4})) << name;
    std::vector<double> expected = counted(12);
    for (double& x : expected) x = name[0] == 'b' ? static_cast<int>(x) % 2 : x;
    EXPECT_EQ(array.values, expected) << name;
  }
}

TEST(Npz, ReadsWhatNumPyWrites) {
  const testing_support::TemporaryDirectory dir;
  const auto script = dir.file("write.py", kScript);
  ASSERT_EQ(std::system(fmt::format("{} {} {}", PYTHON, script.string(), dir.path().string()).c_str()), 0);
  for (const char* name : {"plain.npz", "deflated.npz", "pipe.npz"}) expect_arrays(dir / name);
  for (const char* name : {"version1.npy", "version2.npy", "version3.npy"})
    EXPECT_EQ(read_npz(dir / name).at(0).values, counted(12));
}

}  // namespace
}  // namespace catenary
