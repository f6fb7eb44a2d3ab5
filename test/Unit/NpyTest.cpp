//===- NpyTest.cpp - numpy's .npy and .npz files ---------------------------------------------===//
//
// Tests of qopt/Support/Npy.h on good files; NpyDamagedTest.cpp has the bad ones.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Npy.h"
#include "NpyTestSupport.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace qopt;
using namespace qopt::test;

static constexpr DType kWritable[] = {DType::F32, DType::F64, DType::F16, DType::I8,
                                      DType::U8,  DType::I16, DType::U16, DType::I32,
                                      DType::U32, DType::I64, DType::U64, DType::Bool};

static Tensor randomTensor(DType dtype, llvm::ArrayRef<int64_t> shape, uint64_t seed) {
  Random random(seed);
  Tensor tensor = Tensor::empty(dtype, shape);
  for (int64_t i = 0; i < tensor.bytes(); ++i)
    tensor.raw()[i] = dtype == DType::Bool ? random.integer(0, 1) : random.integer(0, 255);
  return tensor;
}

static Tensor loadNpy(const ScratchDirectory &scratch, const std::string &bytes) {
  llvm::cantFail(writeFile(scratch / "a.npy", bytes));
  NpzFile file = valueOf(NpzFile::open(scratch / "a.npy"));
  EXPECT_TRUE(file.isSingleArray());
  return valueOf(file.load("x"));
}

TEST(Npy, EveryDTypeAndShapeRoundTrips) {
  ScratchDirectory scratch;
  const std::vector<std::vector<int64_t>> shapes = {{}, {0}, {1}, {7}, {3, 0, 2}, {2, 3, 4, 5}};
  for (DType dtype : kWritable)
    for (const std::vector<int64_t> &shape : shapes) {
      const Tensor tensor = randomTensor(dtype, shape, shape.size());
      ASSERT_EQ(messageOf(writeNpy(scratch / "a.npy", tensor)), "(success)");
      NpzFile file = valueOf(NpzFile::open(scratch / "a.npy"));
      const ArrayInfo info = valueOf(file.info("x"));
      EXPECT_EQ(info.dtype, dtype);
      EXPECT_EQ(info.headerBytes % 64, 0u);
      EXPECT_TRUE(valueOf(file.load("x")).equals(tensor)) << dtypeName(dtype).str();
    }
}

TEST(Npy, ArchivesRoundTripStoredAndDeflated) {
  ScratchDirectory scratch;
  std::map<std::string, Tensor> arrays;
  for (DType dtype : kWritable)
    arrays[dtypeName(dtype).str()] = randomTensor(dtype, {50, 30}, 4);
  arrays["empty"] = Tensor::zeros(DType::F32, {0, 3});
  arrays["layer1.0/weight"] = Tensor::zeros(DType::F32, {1000});
  for (bool compress : {false, true}) {
    const std::string path = scratch / (compress ? "c.npz" : "s.npz");
    ASSERT_EQ(messageOf(writeNpz(path, arrays, compress)), "(success)");
    NpzFile file = valueOf(NpzFile::open(path));
    EXPECT_FALSE(file.isSingleArray());
    EXPECT_EQ(file.names().size(), arrays.size());
    for (const auto &[name, tensor] : arrays) {
      EXPECT_TRUE(file.has(name));
      EXPECT_EQ(valueOf(file.info(name)).shape, tensor.shape().vec());
      EXPECT_TRUE(valueOf(file.load(name)).equals(tensor)) << name;
    }
  }
  EXPECT_LT(std::filesystem::file_size(scratch / "c.npz"),
            std::filesystem::file_size(scratch / "s.npz"));
}

TEST(Npy, TheSameArraysGiveTheSameBytes) {
  ScratchDirectory scratch;
  const std::map<std::string, Tensor> arrays = {{"a", randomTensor(DType::F32, {9}, 1)},
                                                {"b", randomTensor(DType::I64, {2, 2}, 2)}};
  ASSERT_EQ(messageOf(writeNpz(scratch / "1.npz", arrays)), "(success)");
  ASSERT_EQ(messageOf(writeNpz(scratch / "2.npz", arrays)), "(success)");
  EXPECT_EQ(valueOf(readFile(scratch / "1.npz")), valueOf(readFile(scratch / "2.npz")));
  EXPECT_EQ(scratch.files().size(), 2u);
}

TEST(Npy, HeaderIsWhatNumpyWrites) {
  ScratchDirectory scratch;
  ASSERT_EQ(messageOf(writeNpy(scratch / "a.npy", Tensor::zeros(DType::F32, {3}))), "(success)");
  const std::string bytes = valueOf(readFile(scratch / "a.npy"));
  ASSERT_EQ(bytes.size(), 128u + 12u);
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(bytes.substr(10, 57), "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
  EXPECT_EQ(bytes[127], '\n');
  ASSERT_EQ(messageOf(writeNpy(scratch / "b.npy", Tensor::zeros(DType::I8, {3, 4}))), "(success)");
  EXPECT_NE(valueOf(readFile(scratch / "b.npy"))
                .find("{'descr': '|i1', 'fortran_order': False, 'shape': (3, 4), }"),
            std::string::npos);
}

TEST(Npy, VersionsAndSpellings) {
  ScratchDirectory scratch;
  const std::string data = bytesOf<float>({1, 2, 3, 4, 5, 6});
  for (int version : {1, 2, 3}) {
    const Tensor tensor = loadNpy(scratch, npy("<f4", "(2, 3)", data, false, version));
    EXPECT_EQ(tensor.values<float>(), llvm::ArrayRef<float>({1, 2, 3, 4, 5, 6}));
  }
  const Tensor odd = loadNpy(
      scratch,
      npyWithHeader("{\"shape\":(2L,3L),\"descr\":\"<f4\",\"fortran_order\":False}   ", data));
  EXPECT_EQ(odd.shape(), llvm::ArrayRef<int64_t>({2, 3}));
}

TEST(Npy, BigEndian) {
  ScratchDirectory scratch;
  EXPECT_EQ(loadNpy(scratch, npy(">f4", "(1,)", std::string("\x3f\x80\0\0", 4))).values<float>()[0],
            1.0f);
  EXPECT_EQ(
      loadNpy(scratch, npy(">i2", "(2,)", std::string("\x01\x02\xff\xfe", 4))).values<int16_t>(),
      llvm::ArrayRef<int16_t>({0x102, -2}));
  EXPECT_EQ(
      loadNpy(scratch, npy(">i8", "(1,)", std::string("\0\0\0\0\0\0\1\0", 8))).values<int64_t>()[0],
      256);
}

TEST(Npy, FortranOrder) {
  ScratchDirectory scratch;
  // a[i][j][k] = 100 i + 10 j + k of shape (2, 3, 2), first index fastest.
  std::vector<int32_t> columns;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i)
        columns.push_back(100 * i + 10 * j + k);
  const Tensor tensor = loadNpy(scratch, npy("<i4", "(2, 3, 2)", bytesOf(columns), true));
  const std::vector<int32_t> rows = {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};
  EXPECT_EQ(tensor.values<int32_t>(), llvm::ArrayRef<int32_t>(rows));
  NpzFile file = valueOf(NpzFile::open(scratch / "a.npy"));
  EXPECT_EQ(valueOf(file.loadRows("x", 1, 2)).values<int32_t>(),
            llvm::ArrayRef<int32_t>(rows).drop_front(6));
}

TEST(Npy, AnyByteButZeroIsTrue) {
  ScratchDirectory scratch;
  EXPECT_EQ(loadNpy(scratch, npy("|b1", "(3,)", std::string("\0\2\xff", 3))).values<bool>(),
            llvm::ArrayRef<bool>({false, true, true}));
}

/// Any sequence of row ranges, forward and back, equals slices of the whole.
TEST(Npy, RowRanges) {
  ScratchDirectory scratch;
  const Tensor a = randomTensor(DType::F32, {500, 3, 7}, 1);
  const Tensor b = randomTensor(DType::U8, {500, 100}, 2);
  ASSERT_EQ(messageOf(writeNpz(scratch / "s.npz", {{"a", a}, {"b", b}})), "(success)");
  ASSERT_EQ(messageOf(writeNpz(scratch / "c.npz", {{"a", a}, {"b", b}}, true)), "(success)");
  ASSERT_EQ(messageOf(writeNpy(scratch / "x.npy", a)), "(success)");
  Random random(3);
  for (const char *name : {"s.npz", "c.npz", "x.npy"}) {
    NpzFile file = valueOf(NpzFile::open(scratch / name));
    for (int i = 0; i < 200; ++i) {
      const int64_t begin = random.integer(0, 500);
      const int64_t end = random.integer(begin, std::min<int64_t>(500, begin + 40));
      const bool second = !file.isSingleArray() && random.integer(0, 1);
      const Tensor rows = valueOf(file.loadRows(file.isSingleArray() ? "x"
                                                : second             ? "b"
                                                                     : "a",
                                                begin, end));
      ASSERT_TRUE(rows.equals((second ? b : a).slice(begin, end)));
    }
    for (int64_t begin = 0; begin < 500; begin += 128) {
      const int64_t end = std::min<int64_t>(500, begin + 128);
      ASSERT_TRUE(valueOf(file.loadRows(file.names()[0], begin, end)).equals(a.slice(begin, end)));
    }
  }
}

TEST(Npy, OtherMembersAreNoArrays) {
  ScratchDirectory scratch;
  writeZip(scratch / "a.npz",
           {{"readme.txt", "hello"}, {"x.npy", npy("<f4", "(1,)", bytesOf<float>({2}))}});
  NpzFile file = valueOf(NpzFile::open(scratch / "a.npz"));
  EXPECT_EQ(file.names(), std::vector<std::string>{"x"});
}
