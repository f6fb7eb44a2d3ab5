//===- Windows.h - which inputs a mean is taken over (N9) -----------------------------===//

#ifndef QOPT_LIB_LOWEROUT_WINDOWS_H
#define QOPT_LIB_LOWEROUT_WINDOWS_H

#include "Codes.h"

namespace qopt::lowerout {

/// The inputs [begin, end) of one output position along an axis, and how many count.
struct Span {
  int64_t begin, end, count;
};

/// Windows of one size that are one stride apart; `low` and `high` is padding, of which `high` is
/// what the last window needs.
struct SlidingWindow {
  int64_t kernel, stride, low, high;
};

struct WindowAxis {
  llvm::SmallVector<Span> spans;
  std::optional<SlidingWindow> sliding; ///< none: windows of different sizes
};

/// Axis 0 = rows, 1 = columns.
WindowAxis windowsOf(nn::AvgPool2dOp op, int axis);
WindowAxis windowsOf(nn::AdaptiveAvgPool2dOp op, int axis);

/// s / (sy * count) in f32 for each output position, row-major.
std::vector<float> meanMultipliers(const WindowAxis &rows, const WindowAxis &columns,
                                   const Codes &in, const Codes &out);
float meanMultiplier(int64_t count, const Codes &in, const Codes &out);

/// Padding behind `size` inputs that `count` windows need; negative where inputs are left over.
int64_t highPadding(int64_t size, int64_t count, int64_t extent, int64_t stride, int64_t low);

} // namespace qopt::lowerout

#endif // QOPT_LIB_LOWEROUT_WINDOWS_H
