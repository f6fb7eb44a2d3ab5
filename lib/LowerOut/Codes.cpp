//===- Codes.cpp - quantized types as the numbers that other dialects need ------------===//

#include "Codes.h"

#include "qopt/Support/Numerics.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <algorithm>

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

static constexpr int32_t kMove = 128;

int32_t Codes::quantize(float x) const {
  return numerics::quantize(x, scale, zeroPoint, qmin, qmax);
}

Codes Codes::clampedBy(nn::ActAttr act) const {
  Codes result = *this;
  if (!act || !act.isClamp())
    return result;
  result.qmin = std::max(qmin, quantize(static_cast<float>(act.getLowerBound())));
  result.qmax = std::min(qmax, quantize(static_cast<float>(act.getUpperBound())));
  return result;
}

int32_t Codes::reach() const { return std::max(qmax - zeroPoint, zeroPoint - qmin); }

std::optional<Codes> lowerout::codesOf(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    type = tensor.getElementType();
  auto uniform = dyn_cast<quant::UniformQuantizedType>(type);
  if (!uniform || uniform.getStorageTypeIntegralWidth() > 8)
    return std::nullopt;
  Codes codes;
  codes.moved = !uniform.isSigned();
  const int32_t move = codes.moved ? kMove : 0;
  codes.scale = static_cast<float>(uniform.getScale());
  codes.zeroPoint = static_cast<int32_t>(uniform.getZeroPoint()) - move;
  codes.qmin = static_cast<int32_t>(uniform.getStorageTypeMin()) - move;
  codes.qmax = static_cast<int32_t>(uniform.getStorageTypeMax()) - move;
  return codes;
}

std::vector<int8_t> lowerout::bytesOf(ElementsAttr value) {
  const auto count = static_cast<size_t>(value.getNumElements());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() != count)
      return {};
    const auto *data = reinterpret_cast<const int8_t *>(blob->getData().data());
    return {data, data + count};
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense || !dense.getElementType().isInteger(8))
    return {};
  const ArrayRef<char> raw = dense.getRawData();
  if (dense.isSplat())
    return std::vector<int8_t>(count, static_cast<int8_t>(raw.front()));
  return {raw.begin(), raw.end()};
}

std::vector<int8_t> lowerout::signedBytes(ElementsAttr value, const Codes &codes) {
  std::vector<int8_t> bytes = bytesOf(value);
  if (codes.moved)
    for (int8_t &byte : bytes)
      byte = static_cast<int8_t>(static_cast<uint8_t>(byte) - kMove);
  return bytes;
}

std::vector<int8_t> lowerout::signedTable(ElementsAttr table, const Codes &in, const Codes &out) {
  const std::vector<int8_t> bytes = bytesOf(table);
  std::vector<int8_t> result(bytes.size());
  for (size_t at = 0; at < bytes.size(); ++at) {
    const int32_t code = static_cast<int32_t>(at % 256) - kMove;
    const size_t byte = static_cast<uint8_t>(in.moved ? code + kMove : code);
    const int8_t found = bytes[at / 256 * 256 + byte];
    result[at] = static_cast<int8_t>(out.moved ? static_cast<uint8_t>(found) - kMove : found);
  }
  return result;
}
