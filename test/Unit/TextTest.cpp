//===- TextTest.cpp - lists, suggestions, shapes and sizes in words ---------------------===//
//
// Tests of qopt/Support/Text.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Text.h"

#include <gtest/gtest.h>

using namespace qopt;

TEST(Text, JoinsLists) {
  EXPECT_EQ(joinList(std::vector<std::string>{}), "none");
  EXPECT_EQ(joinList(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(joinList(std::vector<llvm::StringRef>{"a", "b"}, /*quote=*/true), "'a', 'b'");
  EXPECT_EQ(joinList(std::vector<std::string>{"a", "b", "c", "d"}, false, 2), "a, b and 2 more");
}

TEST(Text, SuggestsOnlyWhatIsNear) {
  const std::vector<llvm::StringRef> choices = {"histogram", "min_max", "percentile"};
  EXPECT_EQ(nearestMatch("histgram", choices), "histogram");
  EXPECT_EQ(nearestMatch("Min_Max", choices), "min_max");
  EXPECT_EQ(nearestMatch("minmax", choices), "min_max");
  EXPECT_EQ(nearestMatch("zebra", choices), "");
  EXPECT_EQ(didYouMean("percentil", choices), " (did you mean 'percentile'?)");
  EXPECT_EQ(didYouMean("zebra", choices), "");
  EXPECT_EQ(nearestMatch("x", std::vector<std::string>{}), "");
}

TEST(Text, Shapes) {
  EXPECT_EQ(shapeText({}), "scalar");
  EXPECT_EQ(shapeText({2, 3, 4}), "2x3x4");
  EXPECT_EQ(shapeText({-1, 3}), "?x3");
}

TEST(Text, ByteSizes) {
  EXPECT_EQ(byteSizeText(0), "0 B");
  EXPECT_EQ(byteSizeText(1023), "1023 B");
  EXPECT_EQ(byteSizeText(1536), "1.5 KiB");
  EXPECT_EQ(byteSizeText(12u << 20), "12.0 MiB");
  EXPECT_EQ(byteSizeText(UINT64_MAX), "16.0 EiB");
}
