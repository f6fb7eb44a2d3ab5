//===- DynamicTest.cpp - linear layers with dynamic quantization, row by row ------===//

#include "Rows.h"

#include <cfloat>
#include <cmath>
#include <limits>

using namespace qopt::test;

namespace {

const float infinity = std::numeric_limits<float>::infinity();

Bytes bytesOf(const std::vector<float> &values) {
  Bytes bytes(values.size() * 4);
  if (!values.empty())
    memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<float> normal(size_t count, float spread, std::mt19937 &rng) {
  std::normal_distribution<float> draw(0.0f, spread);
  std::vector<float> values(count);
  for (float &value : values)
    value = draw(rng);
  return values;
}

/// What an input looks like beside its normal numbers.
enum class Input { Normal, NotFinite, Zeros, Tiny, Huge, Positive, Constant, Ties };

std::vector<float> makeInput(Input kind, size_t count, std::mt19937 &rng) {
  std::vector<float> x = normal(count, 2.0f, rng);
  for (size_t i = 0; i < count; ++i)
    switch (kind) {
    case Input::Normal:
      break;
    case Input::NotFinite:
      if (i % 5 == 0)
        x[i] = i % 15 == 0 ? NAN : i % 10 == 0 ? infinity : -infinity;
      break;
    case Input::Zeros:
      x[i] = i % 2 ? 0.0f : -0.0f;
      break;
    case Input::Tiny: // (hi - lo) / 255 is 0 for some
      x[i] = std::numeric_limits<float>::denorm_min() * static_cast<float>(i % 3);
      break;
    case Input::Huge: // hi - lo is infinite
      x[i] = i % 2 ? FLT_MAX : -FLT_MAX;
      break;
    case Input::Positive:
      x[i] = std::fabs(x[i]) + 1.0f;
      break;
    case Input::Constant:
      x[i] = -3.25f;
      break;
    case Input::Ties: // scale 1: halves round to even
      x[i] = i == 0 ? -100.0f : i == 1 ? 155.0f : static_cast<float>(i % 90) - 44.5f;
      break;
    }
  return x;
}

struct Shape {
  int32_t rows, k, n;
  int64_t batch;
};

void check(const Shape &shape, Input kind, int variant, std::mt19937 &rng) {
  const bool hasBias = variant & 1, hasResidual = variant & 2, clamps = variant & 4,
             hasZeros = variant & 8;
  qrt_dynamic_linear_params p = {};
  p.rows = shape.rows, p.k = shape.k, p.n = shape.n, p.has_residual = hasResidual;
  p.low = clamps ? 0.0f : -infinity, p.high = clamps ? 6.0f : infinity;
  std::vector<float> scale(shape.n), bias = normal(shape.n, 1.0f, rng);
  std::vector<int32_t> zeros(shape.n);
  for (int32_t c = 0; c < shape.n; ++c) {
    scale[c] = 0.001f * static_cast<float>(1 + rng() % 50);
    zeros[c] = static_cast<int32_t>(rng() % 256) - 128;
  }
  p.scale = scale.data();
  p.bias = hasBias ? bias.data() : nullptr;
  p.weight_zero_point = hasZeros ? zeros.data() : nullptr;
  const Bytes weights = makeCodes(size_t(shape.n) * shape.k, true, Fill::Random, rng);
  const size_t rows = size_t(shape.batch) * shape.rows, results = rows * shape.n;
  std::vector<Bytes> inputs{bytesOf(makeInput(kind, rows * shape.k, rng))};
  if (hasResidual)
    inputs.push_back(bytesOf(normal(results, 3.0f, rng)));
  const std::vector<std::string> ran = expectRowsAgree(
      "dynamic_linear", p, reinterpret_cast<const int8_t *>(weights.data()), inputs, results * 4,
      shape.batch,
      std::to_string(shape.rows) + "x" + std::to_string(shape.k) + "x" + std::to_string(shape.n) +
          ", input " + std::to_string(int(kind)) + ", variant " + std::to_string(variant));
  EXPECT_EQ(!ran.empty(), canRun(QRT_ISA_AVX2) || canRun(QRT_ISA_NEON));
}

} // namespace

TEST(DynamicLinear, Shapes) {
  std::mt19937 rng(1);
  const Shape shapes[] = {{1, 1, 1, 1},   {1, 33, 5, 1},  {1, 64, 17, 3},  {2, 7, 3, 2},
                          {9, 300, 8, 1}, {70, 31, 6, 2}, {5, 1024, 9, 5}, {3, 20000, 4, 1}};
  for (const Shape &shape : shapes)
    for (int variant = 0; variant < 16; ++variant)
      check(shape, Input::Normal, variant, rng);
}

TEST(DynamicLinear, Inputs) {
  std::mt19937 rng(2);
  for (Input kind : {Input::NotFinite, Input::Zeros, Input::Tiny, Input::Huge, Input::Positive,
                     Input::Constant, Input::Ties})
    for (const Shape &shape : {Shape{1, 45, 7, 1}, Shape{13, 40, 5, 2}})
      for (int variant : {0, 1, 7, 9})
        check(shape, kind, variant, rng);
}
