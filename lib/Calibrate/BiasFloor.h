//===- BiasFloor.h - weight scales that leave room for the bias (N5)
//-----------------------------===//

#ifndef QOPT_LIB_CALIBRATE_BIASFLOOR_H
#define QOPT_LIB_CALIBRATE_BIASFLOOR_H

#include "Observers.h"

namespace qopt::calibrate {

/// The least scale that N5 asks of each scale of an op's weight; empty where the op has no
/// constant bias, no quantized weight or no quantized input.
struct WeightFloors {
  quantize::QParamsOp weight;
  llvm::SmallVector<float> floors;
};
llvm::FailureOr<WeightFloors> weightFloors(FusionRootOpInterface op);

/// [N5] sw[c] = max(sw[c], abs(b[c]) / (sx * 2^30)), with a remark on each op where it acts.
/// Returns the number of raised scales.
llvm::FailureOr<unsigned> raiseWeightScales(mlir::ModuleOp module);

} // namespace qopt::calibrate

#endif // QOPT_LIB_CALIBRATE_BIASFLOOR_H
