//===- Isa.cpp - names of the ISAs and what this CPU can run ---------------------===//

#include "qrt/qrt.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static const char *const isaNames[QRT_ISA_COUNT] = {"scalar", "avx2",     "avxvnni",  "avx512vnni",
                                                    "neon",   "neon_dot", "neon_i8mm"};

extern "C" const char *qrt_isa_name(qrt_isa isa) {
  return isa >= 0 && isa < QRT_ISA_COUNT ? isaNames[isa] : "unknown";
}

extern "C" int qrt_isa_from_name(const char *name) {
  for (int i = 0; name && i < QRT_ISA_COUNT; ++i)
    if (strcmp(name, isaNames[i]) == 0)
      return i;
  return -1;
}

#if defined(__x86_64__)

// State components the system saves on a context switch (XCR0).
static uint64_t enabledState() {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t(high) << 32) | low;
}

static int has(unsigned value, unsigned mask) { return (value & mask) == mask; }

static int hasAvx(qrt_isa isa) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !has(c, bit_OSXSAVE | bit_AVX))
    return 0;
  const uint64_t ymm = 0x6, zmm = 0xe6;
  const uint64_t wanted = isa == QRT_ISA_AVX512VNNI ? zmm : ymm;
  if ((enabledState() & wanted) != wanted || !__get_cpuid_count(7, 0, &a, &b, &c, &d) ||
      !has(b, bit_AVX2))
    return 0;
  if (isa == QRT_ISA_AVX512VNNI)
    return has(b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL) &&
           has(c, bit_AVX512VNNI);
  // Leaf 7.0 says in eax how many leaves follow it.
  if (isa == QRT_ISA_AVXVNNI)
    return a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && has(a, bit_AVXVNNI);
  return 1;
}

#endif

extern "C" int qrt_cpu_supports(qrt_isa isa) {
  switch (isa) {
  case QRT_ISA_SCALAR:
    return 1;
#if defined(__x86_64__)
  case QRT_ISA_AVX2:
  case QRT_ISA_AVXVNNI:
  case QRT_ISA_AVX512VNNI:
    return hasAvx(isa);
#elif defined(__aarch64__)
  case QRT_ISA_NEON:
    return 1; // part of the base architecture
  case QRT_ISA_NEON_DOT:
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  case QRT_ISA_NEON_I8MM:
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) && (getauxval(AT_HWCAP2) & HWCAP2_I8MM);
#endif
  default:
    return 0;
  }
}
