//===- AcmeOps.td - a private dialect that takes part in quantization -----*- tablegen -*-===//
//
// Each op is one row: its roles by operand, and where its result's parameters come from. What
// else qopt may ask of it are interfaces; Acme.cpp answers. One op of each kind:
//
//   mix      multiplies by a constant: a root that takes bias, residual and activation
//   swoosh   a function of one number
//   rotate   moves values
//   energy   anything else
//
//===----------------------------------------------------------------------------------===//

#ifndef ACME_OPS_TD
#define ACME_OPS_TD

include "dialects/NN/NNBase.td"

def Acme_Dialect : Dialect {
  let name = "acme";
  let cppNamespace = "::acme";
  let dependentDialects = ["::mlir::quant::QuantDialect"];
}

class Acme_Op<string mnemonic, string roles, string result, list<Trait> traits = [],
              bit segmented = 0>
    : Qopt_QuantizedOp<Acme_Dialect, mnemonic, roles, result, traits, segmented>;

def Acme_MixOp : Acme_Op<"mix", "A, W, B, R", "Observed", [
    DeclareOpInterfaceMethods<FusionRootOpInterface,
      ["supportsResidual", "getResidualValue", "setResidualValue"]>,
    DeclareOpInterfaceMethods<EvaluableOpInterface>, AttrSizedOperandSegments], 1> {
  let summary = "mixes channels: y[n, o, h, w] = sum over c of weight[o, c] * x[n, c, h, w]";
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

def Acme_SwooshOp : Acme_Op<"swoosh", "A", "Observed",
    [DeclareOpInterfaceMethods<PointwiseOpInterface>]> {
  let summary = "x / (1 + exp(1 - x)): no activation that qopt knows";
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<ElementsAttr>:$table);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def Acme_RotateOp : Acme_Op<"rotate", "A", "SameAs",
    [DeclareOpInterfaceMethods<EvaluableOpInterface>]> {
  let summary = "channel c of the result is channel (c + steps) mod C of the input";
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$steps);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def Acme_EnergyOp : Acme_Op<"energy", "A", "Observed",
    [DeclareOpInterfaceMethods<EvaluableOpInterface>]> {
  let summary = "the mean square of each channel: [N, C, H, W] to [N, C, 1, 1]";
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

#endif // ACME_OPS_TD
