#include <gmock/gmock.h>

#include <cstring>

#include "testing.h"

namespace catenary::cli {
namespace {

using testing::HasSubstr;

// A NumPy file of format 1.0: its header says what follows.
template <typename T>
std::string npy(std::string_view type, std::string_view order, std::string_view shape,
                const std::vector<T>& numbers) {
  std::string header = std::string("{'descr': '").append(type).append("', 'fortran_order': ").append(order);
  header.append(", 'shape': (").append(shape).append("), }");
  header.resize(117, ' ');  // with the 10 bytes in front of it and the line's end a multiple of 64
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file.append({static_cast<char>(header.size()), '\0'}).append(header);
  const std::size_t begin = file.size();
  file.resize(begin + numbers.size() * sizeof(T));
  std::memcpy(file.data() + begin, numbers.data(), numbers.size() * sizeof(T));
  return file;
}

// The bytes of a number, least significant first.
template <typename T>
std::string little_endian(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

std::uint32_t crc_of(std::string_view content) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : content) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

// A zip archive of these files, by name, stored as they are.
std::string npz(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string archive, directory;
  for (const auto& [name, content] : files) {
    const auto size = static_cast<std::uint32_t>(content.size());
    const std::string common = std::string(8, '\0') + little_endian(crc_of(content)) + little_endian(size) +
                               little_endian(size) + little_endian(static_cast<std::uint16_t>(name.size())) +
                               std::string(2, '\0');
    const std::string begin = little_endian(static_cast<std::uint32_t>(archive.size()));
    for (const std::string& part :
         {std::string("PK\1\2\0\0\0\0", 8), common, std::string(10, '\0'), begin, name})
      directory += part;
    for (const std::string& part : {std::string("PK\3\4\0\0", 6), common, name, content}) archive += part;
  }
  const auto count = little_endian(static_cast<std::uint16_t>(files.size()));
  return archive + directory + std::string("PK\5\6\0\0\0\0", 8) + count + count +
         little_endian(static_cast<std::uint32_t>(directory.size())) +
         little_endian(static_cast<std::uint32_t>(archive.size())) + std::string(2, '\0');
}

// The derivation of a formula of one variable at a file's numbers.
Outcome derive(const Shell& shell, const std::string& expression, const std::string& given,
               const std::string& file, const std::string& bytes) {
  shell.file(file, bytes);
  return shell.run(
      {"derive", "--expr", expression, "--given", given, "--json", "--numbers", "--values", file});
}

nlohmann::json gradient(const std::string& expression, const std::string& given, const std::string& bytes) {
  const Outcome outcome = derive(Shell(), expression, given, given.substr(0, 1) + ".npy", bytes);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out)["results"][0]["values"];
}

TEST(DeriveValues, MayBeIntegersAndSingles) {
  const std::vector<double> want = {2, 4, 6};
  EXPECT_EQ(gradient("x'*x", "x: n", npy<std::int32_t>("<i4", "False", "3,", {1, 2, 3})), want);
  EXPECT_EQ(gradient("x'*x", "x: n", npy<std::int8_t>("|i1", "False", "3,", {1, 2, 3})), want);
  EXPECT_EQ(gradient("x'*x", "x: n", npy<float>("<f4", "False", "3,", {1, 2, 3})), want);
  EXPECT_EQ(gradient("x^2", "x: 1", npy<double>("<f8", "False", "", {1.5})), std::vector<double>{3});
}

TEST(DeriveValues, MayBeStoredByColumns) {
  const std::vector<double> want = {2, 4, 6, 8, 10, 12};  // of [1 2 3; 4 5 6]
  EXPECT_EQ(gradient("normF(W)^2", "W: m×n", npy<double>("<f8", "False", "2, 3", {1, 2, 3, 4, 5, 6})), want);
  EXPECT_EQ(gradient("normF(W)^2", "W: m×n", npy<double>("<f8", "True", "2, 3", {1, 4, 2, 5, 3, 6})), want);
}

// Zeros of 4 MiB and one byte more than a derivation takes as doubles, and as many as its check takes.
TEST(DeriveValues, AreBoundedUnlessTheLimitIsRaised) {
  const Shell shell;
  const std::string many = npy<std::int8_t>("|i1", "False", "4194305,", std::vector<std::int8_t>(4'194'305));
  const Outcome refused = derive(shell, "x'*x", "x: n", "x.npy", many);
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err,
              HasSubstr("x.npy: needed data that take at most 33554432 bytes of memory, found 33554440; "
                        "data.max_bytes (--max-bytes) sets the limit"));
  const Outcome raised = shell.run({"derive", "--expr", "x'*x", "--given", "x: n", "--numbers", "--values",
                                    "x.npy", "--max-bytes", "40000000"});
  EXPECT_EQ(raised.exit_code, 2);
  EXPECT_THAT(raised.err, HasSubstr("would take too long or too much memory; give smaller dimensions"));
}

// A batched variable's samples are numbers, too.
TEST(DeriveValues, OfManySamplesAreRefusedAsTooMany) {
  const Outcome outcome = derive(
      Shell(), "w'*x", "w: n, x: n batched", "wx.npz",
      npz({{"w.npy", npy<double>("<f8", "False", "1,", {1})},
           {"x.npy", npy<std::int8_t>("|i1", "False", "4000000, 1", std::vector<std::int8_t>(4'000'000))}}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("would take too long or too much memory"));
}

TEST(DeriveValues, SayWhatWasNeededAndFound) {
  const std::string three = npy<double>("<f8", "False", "3,", {1, 2, 3});
  const std::string square = npy<double>("<f8", "False", "2, 2", {1, 2, 3, 4});
  const std::string nearly_symmetric = npy<double>("<f8", "False", "3, 3", {1, 2, 3, 2, 1, 4, 3, 5, 1});
  const std::string two = npy<double>("<f8", "False", "2,", {1, 2});
  const std::string unequal = npz({{"x.npy", three}, {"y.npy", two}}),
                    reversed = npz({{"x.npy", two}, {"y.npy", three}});
  const std::string one = npy<double>("<f8", "False", "", {1});
  const std::string three_samples = npy<double>("<f8", "False", "3, 1", {1, 2, 3});
  const std::string two_samples = npy<double>("<f8", "False", "2, 1", {1, 2});
  const std::string fewer = npz({{"c.npy", one}, {"x.npy", three_samples}, {"y.npy", two_samples}}),
                    more = npz({{"c.npy", one}, {"x.npy", two_samples}, {"y.npy", three_samples}});
  const struct {
    const char* expression;
    const char* given;
    const char* file;
    const std::string& bytes;
    const char* message;
  } kCases[] = {
      {"norm(x)", "x: n", "y.npy", three, "y.npy: needed an array named 'x' of shape n, found the arrays y"},
      {"norm(x)", "x: n", "x.npy", square, "x.npy: array 'x': needed shape n, found [2, 2]"},
      {"norm(x)", "x: 4", "x.npy", three, "x.npy: array 'x': needed shape 4, found [3]"},
      {"tr(A)", "A: n×n symmetric", "A.npy", square, "'A' was declared symmetric; found 3 at [1, 0] and 2"},
      {"tr(A)", "A: n×n symmetric", "A.npy", nearly_symmetric, "found 5 at [2, 1] and 4 at [1, 2]"},
      {"norm(x-y)", "x: n, y: n", "xy.npz", unequal, "array 'y': the dimension n is 2 here and 3 in 'x'"},
      {"norm(x-y)", "x: n, y: n", "xy.npz", reversed, "array 'y': the dimension n is 3 here and 2 in 'x'"},
      {"c*x'*y", "c: 1, x: n batched, y: n batched", "xy.npz", fewer,
       "array 'y' has 2 samples, others have 3"},
      {"c*x'*y", "c: 1, x: n batched, y: n batched", "xy.npz", more,
       "array 'y' has 3 samples, others have 2"},
      {"norm(x)", "x: n", "x.npy", "hello", "x.npy: needed a NumPy file"},
  };
  for (const auto& c : kCases) {
    const Outcome outcome = derive(Shell(), c.expression, c.given, c.file, c.bytes);
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace catenary::cli
