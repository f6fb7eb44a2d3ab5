//===- ProgressTest.cpp - progress of long work ---------------------------------------------===//
//
// Tests of qopt/Support/Progress.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Progress.h"
#include "TestSupport.h"

#include <gtest/gtest.h>

using namespace qopt;

TEST(Progress, Lines) {
  EXPECT_EQ(Progress::render("calibrate", 0, 512, "images", 0, 10),
            "calibrate [..........] 0/512 images");
  EXPECT_EQ(Progress::render("calibrate", 256, 512, "images", 2, 10),
            "calibrate [#####.....] 256/512 images, 128/s, 2s left");
  EXPECT_EQ(Progress::render("calibrate", 512, 512, "images", 128, 10),
            "calibrate [##########] 512/512 images, 4.00/s, 2m8s");
  EXPECT_EQ(Progress::render("read", 30, 0, "", 2, 10), "read 30, 15.0/s, 2s");
  EXPECT_EQ(Progress::render("x", 1, 8000, "", 1, 0), "x 1/8000, 1.00/s, 2h13m left");
  EXPECT_EQ(Progress::render("x", 9, 8, "", 1, 4), "x [####] 9/8, 9.00/s, 1s");
}

TEST(Progress, ShortWorkLeavesALogEmpty) {
  std::FILE *log = std::tmpfile();
  ASSERT_TRUE(log);
  {
    Progress progress("calibrate", 10, "images", log);
    for (int i = 1; i <= 10; ++i)
      progress.update(i);
    progress.finish();
  }
  EXPECT_EQ(std::ftell(log), 0);
  std::fclose(log);
}
