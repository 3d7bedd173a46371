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
  const Outcome outcome =
      derive(Shell(), "x'*x", "x: n batched", "x.npy",
             npy<std::int8_t>("|i1", "False", "4000000, 1", std::vector<std::int8_t>(4'000'000)));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("would take too long or too much memory"));
}

TEST(DeriveValues, SayWhatWasNeededAndFound) {
  const std::string three = npy<double>("<f8", "False", "3,", {1, 2, 3});
  const std::string square = npy<double>("<f8", "False", "2, 2", {1, 2, 3, 4});
  const struct {
    const char* expression;
    const char* given;
    const char* file;
    const std::string& bytes;
    const char* message;
  } kCases[] = {
      {"norm(x)", "x: n", "y.npy", three, "y.npy: needed an array named 'x' of shape n, found 'y'"},
      {"norm(x)", "x: n", "x.npy", square, "x.npy: array 'x': needed shape n, found [2, 2]"},
      {"norm(x)", "x: 4", "x.npy", three, "x.npy: array 'x': needed shape 4, found [3]"},
      {"tr(A)", "A: n×n symmetric", "A.npy", square, "'A' was declared symmetric; found 3 at [1, 0] and 2"},
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
