//===- ShapeOps.td - movement of codes: reshape, transpose, slice, cat ---*- tablegen -*-===//
//
// All of these keep codes and quantization parameters (N9).
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_NN_SHAPE_OPS_TD
#define QOPT_NN_SHAPE_OPS_TD

include "dialects/NN/NNBase.td"

class NN_MoveOp<string mnemonic, dag attributes> : NN_Op<mnemonic, "A", "SameAs"> {
  let holes = "kernels: the same memory seen otherwise, `copy` where a reader needs it dense";
  let arguments = !con((ins AnyRankedTensor:$input), attributes);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def NN_ReshapeOp : NN_MoveOp<"reshape", (ins DenseI64ArrayAttr:$shape)> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{
    In `shape`, 0 keeps the input's size at that place and -1 (at most once) takes what
    remains, so an unknown batch survives. Constraints: [reshape_c1] entries; [reshape_c2] the
    number of elements is kept.
  }];
}
def NN_FlattenOp : NN_MoveOp<"flatten", (ins DefaultValuedAttr<I64Attr, "1">:$axis)> {
  let summary = "merges the dimensions from `axis` on";
  let description = [{ Constraint: [flatten_c1] the axis lies in [0, rank]. }];
}
def NN_TransposeOp : NN_MoveOp<"transpose", (ins DenseI64ArrayAttr:$perm)> {
  let summary = "result dimension i is input dimension perm[i]";
  let description = [{ Constraint: [transpose_c1] perm is a permutation of the rank. }];
}
def NN_SliceOp : NN_MoveOp<"slice", (ins DenseI64ArrayAttr:$axes, DenseI64ArrayAttr:$starts,
    DenseI64ArrayAttr:$ends, DenseI64ArrayAttr:$steps)> {
  let summary = "a strided part along some axes";
  let description = [{
    Along axes[i]: elements starts[i], starts[i] + steps[i], ... before ends[i]. Starts and ends
    are within the dimension (the importer resolves negative and clamped ones).
    Constraints: [slice_c1] list lengths and axes; [slice_c2] bounds and positive steps.
  }];
}
def NN_SqueezeOp : NN_MoveOp<"squeeze", (ins DenseI64ArrayAttr:$axes)> {
  let summary = "removes dimensions of size 1";
  let description = [{ Constraint: [squeeze_c1] each axis is distinct and of size 1. }];
}
def NN_UnsqueezeOp : NN_MoveOp<"unsqueeze", (ins DenseI64ArrayAttr:$axes)> {
  let summary = "inserts dimensions of size 1 at the result's axes";
  let description = [{ Constraint: [unsqueeze_c1] axes are distinct and lie in the result. }];
}
def NN_PadOp : NN_MoveOp<"pad", (ins DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
    DefaultValuedAttr<F32Attr, "0.0f">:$value)> {
  let summary = "adds `low` and `high` elements of `value` per dimension (N9)";
  let holes = "fusion: goes into the padding of the conv2d or pool behind it";
  let description = [{
    Constraints: [pad_c1] one entry per dimension; [pad_c2] not negative.
  }];
}
def NN_DepthToSpaceOp : NN_MoveOp<"depth_to_space", (ins I64Attr:$block,
    DefaultValuedAttr<BoolAttr, "false">:$column_major)> {
  let summary = "moves channels into blocks of pixels";
  let holes = "";
  let description = [{
    [N, C, H, W] to [N, C / block^2, H * block, W * block]; ONNX's DCR order, or CRD with
    column_major (torch's pixel_shuffle). Constraint: [depth_to_space_c1] block^2 divides C.
  }];
}

def NN_CatOp : NN_Op<"cat", "A", "Shared"> {
  let summary = "concatenation along an axis; operands and result share parameters (N9)";
  let description = [{
    Constraints: [cat_c1] equal ranks and axis; [cat_c2] other dimensions agree.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, I64Attr:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type(operands, results)";
}

def NN_SplitOp : NN_Op<"split", "A", "SameAs"> {
  let summary = "consecutive parts along an axis (split and chunk)";
  let holes = "kernels: the same memory seen otherwise, `copy` where a reader needs it dense";
  let description = [{
    Constraints: [split_c1] axis; [split_c2] sizes add up to the dimension, one per result.
  }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$axis, DenseI64ArrayAttr:$sizes);
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

#endif // QOPT_NN_SHAPE_OPS_TD
