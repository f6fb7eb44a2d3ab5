//===- Roots.h - convolutions and linear as one computation -------------------------===//
//
// Quantized roots (conv2d, linear, conv_transpose2d) share their epilogue: bias, requantization,
// residual, table.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWER_ROOTS_H
#define QOPT_LIB_LOWER_ROOTS_H

#include "Codes.h"
#include "Lowering.h"

#include <vector>

namespace qopt::lower {

/// What roots have in common, read from the op.
struct Root {
  mlir::Value input, weight, bias, residual;
  nn::ActAttr act;
  mlir::Attribute mid;
  mlir::ElementsAttr table;
  /// Weight axis of the output channels, and how often its scales repeat.
  int64_t weightAxis = 0, groups = 1;
};

template <typename OpTy> Root rootOf(OpTy op) {
  Root root;
  root.input = op.getInput();
  root.weight = op.getWeight();
  root.bias = op.getBias();
  if constexpr (!std::is_same_v<OpTy, nn::ConvTranspose2dOp>)
    root.residual = op.getResidual();
  root.act = op.getActAttr();
  root.mid = op.getMidAttr();
  root.table = op.getTableAttr();
  return root;
}

/// The constants of a quantized root; they must live until the call is emitted.
struct RootConstants {
  std::vector<int8_t> weights; ///< logical order, signed
  std::vector<int32_t> weightZeroPoints, bias;
  std::vector<float> multipliers;
};

/// Sliding window and sizes, in blocks that name them alike.
struct Geometry {
  std::array<int32_t, 3> in, out; ///< channels, rows, columns
  int32_t kernel[2] = {1, 1}, stride[2] = {1, 1}, padding[2] = {0, 0}, dilation[2] = {1, 1};
  int32_t groups = 1;
};

template <typename Params> void setGeometry(Params &p, const Geometry &g) {
  p.in_c = g.in[0], p.in_h = g.in[1], p.in_w = g.in[2];
  p.out_c = g.out[0], p.out_h = g.out[1], p.out_w = g.out[2];
  p.kernel_h = g.kernel[0], p.kernel_w = g.kernel[1];
  p.stride_h = g.stride[0], p.stride_w = g.stride[1];
  p.pad_top = g.padding[0], p.pad_left = g.padding[1];
  p.dilation_h = g.dilation[0], p.dilation_w = g.dilation[1];
  p.groups = g.groups;
}

/// Reads weights, bias and their scales: N5 bias codes, and N6 multipliers to `to` (the
/// output, or mid). Proves that no accumulator leaves i32 (N4).
llvm::FailureOr<RootConstants> readConstants(Lowering &lowering, const Root &root,
                                             int32_t outChannels, const Codes &in, const Codes &to);

/// The quantization point inside a group; null where there is none.
llvm::FailureOr<std::optional<Codes>> midOf(Lowering &lowering, const Root &root);

/// A table of 256 codes, or with `channels` also one per channel.
llvm::LogicalResult checkTable(Lowering &lowering, mlir::ElementsAttr table, int64_t channels);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_ROOTS_H
