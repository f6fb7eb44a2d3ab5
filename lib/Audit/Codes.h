//===- Codes.h - elements of a run's values as numbers ------------------------------===//

#ifndef QOPT_LIB_AUDIT_CODES_H
#define QOPT_LIB_AUDIT_CODES_H

#include "qopt/Pipelines/Model.h"

namespace qopt::audit {

/// Element `i` of an integer array.
inline int64_t codeAt(const Tensor &data, int64_t i) {
  switch (data.dtype()) {
  case DType::U8:
    return data.data<uint8_t>()[i];
  case DType::I8:
    return data.data<int8_t>()[i];
  case DType::U16:
    return data.data<uint16_t>()[i];
  case DType::I16:
    return data.data<int16_t>()[i];
  default:
    return data.data<int32_t>()[i];
  }
}

/// Element `i` of a value as a real number (N3 for codes).
inline double realAt(const Record &record, int64_t i) {
  if (!record.isCodes)
    return record.data.data<float>()[i];
  return static_cast<double>(codeAt(record.data, i) - record.zeroPoint) * record.scale;
}

} // namespace qopt::audit

#endif // QOPT_LIB_AUDIT_CODES_H
