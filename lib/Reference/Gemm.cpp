//===- Gemm.cpp - the two exact matrix products of the oracle -------------------------===//
//
// One plain loop nest each; on x86-64 a second copy is compiled for AVX2 and taken where
// the CPU has it.
//
//===-----------------------------------------------------------------------------===//

#include "lib/Reference/Gemm.h"

#include <algorithm>

#define QOPT_INLINE inline __attribute__((always_inline))

namespace {

constexpr int64_t kRows = 4;
constexpr int64_t kColumns = 8;

/// ROWS x kColumns of the result, held in registers over all of k.
template <int64_t ROWS>
QOPT_INLINE void tileF64(int64_t n, int64_t k, const double *a, const double *b, double *c) {
  double sum[ROWS][kColumns] = {};
  for (int64_t p = 0; p < k; ++p)
    for (int64_t i = 0; i < ROWS; ++i)
      for (int64_t j = 0; j < kColumns; ++j)
        sum[i][j] += a[i * k + p] * b[p * n + j];
  for (int64_t i = 0; i < ROWS; ++i)
    for (int64_t j = 0; j < kColumns; ++j)
      c[i * n + j] = sum[i][j];
}

QOPT_INLINE void edgeF64(int64_t rows, int64_t columns, int64_t n, int64_t k, const double *a,
                         const double *b, double *c) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (int64_t p = 0; p < k; ++p)
        sum += a[i * k + p] * b[p * n + j];
      c[i * n + j] = sum;
    }
}

QOPT_INLINE void bodyF64(int64_t m, int64_t n, int64_t k, const double *a, const double *b,
                         double *c) {
  for (int64_t j = 0; j < n; j += kColumns) {
    const int64_t columns = std::min(kColumns, n - j);
    int64_t i = 0;
    if (columns == kColumns) {
      for (; i + kRows <= m; i += kRows)
        tileF64<kRows>(n, k, a + i * k, b + j, c + i * n + j);
      for (; i < m; ++i)
        tileF64<1>(n, k, a + i * k, b + j, c + i * n + j);
    }
    edgeF64(m - i, columns, n, k, a + i * k, b + j, c + i * n + j);
  }
}

template <typename Acc>
QOPT_INLINE void bodyI16(int64_t m, int64_t n, int64_t k, const int16_t *a, const int16_t *b,
                         Acc *c) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const int16_t *left = a + i * k, *right = b + j * k;
      Acc sum = 0;
      for (int64_t p = 0; p < k; ++p)
        sum += static_cast<Acc>(left[p]) * static_cast<Acc>(right[p]);
      c[i * n + j] = sum;
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void avx2F64(int64_t m, int64_t n, int64_t k, const double *a,
                                             const double *b, double *c) {
  bodyF64(m, n, k, a, b, c);
}
__attribute__((target("avx2"))) void avx2I16(int64_t m, int64_t n, int64_t k, const int16_t *a,
                                             const int16_t *b, int32_t *c) {
  bodyI16(m, n, k, a, b, c);
}
bool hasAvx2() { return __builtin_cpu_supports("avx2"); }
#else
constexpr auto avx2F64 = bodyF64;
constexpr auto avx2I16 = bodyI16<int32_t>;
bool hasAvx2() { return false; }
#endif

} // namespace

void qopt::reference::gemmF64(int64_t m, int64_t n, int64_t k, const double *a, const double *b,
                              double *c) {
  if (hasAvx2())
    return avx2F64(m, n, k, a, b, c);
  bodyF64(m, n, k, a, b, c);
}

void qopt::reference::gemmI16(int64_t m, int64_t n, int64_t k, const int16_t *a, const int16_t *b,
                              int32_t *c) {
  if (hasAvx2())
    return avx2I16(m, n, k, a, b, c);
  bodyI16(m, n, k, a, b, c);
}

void qopt::reference::gemmI16Wide(int64_t m, int64_t n, int64_t k, const int16_t *a,
                                  const int16_t *b, int64_t *c) {
  bodyI16(m, n, k, a, b, c);
}
