//===- TensorTest.cpp - host arrays ------------------------------------------------------===//
//
// Tests of qopt/Support/Tensor.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Tensor.h"
#include "TestSupport.h"

#include <gtest/gtest.h>

using namespace qopt;
using namespace qopt::test;

static constexpr DType kAll[] = {DType::F32, DType::F64, DType::F16, DType::BF16, DType::I8,
                                 DType::U8,  DType::I16, DType::U16, DType::I32,  DType::U32,
                                 DType::I64, DType::U64, DType::Bool};

TEST(Tensor, AllocatesAlignedForEveryDType) {
  for (DType dtype : kAll) {
    const Tensor tensor = Tensor::zeros(dtype, {3, 5});
    EXPECT_EQ(tensor.numElements(), 15);
    EXPECT_EQ(tensor.bytes(), 15 * static_cast<int64_t>(dtypeSize(dtype)));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.raw()) % 64, 0u) << dtypeName(dtype).str();
    for (int64_t i = 0; i < tensor.bytes(); ++i)
      ASSERT_EQ(tensor.raw()[i], 0);
  }
  EXPECT_FALSE(static_cast<bool>(Tensor()));
}

TEST(Tensor, EmptyAndScalarShapes) {
  EXPECT_EQ(Tensor::empty(DType::F32, {}).numElements(), 1);
  EXPECT_EQ(Tensor::empty(DType::F32, {0, 7}).numElements(), 0);
  EXPECT_TRUE(static_cast<bool>(Tensor::empty(DType::F32, {0})));
  // Other sizes do not matter when one is 0.
  EXPECT_EQ(checkedNumElements({INT64_MAX, INT64_MAX, 0}), 0);
}

TEST(Tensor, SizesAreChecked) {
  EXPECT_FALSE(checkedNumElements({-1, 2}).has_value());
  EXPECT_FALSE(checkedNumElements({INT64_MAX, 2}).has_value());
  EXPECT_FALSE(checkedNumBytes(DType::F64, {INT64_MAX / 4}).has_value());
  EXPECT_EQ(checkedNumBytes(DType::F64, {4, 4}), 128);
  EXPECT_EQ(messageOf(Tensor::create(DType::F32, {2, -3})), "negative size in shape 2x?");
  EXPECT_EQ(messageOf(Tensor::create(DType::F32, {INT64_MAX, 2})),
            "an array of shape 9223372036854775807x2 and type f32 is larger than the address "
            "space");
}

#if !defined(__has_feature) || !__has_feature(address_sanitizer)
TEST(Tensor, LackOfMemoryIsAnError) {
  EXPECT_EQ(messageOf(Tensor::create(DType::U8, {int64_t(1) << 62})),
            "not enough memory for an array of shape 4611686018427387904 and type u8 (4.0 EiB)");
}
#endif

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor tensor = Tensor::full<float>(DType::F32, {4}, 1.0f);
  Tensor shared = tensor;
  Tensor own = tensor.clone();
  tensor.data<float>()[2] = 5.0f;
  EXPECT_EQ(shared.data<float>()[2], 5.0f);
  EXPECT_EQ(own.data<float>()[2], 1.0f);
  EXPECT_TRUE(tensor.equals(shared));
  EXPECT_FALSE(tensor.equals(own));
  EXPECT_FALSE(tensor.equals(tensor.reshaped({2, 2})));
  EXPECT_FALSE(tensor.equals(Tensor()));
  EXPECT_TRUE(Tensor().equals(Tensor()));
}

TEST(Tensor, SlicesRows) {
  const Tensor tensor = Tensor::from<int32_t>(DType::I32, {3, 2}, {0, 1, 2, 3, 4, 5});
  const Tensor rows = tensor.slice(1, 3);
  EXPECT_EQ(rows.shape(), llvm::ArrayRef<int64_t>({2, 2}));
  EXPECT_EQ(rows.values<int32_t>(), llvm::ArrayRef<int32_t>({2, 3, 4, 5}));
  EXPECT_EQ(rows.slice(1, 2).values<int32_t>(), llvm::ArrayRef<int32_t>({4, 5}));
  EXPECT_EQ(tensor.slice(3, 3).numElements(), 0);
  EXPECT_EQ(Tensor::empty(DType::F32, {0, 4}).slice(0, 0).numElements(), 0);
}

TEST(Tensor, ReshapesWithoutCopying) {
  const Tensor tensor = Tensor::zeros(DType::I8, {6});
  const Tensor other = tensor.reshaped({2, 3});
  EXPECT_EQ(other.raw(), tensor.raw());
  EXPECT_EQ(other.dim(1), 3);
}

TEST(Tensor, ConvertsToF32) {
  EXPECT_EQ(Tensor::from<double>(DType::F64, {1}, {0.1}).toF32().data<float>()[0], 0.1f);
  EXPECT_EQ(Tensor::from<int8_t>(DType::I8, {2}, {-128, 127}).toF32().values<float>(),
            llvm::ArrayRef<float>({-128.0f, 127.0f}));
  EXPECT_EQ(Tensor::from<bool>(DType::Bool, {2}, {true, false}).toF32().values<float>(),
            llvm::ArrayRef<float>({1.0f, 0.0f}));
  EXPECT_EQ(Tensor::from<uint64_t>(DType::U64, {1}, {UINT64_MAX}).toF32().data<float>()[0],
            0x1p64f);
  // 2^24 + 1 lies between two floats and goes to the even one.
  EXPECT_EQ(Tensor::from<int32_t>(DType::I32, {1}, {16777217}).toF32().data<float>()[0],
            16777216.0f);
  EXPECT_EQ(Tensor::from<uint16_t>(DType::BF16, {1}, {0x3fc0}).toF32().data<float>()[0], 1.5f);
  const Tensor same = Tensor::zeros(DType::F32, {1});
  EXPECT_EQ(same.toF32().raw(), same.raw());
}

TEST(Tensor, ConvertsToI64) {
  const Tensor labels = valueOf(Tensor::from<uint8_t>(DType::U8, {2}, {3, 255}).toI64());
  EXPECT_EQ(labels.values<int64_t>(), llvm::ArrayRef<int64_t>({3, 255}));
  EXPECT_EQ(messageOf(Tensor::zeros(DType::F16, {1}).toI64()),
            "expected an integer dtype, got f16");
  EXPECT_EQ(messageOf(Tensor::from<uint64_t>(DType::U64, {1}, {UINT64_MAX}).toI64()),
            "the u64 value 18446744073709551615 does not fit i64");
}

TEST(Tensor, HalfPrecisionRoundTrips) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = halfToFloat(bits);
    if (value != value) {
      EXPECT_TRUE((floatToHalf(value) & 0x7fff) > 0x7c00);
      continue;
    }
    ASSERT_EQ(floatToHalf(value), bits);
  }
}

TEST(Tensor, HalfPrecisionRoundsToEven) {
  EXPECT_EQ(floatToHalf(65504.0f), 0x7bff);
  EXPECT_EQ(floatToHalf(65519.9f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(-INFINITY), 0xfc00);
  EXPECT_EQ(floatToHalf(2049.0f), floatToHalf(2048.0f));
  EXPECT_EQ(floatToHalf(2051.0f), floatToHalf(2052.0f));
  EXPECT_EQ(floatToHalf(0x1p-25f), 0);
  EXPECT_EQ(floatToHalf(0x1.8p-25f), 1);
  // The compiler's own half type is the oracle.
  Random random(7);
  for (int i = 0; i < 100000; ++i) {
    const float value =
        static_cast<float>(random.normal() * std::exp2(random.uniform(-30.0, 18.0)));
    const auto half = static_cast<_Float16>(value);
    uint16_t bits;
    memcpy(&bits, &half, sizeof(bits));
    ASSERT_EQ(floatToHalf(value), bits) << value;
  }
}
