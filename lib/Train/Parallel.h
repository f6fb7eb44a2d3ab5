//===- Parallel.h - parts of a tensor on threads ----------------------------------------===//

#ifndef QOPT_LIB_TRAIN_PARALLEL_H
#define QOPT_LIB_TRAIN_PARALLEL_H

#include "qopt/Support/PerIsa.h"
#include "qopt/Train/Kernels.h"

#include <algorithm>
#include <vector>

namespace qopt::train {

/// Calls body(data, part) for each part on up to `threads` threads of libgomp, which a host with
/// OpenMP (torch) shares, so that no two pools compete for the cores.
void runParts(int64_t parts, int threads, void (*body)(void *, int64_t), void *data);

template <typename Body> void forParts(int64_t parts, int threads, Body body) {
  runParts(
      parts, threads, [](void *data, int64_t part) { (*static_cast<Body *>(data))(part); }, &body);
}

/// Elements per part: whole parts stay in the second-level cache.
inline constexpr int64_t kPart = 1 << 14;

/// [begin, end) of `count` elements, in parts of kPart.
template <typename Body> void forRanges(int64_t count, int threads, Body body) {
  forParts((count + kPart - 1) / kPart, threads,
           [&](int64_t part) { body(part * kPart, std::min(count, (part + 1) * kPart)); });
}

/// Rows of one channel (NCHW) or of all channels (inner = 1), in parts of about kPart elements:
/// body(first row, last row).
template <typename Body> void forRows(Extent extent, int threads, Body body) {
  const int64_t size = extent.inner > 1 ? extent.inner : extent.channels;
  const int64_t rows = size ? extent.elements() / size : 0;
  const int64_t step = std::max<int64_t>(1, kPart / std::max<int64_t>(1, size));
  forParts((rows + step - 1) / step, threads,
           [&](int64_t part) { body(part * step, std::min(rows, (part + 1) * step)); });
}

/// Sums over the outer dimension are taken in this many blocks, whatever the number of threads,
/// and added up in order.
inline constexpr int64_t kBlocks = 16;

inline int64_t blockBegin(int64_t rows, int64_t block) { return rows * block / kBlocks; }

} // namespace qopt::train

#endif // QOPT_LIB_TRAIN_PARALLEL_H
