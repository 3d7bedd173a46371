// Files that NumPy itself wrote, and ours as it reads them, by Debian's Python.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <map>

#include "catenary/base/file.h"
#include "catenary/data/npy_dataset.h"
#include "catenary/data/npz.h"
#include "catenary/data/write_npy.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

// Arrays named by what they are, of each type, order and rank; one archive plain, one deflated, one as from a
// pipe, in which sizes follow the data, one as from 2 GiB on; and arrays alone in each version of the format.

constexpr std::string_view kScript = R"(
import io, sys, zipfile
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
zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 10
np.savez_compressed(folder + "/zip64.npz", **arrays)
for version in (1, 2, 3):
    with open(f"{folder}/version{version}.npy", "wb") as file:
        np.lib.format.write_array(file, matrix.astype(float), version=(version, 0))
)";

// Runs a script, to which the folder is handed.
int run_python(const testing_support::TemporaryDirectory& dir, std::string_view script) {
  const auto path = dir.file("script.py", script);
  return std::system(fmt::format("{} {} {}", PYTHON, path.string(), dir.path().string()).c_str());
}

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
  ASSERT_EQ(run_python(dir, kScript), 0);
  for (const char* name : {"plain.npz", "deflated.npz", "pipe.npz", "zip64.npz"}) expect_arrays(dir / name);
  for (const char* name : {"version1.npy", "version2.npy", "version3.npy"})
    EXPECT_EQ(read_npz(dir / name).at(0).values, counted(12));
}

// As Keras' mnist.npz, with labels of each kind.
constexpr std::string_view kDataScript = R"(
import sys
import numpy as np

x = np.arange(24.0).reshape(4, 3, 2)
labels = np.array(["low", "é😀", "", "low "])
large = np.array([2**53 + 1, 2**53, -1, 0])
for name, y in {"ints": np.array([3, -1, 0, 2**40]), "texts": labels, "swapped": labels.astype(">U4"),
                "bytes": np.char.encode(labels, "utf-8"), "large": large, "bools": np.array([True, False, True, True]),
                "columns": np.asfortranarray(np.arange(8).reshape(4, 2).astype(">f4"))}.items():
    np.savez_compressed(f"{sys.argv[1]}/{name}.npz", x_train=np.asfortranarray(x.astype("f2")), y_train=y,
                        x_test=x[:1].astype("u1"), y_test=y[:1], names=np.array([{}], dtype=object))
)";

TEST(NumpyDataset, ReadsWhatNumPyWrites) {
  using Numbers = std::vector<double>;
  using Texts = std::vector<std::string>;
  const testing_support::TemporaryDirectory dir;
  ASSERT_EQ(run_python(dir, kDataScript), 0);
  const auto load = [&](const char* name) { return load_numpy({dir / name}, {.part = "train"}); };
  const NumpyData data = load("ints.npz");
  EXPECT_EQ(data.features.columns, 6);
  const std::vector<double> expected = counted(24);
  EXPECT_THAT(std::get<std::vector<float>>(data.features.elements), ::testing::ElementsAreArray(expected));
  EXPECT_EQ(std::get<Numbers>(data.targets), (Numbers{3, -1, 0, 0x1p40}));
  for (const char* name : {"texts.npz", "swapped.npz", "bytes.npz"})
    EXPECT_EQ(std::get<Texts>(load(name).targets), (Texts{"low", "é😀", "", "low "})) << name;
  EXPECT_EQ(std::get<Texts>(load("large.npz").targets),
            (Texts{"9007199254740993", "9007199254740992", "-1", "0"}));
  EXPECT_EQ(std::get<Numbers>(load("bools.npz").targets), (Numbers{1, 0, 1, 1}));
  EXPECT_EQ(std::get<Numbers>(load("columns.npz").targets), counted(8));
  const NumpyData test = load_numpy({dir / "ints.npz"}, {.part = "test"});
  EXPECT_THAT(std::get<std::vector<std::uint8_t>>(test.features.elements),
              ::testing::ElementsAre(0, 1, 2, 3, 4, 5));
}

// The bytes are those of numpy.save.
constexpr std::string_view kCompareScript = R"(
import io, sys
import numpy as np

values = np.array([0.1, -1, 0, 3.4e38, 1e-45, np.inf, 7, 8], np.float32)
for name, rows, columns in (("a.npy", 8, 1), ("b.npy", 2, 4), ("c.npy", 0, 3)):
    expected = values[:rows * columns].reshape(rows, columns)
    read = np.load(f"{sys.argv[1]}/{name}")
    assert read.dtype == np.float32 and read.shape == (rows, columns) and np.array_equal(read, expected), name
    saved = io.BytesIO()
    np.save(saved, expected)
    assert saved.getvalue() == open(f"{sys.argv[1]}/{name}", "rb").read(), name
)";

TEST(WriteNpy, WritesWhatNumPyReads) {
  const testing_support::TemporaryDirectory dir;
  const std::vector<float> values = {0.1F, -1, 0, 3.4e38F, 1e-45F, std::numeric_limits<float>::infinity(),
                                     7,    8};
  write_output(dir / "a.npy", write_npy(values, 8, 1));
  write_output(dir / "b.npy", write_npy(values, 2, 4));
  write_output(dir / "c.npy", write_npy({}, 0, 3));
  EXPECT_EQ(run_python(dir, kCompareScript), 0);
}

}  // namespace
}  // namespace catenary
