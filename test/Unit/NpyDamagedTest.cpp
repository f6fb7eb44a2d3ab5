//===- NpyDamagedTest.cpp - .npy and .npz files that cannot be read or written ---------------===//
//
// Every error of qopt/Support/Npy.h, and random damage that must never crash.
//
//===-----------------------------------------------------------------------------===//

#include "NpyTestSupport.h"
#include "qopt/Support/Npy.h"

#include <gtest/gtest.h>

#include <unistd.h>

using namespace qopt;
using namespace qopt::test;

class NpyDamaged : public ::testing::Test {
protected:
  ScratchDirectory scratch;

  std::string place(const std::string &name) const { return scratch / name; }

  /// The error of opening this file, or of loading its array "x".
  std::string messageFor(const std::string &name, const std::string &bytes) {
    llvm::cantFail(writeFile(place(name), bytes));
    llvm::Expected<NpzFile> file = NpzFile::open(place(name));
    std::string message = file ? messageOf(file->load("x")) : llvm::toString(file.takeError());
    // Messages start with the path, which is another one in each run.
    if (llvm::StringRef(message).starts_with(scratch.path() + "/"))
      message = message.substr(scratch.path().size() + 1);
    return message;
  }

  std::string headerMessage(const std::string &dictionary) {
    return messageFor("d.npy", npyWithHeader(dictionary, ""));
  }
};

TEST_F(NpyDamaged, ForeignFiles) {
  EXPECT_EQ(messageFor("d.npz", ""), "d.npz: the file is empty; expected .npz or .npy data");
  EXPECT_EQ(messageFor("d.npz", "hello"),
            "d.npz: neither .npz nor .npy data; write it with numpy's savez or save");
  EXPECT_EQ(messageOf(NpzFile::open(place("no.npz"))),
            place("no.npz") + ": cannot open: No such file or directory");
  EXPECT_EQ(messageOf(NpzFile::open(scratch.path())),
            scratch.path() + ": cannot read: Is a directory");
  EXPECT_EQ(messageOf(NpzFile::open("/dev/null")),
            "/dev/null: expected a regular file: arrays are read in any order, which a pipe does "
            "not allow");
}

TEST_F(NpyDamaged, Archives) {
  EXPECT_EQ(messageFor("d.npz", "PK\x03\x04 and more text that is no archive"),
            "d.npz: not a complete .npz file (a zip archive): Not a zip archive; was it cut "
            "short?");
  writeZip(place("t.npz"), {{"readme.txt", "hello"}});
  EXPECT_EQ(messageOf(NpzFile::open(place("t.npz"))),
            place("t.npz") + ": a zip archive without .npy members; write it with numpy's savez");
  writeZip(place("m.npz"), {{"x.npy", "no array"}, {"images.npy", npy("<f4", "()", "abcd")}});
  NpzFile file = valueOf(NpzFile::open(place("m.npz")));
  EXPECT_EQ(messageOf(file.load("x")), place("m.npz") + ": array 'x': not in .npy format");
  EXPECT_EQ(messageOf(file.load("image")),
            place("m.npz") +
                ": no array 'image' (did you mean 'images'?); arrays present: x, images");
  EXPECT_EQ(messageOf(file.info("labels")),
            place("m.npz") + ": no array 'labels'; arrays present: x, images");
  EXPECT_EQ(messageOf(file.loadRows("images", 0, 1)),
            place("m.npz") + ": array 'images': a scalar has no rows");
}

TEST_F(NpyDamaged, DTypes) {
  EXPECT_EQ(messageFor("d.npy", npy("|O", "(1,)", "xxxxxxxx")),
            "d.npy: array 'x': the array holds Python objects (dtype object), which are not read; "
            "save it with a numeric dtype");
  EXPECT_EQ(messageFor("d.npy", npy("<c8", "(1,)", "xxxxxxxx")),
            "d.npy: array 'x': dtype '<c8' is not supported (f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 "
            "are); convert it with numpy's astype");
  EXPECT_NE(messageFor("d.npy", npy("<U5", "(1,)", "")), "(success)");
  EXPECT_NE(messageFor("d.npy", npy("", "(1,)", "")), "(success)");
  EXPECT_EQ(headerMessage("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"),
            "d.npy: array 'x': the array has a structured dtype, which is not read; save its "
            "fields as arrays of their own");
}

TEST_F(NpyDamaged, ExpectedDType) {
  writeZip(place("d.npz"), {{"x.npy", npy("<f8", "(1,)", bytesOf<double>({2}))}});
  NpzFile file = valueOf(NpzFile::open(place("d.npz")));
  EXPECT_EQ(messageOf(file.loadAs("x", DType::F32)),
            place("d.npz") + ": array 'x': expected f32, got f64; convert it with numpy's astype");
  EXPECT_EQ(valueOf(file.loadAs("x", DType::F64)).values<double>()[0], 2.0);
  EXPECT_EQ(messageOf(file.loadRows("x", 0, 2)),
            place("d.npz") + ": array 'x': rows 0 to 2 are outside its 1 rows");
  EXPECT_EQ(messageOf(file.loadRows("x", 1, 0)),
            place("d.npz") + ": array 'x': rows 1 to 0 are outside its 1 rows");
}

TEST_F(NpyDamaged, Headers) {
  const std::string start = "d.npy: array 'x': damaged .npy header: ";
  EXPECT_EQ(headerMessage("[]"), start + "expected a dictionary");
  EXPECT_EQ(headerMessage("{3: 4}"), start + "expected a key");
  EXPECT_EQ(headerMessage("{'descr': '<f4' 'shape': ()}"), start + "expected a comma");
  EXPECT_EQ(headerMessage("{'descr': '<f4'}"), start + "descr, fortran_order or shape is missing");
  EXPECT_EQ(headerMessage("{'descr': 4}"), start + "descr is no text");
  EXPECT_EQ(headerMessage("{'fortran_order': 1}"), start + "fortran_order is no boolean");
  EXPECT_EQ(headerMessage("{'shape': 3}"), start + "shape is no tuple");
  EXPECT_EQ(headerMessage("{'shape': (-3,)}"), start + "shape has no plain sizes");
  EXPECT_EQ(headerMessage("{'shape': (3 4)}"), start + "shape has no plain sizes");
  EXPECT_EQ(headerMessage("{'size': 3}"), start + "unknown key 'size'");
  EXPECT_EQ(messageFor("d.npy", npy("<f4", "(9223372036854775807, 4)", "")),
            start + "the shape 9223372036854775807x4 overflows");
  std::string deep = "(";
  for (int i = 0; i < 33; ++i)
    deep += "1,";
  EXPECT_EQ(messageFor("d.npy", npy("<f4", deep + ")", "")), start + "rank 33 is above 32");
  EXPECT_EQ(messageFor("d.npy", npy("<f4", "()", "", false, 4)),
            "d.npy: array 'x': .npy format version 4 is not supported (1 to 3 are)");
  EXPECT_EQ(messageFor("d.npy", std::string("\x93NUMPY\x02\x00\xff\xff\xff\x7f", 12)),
            start + "2147483647 bytes long");
}

TEST_F(NpyDamaged, Truncation) {
  const std::string good = npy("<f4", "(4,)", bytesOf<float>({1, 2, 3, 4}));
  EXPECT_EQ(messageFor("d.npy", good.substr(0, 9)),
            "d.npy: array 'x': truncated: the file ends inside the header");
  EXPECT_EQ(messageFor("d.npy", good.substr(0, good.size() - 1)),
            "d.npy: array 'x': truncated: 16 bytes of data expected, 15 there");
  // A file that shrinks after it was opened.
  llvm::cantFail(writeFile(place("s.npy"), good));
  NpzFile file = valueOf(NpzFile::open(place("s.npy")));
  ASSERT_EQ(::truncate(place("s.npy").c_str(), good.size() - 4), 0);
  EXPECT_EQ(messageOf(file.load("x")),
            place("s.npy") + ": array 'x': truncated: the data ends early");
}

TEST_F(NpyDamaged, ChecksumsOfArchives) {
  for (bool compress : {false, true}) {
    std::vector<float> values(1000);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(i % 7);
    writeZip(place("d.npz"), {{"x.npy", npy("<f4", "(1000,)", bytesOf(values))}}, compress);
    std::string bytes = valueOf(readFile(place("d.npz")));
    bytes[compress ? 120 : 2000] ^= 0x11;
    EXPECT_NE(messageFor("e.npz", bytes).find("e.npz: array 'x': "), std::string::npos)
        << messageFor("e.npz", bytes);
  }
}

TEST_F(NpyDamaged, MembersOfArchives) {
  const std::string data = bytesOf<float>({1, 2, 3, 4});
  writeZip(place("d.npz"), {{"x.npy", npy("<f4", "(4,)", data)}});
  const std::string good = valueOf(readFile(place("d.npz")));
  ASSERT_NE(good.find(data), std::string::npos);
  std::string flipped = good;
  flipped[good.find(data) + 1] ^= 0x11;
  EXPECT_EQ(messageFor("e.npz", flipped), "e.npz: array 'x': damaged archive member: CRC error");
  std::string method = good; // of compression, in the archive's directory
  method[good.find("PK\x01\x02") + 10] = 97;
  EXPECT_EQ(messageFor("m.npz", method), "m.npz: array 'x': cannot read the archive member: "
                                         "Compression method not supported");
}

TEST_F(NpyDamaged, RandomDamageNeverCrashes) {
  const std::string array = npy("<f4", "(4, 2)", std::string(32, 'a'));
  writeZip(place("good.npz"), {{"x.npy", array}, {"y.npy", array}}, true);
  const std::string archive = valueOf(readFile(place("good.npz")));
  Random random(5);
  for (int i = 0; i < 1500; ++i) {
    const bool zipped = i % 2;
    std::string bytes = zipped ? archive : array;
    bytes[random.integer(0, bytes.size() - 1)] = static_cast<char>(random.integer(0, 255));
    if (random.integer(0, 3) == 0)
      bytes.resize(random.integer(0, bytes.size()));
    messageFor(zipped ? "r.npz" : "r.npy", bytes);
  }
}

TEST_F(NpyDamaged, Writing) {
  EXPECT_EQ(messageOf(writeNpz(place("o.npz"), {})), place("o.npz") + ": no arrays to write");
  EXPECT_EQ(messageOf(writeNpz(place("o.npz"), {{"w", Tensor::zeros(DType::BF16, {1})}})),
            place("o.npz") + ": array 'w': bf16 has no numpy dtype; convert the array to f32 "
                             "before writing it");
  EXPECT_EQ(messageOf(writeNpz(place("no/o.npz"), {{"w", Tensor::zeros(DType::F32, {1})}})),
            place("no/o.npz") + ": cannot create a file there: No such file or directory");
  EXPECT_EQ(messageOf(writeNpy(place("no/o.npy"), Tensor::zeros(DType::F32, {1}))),
            place("no/o.npy") + ": cannot create a file there: No such file or directory");
  EXPECT_TRUE(scratch.files().empty());
}
