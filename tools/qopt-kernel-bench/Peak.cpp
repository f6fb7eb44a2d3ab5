//===- Peak.cpp - what the dot pipe of this core gives right now -----------------===//

#include "Bench.h"

#include <chrono>

double bench::now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double bench::peakMacs(qrt_isa isa) {
#if defined(__x86_64__)
  if (isa == QRT_ISA_AVX2)
    return peakAvx2();
  if (isa == QRT_ISA_AVX512VNNI)
    return peakAvx512Vnni();
#endif
  return 0;
}
