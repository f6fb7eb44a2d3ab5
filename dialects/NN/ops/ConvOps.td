//===- ConvOps.td - parameters, convolutions, linear, matmul, batch_norm -*- tablegen -*-===//

#ifndef QOPT_NN_CONV_OPS_TD
#define QOPT_NN_CONV_OPS_TD

include "dialects/NN/NNBase.td"

def NN_ParameterOp : Op<NN_Dialect, "parameter", [Pure]> {
  let summary = "a named constant: weight, bias, statistic";
  let description = [{
    Holds the framework's name and the data, usually a resource blob. A quantized parameter
    keeps its codes in the data (i8, or i32 for a bias) and the quantized type on the result.

    Constraints: [parameter_c1] data and result have one shape; [parameter_c2] the data's
    element type is the result's, or the storage type of the result's quantized type, or
    i32 for a bias; [parameter_c3] the quantized type is valid for the shape.

    ```mlir
    %w = nn.parameter "conv1.weight" dense_resource<w0> : tensor<16x3x3x3xf32> -> tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, ElementsAttr:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$name $value attr-dict `->` type($result)";
  let hasVerifier = 1;
}

class NN_RootOp<string mnemonic, string roles, list<string> methods, bit segmented,
                string extra = "", list<Trait> traits = []>
    : NN_Op<mnemonic, roles, "Observed",
            [DeclareOpInterfaceMethods<FusionRootOpInterface, methods>] # traits #
            !if(segmented, [AttrSizedOperandSegments], []<Trait>), segmented, extra>;

def NN_Conv2dOp : NN_RootOp<"conv2d", "A, W, B, R",
    ["supportsResidual", "getResidualValue", "setResidualValue"], 1, "",
    [DeclareOpInterfaceMethods<PadAbsorbingOpInterface>]> {
  let summary = "2-D convolution with optional bias, residual and activation";
  let description = [{
    input [N, C, H, W], weight [O, C/groups, KH, KW], bias [O], residual as the result
    [N, O, OH, OW]. padding = [top, left, bottom, right]. The result is
    act(conv(input, weight) + bias + residual). `mid` is the quantization point between
    the accumulator and a residual or a tabulated activation: the name of a qopt.qparams
    before convert, a quantized type after it (N7, N10). `table` holds the tabulated
    activation's codes by raw byte of mid's code.

    Constraints: [conv2d_c1] ranks; [conv2d_c2] groups divide channels and match the weight;
    [conv2d_c3] positive strides and dilations, padding not negative; [conv2d_c4] the
    window fits into the padded input; [conv2d_c5] bias shape; [conv2d_c6] residual shape.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$weight,
      Optional<AnyRankedTensor>:$bias, Optional<AnyRankedTensor>:$residual,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$padding,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation,
      DefaultValuedAttr<I64Attr, "1">:$groups,
      OptionalAttr<NN_ActAttr>:$act, OptionalAttr<AnyAttr>:$mid,
      OptionalAttr<ElementsAttr>:$table);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? (`residual` `(` $residual^ `)`)? (`act` $act^)?
    (`mid` `(` $mid^ `)`)? attr-dict `:` functional-type(operands, results)
  }];
}

def NN_ConvTranspose2dOp : NN_RootOp<"conv_transpose2d", "A, W, B", ["getWeightGroups"], 0,
    "r.weightAxis = 1;"> {
  let summary = "2-D transposed convolution with optional bias and activation";
  let description = [{
    input [N, C, H, W], weight [C, O/groups, KH, KW], bias [O];
    OH = (H - 1) * stride - pad_top - pad_bottom + dilation * (KH - 1) + output_padding + 1.
    Per-channel weights count axis 1, which repeats over the groups.

    Constraints: [conv_transpose2d_c1] ranks; [conv_transpose2d_c2] groups divide the
    channels; [conv_transpose2d_c3] attribute ranges; [conv_transpose2d_c4] bias shape.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$weight,
      Optional<AnyRankedTensor>:$bias,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$padding,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0}">:$output_padding,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation,
      DefaultValuedAttr<I64Attr, "1">:$groups,
      OptionalAttr<NN_ActAttr>:$act, OptionalAttr<AnyAttr>:$mid,
      OptionalAttr<ElementsAttr>:$table);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? (`act` $act^)? (`mid` `(` $mid^ `)`)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def NN_LinearOp : NN_RootOp<"linear", "A, W, B, R",
    ["getResultChannelAxis", "supportsResidual", "getResidualValue", "setResidualValue"], 1, "",
    [DeclareOpInterfaceMethods<DynamicFormOpInterface>]> {
  let summary = "fully connected layer with optional bias, residual and activation";
  let description = [{
    input [..., I], weight [O, I], bias [O]; result [..., O] = act(input * weight^T + bias +
    residual). `mid` and `table` as in nn.conv2d.

    Constraints: [linear_c1] ranks; [linear_c2] input features match the weight;
    [linear_c3] bias shape; [linear_c4] residual shape.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$weight,
      Optional<AnyRankedTensor>:$bias, Optional<AnyRankedTensor>:$residual,
      OptionalAttr<NN_ActAttr>:$act, OptionalAttr<AnyAttr>:$mid,
      OptionalAttr<ElementsAttr>:$table);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? (`residual` `(` $residual^ `)`)? (`act` $act^)?
    (`mid` `(` $mid^ `)`)? attr-dict `:` functional-type(operands, results)
  }];
}

def NN_DynamicLinearOp : NN_RootOp<"dynamic_linear", "A, W, P, R",
    ["getResultChannelAxis", "supportsResidual", "getResidualValue", "setResidualValue"], 1,
    "r.result = ::qopt::ResultRule::Float;"> {
  let summary = "nn.linear on codes whose parameters are found at run time (N17)";
  let holes = "float, simulation: made by convert of an nn.linear; fusion: as nn.linear, before convert";
  let description = [{
    input [..., I] in f32, weight [O, I] in codes, bias [O] and residual as the result in f32;
    result [..., O] in f32. The whole input, all samples together, is quantized to u8 with the scale
    and zero point that its range gives, as ONNX DynamicQuantizeLinear; then
    act((f32(acc) * (sx * sw[c]) + bias) + residual), each step one f32 rounding.

    Constraints: [dynamic_linear_c1] ranks; [dynamic_linear_c2] input features match the weight;
    [dynamic_linear_c3] bias shape; [dynamic_linear_c4] residual shape; [dynamic_linear_c5] the
    weight alone is quantized, to at most 8 bits, per tensor or along axis 0.

    ```mlir
    %y = nn.dynamic_linear %x, %w, %b act <relu> : (tensor<?x64xf32>,
        tensor<10x64x!quant.uniform<i8:f32, 0.02>>, tensor<10xf32>) -> tensor<?x10xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$weight,
      Optional<AnyRankedTensor>:$bias, Optional<AnyRankedTensor>:$residual,
      OptionalAttr<NN_ActAttr>:$act);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? (`residual` `(` $residual^ `)`)? (`act` $act^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def NN_MatmulOp : NN_Op<"matmul", "A, A", "Observed", [], 0, "r.sumsProducts = true;"> {
  let summary = "product of two activations, batched";
  let description = [{
    lhs [..., M, K], rhs [..., K, N] ([..., N, K] with transpose_b), leading dimensions
    equal or 1. With a constant weight the importer makes nn.linear instead.

    Constraints: [matmul_c1] ranks of at least 2; [matmul_c2] inner sizes agree;
    [matmul_c3] leading dimensions broadcast.
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs,
      DefaultValuedAttr<BoolAttr, "false">:$transpose_b);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def NN_BatchNormOp : NN_Op<"batch_norm", "A, P, P, P, P", "Observed",
    [DeclareOpInterfaceMethods<PointwiseOpInterface, ["getPointwiseChannels"]>]> {
  let summary = "per-channel affine normalization by running statistics (N16)";
  let holes = "fusion: goes into the weights of the root before it (N16)";
  let description = [{
    input [N, C, ...] (any rank of at least 2), gamma, beta, mean, var [C]:
    (x - mean) * (gamma / sqrt(var + eps)) + beta.

    Constraints: [batch_norm_c1] rank; [batch_norm_c2] parameter shapes;
    [batch_norm_c3] eps positive.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$gamma, AnyRankedTensor:$beta,
      AnyRankedTensor:$mean, AnyRankedTensor:$var, DefaultValuedAttr<F64Attr, "1e-5">:$eps,
      OptionalAttr<ElementsAttr>:$table);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

#endif // QOPT_NN_CONV_OPS_TD
