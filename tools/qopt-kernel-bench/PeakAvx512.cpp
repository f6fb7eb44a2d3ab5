//===- PeakAvx512.cpp - rate of vpdpbusd on registers ----------------------------===//

#include "Bench.h"

#include <immintrin.h>

double bench::peakAvx512Vnni() {
  const int steps = 20000, chains = 12;
  __m512i acc[chains];
  for (__m512i &a : acc)
    a = _mm512_setzero_si512();
  const __m512i w = _mm512_set1_epi32(0x01020304);
  const double seconds = fewestSeconds(30, [&] {
    for (int i = 0; i < steps; ++i)
#pragma unroll
      for (int j = 0; j < chains; ++j)
        __asm__ volatile("vpdpbusd %1, %1, %0" : "+v"(acc[j]) : "v"(w));
  });
  return double(steps) * chains * 64 / seconds;
}
