//===- ElementwiseOps.td - activations, add, mul, scalars, softmax -------*- tablegen -*-===//

#ifndef QOPT_NN_ELEMENTWISE_OPS_TD
#define QOPT_NN_ELEMENTWISE_OPS_TD

include "dialects/NN/NNBase.td"

/// A pointwise function; quantized it is the table in `table`: 256 codes by raw byte (N10),
/// or [channels, 256].
class NN_UnaryOp<string mnemonic, string result = "Observed", dag parameters = (ins),
                 string extra = "">
    : NN_Op<mnemonic, "A", result,
            [DeclareOpInterfaceMethods<PointwiseOpInterface, ["getAsFusedActivation"]>], 0,
            extra> {
  let arguments = !con((ins AnyRankedTensor:$input), parameters,
                       (ins OptionalAttr<ElementsAttr>:$table));
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

// Fixed parameters are those of the field's default qconfig: 1/256 over [0, 1),
// 1/128 around 128 over [-1, 1).
def NN_ReluOp : NN_UnaryOp<"relu"> { let summary = "max(x, 0)"; }
def NN_Relu6Op : NN_UnaryOp<"relu6"> { let summary = "min(max(x, 0), 6)"; }
def NN_ClipOp : NN_UnaryOp<"clip", "Observed", (ins F64Attr:$min, F64Attr:$max)> {
  let summary = "min(max(x, min), max)";
}
def NN_LeakyReluOp : NN_UnaryOp<"leaky_relu", "Observed", (ins F64Attr:$alpha)> {
  let summary = "x for x >= 0, alpha * x below";
}
def NN_SigmoidOp : NN_UnaryOp<"sigmoid", "Fixed", (ins),
    "r.fixedScale = 1.0f / 256; r.fixedZeroPoint = 0;"> {
  let summary = "1 / (1 + exp(-x))";
}
def NN_TanhOp : NN_UnaryOp<"tanh", "Fixed", (ins),
    "r.fixedScale = 1.0f / 128; r.fixedZeroPoint = 128;"> {
  let summary = "hyperbolic tangent";
}
def NN_HardSigmoidOp : NN_UnaryOp<"hard_sigmoid", "Fixed",
    (ins DefaultValuedAttr<F64Attr, "1.0 / 6.0">:$alpha, DefaultValuedAttr<F64Attr, "0.5">:$beta),
    "r.fixedScale = 1.0f / 256; r.fixedZeroPoint = 0;"> {
  let summary = "min(max(alpha * x + beta, 0), 1)";
}
def NN_HardSwishOp : NN_UnaryOp<"hard_swish"> { let summary = "x * min(max(x / 6 + 1/2, 0), 1)"; }
def NN_GeluOp : NN_UnaryOp<"gelu", "Observed",
    (ins DefaultValuedAttr<BoolAttr, "false">:$approximate_tanh)> {
  let summary = "x * Phi(x), by erf or by the tanh approximation";
}
def NN_SiluOp : NN_UnaryOp<"silu"> { let summary = "x * sigmoid(x)"; }

def NN_PReluOp : NN_Op<"prelu", "A, P", "Observed",
    [DeclareOpInterfaceMethods<PointwiseOpInterface,
        ["getPointwiseChannels", "getAsFusedActivation"]>]> {
  let summary = "leaky_relu with one slope, or one per channel (axis 1)";
  let holes = "fusion: with one slope is an act (leaky_relu)";
  let description = [{
    Constraint: [prelu_c1] slope has 1 element, or as many as the input has channels.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$slope,
      OptionalAttr<ElementsAttr>:$table);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

class NN_BinaryOp<string mnemonic, string result = "Observed">
    : NN_Op<mnemonic, "A, A", result,
            [DeclareOpInterfaceMethods<ActivationFusingOpInterface>]> {
  let description = [{
    Operands broadcast as in numpy. Constraint: [}] # mnemonic # [{_c1] shapes broadcast.
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs, OptionalAttr<NN_ActAttr>:$act);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`act` $act^)? attr-dict `:` functional-type(operands, results)
  }];
}
// A fused `act` is a clamp (relu, relu6, clip): a narrower saturation of the result (N6).
def NN_AddOp : NN_BinaryOp<"add"> {
  let summary = "sum of two tensors (N8)";
  let holes = "fusion: becomes the residual of a root";
}
def NN_SubOp : NN_BinaryOp<"sub"> { let summary = "difference of two tensors (N8)"; }
def NN_MulOp : NN_BinaryOp<"mul"> { let summary = "product of two tensors (N8)"; }
def NN_DivOp : NN_BinaryOp<"div", "Float"> {
  let summary = "quotient of two tensors, always float (N14)";
  let holes = "simulation, codes: always float (N14)";
}

class NN_ScalarOp<string mnemonic> : NN_Op<mnemonic, "A", "Observed",
    [DeclareOpInterfaceMethods<PointwiseOpInterface>,
     DeclareOpInterfaceMethods<DerivedResultOpInterface>]> {
  let arguments = (ins AnyRankedTensor:$input, F32Attr:$scalar, OptionalAttr<ElementsAttr>:$table);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}
def NN_AddScalarOp : NN_ScalarOp<"add_scalar"> { let summary = "x + scalar (N8)"; }
def NN_MulScalarOp : NN_ScalarOp<"mul_scalar"> { let summary = "x * scalar (N8)"; }

def NN_SoftmaxOp : NN_Op<"softmax", "A", "Float"> {
  let summary = "softmax along an axis, always float with quantized borders (N14)";
  let holes = "simulation, codes: always float (N14)";
  let description = [{ Constraint: [softmax_c1] the axis lies in the rank. }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

#endif // QOPT_NN_ELEMENTWISE_OPS_TD
