#include "catenary/data/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "catenary/data/npz.h"
#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/numpy_file.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::deflated_file;
using testing_support::error_of;
using testing_support::little_endian;
using testing_support::npy;
using testing_support::npy_header;
using testing_support::zip;

std::vector<NamedArray> parse(const std::string& bytes, const std::string& name = "f.npz",
                              const DataLimits& limits = {}) {
  return parse_npz(std::as_bytes(std::span(bytes)), name, limits);
}

std::string parse_error(const std::string& bytes) {
  return error_of([&] { (void)parse(bytes); });
}

std::vector<double> values(const std::string& descr, const std::string& shape, const std::string& elements,
                           const std::string& fortran = "False") {
  return parse(npy(npy_header(descr, shape, fortran), elements)).at(0).values;
}

TEST(Npy, ReadsEveryTypeInBothByteOrders) {
  EXPECT_THAT(values("<f8", "(2,)", little_endian(0.1) + little_endian(-1e300)), ElementsAre(0.1, -1e300));
  EXPECT_THAT(values("<f4", "(1,)", little_endian(0.1F)), ElementsAre(0.1F));
  EXPECT_THAT(values(">f4", "(1,)", std::string("\x3F\x80\0\0", 4)), ElementsAre(1));
  EXPECT_THAT(values(">i2", "(2,)", "\x01\x02\x80\x01"), ElementsAre(258, -32767));
  EXPECT_THAT(values("<u2", "(1,)", "\xFF\xFF"), ElementsAre(65535));
  EXPECT_THAT(values("<i4", "(1,)", little_endian(-70000)), ElementsAre(-70000));
  EXPECT_THAT(values("<u4", "(1,)", little_endian(~0u)), ElementsAre(4294967295));
  EXPECT_THAT(values("<i8", "(1,)", little_endian(std::int64_t{1} - (std::int64_t{1} << 53))),
              ElementsAre(1 - 0x1p53));
  EXPECT_THAT(values("|i1", "(2,)", "\x7F\x80"), ElementsAre(127, -128));
  EXPECT_THAT(values("|u1", "(1,)", "\xFF"), ElementsAre(255));
  EXPECT_THAT(values("|b1", "(2,)", std::string("\1\0", 2)), ElementsAre(1, 0));
}

TEST(Npy, ReadsShapesOfAnyRankAndFortranOrder) {
  EXPECT_THAT(values("|i1", "()", "\5"), ElementsAre(5));
  EXPECT_THAT(values("|i1", "(0, 3)", ""), ElementsAre());
  EXPECT_THAT(values("|i1", "(3, 2)", "\1\3\5\2\4\6", "True"), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(values("|i1", "(2, 1, 2)", "\1\3\2\4", "True"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(values("|i1", "(2,)", "\1\2", "True"), ElementsAre(1, 2));
}

TEST(Npy, ReadsVersionsOneToThreeAndHeadersInAnyOrder) {
  for (const int version : {1, 2, 3})
    EXPECT_EQ(parse(npy(npy_header("|i1", "(1,)"), "\7", version)).at(0).values[0], 7);
  EXPECT_EQ(parse(npy("{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"|i1\"}", "\7")).at(0).values[0],
            7);
}

TEST(Npy, ReadsArraysThatSpanManyChunks) {
  std::string elements;
  for (int i = 0; i < 100'000; ++i) elements += little_endian(i);
  const std::string array = npy(npy_header("<i4", "(100000,)"), elements);
  for (const std::string& bytes : {array, zip({deflated_file("x.npy", array)})}) {
    const std::vector<double> read = parse(bytes).at(0).values;
    ASSERT_EQ(read.size(), 100'000u);
    for (int i = 0; i < 100'000; ++i) ASSERT_EQ(read[static_cast<std::size_t>(i)], i);
  }
}

TEST(Npy, ErrorsSayWhatWasNeededAndFound) {
  const auto error = [](const std::string& text, const std::string& elements = "") {
    return parse_error(npy(text, elements));
  };
  EXPECT_EQ(parse_error("hello"),
            "data: f.npz: needed a NumPy file, which begins with 'PK' (.npz) or 93 'NUMPY' (.npy), found "
            "text that begins with 'hello'");
  EXPECT_THAT(parse_error("sepal_length,species\n5.1,setosa\n"),
              EndsWith("found text that begins with 'sepal_length,species'"));
  EXPECT_THAT(parse_error(""), EndsWith("found an empty file"));
  EXPECT_THAT(parse_error("\x01\x02"), EndsWith("found a file of 2 bytes that begins with [01 02]"));
  EXPECT_EQ(parse_error(npy("", "", 4)),
            "data: f.npz: needed version 1.0, 2.0 or 3.0 of NumPy's format, found 4.0");
  EXPECT_EQ(error(npy_header("|f8", "(1,)")),
            "data: f.npz: needed '<' or '>', or '|' for one byte, before the type of elements, found '|f8'");
  EXPECT_EQ(error(npy_header("<f8", "(2,)"), "1234567"),
            "data: f.npz: needed 16 bytes for an array [2] of 'f8', found 7");
  EXPECT_EQ(error(npy_header("|i1", "(2,)"), "123"),
            "data: f.npz: needed 2 bytes for an array [2] of 'i1', found 3");
  EXPECT_EQ(error(npy_header("|b1", "(2,)"), "\1\2"), "data: f.npz: needed 0 or 1 as element 1, found 2");
  EXPECT_EQ(error(npy_header("<u8", "(1,)"), little_endian(std::uint64_t{1} << 53)),
            "data: f.npz: needed an integer below 2^53 as element 0, found 9007199254740992");
  EXPECT_EQ(parse_error(std::string("\x93NUMPY\1\0\xFF\xFF", 10)),
            "data: f.npz: needed a header of at most 0 bytes, found one of 65535");
  EXPECT_EQ(parse_error(std::string("\x93NUMPY\2\0\xFF\xFF\xFF", 11)),
            "data: f.npz: needed 4 bytes of a header's length, found 3");
}

TEST(Npy, TypesThatAreNoNumbersAreRefusedWithTheirCure) {
  const std::string needed =
      "data: f.npz: needed numbers of type f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1, found ";
  const auto found = [&](const std::string& descr) {
    const std::string message = parse_error(npy(npy_header(descr, "(0,)"), ""));
    EXPECT_THAT(message, StartsWith(needed));
    return message.substr(std::min(needed.size(), message.size()));
  };
  EXPECT_EQ(
      found("|O"),
      R"(Python objects ('|O'); in Python, np.save("x.npy", arr.astype("float32")) saves them as numbers)");
  EXPECT_EQ(
      found("<c16"),
      R"(complex numbers ('<c16'); in Python, np.save("x.npy", arr.real.astype("float32")) saves their real parts)");
  for (const char* text : {"<U3", ">U3", "|S3"}) {
    EXPECT_EQ(
        found(text),
        fmt::format(
            R"(texts ('{}'); in Python, np.save("x.npy", arr.astype("float32")) saves numbers that were texts; words may stand in a CSV file)",
            text));
  }
  EXPECT_EQ(found("<M8[ns]"),
            R"(dates ('<M8[ns]'); in Python, np.save("x.npy", arr.astype("int64")) saves them as numbers)");
  EXPECT_THAT(found("<m8[s]"), StartsWith("spans of time ('<m8[s]')"));
  EXPECT_THAT(found("|V8"), StartsWith("records ('|V8')"));
  EXPECT_EQ(
      found("<f16"),
      R"(numbers of another width ('<f16'); in Python, np.save("x.npy", arr.astype("float64")) saves them as f8)");
  EXPECT_EQ(found("<i3"), "'<i3'");
  EXPECT_EQ(found("<"), "'<'");
  EXPECT_EQ(found(""), "''");
  EXPECT_EQ(
      parse_error(npy("{'descr': [('a', '<f8')]}", "")),
      needed +
          R"(records ('[('a', '<f8')]}'); in Python, np.save("x.npy", arr["NAME"].astype("float32")) saves one of their fields)");
}

// Little-endian bytes of half floats.
std::string halves(std::initializer_list<int> bits) {
  std::string bytes;
  for (const int b : bits) bytes += little_endian(static_cast<std::uint16_t>(b));
  return bytes;
}

// [IEEE 754-2019, section 3.4]
TEST(Npy, ReadsHalfFloatsExactly) {
  EXPECT_THAT(values("<f2", "(8,)", halves({0x3C00, 0xC000, 0x3555, 0x7BFF, 0x0400, 0x03FF, 0x8001, 0x7C00})),
              ElementsAre(1, -2, 0x1.554p-2, 65504, 0x1p-14, 0x3FF * 0x1p-24, -0x1p-24,
                          std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::signbit(values("<f2", "(1,)", halves({0x8000}))[0]));
  EXPECT_TRUE(std::isnan(values("<f2", "(1,)", halves({0x7E00}))[0]));
  EXPECT_THAT(values(">f2", "(1,)", std::string("\x3C\0", 2)), ElementsAre(1));
}

// The elements of an array as T, and the error where they are none.
template <typename T>
std::vector<T> elements(const std::string& bytes) {
  return NumpyFile(std::as_bytes(std::span(bytes)), "f.npz").read<T>(0);
}

template <typename T>
std::string element_error(const std::string& bytes) {
  return error_of([&] { (void)elements<T>(bytes); });
}

TEST(Npy, EveryTypeOfNumbersBecomesF32) {
  const auto floats = [](const char* descr, const std::string& bytes) {
    return elements<float>(npy(npy_header(descr, "(2,)"), bytes));
  };
  EXPECT_THAT(floats("<f2", halves({0x3C00, 0x4000})), ElementsAre(1, 2));
  EXPECT_THAT(floats("<f4", little_endian(1.5F) + little_endian(-3e38F)), ElementsAre(1.5F, -3e38F));
  EXPECT_THAT(floats("<f8", little_endian(0.1) + little_endian(1e-300)), ElementsAre(0.1F, 0));
  EXPECT_THAT(floats("|i1", "\xFF\1"), ElementsAre(-1, 1));
  EXPECT_THAT(floats(">i2", "\1\2\xFF\xFF"), ElementsAre(258, -1));
  EXPECT_THAT(floats("<i4", little_endian(-7) + little_endian(1 << 30)), ElementsAre(-7, 0x1p30F));
  EXPECT_THAT(floats("<i8", little_endian(std::int64_t{-1}) + little_endian(std::int64_t{1} << 62)),
              ElementsAre(-1, 0x1p62F));
  EXPECT_THAT(floats("|u1", "\1\xFF"), ElementsAre(1, 255));
  EXPECT_THAT(floats("<u2", "\xFF\xFF\1\2"), ElementsAre(65535, 513));
  EXPECT_THAT(floats("<u4", little_endian(~0U) + little_endian(1U)), ElementsAre(0x1p32F, 1));
  EXPECT_THAT(floats("<u8", little_endian(~std::uint64_t{0}) + little_endian(std::uint64_t{1})),
              ElementsAre(0x1p64F, 1));
  EXPECT_THAT(floats("|b1", std::string("\1\0", 2)), ElementsAre(1, 0));
}

TEST(Npy, F32KeepsMissingNumbersAndRefusesWhatItCannotHoldByRowAndColumn) {
  const double missing = std::numeric_limits<double>::quiet_NaN(),
               infinite = std::numeric_limits<double>::infinity();
  const auto file = [](double x, const char* shape, const char* fortran) {
    std::string bytes;
    for (int i = 0; i < 6; ++i) bytes += little_endian(i == 4 ? x : i);
    return npy(npy_header("<f8", shape, fortran), bytes);
  };
  EXPECT_TRUE(std::isnan(elements<float>(file(missing, "(2, 3)", "False"))[4]));
  EXPECT_EQ(element_error<float>(file(infinite, "(2, 3)", "False")),
            "data: f.npz: needed a finite number that f32 holds, up to 3.4e38, as row 1, column 1 (counted "
            "from 0), found inf");
  EXPECT_THAT(element_error<float>(file(-1e39, "(2, 3)", "True")),
              EndsWith("as row 0, column 2 (counted from 0), found -1e+39"));
  EXPECT_THAT(element_error<float>(file(infinite, "(3, 1, 2)", "False")), HasSubstr("as row 2, column 0 "));
  EXPECT_THAT(element_error<float>(file(infinite, "(1, 3, 2)", "True")), HasSubstr("as row 0, column 3 "));
  EXPECT_THAT(element_error<float>(file(infinite, "(6,)", "False")), EndsWith("as element 4, found inf"));
  EXPECT_THAT(element_error<float>(npy(npy_header("<f4", "(1,)"), little_endian(-INFINITY))),
              EndsWith("found -inf"));
  EXPECT_THAT(element_error<float>(npy(npy_header("<f2", "(1,)"), halves({0x7C00}))), EndsWith("found inf"));
}

TEST(Npy, BytesStayBytesAndOtherTypesAreNoBytes) {
  EXPECT_THAT(elements<std::uint8_t>(npy(npy_header("|u1", "(2, 2)", "True"), "\1\2\3\xFF")),
              ElementsAre(1, 3, 2, 255));
  EXPECT_THAT(element_error<std::uint8_t>(npy(npy_header("|i1", "(1,)"), "\1")),
              EndsWith("needed bytes, of type u1, found '|i1'"));
}

TEST(Npy, IntegersAreExact) {
  EXPECT_THAT(element_error<std::int64_t>(npy(npy_header("<f4", "(0,)"), "")),
              EndsWith("needed integers of 8 bytes, found '<f4'"));
  const auto large = (std::int64_t{1} << 53) + 1;
  EXPECT_THAT(
      elements<std::int64_t>(npy(npy_header("<i8", "(2,)"), little_endian(large) + little_endian(-large))),
      ElementsAre(large, -large));
  EXPECT_EQ(
      element_error<std::int64_t>(npy(npy_header("<u8", "(1,)"), little_endian(std::uint64_t{1} << 63))),
      "data: f.npz: needed an integer below 2^63 as element 0, found 9223372036854775808");
}

// Characters of four bytes each.
std::string wide(std::u32string_view text) {
  std::string bytes;
  for (const char32_t c : text) bytes += little_endian(c);
  return bytes;
}

TEST(Npy, ReadsTextsOfFixedWidth) {
  EXPECT_THAT(elements<std::string>(npy(npy_header("<U2", "(3,)"), wide({U"ab\0\0a\0", 6}))),
              ElementsAre("ab", "", "a"));
  EXPECT_THAT(elements<std::string>(npy(npy_header("<U4", "(1,)"), wide(U"é€😀\x7FF"))),
              ElementsAre("é€😀\u07FF"));
  EXPECT_THAT(elements<std::string>(npy(npy_header(">U1", "(2,)"), std::string("\0\0\0a\0\0\x20\xAC", 8))),
              ElementsAre("a", "€"));
  EXPECT_THAT(elements<std::string>(npy(npy_header("|S2", "(2,)"), std::string("ab\0\0", 4))),
              ElementsAre("ab", ""));
  EXPECT_EQ(element_error<std::string>(npy(npy_header("<U1", "(2,)"), wide(U"a") + little_endian(0x110000))),
            "data: f.npz: needed characters of Unicode as element 1, found 00110000");
  EXPECT_THAT(element_error<std::string>(npy(npy_header("<U1", "(1,)"), little_endian(0xD800))),
              EndsWith("found 0000d800"));
  EXPECT_EQ(element_error<std::string>(npy(npy_header("|S2", "(1,)"), "\xE9x")),
            "data: f.npz: needed a text in UTF-8 as element 0, found '\\xE9x'");
  EXPECT_THAT(element_error<std::string>(npy(npy_header("<f4", "(0,)"), "")),
              EndsWith("needed texts, found '<f4'"));
  for (const char* width : {"0", "16385", "99999999999999999999999"})
    EXPECT_THAT(parse_error(npy(npy_header(fmt::format("<U{}", width), "(0,)"), "")),
                HasSubstr("needed texts of 1 to 16384 characters, found '<U"));
}

// A header alone, of 2^40 texts that would take no byte each.
TEST(Npy, TextsOfNoWidthTakeNoMemory) {
  const std::string file = npy(npy_header("|S0", "(1099511627776,)"), "");
  EXPECT_LT(testing_support::most_bytes_allocated([&] { (void)element_error<std::string>(file); }), 100'000);
}

TEST(Npy, HeadersThatArePythonOfAnotherKindAreErrors) {
  const auto error = [](const std::string& text) { return parse_error(npy(text, "")); };
  EXPECT_EQ(error("[1]"), "data: f.npz: needed '{' at character 0 of the array's header, found '[1]'");
  EXPECT_EQ(
      error("{}"),
      "data: f.npz: needed the entries 'descr', 'fortran_order' and 'shape' at character 2 of the array's "
      "header, found its end");
  EXPECT_THAT(error("{'descr': '<f8', 'descr': '<f8'}"), ::testing::HasSubstr("each once"));
  EXPECT_THAT(error("{'x': 1}"), ::testing::HasSubstr("needed the keys"));
  EXPECT_THAT(error("{'descr': '<\\x66'}"), ::testing::HasSubstr("without escapes"));
  EXPECT_THAT(error("{'fortran_order': 1}"), ::testing::HasSubstr("needed True or False"));
  for (const char* shape :
       {"(3)", "(-1,)", "(1099511627777,)", "(1048576, 1048576, 2)", "(3L,)", "(,)", "[3]", "(1 2)"})
    EXPECT_THAT(error(npy_header("<f8", shape)), StartsWith("data: f.npz: needed ")) << shape;
  EXPECT_THAT(error(npy_header("<f8", "(2,)") + "x"), ::testing::HasSubstr("needed the end of the header"));
}

}  // namespace
}  // namespace catenary
