//===- QoptInterfaces.td - what a pass may ask of an op ------------------*- tablegen -*-===//
//
// Passes never switch over op names: they ask these interfaces. A foreign dialect takes
// part by attaching external models of them.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_INTERFACES_TD
#define QOPT_INTERFACES_TD

include "mlir/IR/OpBase.td"

def QuantizableOpInterface : OpInterface<"QuantizableOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    How an op takes part in quantization: the role of each operand and where the
    quantization parameters of its results come from. Prepare, calibrate, convert,
    report and the docs read this one rule.
  }];
  let methods = [
    InterfaceMethod<"The op's rule, the same for every instance.",
      "const ::qopt::QuantRule &", "getQuantRule", (ins)>,
    InterfaceMethod<[{The role of operand `index` (variadic and optional groups
      resolved).}], "::qopt::OperandRole", "getOperandRole", (ins "unsigned":$index)>,
  ];
}

def PointwiseOpInterface : OpInterface<"PointwiseOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    A function of one tensor, element by element, possibly with a parameter per channel
    (axis 1). Its int8 form is a table (N10), its float form the same function.
  }];
  let methods = [
    InterfaceMethod<"f(x) in f64; `channel` selects the channel of per-channel functions.",
      "double", "evaluatePointwise", (ins "double":$x, "int64_t":$channel)>,
    InterfaceMethod<"The number of channels with functions of their own, or 0: one for all.",
      "int64_t", "getPointwiseChannels", (ins), [{}], [{ return 0; }]>,
    InterfaceMethod<[{The activation attribute that means the same when fused into another
      op, or null when it cannot be fused.}], "::mlir::Attribute", "getAsFusedActivation",
      (ins), [{}], [{ return {}; }]>,
  ];
}

def FusionRootOpInterface : OpInterface<"FusionRootOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    An op that can absorb its neighbours: a batch_norm into weight and bias, an
    activation, a residual addend, a padding before it. Operands that an op does not
    have are reported as absent by the accessors.
  }];
  let methods = [
    InterfaceMethod<"The weight operand.", "::mlir::OpOperand &", "getWeightOperand", (ins)>,
    InterfaceMethod<"The weight's axis of output channels.", "int64_t", "getWeightChannelAxis",
      (ins)>,
    InterfaceMethod<"The result's axis of output channels.", "int64_t",
      "getResultChannelAxis", (ins), [{}], [{ return 1; }]>,
    InterfaceMethod<[{The number of groups the channel axis of the weight repeats over
      (conv_transpose: output channels per group lie on axis 1).}], "int64_t",
      "getWeightGroups", (ins), [{}], [{ return 1; }]>,
    InterfaceMethod<"The bias value, or null.", "::mlir::Value", "getBiasValue", (ins)>,
    InterfaceMethod<"Sets or replaces the bias.", "void", "setBiasValue",
      (ins "::mlir::Value":$bias)>,
    InterfaceMethod<"Whether a residual operand can be taken.", "bool", "supportsResidual",
      (ins), [{}], [{ return false; }]>,
    InterfaceMethod<"The residual value, or null.", "::mlir::Value", "getResidualValue", (ins),
      [{}], [{ return {}; }]>,
    InterfaceMethod<"Sets the residual.", "void", "setResidualValue",
      (ins "::mlir::Value":$residual), [{}], [{ (void)residual; }]>,
    InterfaceMethod<"The fused activation, or null.", "::mlir::Attribute",
      "getFusedActivation", (ins)>,
    InterfaceMethod<"Sets the fused activation.", "void", "setFusedActivation",
      (ins "::mlir::Attribute":$act)>,
  ];
}

def ActivationFusingOpInterface : OpInterface<"ActivationFusingOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    An op without accumulator that can take a clamp (relu, relu6, clip) as a narrower
    saturation of its result (N6).
  }];
  let methods = [
    InterfaceMethod<"The fused clamp, or null.", "::mlir::Attribute", "getFusedClamp", (ins)>,
    InterfaceMethod<"Sets the fused clamp.", "void", "setFusedClamp",
      (ins "::mlir::Attribute":$clamp)>,
  ];
}

def PadAbsorbingOpInterface : OpInterface<"PadAbsorbingOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    An op with padding of its own in the last two dimensions of operand 0, into which an
    nn.pad before it can go.
  }];
  let methods = [
    InterfaceMethod<[{Whether `padding` = [top, left, bottom, right] elements of `value`
      before the op equal that much more padding of the op itself, exactly.}],
      "bool", "canAbsorbPadding", (ins "::llvm::ArrayRef<int64_t>":$padding, "float":$value)>,
    InterfaceMethod<"Adds to the op's own padding; legal where canAbsorbPadding says so.",
      "void", "absorbPadding", (ins "::llvm::ArrayRef<int64_t>":$padding)>,
  ];
}

def DerivedResultOpInterface : OpInterface<"DerivedResultOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    An op whose result can take parameters computed from those of operand 0 and the op's own
    constant, so that codes are kept or reflected (N8: mul_scalar, add_scalar).
  }];
  let methods = [
    InterfaceMethod<[{Parameters of the result for an input with `scale` and `zeroPoint` on
      codes [qmin, qmax]; null when they do not exist (the zero point would leave the range, the
      scale is not a positive number): the result is then observed.}],
      "::std::optional<::std::pair<float, int32_t>>", "deriveQParams",
      (ins "float":$scale, "int32_t":$zeroPoint, "int32_t":$qmin, "int32_t":$qmax)>,
    InterfaceMethod<"The result's code of input code `code`, where deriveQParams succeeded.",
      "int32_t", "deriveCode",
      (ins "int32_t":$code, "int32_t":$zeroPoint, "int32_t":$qmin, "int32_t":$qmax)>,
    InterfaceMethod<"A zero point of 0 stays 0 whatever the scale.", "bool",
      "keepsZeroPoint", (ins)>,
  ];
}

def DynamicFormOpInterface : OpInterface<"DynamicFormOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    An op that can run on codes whose scale and zero point are found at run time (N17). Before
    convert it is that op with a configuration whose activation observer is `dynamic`; convert
    builds the form that says so by its name.
  }];
  let methods = [
    InterfaceMethod<[{Builds the dynamic form with the codes `weight`, all other operands float as
      they are, and the op's discardable attributes.}], "::mlir::Operation *", "buildDynamicForm",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Value":$weight)>,
  ];
}

def EvaluableOpInterface : OpInterface<"EvaluableOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    What an op of another dialect computes, so that calibration, the simulation and the reference
    on codes can run it (N19). An op without it can be quantized only by a host that calibrates
    itself. (nn ops have evaluators of their own; a function of one number needs only
    PointwiseOpInterface.)

    All arrays are dense, row-major, f64; results start as zeros and have the shapes of the result
    types, with the batch filled in. What is to be computed:
    - A root (FusionRootOpInterface): the sums of products alone. The operands are input and
      weight; bias, residual, `mid` and activation are qopt's. On codes the numbers are q - z,
      whole, and so must the sums be: this is N4's accumulator.
    - An op that moves values (rule SameAs or Shared): every result element is one of an operand, or
      0.
    - Any other: the function on real values, with all operands.
  }];
  let methods = [
    InterfaceMethod<"Fills the results. Failure: shapes that the op cannot take.",
      "::llvm::LogicalResult", "evaluate",
      (ins "::llvm::ArrayRef<::qopt::EvalInput>":$operands,
           "::llvm::MutableArrayRef<::qopt::EvalOutput>":$results)>,
  ];
}

def ShapeOpInterface : OpInterface<"ShapeOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    Result shapes from operand shapes and attributes; unknown sizes are ShapedType::kDynamic
    and survive. The verifier compares the declared result types against them.
  }];
  let methods = [
    InterfaceMethod<[{Appends one shape per result. On failure an error that names the
      violated constraint has been emitted on the op.}],
      "::llvm::LogicalResult", "inferResultShapes",
      (ins "::llvm::SmallVectorImpl<::llvm::SmallVector<int64_t>> &":$shapes)>,
  ];
}

#endif // QOPT_INTERFACES_TD
