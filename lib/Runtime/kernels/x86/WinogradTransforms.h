//===- WinogradTransforms.h - the integer matrices of F(4,3) and F(2,3) -----------===//
//
// One dimension of B'd, Gg and A'm of pack/WinogradPlan.h on whole vectors: input and weights
// in s16, products modulo 2^32. With F(4,3)
//   B' = 4  0 -5  0  1  0   G =  6  0  0   A' = 1  1  1  1  1  0
//        0 -4 -4  1  1  0       -4 -4 -4        0  1 -1  2 -2  0
//        0  4 -4 -1  1  0       -4  4 -4        0  1  1  4  4  0
//        0 -2 -1  2  1  0        1  2  4        0  1 -1  8 -8  4
//        0  2 -1 -2  1  0        1 -2  4
//        0  4  0 -5  0  1        0  0  6
// and with F(2,3)
//   B' = 1  0 -1  0         G =  2  0  0   A' = 1  1  1  0
//        0  1  1  0              1  1  1        0  1 -1 -1
//        0 -1  1  0              1 -1  1
//        0  1  0 -1              0  0  2
// For codes within +-255 B'dB stays within 100 * 255, for s8 weights GgG' within 144 * 128.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_WINOGRADTRANSFORMS_H
#define QRT_KERNELS_X86_WINOGRADTRANSFORMS_H

#include "pack/WinogradPlan.h"

namespace {

template <typename V> struct Winograd43 {
  typedef typename V::Int Int;
  static constexpr int out = 4, in = 6;
  static const WinogradForm &form() { return winograd43; }

  QRT_INLINE void input(const Int (&d)[6], Int (&v)[6]) {
    const Int even = V::subtractWords(d[4], V::template shiftWords<2>(d[2]));
    const Int odd = V::subtractWords(d[3], V::template shiftWords<2>(d[1]));
    const Int evens = V::subtractWords(d[4], d[2]);
    const Int odds = V::template shiftWords<1>(V::subtractWords(d[3], d[1]));
    v[0] = V::addWords(V::template shiftWords<2>(V::subtractWords(d[0], d[2])), evens);
    v[1] = V::addWords(even, odd);
    v[2] = V::subtractWords(even, odd);
    v[3] = V::addWords(evens, odds);
    v[4] = V::subtractWords(evens, odds);
    v[5] = V::subtractWords(V::subtractWords(d[5], d[3]), V::template shiftWords<1>(odds));
  }

  QRT_INLINE void weights(const Int (&g)[3], Int (&u)[6]) {
    const Int ends = V::template shiftWords<2>(V::addWords(g[0], g[2]));
    const Int middle = V::template shiftWords<2>(g[1]);
    const Int sides = V::addWords(g[0], V::template shiftWords<2>(g[2]));
    const Int twice = V::template shiftWords<1>(g[1]);
    u[0] = six(g[0]);
    u[1] = V::subtractWords(V::subtractWords(V::zero(), ends), middle);
    u[2] = V::subtractWords(middle, ends);
    u[3] = V::addWords(sides, twice);
    u[4] = V::subtractWords(sides, twice);
    u[5] = six(g[2]);
  }

  QRT_INLINE void output(const Int (&m)[6], Int (&y)[4]) {
    const Int sum = V::addInts(m[1], m[2]), difference = V::subtractInts(m[1], m[2]);
    const Int far = V::addInts(m[3], m[4]);
    const Int farTwice = V::template shiftInts<1>(V::subtractInts(m[3], m[4]));
    y[0] = V::addInts(V::addInts(m[0], sum), far);
    y[1] = V::addInts(difference, farTwice);
    y[2] = V::addInts(sum, V::template shiftInts<2>(far));
    y[3] = V::addInts(V::addInts(difference, V::template shiftInts<2>(farTwice)),
                      V::template shiftInts<2>(m[5]));
  }

private:
  QRT_INLINE Int six(Int x) {
    return V::addWords(V::template shiftWords<2>(x), V::template shiftWords<1>(x));
  }
};

template <typename V> struct Winograd23 {
  typedef typename V::Int Int;
  static constexpr int out = 2, in = 4;
  static const WinogradForm &form() { return winograd23; }

  QRT_INLINE void input(const Int (&d)[4], Int (&v)[4]) {
    v[0] = V::subtractWords(d[0], d[2]);
    v[1] = V::addWords(d[1], d[2]);
    v[2] = V::subtractWords(d[2], d[1]);
    v[3] = V::subtractWords(d[1], d[3]);
  }

  QRT_INLINE void weights(const Int (&g)[3], Int (&u)[4]) {
    const Int ends = V::addWords(g[0], g[2]);
    u[0] = V::template shiftWords<1>(g[0]);
    u[1] = V::addWords(ends, g[1]);
    u[2] = V::subtractWords(ends, g[1]);
    u[3] = V::template shiftWords<1>(g[2]);
  }

  QRT_INLINE void output(const Int (&m)[4], Int (&y)[2]) {
    y[0] = V::addInts(V::addInts(m[0], m[1]), m[2]);
    y[1] = V::subtractInts(V::subtractInts(m[1], m[2]), m[3]);
  }
};

} // namespace

#endif // QRT_KERNELS_X86_WINOGRADTRANSFORMS_H
