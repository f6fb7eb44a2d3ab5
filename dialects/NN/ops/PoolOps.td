//===- PoolOps.td - pools, means, resize ---------------------------------*- tablegen -*-===//

#ifndef QOPT_NN_POOL_OPS_TD
#define QOPT_NN_POOL_OPS_TD

include "dialects/NN/NNBase.td"

def NN_MaxPool2dOp : NN_Op<"max_pool2d", "A", "SameAs",
    [DeclareOpInterfaceMethods<PadAbsorbingOpInterface>]> {
  let summary = "maximum over windows; padding never wins (N9)";
  let description = [{
    input [N, C, H, W], padding [top, left, bottom, right]; ceil_mode rounds the result's
    size up, but no window starts in the bottom or right padding.

    Constraints: [max_pool2d_c1] rank; [max_pool2d_c2] attribute ranges; [max_pool2d_c3] the
    window fits; [max_pool2d_c4] padding smaller than the window.
  }];
  let arguments = (ins AnyRankedTensor:$input, DenseI64ArrayAttr:$kernel,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$padding,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation,
      DefaultValuedAttr<BoolAttr, "false">:$ceil_mode);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def NN_AvgPool2dOp : NN_Op<"avg_pool2d", "A", "Observed",
    [DeclareOpInterfaceMethods<PadAbsorbingOpInterface>]> {
  let summary = "mean over windows (N9)";
  let description = [{
    As nn.max_pool2d; count_include_pad counts positions inside the declared padding.

    Constraints: [avg_pool2d_c1] rank; [avg_pool2d_c2] attribute ranges; [avg_pool2d_c3] the
    window fits; [avg_pool2d_c4] padding smaller than the window.
  }];
  let arguments = (ins AnyRankedTensor:$input, DenseI64ArrayAttr:$kernel,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$padding,
      DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
      DefaultValuedAttr<BoolAttr, "false">:$count_include_pad);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def NN_AdaptiveAvgPool2dOp : NN_Op<"adaptive_avg_pool2d", "A", "Observed"> {
  let summary = "mean over windows that tile the input into output_size (N9)";
  let description = [{
    Window o covers [floor(o * in / out), ceil((o + 1) * in / out)). output_size [1, 1] is the
    global average pool. Constraints: [adaptive_avg_pool2d_c1] rank;
    [adaptive_avg_pool2d_c2] positive sizes.
  }];
  let arguments = (ins AnyRankedTensor:$input, DenseI64ArrayAttr:$output_size);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def NN_ReduceMeanOp : NN_Op<"reduce_mean", "A", "Observed"> {
  let summary = "mean over axes (N9)";
  let description = [{
    Constraint: [reduce_mean_c1] axes are distinct, not empty and lie in the rank, and do not
    include a dimension of unknown size.
  }];
  let arguments = (ins AnyRankedTensor:$input, DenseI64ArrayAttr:$axes,
      DefaultValuedAttr<BoolAttr, "true">:$keepdims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def NN_ResizeMode : NN_I32Enum<"ResizeMode", "interpolation", [
    I32EnumAttrCase<"Nearest", 0, "nearest">, I32EnumAttrCase<"Bilinear", 1, "bilinear">]>;
def NN_ResizeModeAttr : EnumAttr<NN_Dialect, NN_ResizeMode, "resize_mode">;
def NN_CoordMode : NN_I32Enum<"CoordMode", "how output coordinates map to input ones", [
    I32EnumAttrCase<"HalfPixel", 0, "half_pixel">,
    I32EnumAttrCase<"PytorchHalfPixel", 1, "pytorch_half_pixel">,
    I32EnumAttrCase<"AlignCorners", 2, "align_corners">,
    I32EnumAttrCase<"Asymmetric", 3, "asymmetric">]>;
def NN_CoordModeAttr : EnumAttr<NN_Dialect, NN_CoordMode, "coord_mode">;
def NN_NearestMode : NN_I32Enum<"NearestMode", "rounding of nearest coordinates", [
    I32EnumAttrCase<"RoundPreferFloor", 0, "round_prefer_floor">,
    I32EnumAttrCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
    I32EnumAttrCase<"Floor", 2, "floor">, I32EnumAttrCase<"Ceil", 3, "ceil">]>;
def NN_NearestModeAttr : EnumAttr<NN_Dialect, NN_NearestMode, "nearest_mode">;

class NN_Resize2dBase<string mnemonic, string result, dag more = (ins)>
    : NN_Op<mnemonic, "A", result> {
  let description = [{
    input [N, C, H, W] to output_size [OH, OW]. `scales` are the ratios by which coordinates
    map (output / input where the model gives none). Coordinates by ONNX Resize (N18).

    Constraints: [}] # mnemonic # [{_c1] rank; [}] # mnemonic # [{_c2] positive sizes and scales.
  }];
  let arguments = !con((ins AnyRankedTensor:$input, DenseI64ArrayAttr:$output_size,
      NN_NumbersAttr:$scales, NN_CoordModeAttr:$coord_mode), more);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}
def NN_ResizeNearestOp : NN_Resize2dBase<"resize_nearest", "SameAs",
    (ins NN_NearestModeAttr:$nearest_mode)> { let summary = "nearest-neighbour resize (N18)"; }
def NN_ResizeBilinearOp : NN_Resize2dBase<"resize_bilinear", "Observed"> {
  let summary = "bilinear resize (N18)";
}

#endif // QOPT_NN_POOL_OPS_TD
