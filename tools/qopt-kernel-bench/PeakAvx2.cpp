//===- PeakAvx2.cpp - rate of vpmaddwd + vpaddd on registers ---------------------===//

#include "Bench.h"

#include <immintrin.h>

double bench::peakAvx2() {
  const int steps = 20000, chains = 10;
  __m256i acc[chains];
  for (__m256i &a : acc)
    a = _mm256_setzero_si256();
  const __m256i w = _mm256_set1_epi32(0x00010002);
  const double seconds = fewestSeconds(30, [&] {
    for (int i = 0; i < steps; ++i)
#pragma unroll
      for (int j = 0; j < chains; ++j) {
        __m256i t;
        __asm__ volatile("vpmaddwd %2, %2, %1\n\tvpaddd %1, %0, %0"
                         : "+x"(acc[j]), "=&x"(t)
                         : "x"(w));
      }
  });
  return double(steps) * chains * 16 / seconds;
}
