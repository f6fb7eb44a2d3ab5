//===- TensorList.h - the values that a program describes ---------------------------===//

#ifndef QOPT_LIB_LOWER_TENSORLIST_H
#define QOPT_LIB_LOWER_TENSORLIST_H

#include "dialects/UKernel/UKernel.h"

namespace qopt::lower {

/// An entry of the program's lists of inputs, outputs or tensors.
struct Described {
  llvm::StringRef name;
  mlir::RankedTensorType type;
  llvm::SmallVector<int64_t> strides;
  bool exact = false;

  bool operator==(const Described &other) const {
    return name == other.name && type == other.type && strides == other.strides &&
           exact == other.exact;
  }
};

/// Row-major strides: how inputs and outputs lie in the caller's memory.
inline llvm::SmallVector<int64_t> rowStrides(mlir::RankedTensorType type) {
  llvm::SmallVector<int64_t> strides(type.getRank());
  int64_t stride = 1;
  for (int64_t i = type.getRank(); i-- > 0;) {
    strides[i] = stride;
    if (i > 0) // only dimension 0 may be unknown
      stride *= type.getDimSize(i);
  }
  return strides;
}

/// The most tensors that one step of the plan makes.
inline int64_t mostTensorsOfStep(ukernel::ProgramOp program) {
  int64_t most = 0, count = 0;
  for (mlir::Operation &op : program.getBody().front()) {
    if (mlir::isa<ukernel::KernelCall>(op))
      count = 0;
    else if (mlir::isa<ukernel::TensorOp>(op))
      most = std::max(most, ++count);
  }
  return most;
}

/// The named tensors of all plans, in order; plans share entries.
class TensorList {
public:
  int32_t indexOf(ukernel::TensorOp op) {
    const Described entry{op.getName(), mlir::cast<mlir::RankedTensorType>(op.getTensor()),
                          llvm::SmallVector<int64_t>(op.getStrides()), op.getExact()};
    auto *found = llvm::find(entries, entry);
    if (found == entries.end())
      found = entries.insert(entries.end(), entry);
    return static_cast<int32_t>(found - entries.begin());
  }
  llvm::ArrayRef<Described> all() const { return entries; }

private:
  llvm::SmallVector<Described> entries;
};

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_TENSORLIST_H
