#include "catenary/data/csv/number.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "catenary/base/philox.h"

namespace catenary {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A decimal number as people and programs write them: any of its parts may lack.
std::string random_number(std::uint64_t trial) {
  const Philox random(7, RandomPurpose::kTest, trial);
  std::uint64_t drawn = 0;
  const auto below = [&](std::uint64_t bound) { return random.below(bound, drawn++); };
  const auto digits = [&](std::uint64_t most) {
    std::string text;
    for (std::uint64_t count = below(most + 1); count > 0; --count)
      text += static_cast<char>('0' + static_cast<char>(below(10)));
    return text;
  };
  std::string text = std::string(below(3) == 0 ? "-" : "") + digits(below(4) == 0 ? 25 : 10);
  if (below(2) == 0) text += "." + digits(below(4) == 0 ? 25 : 9);
  if (text.find_first_of("0123456789") == std::string::npos) text += "7";
  if (below(3) == 0)
    text += fmt::format("{}{}{}", below(2) == 0 ? "e" : "E", below(2) == 0 ? "-" : "", below(330));
  return text;
}

TEST(Number, IsWhatStrtodReadsBitByBit) {
  for (std::uint64_t trial = 0; trial < 20'000; ++trial) {
    std::string text = random_number(trial);
    const double expected = std::strtod(text.c_str(), nullptr);
    const auto number = parse_number(text);
    ASSERT_TRUE(number) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*number), std::bit_cast<std::uint64_t>(expected)) << text;
    std::ranges::replace(text, '.', ',');
    ASSERT_EQ(parse_number(text, ','), expected) << text;
  }
}

// Every length that is read at once, with the mark at every place and without one, behind every sign.
template <typename Check>
void for_each_plain_number(Check&& check) {
  const Philox random(8, RandomPurpose::kTest, 0);
  std::uint64_t drawn = 0;
  for (std::size_t length = 1; length <= 16; ++length) {
    for (std::size_t mark = 0; mark <= length; ++mark) {
      for (const char* sign : {"", "-", "+"}) {
        std::string text = sign;
        for (std::size_t i = 0; i < length; ++i)
          text += i == mark ? '.' : static_cast<char>('0' + static_cast<char>(random.below(10, drawn++)));
        if (text.find_first_of("0123456789") != std::string::npos) check(text);
      }
    }
  }
}

std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }

// In memory that ends with the text, for AddressSanitizer to see what is read beside it.
double plain(const std::string& text, char decimal) {
  const std::vector<char> exactly(text.begin(), text.end());
  return plain_number({exactly.data(), exactly.size()}, decimal);
}

TEST(PlainNumber, IsWhatStrtodReadsBitByBit) {
  for_each_plain_number([](std::string text) {
    const double expected = std::strtod(text.c_str(), nullptr);
    const bool is_exact = text.find('.') != std::string::npos || std::abs(expected) <= 0x1p53;
    const double number = plain(text, '.');
    if (is_exact || !std::isnan(number)) {
      ASSERT_EQ(bits_of(number), bits_of(expected)) << text;
    }
    std::ranges::replace(text, '.', ',');
    ASSERT_EQ(bits_of(plain(text, ',')), bits_of(number)) << text;
  });
}

TEST(PlainNumber, OfEachByteAtEachPlaceIsWhatTheSlowReaderReadsOrNothing) {
  for_each_plain_number([](const std::string& number) {
    if (number.find('.') != number.size() / 2) return;
    for (std::size_t place = 0; place < number.size(); ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = number;
        text[place] = static_cast<char>(byte);
        const double found = plain(text, '.');
        if (std::isnan(found)) continue;
        const auto expected = parse_any_number(text, '.');
        ASSERT_TRUE(expected) << text;
        ASSERT_EQ(bits_of(found), bits_of(*expected)) << text;
      }
    }
  });
}

TEST(PlainNumber, HasNoMoreDigitsThanAreExact) {
  EXPECT_EQ(plain("9007199254740992", '.'), 0x1p53);
  EXPECT_EQ(plain("0000000000000001", '.'), 1);
  for (const char* text : {"9007199254740993", "12345678901234567", "-12345678901234.567"})
    EXPECT_TRUE(std::isnan(plain(text, '.'))) << text;
}

TEST(PlainNumber, IsNoOtherText) {
  for (const char* text : {"",
                           "+",
                           "-",
                           ".",
                           "-.",
                           "1..5",
                           "1.2.",
                           ".1.",
                           "1.23456789.",
                           "1.5e3",
                           "inf",
                           "nan",
                           "1,5",
                           " 1",
                           "1 ",
                           "+-1",
                           "12345678.9.12345",
                           "./1",
                           "1./2",
                           "12345678./1"})
    EXPECT_TRUE(std::isnan(plain(text, '.'))) << text;
  for (const char* text : {",", "1.5", "1,5,", "1,-2", "1.234,5"})
    EXPECT_TRUE(std::isnan(plain(text, ','))) << text;
}

TEST(Number, HasAtMostOneDecimalMarkASignAndAnExponent) {
  for (const char* text : {"",    "+",   "-",   ".",    "-.", "1,5", "1.5.", "1..5",  "1e",   "e5", "1e5.5",
                           "++1", "+-1", "-+1", "0x10", "1 ", " 1",  "1f",   "1_000", "1.5,", "12a"})
    EXPECT_FALSE(parse_number(text)) << text;
  for (const char* text : {"", ",", "1.5", "1,5,5", "1.000,5", "1,5.0"})
    EXPECT_FALSE(parse_number(text, ',')) << text;
  EXPECT_EQ(parse_number("+.5"), 0.5);
  EXPECT_EQ(parse_number("5."), 5);
  EXPECT_EQ(parse_number("1,5e+05", ','), 150000);
  EXPECT_EQ(parse_number("9007199254740993"), 9007199254740992);
}

TEST(Number, MayBeInfiniteOrNone) {
  EXPECT_EQ(parse_number("inf"), kInfinity);
  EXPECT_EQ(parse_number("-Infinity"), -kInfinity);
  EXPECT_TRUE(std::isnan(parse_number("NaN").value_or(0)));
  EXPECT_EQ(parse_number("1e999"), kInfinity);
  EXPECT_EQ(parse_number("-0.001e99999999999999999999"), -kInfinity);
}

TEST(Number, ThatIsTooSmallForF64Is0) {
  EXPECT_EQ(parse_number("5e-324"), 5e-324);
  for (const char* text : {"1e-324", "-1e-999", "0.00001e-320", "1e-99999999999999999999", "100e-400"})
    EXPECT_EQ(parse_number(text), 0) << text;
  EXPECT_EQ(parse_number("1,5e-400", ','), 0);
}

TEST(CanonicalNumber, IsTheSameForTheSameValueAlone) {
  for (const char* text : {"1", "1.0", "+01", "10e-1", "1.", "0.001e3", "1E0"})
    EXPECT_EQ(canonical_number(text), "1") << text;
  EXPECT_EQ(canonical_number("1,50", ','), "15e-1");
  EXPECT_EQ(canonical_number("-0.0"), "0");
  EXPECT_EQ(canonical_number("1e-400"), "1e-400");
  EXPECT_NE(canonical_number("1e-99999999999999999999"), "1");
  EXPECT_EQ(canonical_number("0e99999"), "0");
  EXPECT_EQ(canonical_number("-1200"), "-12e2");
  EXPECT_EQ(canonical_number("9007199254740993"), "9007199254740993");
  EXPECT_EQ(canonical_number("9007199254740992.0"), "9007199254740992");
}

TEST(CanonicalNumber, IsNothingForWhatIsNoFiniteNumber) {
  for (const char* text : {"", "red", "inf", "nan", "1e999", "1,5"})
    EXPECT_FALSE(canonical_number(text)) << text;
}

}  // namespace
}  // namespace catenary
