//===- ElementwiseTest.cpp - binary, table, quantize, dequantize rows ------------===//

#include "Rows.h"
#include "qopt/Support/Numerics.h"

#include <cmath>
#include <sstream>

using namespace qopt::test;

namespace {

typedef std::vector<int32_t> Dims;

int64_t count(const Dims &dims) {
  int64_t result = 1;
  for (int32_t dim : dims)
    result *= dim;
  return result;
}

/// Contiguous strides of `dims`; 0 where the dim is 1, as broadcasting wants it.
Dims stridesOf(const Dims &dims) {
  Dims strides(dims.size());
  int32_t stride = 1;
  for (size_t i = dims.size(); i-- > 0; stride *= dims[i])
    strides[i] = dims[i] == 1 ? 0 : stride;
  return strides;
}

template <int N> void put(int32_t (&field)[N], const Dims &values, int32_t fill) {
  for (int i = 0; i < N; ++i) {
    const int at = i - (N - static_cast<int>(values.size()));
    field[i] = at < 0 ? fill : values[at];
  }
}

struct BinaryCase {
  Dims out, a, b; // shapes of one sample; dims of 1 broadcast
  int64_t batch = 2;
  bool constantB = false, aPerSample = true;
};

void checkBinary(const BinaryCase &c, int32_t op, int signs, int32_t zero, Fill fill) {
  qrt_binary_params p = {};
  p.op = op;
  put(p.dims, c.out, 1);
  put(p.a_strides, stridesOf(c.a), 0);
  put(p.b_strides, stridesOf(c.b), 0);
  p.a_batch_stride = c.aPerSample ? static_cast<int32_t>(count(c.a)) : 0;
  p.b_batch_stride = c.constantB ? 0 : static_cast<int32_t>(count(c.b));
  p.a_signed = signs & 1, p.b_signed = signs >> 1 & 1, p.out_signed = signs >> 2 & 1;
  p.a_zero_point = p.a_signed ? zero - 128 : zero;
  p.b_zero_point = p.b_signed ? 127 - zero : 255 - zero;
  p.out_min = p.out_signed ? -128 : 0, p.out_max = p.out_signed ? 127 : 255;
  p.out_zero_point = p.out_signed ? zero - 128 : zero;
  p.a_multiplier = op == 2 ? 0.0039f : 0.5f; // halves make ties
  p.b_multiplier = zero & 1 ? 0.5f : 0.731f;
  std::mt19937 rng(7);
  std::vector<Bytes> inputs;
  inputs.push_back(makeCodes(count(c.a) * (c.aPerSample ? c.batch : 1), p.a_signed, fill, rng));
  const Bytes b = makeCodes(count(c.b) * (c.constantB ? 1 : c.batch), p.b_signed, fill, rng);
  if (c.constantB)
    p.b_data = b.data();
  else
    inputs.push_back(b);
  std::ostringstream what;
  what << "op " << op << " signs " << signs << " zero " << zero << " rank " << c.out.size();
  expectRowsAgree("binary", p, nullptr, inputs, size_t(count(c.out) * c.batch), c.batch,
                  what.str());
}

} // namespace

TEST(Binary, ShapesAndBroadcasts) {
  const BinaryCase cases[] = {
      {{7, 9, 13}, {7, 9, 13}, {7, 9, 13}},
      {{7, 9, 64}, {7, 9, 64}, {1, 1, 64}},
      {{7, 9, 33}, {1, 1, 33}, {7, 9, 33}},
      {{7, 9, 5}, {7, 9, 5}, {7, 9, 1}},
      {{4, 3, 2, 5, 7, 3}, {4, 1, 2, 1, 7, 1}, {1, 3, 1, 5, 1, 3}},
      {{1000}, {1000}, {1}},
      {{1}, {1}, {1}},
      {{5, 100}, {5, 100}, {1, 100}, 3, true},
      {{5, 100}, {1, 100}, {5, 100}, 3, false, false},
  };
  for (const BinaryCase &c : cases)
    for (int32_t op = 0; op < 3; ++op)
      for (int signs = 0; signs < 8; ++signs)
        checkBinary(c, op, signs, 3, Fill::Random);
}

TEST(Binary, ZeroPointsAndExtremes) {
  for (int32_t zero : {0, 1, 127, 128, 255})
    for (int32_t op = 0; op < 3; ++op)
      for (int signs = 0; signs < 8; ++signs)
        for (Fill fill : {Fill::Random, Fill::Extremes, Fill::Alternating})
          checkBinary({{300}, {300}, {300}}, op, signs, zero, fill);
}

TEST(Binary, AllPairsOfCodes) {
  Bytes a(65536), b(65536);
  for (int i = 0; i < 65536; ++i)
    a[i] = static_cast<uint8_t>(i >> 8), b[i] = static_cast<uint8_t>(i);
  qrt_binary_params p = {};
  put(p.dims, {65536}, 1);
  put(p.a_strides, {1}, 0);
  put(p.b_strides, {1}, 0);
  p.a_batch_stride = p.b_batch_stride = 65536;
  p.a_zero_point = 17, p.b_zero_point = 200, p.out_zero_point = 101, p.out_max = 255;
  p.a_multiplier = 0.4375f, p.b_multiplier = 0.5625f;
  for (p.op = 0; p.op < 3; ++p.op)
    expectRowsAgree("binary", p, nullptr, {a, b}, 65536, 1, "all pairs");
}

TEST(Binary, NotANumberGivesTheZeroPoint) {
  qrt_binary_params p = {};
  put(p.dims, {40}, 1);
  put(p.a_strides, {1}, 0);
  put(p.b_strides, {1}, 0);
  p.out_max = 255, p.out_zero_point = 9;
  p.a_multiplier = INFINITY; // 0 * inf
  expectRowsAgree("binary", p, nullptr, {Bytes(40, 0), Bytes(40, 1)}, 40, 1, "NaN");
}

TEST(Table, SharedAndPerChannel) {
  std::mt19937 rng(3);
  for (int32_t channels : {1, 3, 64, 70})
    for (int32_t perChannel : {0, 1})
      for (int64_t batch : {1, 3}) {
        const Bytes table = makeCodes(256 * channels, false, Fill::Random, rng);
        qrt_table_params p = {};
        p.count = channels * 11, p.channels = channels, p.per_channel = perChannel;
        p.table = table.data();
        const Bytes in = makeCodes(size_t(p.count) * batch, false, Fill::Random, rng);
        expectRowsAgree("table", p, nullptr, {in}, in.size(), batch, "table");
      }
}

namespace {

/// Floats around the codes' borders, ties, and what is no number.
Bytes makeFloats(size_t n, float scale, std::mt19937 &rng) {
  std::vector<float> values(n);
  for (float &x : values)
    switch (rng() % 8) {
    case 0:
      x = (static_cast<int32_t>(rng() % 600) - 300 + 0.5f) * scale; // ties
      break;
    case 1:
      x = std::nextafterf((static_cast<int32_t>(rng() % 600) - 300 + 0.5f) * scale, 1e30f);
      break;
    case 2: {
      const float special[] = {NAN,    INFINITY, -INFINITY, -0.0f,
                               1e-42f, 3e38f,    -3e38f,    2147483648.0f};
      x = special[rng() % 8];
      break;
    }
    default:
      x = (static_cast<int32_t>(rng() % 100000) - 50000) / 100.0f * scale;
    }
  Bytes bytes(n * 4);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// NCHW to NHWC: dims (h, w, c) over strides (w, 1, h * w).
void checkQuantize(int32_t h, int32_t w, int32_t c, bool transposed, int64_t batch,
                   int32_t outSigned, int32_t zero) {
  qrt_quantize_params p = {};
  put(p.dims, {h, w, c}, 1);
  put(p.in_strides, transposed ? Dims{w, 1, h * w} : Dims{w * c, c, 1}, 0);
  p.in_batch_stride = h * w * c;
  p.out_signed = outSigned;
  p.out_min = outSigned ? -128 : 0, p.out_max = outSigned ? 127 : 255;
  p.out_zero_point = outSigned ? zero - 128 : zero;
  p.scale = 0.0371f;
  std::mt19937 rng(h * 100 + w);
  const Bytes in = makeFloats(size_t(h) * w * c * batch, p.scale, rng);
  expectRowsAgree("quantize", p, nullptr, {in}, in.size() / 4, batch, "quantize");

  qrt_dequantize_params d = {};
  put(d.dims, {h, w, c}, 1);
  put(d.in_strides, transposed ? Dims{w, 1, h * w} : Dims{w * c, c, 1}, 0);
  d.in_batch_stride = p.in_batch_stride;
  d.in_signed = outSigned, d.in_zero_point = p.out_zero_point, d.scale = p.scale;
  const Bytes codes = makeCodes(in.size() / 4, outSigned, Fill::Random, rng);
  expectRowsAgree("dequantize", d, nullptr, {codes}, in.size(), batch, "dequantize");
}

} // namespace

TEST(Quantize, LayoutsSizesAndSpecialValues) {
  for (int32_t c : {1, 2, 3, 4, 16, 17, 40})
    for (int32_t w : {1, 5, 33, 300})
      for (bool transposed : {false, true})
        for (int64_t batch : {1, 2})
          for (int32_t outSigned : {0, 1})
            checkQuantize(3, w, c, transposed, batch, outSigned, 131);
}

TEST(Quantize, ZeroPoints) {
  for (int32_t zero : {0, 1, 127, 128, 255})
    for (int32_t outSigned : {0, 1})
      checkQuantize(20, 20, 3, true, 1, outSigned, zero);
}
