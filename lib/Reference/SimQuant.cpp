//===- SimQuant.cpp - arrays in the simulation's arithmetic --------------------------===//

#include "lib/Reference/SimQuant.h"

#include "llvm/Support/ErrorHandling.h"

using namespace qopt;
using namespace qopt::reference;

/// Grids by channel (one if per tensor).
static std::vector<sim::Grid> gridsOf(const TensorQuant &quant) {
  std::vector<sim::Grid> grids;
  for (size_t c = 0; c < quant.scales.size(); ++c)
    grids.emplace_back(quant, c);
  return grids;
}

Tensor sim::fakeQuantize(const Tensor &values, const TensorQuant &quant) {
  Tensor result = Tensor::empty(DType::F32, values.shape());
  const float *in = values.data<float>();
  float *out = result.data<float>();
  const std::vector<Grid> grids = gridsOf(quant);
  forEachChannelled(values.shape(), quant.axis, [&](int64_t i, int64_t c) {
    out[i] = grids[c].real(grids[c].quantize(in[i]));
  });
  return result;
}

std::vector<double> sim::recoverAll(const Tensor &values, const TensorQuant &quant) {
  std::vector<double> result(values.numElements());
  const float *in = values.data<float>();
  const std::vector<Grid> grids = gridsOf(quant);
  forEachChannelled(values.shape(), quant.axis,
                    [&](int64_t i, int64_t c) { result[i] = grids[c].recover(in[i]); });
  return result;
}

template <typename T> static void encodeTo(const Tensor &values, const TensorQuant &quant, T *out) {
  const float *in = values.data<float>();
  const std::vector<sim::Grid> grids = gridsOf(quant);
  sim::forEachChannelled(values.shape(), quant.axis, [&](int64_t i, int64_t c) {
    out[i] = static_cast<T>(grids[c].recover(in[i]) + grids[c].zero);
  });
}

template <typename T>
static void decodeFrom(const T *in, const TensorQuant &quant, Tensor &result) {
  float *out = result.data<float>();
  const std::vector<sim::Grid> grids = gridsOf(quant);
  sim::forEachChannelled(result.shape(), quant.axis, [&](int64_t i, int64_t c) {
    out[i] = grids[c].real(static_cast<double>(in[i]) - grids[c].zero);
  });
}

Tensor sim::encode(const Tensor &values, const TensorQuant &quant) {
  Tensor result = Tensor::empty(quant.codeDType(), values.shape());
  switch (quant.codeDType()) {
  case DType::I8:
    encodeTo(values, quant, result.data<int8_t>());
    break;
  case DType::U8:
    encodeTo(values, quant, result.data<uint8_t>());
    break;
  case DType::I16:
    encodeTo(values, quant, result.data<int16_t>());
    break;
  default:
    encodeTo(values, quant, result.data<uint16_t>());
  }
  return result;
}

Tensor sim::decode(const Tensor &codes, const TensorQuant &quant) {
  Tensor result = Tensor::empty(DType::F32, codes.shape());
  switch (codes.dtype()) {
  case DType::I8:
    decodeFrom(codes.data<int8_t>(), quant, result);
    break;
  case DType::U8:
    decodeFrom(codes.data<uint8_t>(), quant, result);
    break;
  case DType::I16:
    decodeFrom(codes.data<int16_t>(), quant, result);
    break;
  default:
    decodeFrom(codes.data<uint16_t>(), quant, result);
  }
  return result;
}
