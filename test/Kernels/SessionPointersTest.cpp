//===- SessionPointersTest.cpp - a session's own pointers, where they are missing -------===//

#include "qrt/qrt.h"

#include <gtest/gtest.h>

TEST(SessionPointersTest, AreNamed) {
  qrt_session *session = nullptr;
  EXPECT_EQ(qrt_session_open(nullptr, nullptr, &session), QRT_INVALID_ARGUMENT);
  EXPECT_STREQ(qrt_last_error(), "qrt_session_open: the program is null");
  EXPECT_EQ(qrt_session_open(nullptr, nullptr, nullptr), QRT_INVALID_ARGUMENT);
  EXPECT_STREQ(qrt_last_error(), "qrt_session_open: the pointer to the session is null");
  EXPECT_EQ(qrt_session_run(nullptr, 1, nullptr, nullptr), QRT_INVALID_ARGUMENT);
  EXPECT_STREQ(qrt_last_error(), "qrt_session_run: the session is null");
}
