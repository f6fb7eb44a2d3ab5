//===- Sqnr.h - signal to quantization noise --------------------------------------------===//

#ifndef QOPT_LIB_AUDIT_SQNR_H
#define QOPT_LIB_AUDIT_SQNR_H

#include <cmath>
#include <limits>

namespace qopt::audit {

/// Decibels of two sums of squares: infinite without noise, NaN where a side is no number.
inline double decibels(double signal, double noise) {
  return noise == 0.0 ? std::numeric_limits<double>::infinity() : 10.0 * std::log10(signal / noise);
}

} // namespace qopt::audit

#endif // QOPT_LIB_AUDIT_SQNR_H
