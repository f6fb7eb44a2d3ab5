//===- FilesTest.cpp - reading files, and writing them whole or not at all ---------------===//
//
// Tests of qopt/Support/Files.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Files.h"
#include "TestSupport.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace qopt;
using namespace qopt::test;

static mode_t modeOf(const std::string &path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST(Files, WritesAndReadsBack) {
  ScratchDirectory scratch;
  const std::string bytes("a\0b\n", 4);
  EXPECT_EQ(messageOf(writeFile(scratch / "f", bytes)), "(success)");
  EXPECT_EQ(valueOf(readFile(scratch / "f")), bytes);
  EXPECT_EQ(messageOf(writeFile(scratch / "f", "")), "(success)");
  EXPECT_EQ(valueOf(readFile(scratch / "f")), "");
  EXPECT_EQ(scratch.files().size(), 1u);
}

TEST(Files, LargeContent) {
  ScratchDirectory scratch;
  std::string bytes(3 << 20, 'x');
  bytes[1 << 20] = 'y';
  EXPECT_EQ(messageOf(writeFile(scratch / "f", bytes)), "(success)");
  EXPECT_EQ(valueOf(readFile(scratch / "f")), bytes);
}

TEST(Files, ReadErrorsNamePathAndReason) {
  ScratchDirectory scratch;
  EXPECT_EQ(messageOf(readFile(scratch / "no")),
            scratch.path() + "/no: cannot open: No such file or directory");
  EXPECT_EQ(messageOf(readFile(scratch.path())), scratch.path() + ": cannot read: Is a directory");
}

TEST(Files, WriteErrorsNamePathAndReason) {
  ScratchDirectory scratch;
  EXPECT_EQ(messageOf(writeFile(scratch / "no/f", "x")),
            scratch.path() + "/no/f: cannot create a file there: No such file or directory");
  EXPECT_EQ(messageOf(writeFile(scratch.path(), "x")),
            scratch.path() + ": cannot write: Is a directory");
  EXPECT_EQ(messageOf(writeFile("", "x")), "the name of an output file is empty");
  EXPECT_TRUE(scratch.files().empty());
}

TEST(Files, ReadOnlyTargetStays) {
  ScratchDirectory scratch;
  EXPECT_EQ(messageOf(writeFile(scratch / "f", "old")), "(success)");
  ::chmod((scratch / "f").c_str(), 0444);
  ::chmod(scratch.path().c_str(), 0777);
  // Root may write everything, so it becomes nobody for a moment.
  const uid_t user = ::geteuid();
  if (user == 0)
    ASSERT_EQ(::seteuid(65534), 0);
  const std::string message = messageOf(writeFile(scratch / "f", "new"));
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_EQ(message, scratch.path() + "/f: cannot write: Permission denied");
  EXPECT_EQ(valueOf(readFile(scratch / "f")), "old");
}

TEST(Files, FullDeviceIsAnError) {
  if (::access("/dev/full", W_OK) != 0)
    GTEST_SKIP() << "no /dev/full";
  EXPECT_EQ(messageOf(writeFile("/dev/full", "x")),
            "/dev/full: cannot write: No space left on device");
}

TEST(Files, DevicesAreWrittenInPlace) {
  EXPECT_EQ(messageOf(writeFile("/dev/null", "x")), "(success)");
  struct stat status;
  ASSERT_EQ(::stat("/dev/null", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST(Files, LinksAreFollowed) {
  ScratchDirectory scratch;
  EXPECT_EQ(messageOf(writeFile(scratch / "real", "old")), "(success)");
  ASSERT_EQ(::symlink("real", (scratch / "link").c_str()), 0);
  EXPECT_EQ(messageOf(writeFile(scratch / "link", "new")), "(success)");
  EXPECT_EQ(valueOf(readFile(scratch / "real")), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(scratch / "link"));
}

TEST(Files, Modes) {
  ScratchDirectory scratch;
  const mode_t mask = ::umask(027);
  EXPECT_EQ(messageOf(writeFile(scratch / "plain", "x")), "(success)");
  EXPECT_EQ(modeOf(scratch / "plain"), 0640u);
  ::chmod((scratch / "plain").c_str(), 0604);
  EXPECT_EQ(messageOf(writeFile(scratch / "plain", "y")), "(success)");
  EXPECT_EQ(modeOf(scratch / "plain"), 0604u);
  TemporaryOutput program = valueOf(TemporaryOutput::create(scratch / "program"));
  EXPECT_EQ(messageOf(program.commit(/*executable=*/true)), "(success)");
  EXPECT_EQ(modeOf(scratch / "program"), 0750u);
  ::umask(mask);
}

TEST(Files, TemporaryLiesBesideAndGoes) {
  ScratchDirectory scratch;
  std::string path;
  {
    TemporaryOutput output = valueOf(TemporaryOutput::create(scratch / "out.so"));
    path = output.path();
    EXPECT_EQ(std::filesystem::path(path).parent_path().string(), scratch.path());
    EXPECT_TRUE(std::filesystem::exists(path));
    TemporaryOutput moved = std::move(output);
    EXPECT_EQ(moved.path(), path);
    EXPECT_EQ(moved.finalPath(), scratch / "out.so");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(scratch.files().empty());
}

TEST(Files, FailedCommitLeavesNothing) {
  ScratchDirectory scratch;
  TemporaryOutput output = valueOf(TemporaryOutput::create(scratch / "out"));
  ASSERT_TRUE(std::filesystem::create_directory(scratch / "out"));
  EXPECT_EQ(messageOf(output.commit()), scratch.path() +
                                            "/out: cannot put the finished file in place: Is a "
                                            "directory");
  EXPECT_EQ(scratch.files(), std::vector<std::string>{"out"});
}

TEST(Files, LongNamesWork) {
  ScratchDirectory scratch;
  const std::string name(250, 'n');
  EXPECT_EQ(messageOf(writeFile(scratch / name, "x")), "(success)");
  EXPECT_EQ(valueOf(readFile(scratch / name)), "x");
}
