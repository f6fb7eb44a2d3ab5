//===- QParams.cpp - scales, zero points and lookup tables -----------------------------===//
//
// See QParams.h and docs/Numerics.md.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/QParams.h"
#include "qopt/Support/Numerics.h"
#include "qopt/Support/PerIsa.h"
#include "qopt/Support/Text.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace qopt {

static int32_t storageMin(int bits, bool isSigned) { return isSigned ? -(1 << (bits - 1)) : 0; }

static int32_t storageMax(int bits, bool isSigned) {
  return isSigned ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
}

QuantRange QuantRange::make(int bits, bool isSigned, bool symmetric, bool narrow) {
  assert(bits >= 2 && bits <= 16 && "storage width out of range");
  QuantRange range{bits, isSigned, storageMin(bits, isSigned), storageMax(bits, isSigned),
                   symmetric};
  if (narrow && isSigned)
    ++range.qmin;
  return range;
}

static int32_t symmetricZeroPoint(const QuantRange &range) {
  // The middle of an even number of codes is the upper one: 128 of 0..255.
  return range.isSigned ? 0 : (range.qmin + range.qmax + 1) / 2;
}

llvm::Error checkQuantRange(const QuantRange &range, llvm::StringRef where) {
  if (range.bits < 2 || range.bits > 16)
    return makeError(where + ": expected a width of 2 to 16 bits, got " +
                     std::to_string(range.bits));
  const int32_t low = storageMin(range.bits, range.isSigned);
  const int32_t high = storageMax(range.bits, range.isSigned);
  const std::string got = std::to_string(range.qmin) + " to " + std::to_string(range.qmax);
  if (range.qmin < low || range.qmax > high || range.qmin >= range.qmax)
    return makeError(where + ": expected codes within " + std::to_string(low) + " to " +
                     std::to_string(high) + " (" + std::to_string(range.bits) + " bits, " +
                     (range.isSigned ? "signed" : "unsigned") +
                     ") with quant_min below quant_max, got " + got);
  const int32_t zero = symmetricZeroPoint(range);
  if (range.symmetric && (range.qmin >= zero || range.qmax <= zero))
    return makeError(where + ": a symmetric range needs codes on both sides of its zero point " +
                     std::to_string(zero) + ", got " + got +
                     "; widen quant_min and quant_max or use an affine scheme");
  return llvm::Error::success();
}

llvm::Error checkRange(float lo, float hi, llvm::StringRef where) {
  const std::string got = "[" + std::to_string(lo) + ", " + std::to_string(hi) + "]";
  if (!std::isfinite(lo) || !std::isfinite(hi))
    return makeError(where + ": the range " + got +
                     " is not finite; look for NaN or infinity in the data and the weights");
  if (lo > hi)
    return makeError(where + ": the range " + got + " is empty");
  if (!std::isfinite(std::max(hi, 0.0f) - std::min(lo, 0.0f)))
    return makeError(where + ": the width of the range " + got + " overflows f32");
  return llvm::Error::success();
}

QParams chooseQParams(float lo, float hi, const QuantRange &range) {
  assert(range.qmin < range.qmax && "no codes");
  assert(std::isfinite(lo) && std::isfinite(hi) && lo <= hi && "checkRange comes first");
  lo = std::min(lo, 0.0f);
  hi = std::max(hi, 0.0f);
  QParams params;
  if (range.symmetric) {
    params.zeroPoint = symmetricZeroPoint(range);
    if (lo == 0.0f && hi == 0.0f)
      return params;
    const auto codes = static_cast<float>(range.qmax - params.zeroPoint);
    params.scale = std::max(std::max(-lo, hi) / codes, kScaleFloor);
    return params;
  }
  if (lo == 0.0f && hi == 0.0f) {
    params.zeroPoint = range.qmin;
    return params;
  }
  params.scale = std::max((hi - lo) / static_cast<float>(range.qmax - range.qmin), kScaleFloor);
  const auto zero = range.qmin - static_cast<int32_t>(numerics::roundHalfEven(lo / params.scale));
  params.zeroPoint = std::clamp(zero, range.qmin, range.qmax);
  return params;
}

float weightScaleFloor(float bias, float inputScale) {
  return std::fabs(bias) / (inputScale * 0x1p30f);
}

namespace {
/// A grid as f32: codes minus the zero point, which are exact.
struct Grid {
  float scale, low, high;
  int32_t zeroPoint;
};
constexpr size_t kLanes = 16;

/// One code. After the clamp numbers are so small that adding 1.5 * 2^23 rounds half to even, for
/// which plain x86-64 has no instruction.
QOPT_INLINE int8_t codeOf(float value, const Grid &grid) {
  constexpr float kMagic = 0x1.8p23f;
  float x = value / grid.scale;
  x = x == x ? x : 0.0f;
  x = x < grid.low ? grid.low : x;
  x = x > grid.high ? grid.high : x;
  return static_cast<int8_t>(static_cast<int32_t>((x + kMagic) - kMagic) + grid.zeroPoint);
}
} // namespace

QOPT_PER_ISA static bool quantizeLine(const float *from, size_t count, Grid grid, int8_t *codes) {
  float poison[kLanes] = {}; // x - x is 0 for finite x, else NaN, which stays
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (size_t l = 0; l < kLanes; ++l) {
      codes[i + l] = codeOf(from[i + l], grid);
      poison[l] += from[i + l] - from[i + l];
    }
  for (; i < count; ++i) {
    codes[i] = codeOf(from[i], grid);
    poison[0] += from[i] - from[i];
  }
  bool finite = true;
  for (const float lane : poison)
    finite &= lane == 0.0f;
  return finite;
}

bool quantizeAll(llvm::ArrayRef<float> values, const QParams &params, int32_t qmin, int32_t qmax,
                 int8_t *codes) {
  const Grid grid = {params.scale, static_cast<float>(qmin - params.zeroPoint),
                     static_cast<float>(qmax - params.zeroPoint), params.zeroPoint};
  return quantizeLine(values.data(), values.size(), grid, codes);
}

static uint8_t tableEntry(uint8_t byte, llvm::function_ref<double(double)> function,
                          const CodeSpace &input, const CodeSpace &output) {
  const int32_t raw = input.isSigned ? static_cast<int8_t>(byte) : byte;
  const int32_t code = std::clamp(raw, input.qmin, input.qmax);
  const float x = numerics::dequantize(code, input.scale, input.zeroPoint);
  const auto y = static_cast<float>(function(x));
  return static_cast<uint8_t>(
      numerics::quantize(y, output.scale, output.zeroPoint, output.qmin, output.qmax));
}

ByteTable buildTable(llvm::function_ref<double(double)> function, const CodeSpace &input,
                     const CodeSpace &output) {
  ByteTable table;
  for (int byte = 0; byte < 256; ++byte)
    table[byte] = tableEntry(static_cast<uint8_t>(byte), function, input, output);
  return table;
}

ByteTable requantizeTable(const CodeSpace &input, const CodeSpace &output) {
  return buildTable([](double x) { return x; }, input, output);
}

} // namespace qopt
