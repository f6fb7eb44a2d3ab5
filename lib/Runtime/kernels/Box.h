//===- Box.h - walking strided operands in long runs -----------------------------===//
//
// The params describe operands by dims and strides. Here dims that lie one behind the
// other in every operand are merged, so that the innermost run is as long as it can be.
// The result of the op is always contiguous over the dims.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_BOX_H
#define QRT_KERNELS_BOX_H

#include "kernels/Kernel.h"

namespace {

template <int Operands> struct Box {
  static constexpr int maxRank = QRT_MAX_RANK + 1;
  int rank = 0;
  int64_t dims[maxRank];
  int64_t strides[Operands][maxRank];

  /// Adds an inner dim; merges it into the one before where all operands allow.
  void push(int64_t dim, const int64_t (&stride)[Operands]) {
    if (dim == 1)
      return;
    bool merge = rank > 0;
    for (int i = 0; merge && i < Operands; ++i)
      merge = strides[i][rank - 1] == stride[i] * dim;
    if (!merge)
      dims[rank++] = 1;
    dims[rank - 1] *= dim;
    for (int i = 0; i < Operands; ++i)
      strides[i][rank - 1] = stride[i];
  }

  /// Call when all dims are in: a box of one element still has one dim.
  void finish() {
    if (rank > 0)
      return;
    rank = 1;
    dims[0] = 1;
    for (int i = 0; i < Operands; ++i)
      strides[i][0] = 1;
  }

  int64_t elements() const {
    int64_t result = 1;
    for (int i = 0; i < rank; ++i)
      result *= dims[i];
    return result;
  }

  int64_t inner() const { return dims[rank - 1]; }
  int64_t innerStride(int operand) const { return strides[operand][rank - 1]; }

  /// Offset in `operand` of the `index`-th position over the first `count` dims.
  int64_t offset(int operand, int64_t index, int count) const {
    int64_t result = 0;
    for (int i = count - 1; i >= 0; --i) {
      result += index % dims[i] * strides[operand][i];
      index /= dims[i];
    }
    return result;
  }

  /// Calls body(out, offsets, n) for each piece of an innermost run inside of `range`,
  /// which counts elements of the contiguous result.
  template <typename Body> void forRuns(Range range, Body body) const {
    for (int64_t at = range.begin; at < range.end;) {
      const int64_t run = at / inner(), begin = at % inner();
      int64_t n = inner() - begin;
      n = n < range.end - at ? n : range.end - at;
      int64_t offsets[Operands];
      for (int i = 0; i < Operands; ++i)
        offsets[i] = offset(i, run, rank - 1) + begin * innerStride(i);
      body(at, offsets, n);
      at += n;
    }
  }
};

} // namespace

#endif // QRT_KERNELS_BOX_H
