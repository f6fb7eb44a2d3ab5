//===- Rows.cpp - the table of evaluators ---------------------------------------------===//
//
// One row per op: in f32, in the simulation when the op runs on codes, and on codes. An op
// that does not run on codes is evaluated by its f32 column in every mode.
//
//===-----------------------------------------------------------------------------===//

#include "lib/Reference/Foreign.h"
#include "lib/Reference/Movement.h"
#include "lib/Reference/Pointwise.h"
#include "lib/Reference/Pools.h"
#include "lib/Reference/Products.h"
#include "lib/Reference/Roots.h"

#include "llvm/ADT/StringMap.h"

using namespace qopt::reference;

// clang-format off
static constexpr EvaluatorRow kRows[] = {
    {"nn.parameter", evalParameter, evalParameter, evalParameter},

    {"nn.conv2d", evalRootFloat, evalRootSimulate, evalRootCodes},
    {"nn.conv_transpose2d", evalRootFloat, evalRootSimulate, evalRootCodes},
    {"nn.linear", evalRootFloat, evalRootSimulate, evalRootCodes},
    {"nn.dynamic_linear", nullptr, nullptr, evalDynamicCodes},
    {"nn.matmul", evalMatmulFloat, evalMatmulSimulate, evalMatmulCodes},

    {"nn.batch_norm", evalBatchNormFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.prelu", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.relu", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.relu6", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.clip", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.leaky_relu", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.sigmoid", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.tanh", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.hard_sigmoid", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.hard_swish", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.gelu", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.silu", evalPointwiseFloat, evalPointwiseSimulate, evalPointwiseCodes},
    {"nn.add_scalar", evalScalarFloat, evalScalarSimulate, evalScalarCodes},
    {"nn.mul_scalar", evalScalarFloat, evalScalarSimulate, evalScalarCodes},

    {"nn.add", evalBinaryFloat, evalBinarySimulate, evalBinaryCodes},
    {"nn.sub", evalBinaryFloat, evalBinarySimulate, evalBinaryCodes},
    {"nn.mul", evalBinaryFloat, evalBinarySimulate, evalBinaryCodes},
    {"nn.div", evalBinaryFloat, nullptr, nullptr},
    {"nn.softmax", evalSoftmax, nullptr, nullptr},

    {"nn.max_pool2d", evalMaxPool, evalMaxPool, evalMaxPool},
    {"nn.avg_pool2d", evalMeanFloat, evalMeanSimulate, evalMeanCodes},
    {"nn.adaptive_avg_pool2d", evalMeanFloat, evalMeanSimulate, evalMeanCodes},
    {"nn.reduce_mean", evalMeanFloat, evalMeanSimulate, evalMeanCodes},
    {"nn.resize_nearest", evalResizeNearest, evalResizeNearest, evalResizeNearest},
    {"nn.resize_bilinear", evalBilinearFloat, evalBilinearSimulate, evalBilinearCodes},

    {"nn.reshape", evalReshape, evalReshape, evalReshape},
    {"nn.flatten", evalReshape, evalReshape, evalReshape},
    {"nn.squeeze", evalReshape, evalReshape, evalReshape},
    {"nn.unsqueeze", evalReshape, evalReshape, evalReshape},
    {"nn.transpose", evalTranspose, evalTranspose, evalTranspose},
    {"nn.slice", evalSlice, evalSlice, evalSlice},
    {"nn.pad", evalPad, evalPad, evalPad},
    {"nn.depth_to_space", evalDepthToSpace, evalDepthToSpace, evalDepthToSpace},
    {"nn.cat", evalCat, evalCat, evalCat},
    {"nn.split", evalSplit, evalSplit, evalSplit},

    {"qopt.fold_batch_norm", evalFoldBatchNorm, evalFoldBatchNorm, nullptr},
    {"qopt.observe", evalPointFloat, evalPointSimulate, nullptr},
    {"qopt.fake_quant", evalPointFloat, evalPointSimulate, nullptr},
    {"qopt.quantize", nullptr, nullptr, evalQuantize},
    {"qopt.dequantize", nullptr, nullptr, evalDequantize},
    {"qopt.requantize", nullptr, nullptr, evalRequantize},
};
// clang-format on

static const EvaluatorRow *findRow(llvm::StringRef name) {
  static const llvm::StringMap<const EvaluatorRow *> table = [] {
    llvm::StringMap<const EvaluatorRow *> rows;
    for (const EvaluatorRow &row : kRows)
      rows[row.name] = &row;
    return rows;
  }();
  return table.lookup(name);
}

const EvaluatorRow *qopt::reference::findEvaluator(Operation *op) {
  const EvaluatorRow *row = findRow(op->getName().getStringRef());
  return row ? row : foreignRow(op);
}

qopt::EvaluatorModes qopt::evaluatorModes(llvm::StringRef op) {
  const EvaluatorRow *row = findRow(op);
  if (!row)
    return {};
  return {row->inFloat != nullptr, row->inSimulate != nullptr, row->inCodes != nullptr};
}
