//===- ClassifyTest.cpp - the kind of a difference, from planted faults --------------------===//
//
// One value of a convolution-like layer, computed twice: as it is, and with a fault. The kind
// that the comparison tells must be the fault's.
//
//===------------------------------------------------------------------------------------===//

#include "qopt/Audit/Compare.h"

#include "gtest/gtest.h"

#include <cmath>
#include <functional>
#include <random>

using namespace qopt;

namespace {
constexpr int64_t kChannels = 4, kPixels = 64;
constexpr float kScale = 0.05f;
constexpr double kNone = std::numeric_limits<double>::infinity();

/// Reports one value, which `fill` computes from (sample * channels + channel, pixel).
class OneValue : public Model {
public:
  OneValue(bool isCodes, std::function<float(int64_t, int64_t)> fill)
      : isCodes(isCodes), fill(std::move(fill)) {}
  std::string engineName() const override { return "test"; }
  llvm::Error run(llvm::ArrayRef<Tensor> inputs, llvm::SmallVectorImpl<Tensor> &outputs,
                  RecordCallback record, Substitute) override {
    const int64_t batch = inputs.front().dim(0);
    Record seen;
    seen.name = "y";
    seen.isCodes = isCodes;
    seen.scale = scale;
    seen.qmin = 0;
    seen.qmax = 255;
    seen.zeroPoint = 128;
    seen.data = Tensor::empty(isCodes ? DType::U8 : DType::F32, {batch, kChannels, kPixels});
    for (int64_t i = 0; i < seen.data.numElements(); ++i) {
      const float value = fill(i / kPixels, i % kPixels);
      if (!isCodes)
        seen.data.data<float>()[i] = value;
      else
        seen.data.data<uint8_t>()[i] = static_cast<uint8_t>(
            std::min(255.0f, std::max(0.0f, std::nearbyint(value / kScale) + 128)));
    }
    record(seen);
    return llvm::Error::success();
  }
  float scale = kScale;

private:
  bool isCodes;
  std::function<float(int64_t, int64_t)> fill;
};

/// Smooth, all over the grid.
float value(int64_t row, int64_t pixel) {
  return 5.0f * std::sin(0.37f * static_cast<float>(row * kPixels + pixel));
}

DifferenceKind kindOf(OneValue &&first, OneValue &&second, double worstInput = kNone) {
  Comparison comparison("first", "second");
  EXPECT_FALSE(comparison.add(first, second, {Tensor::zeros(DType::F32, {8, 1})}, 8));
  return classify(comparison.of("y"), worstInput);
}
} // namespace

TEST(Classify, EqualCodes) {
  EXPECT_EQ(kindOf({true, value}, {true, value}), DifferenceKind::None);
}

TEST(Classify, OtherParameters) {
  OneValue other(true, value);
  other.scale = 0.06f;
  EXPECT_EQ(kindOf({true, value}, std::move(other)), DifferenceKind::Parameters);
}

TEST(Classify, BiasShiftsAChannel) {
  const auto shifted = [](int64_t row, int64_t pixel) {
    return value(row, pixel) + (row % kChannels == 2 ? 0.17f : 0.0f);
  };
  EXPECT_EQ(kindOf({true, value}, {true, shifted}), DifferenceKind::Bias);
}

TEST(Classify, WeightsFollowTheInput) {
  const auto scaled = [](int64_t row, int64_t pixel) {
    return value(row, pixel) * (row % kChannels == 2 ? 1.1f : 1.0f);
  };
  EXPECT_EQ(kindOf({true, value}, {true, scaled}), DifferenceKind::Weights);
}

TEST(Classify, RoundingMovesSingleCodes) {
  const auto nudged = [](int64_t row, int64_t pixel) {
    return value(row, pixel) + (pixel % 9 == 0 ? kScale : pixel % 9 == 4 ? -kScale : 0.0f);
  };
  EXPECT_EQ(kindOf({true, value}, {true, nudged}), DifferenceKind::Rounding);
}

TEST(Classify, ClippingTouchesTheEnds) {
  const auto wide = [](int64_t row, int64_t pixel) { return 1.3f * value(row, pixel); };
  const auto cut = [&](int64_t row, int64_t pixel) {
    const float x = wide(row, pixel);
    return x > 6.0f ? 6.0f : x; // the first side reaches the end of its grid there
  };
  const auto top = [&](int64_t row, int64_t pixel) {
    const float x = wide(row, pixel);
    return x > 6.0f ? 8.0f : x;
  };
  EXPECT_EQ(kindOf({true, top}, {true, cut}), DifferenceKind::Clipping);
}

TEST(Classify, OverflowJumpsAcrossTheGrid) {
  const auto wrapped = [](int64_t row, int64_t pixel) {
    const float x = value(row, pixel);
    return x > 4.9f ? -6.0f : x;
  };
  EXPECT_EQ(kindOf({true, value}, {true, wrapped}), DifferenceKind::Overflow);
}

TEST(Classify, AgainstFloat) {
  EXPECT_EQ(kindOf({false, value}, {true, value}), DifferenceKind::Rounding);
  EXPECT_EQ(kindOf({false, value}, {true, value}, /*worstInput=*/10.0), DifferenceKind::Inherited);
  const auto large = [](int64_t row, int64_t pixel) { return 2.0f * value(row, pixel); };
  EXPECT_EQ(kindOf({false, large}, {true, large}), DifferenceKind::Clipping);
  const auto shifted = [](int64_t row, int64_t pixel) { return value(row, pixel) + 0.3f; };
  EXPECT_EQ(kindOf({false, value}, {true, shifted}), DifferenceKind::Bias);
  const auto scaled = [](int64_t row, int64_t pixel) { return 1.1f * value(row, pixel); };
  EXPECT_EQ(kindOf({false, value}, {true, scaled}), DifferenceKind::Weights);
}
