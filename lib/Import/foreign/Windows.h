//===- Windows.h - the windows of convolutions and pools, as foreign ops give them ----===//

#ifndef QOPT_LIB_IMPORT_FOREIGN_WINDOWS_H
#define QOPT_LIB_IMPORT_FOREIGN_WINDOWS_H

#include "Reader.h"

namespace qopt::importer {

/// Two spatial dimensions each.
struct Window {
  llvm::SmallVector<int64_t, 2> kernel, stride, dilation, before, after;

  /// How often the window fits into `size` along dimension i.
  int64_t positions(int64_t size, int i) const {
    const int64_t extent = (kernel[i] - 1) * dilation[i] + 1;
    const int64_t room = size + before[i] + after[i] - extent;
    return room < 0 ? 0 : room / stride[i] + 1;
  }

  void describe(OnnxNode &node) const {
    setInts(node, "strides", stride);
    setInts(node, "dilations", dilation);
    setInts(node, "pads", {before[0], before[1], after[0], after[1]});
  }
};

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_FOREIGN_WINDOWS_H
