#include "catenary/data/csv/csv_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace catenary {
namespace {

char separator_of(std::string_view start) { return tell_format(start, {}).separator.value(); }
char decimal_of(std::string_view start) { return tell_format(start, {}).decimal.value(); }

TEST(CsvFormat, TheSeparatorIsWhatCutsTheHeaderIntoMostCells) {
  EXPECT_EQ(separator_of("a,b,c\n"), ',');
  EXPECT_EQ(separator_of("a;b;c\n1,5;2,5;3,5\n"), ';');
  EXPECT_EQ(separator_of("a\tb\tc"), '\t');
  EXPECT_EQ(separator_of("a|b"), '|');
  EXPECT_EQ(separator_of("last, first;b;c\n"), ';');
  EXPECT_EQ(separator_of("alone\n1;2\n"), ',');
  EXPECT_EQ(separator_of(""), ',');
}

TEST(CsvFormat, TheSeparatorCutsTheFirstTwoLinesAlike) {
  EXPECT_EQ(separator_of("Price (EUR, net, incl. tax);y\n12;3\n"), ';');
  EXPECT_EQ(separator_of("a;b,c,d\n1;2,3,4\n"), ',');
}

TEST(CsvFormat, ACommaInNamesAndNumbersIsNoSeparatorBesideOneThatCutsEvenly) {
  EXPECT_EQ(separator_of("Length, cm;Width, cm;Weight, g\n1,5;2,5;3,25\n"), ';');
  EXPECT_EQ(separator_of("Length, cm\tWidth, cm\tWeight, g\n1,5\t2,5\t3,25\n"), '\t');
  EXPECT_EQ(separator_of("a,b;c,d\n1,2,3\n"), ',');
}

TEST(CsvFormat, TheFirstLineMayDeclareTheSeparator) {
  EXPECT_EQ(separator_of("sep=;\na,b;c\n1,2;3\n"), ';');
  EXPECT_EQ(separator_of("\xEF\xBB\xBFsep=|\r\na,b|c\r\n"), '|');
  EXPECT_EQ(separator_of("sep=x\na,b\n"), ',');
  EXPECT_EQ(tell_format("sep=;\na;b\n", {.separator = ','}).separator, ',');
  EXPECT_EQ(tell_format("sep=;\na;b\n1,5;2\n", {}).decimal, ',');
}

TEST(CsvFormat, OfEquallyGoodSeparatorsTheCommaComesLast) {
  EXPECT_EQ(separator_of("a,b;c\n"), ';');
  EXPECT_EQ(separator_of("date, place;y\n1,5;p\n"), ';');
}

TEST(CsvFormat, WhatStandsInQuotesSeparatesNothing) {
  EXPECT_EQ(separator_of("\"a,b,c\";\"d\"\n"), ';');
  EXPECT_EQ(separator_of("\"a\nb,c,d\"\te\n"), '\t');
  EXPECT_EQ(separator_of("\xEF\xBB\xBF\"a,b,c\"; \"d,e,f\"\n"), ';');
}

TEST(CsvFormat, AQuoteWithinACellOpensNothing) {
  EXPECT_EQ(separator_of("5\" pipe\tb\tc, d\n"), '\t');
  EXPECT_EQ(decimal_of("a\tb\n11'09\"01\t1,5\nx\t2,5\n"), ',');
  EXPECT_EQ(separator_of("\"a \"\"b,c,d\"\"\";e\n"), ';');
}

TEST(CsvFormat, BlankLinesTellNothing) { EXPECT_EQ(separator_of("\r\n\na;b\n"), ';'); }

TEST(CsvFormat, ADecimalCommaIsSeenInNumbers) {
  EXPECT_EQ(decimal_of("a;b\n1,5;x\n"), ',');
  EXPECT_EQ(decimal_of("a\tb\nx\t\"-2,5e3\"\n"), ',');
  EXPECT_EQ(decimal_of("a;b\n1;2\n"), '.');
  EXPECT_EQ(decimal_of("a;b\n1.5;x\n"), '.');
  EXPECT_EQ(decimal_of("a;b\nx, y;1\n"), '.');
  EXPECT_EQ(decimal_of("a,b\n1,5\n"), '.');
}

TEST(CsvFormat, WhatMoreNumbersHaveIsTheDecimalMark) {
  EXPECT_EQ(decimal_of("a;b;c\n1,5;1961.01;2,5\n"), ',');
  EXPECT_EQ(decimal_of("a;b;c\n1.5;1,234;2.5\n"), '.');
  EXPECT_EQ(decimal_of("a;b\n1.5;1,5\n"), '.');
}

TEST(CsvFormat, ADecimalCommaThatIsGivenSeparatesOnlyWhereNothingElseDoes) {
  EXPECT_EQ(tell_format("a,b\n\"1,5\",2\n", {.decimal = ','}).separator, ',');
  EXPECT_EQ(tell_format("a,b,c;d\n", {.decimal = ','}).separator, ';');
  EXPECT_EQ(tell_format("alone\n1,5\n", {.decimal = ','}).separator, ';');
}

TEST(CsvFormat, AMissingCellOrADateIsNoDecimalPoint) {
  EXPECT_EQ(decimal_of("a;b\n.;1,5\n"), ',');
  EXPECT_EQ(decimal_of("a;b\n29.2.2024;1,5\n"), ',');
}

TEST(CsvFormat, WhatIsGivenIsKept) {
  const CsvFormat given{
      .separator = '|', .decimal = '.', .has_header = false, .columns = {"a"}, .missing = {"x"}};
  EXPECT_EQ(tell_format("a;b\n1,5;2\n", given), given);
}

TEST(CsvFormat, SeparatorsHaveNames) {
  EXPECT_EQ(separator_name('\t'), "tab");
  EXPECT_EQ(separator_name(';'), "';'");
}

TEST(CsvFormat, TheUsualMissingWordsAreThoseOfTheDocument) {
  EXPECT_THAT(usual_missing_words(), ::testing::ElementsAre("NA", "N/A", "n/a", "nan", "NaN", "NULL", "null",
                                                            "None", "?", "-", "."));
}

}  // namespace
}  // namespace catenary
