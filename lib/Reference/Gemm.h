//===- Gemm.h - the two exact matrix products of the oracle ---------------------------===//
//
// Both are exact on the integers they are given (f64 below 2^53, i32 by the bound that
// the caller has checked), so neither the order of summation nor the instructions matter.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_GEMM_H
#define QOPT_REFERENCE_GEMM_H

#include <cstdint>

namespace qopt::reference {

/// c[m][n] = sum over k of a[m][k] * b[k][n]; all row-major.
void gemmF64(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c);

/// c[m][n] = sum over k of a[m][k] * b[n][k]: both operands have k contiguous.
void gemmI16(int64_t m, int64_t n, int64_t k, const int16_t *a, const int16_t *b, int32_t *c);
/// The same in i64, for sums that might leave i32.
void gemmI16Wide(int64_t m, int64_t n, int64_t k, const int16_t *a, const int16_t *b, int64_t *c);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_GEMM_H
