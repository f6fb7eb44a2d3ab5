//===- Finite.h - NaN and infinity in data ------------------------------------------===//

#ifndef QOPT_SUPPORT_FINITE_H
#define QOPT_SUPPORT_FINITE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <optional>

namespace qopt {

/// Index of the first element that is NaN or infinite.
inline std::optional<int64_t> firstNotFinite(llvm::ArrayRef<float> values) {
  const auto found = llvm::find_if(values, [](float value) { return !std::isfinite(value); });
  return found == values.end() ? std::nullopt : std::optional(found - values.begin());
}

} // namespace qopt

#endif // QOPT_SUPPORT_FINITE_H
