//===- QOptOps.td - observers, fake-quant, borders -----------------------*- tablegen -*-===//

#ifndef QOPT_QOPT_OPS_TD
#define QOPT_QOPT_OPS_TD

include "mlir/Bytecode/BytecodeOpInterface.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def QOpt_Dialect : Dialect {
  let name = "qopt";
  let cppNamespace = "::qopt::quantize";
  let summary = "how a network is quantized: rules, observers, parameters, borders";
  let description = [{
    The whole state of a quantization lives in the module: rules (`#qopt.qconfig` on ops),
    observers with their statistics and scales (`qopt.qparams` symbols), the points where
    they act (`qopt.observe`, `qopt.fake_quant`), and after convert the borders between
    float and codes (`qopt.quantize`, `qopt.dequantize`, `qopt.requantize`). None of these
    ops folds away silently. The quantized types are upstream's.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// Rule of an op: a `#qopt.qconfig`, absent before the qconfig stage.
    static constexpr ::llvm::StringLiteral kQConfigAttr = "qopt.qconfig";
    /// Why an op stays float: a string.
    static constexpr ::llvm::StringLiteral kFloatReasonAttr = "qopt.float_reason";
    /// A unit attribute: the op runs on codes, its result is the accumulator as f32 (N6).
    static constexpr ::llvm::StringLiteral kFloatResultAttr = "qopt.float_result";
    /// The qparams symbol whose observer gave a converted op its result type (provenance).
    static constexpr ::llvm::StringLiteral kObserverAttr = "qopt.observer";
    /// On a qparams symbol, what its observer saw: a dictionary of count (i64), min, max and,
    /// from a histogram, the share of values beyond the grid, clipped (f64). For reports.
    static constexpr ::llvm::StringLiteral kObservedAttr = "qopt.observed";
    /// On a module whose statistics are those of a part of the samples: a dictionary of index,
    /// count and samples (i64), the samples of all parts. Merging takes it away.
    static constexpr ::llvm::StringLiteral kShardAttr = "qopt.shard";
    /// On a module, the float model that it was made from: a path as it was given.
    static constexpr ::llvm::StringLiteral kSourceAttr = "qopt.source";
    /// On @main, the name of the function of another dialect that it was read from: the ways out
    /// give it back.
    static constexpr ::llvm::StringLiteral kEntryAttr = "qopt.entry";
    /// The module's arithmetic: `#qopt.numerics<"qopt.v1">`.
    static constexpr ::llvm::StringLiteral kNumericsAttr = "qopt.numerics";
    /// The module's IR version (i64) and last finished stage (string).
    static constexpr ::llvm::StringLiteral kVersionAttr = ::qopt::kIRVersionAttr;
    static constexpr ::llvm::StringLiteral kStageAttr = "qopt.stage";
    static constexpr int64_t kVersion = ::qopt::kIRVersion;
  }];
}

class QOpt_I32Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::qopt::quantize";
  let genSpecializedAttr = 0;
}

def QOpt_Scheme : QOpt_I32Enum<"Scheme", "where the zero point lies", [
    I32EnumAttrCase<"Affine", 0, "affine">, I32EnumAttrCase<"Symmetric", 1, "symmetric">]>;
def QOpt_Granularity : QOpt_I32Enum<"Granularity", "what shares one scale", [
    I32EnumAttrCase<"PerTensor", 0, "per_tensor">,
    I32EnumAttrCase<"PerChannel", 1, "per_channel">]>;

def QOpt_NumericsAttr : AttrDef<QOpt_Dialect, "Numerics"> {
  let mnemonic = "numerics";
  let summary = "the arithmetic of the module; the one legal value is \"qopt.v1\"";
  let parameters = (ins StringRefParameter<"name of the arithmetic">:$version);
  let assemblyFormat = "`<` $version `>`";
  let genVerifyDecl = 1;
}

def QOpt_SpecAttr : AttrDef<QOpt_Dialect, "Spec"> {
  let mnemonic = "spec";
  let summary = "how one tensor is quantized, and observed to get there";
  let description = [{
    Codes of `bits` (2 to 16) in [qmin, qmax], signed or not; `observer` names the kind
    (min_max, moving_average_min_max, per_channel_min_max, histogram, percentile, mse,
    entropy, fixed; dynamic: parameters are found at run time, N17) and `options` its settings (bins, percentile, averaging_constant, eps,
    scale, zero_point).
  }];
  let parameters = (ins "unsigned":$bits, "bool":$is_signed, "int64_t":$qmin, "int64_t":$qmax,
      EnumParameter<QOpt_Scheme>:$scheme, EnumParameter<QOpt_Granularity>:$granularity,
      StringRefParameter<"observer kind">:$observer,
      OptionalParameter<"::mlir::DictionaryAttr">:$options);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isPerChannel() const { return getGranularity() == Granularity::PerChannel; }
    bool isSymmetric() const { return getScheme() == Scheme::Symmetric; }
    /// Numeric option, or `fallback`.
    double getOption(::llvm::StringRef name, double fallback) const;
  }];
}

def QOpt_ScalesAttr : AttrDef<QOpt_Dialect, "Scales"> {
  let mnemonic = "scales";
  let summary = "f32 numbers whose text is exact";
  let description = [{
    Upstream's dense arrays print six digits, which is not enough to read an f32 back.
  }];
  let parameters = (ins "::mlir::DenseF32ArrayAttr":$numbers);
  let hasCustomAssemblyFormat = 1;
  let returnType = "::llvm::ArrayRef<float>";
  let convertFromStorage = "$_self.getNumbers().asArrayRef()";
  let constBuilderCall =
      "::qopt::quantize::ScalesAttr::get($_builder.getContext(), $_builder.getDenseF32ArrayAttr($0))";
}

def QOpt_QConfigAttr : AttrDef<QOpt_Dialect, "QConfig"> {
  let mnemonic = "qconfig";
  let summary = "the quantization rule that matched an op";
  let description = [{
    `rule` says which entry of the configuration decided (provenance for reports).
    `residual_accumulator` selects N7's accumulator form for fused residuals.
  }];
  let parameters = (ins "::qopt::quantize::SpecAttr":$activation, "::qopt::quantize::SpecAttr":$weight,
      StringRefParameter<"the deciding entry">:$rule,
      DefaultValuedParameter<"bool", "false">:$residual_accumulator);
  let assemblyFormat = "`<` struct(params) `>`";
}

def QOpt_BatchNormPolicy : QOpt_I32Enum<"BatchNormPolicy", "what training does with statistics", [
    I32EnumAttrCase<"Update", 0, "update">, I32EnumAttrCase<"Freeze", 1, "freeze">]>;
def QOpt_BatchNormPolicyAttr : EnumAttr<QOpt_Dialect, QOpt_BatchNormPolicy, "batch_norm_policy">;

def QOpt_GradScale : QOpt_I32Enum<"GradScale", "factor of the gradients of scale and zero point", [
    I32EnumAttrCase<"Lsq", 0, "lsq">, I32EnumAttrCase<"Torch", 1, "torch">,
    I32EnumAttrCase<"None", 2, "none">]>;

def QOpt_LearnedAttr : AttrDef<QOpt_Dialect, "Learned"> {
  let mnemonic = "learned";
  let summary = "parameters that training learns (N11)";
  let description = [{
    The scale, and with `zero_point` the zero point, are trained by their gradients, which are
    multiplied by 1 / sqrt(N * Qp) (`lsq`), 1 / sqrt(numel * qmax) (`torch`), or 1 (`none`).
    The least scale is that of N15, or the spec's option `eps`.
  }];
  let parameters = (ins DefaultValuedParameter<"bool", "false">:$zero_point,
      DefaultValuedParameter<"::qopt::quantize::GradScale",
                             "::qopt::quantize::GradScale::Lsq">:$grad_scale);
  let hasCustomAssemblyFormat = 1;
}

class QOpt_Op<string mnemonic, list<Trait> traits = []> : Op<QOpt_Dialect, mnemonic, traits>;

def QOpt_QParamsOp : QOpt_Op<"qparams",
    [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "an observer with its state and, once known, scale and zero point";
  let description = [{
    Module-level symbol that `qopt.observe`, `qopt.fake_quant` and `mid` point to; sharing
    an observer is naming the same symbol. `state` is the observer's statistics as bytes
    (usually a resource). `axis` is the channel axis of per-channel parameters. `rule` is
    provenance. `fixed` marks parameters that no observer changes. `derived_from` names the
    parameters of the op's input from which those of its result follow (N8, mul_scalar and
    add_scalar); calibrate drops it where they do not and the observer decides.

    Constraints: [qparams_c1] scales and zero points come together and in equal number;
    [qparams_c2] one of each unless the spec is per channel; [qparams_c3] scales positive and
    finite; [qparams_c4] zero points within [qmin, qmax], and where the scheme is symmetric 0
    (signed) or the middle (unsigned); [qparams_c5] per channel needs an axis; [qparams_c6]
    `derived_from` names another qparams with the same codes, per tensor; [qparams_c7] what is
    `learned` is neither fixed nor derived, and its zero point moves only where the scheme is
    affine.

    In training, `observer_enabled` lets the observer set the parameters and
    `fake_quant_enabled` lets the points quantize; `learned` parameters start where the observer
    put them.

    ```mlir
    qopt.qparams @conv1.out #qopt.spec<...> scales([0.05]) zero_points([3]) {rule = "global"}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, QOpt_SpecAttr:$spec,
      OptionalAttr<QOpt_ScalesAttr>:$scales, OptionalAttr<DenseI32ArrayAttr>:$zero_points,
      OptionalAttr<I64Attr>:$axis, OptionalAttr<ElementsAttr>:$state,
      DefaultValuedAttr<BoolAttr, "true">:$observer_enabled,
      DefaultValuedAttr<BoolAttr, "true">:$fake_quant_enabled,
      UnitAttr:$fixed, OptionalAttr<FlatSymbolRefAttr>:$derived_from,
      OptionalAttr<QOpt_LearnedAttr>:$learned,
      OptionalAttr<StrAttr>:$rule);
  let assemblyFormat = [{
    $sym_name $spec (`scales` `(` custom<Numbers>($scales)^ `)`)? (`zero_points` `(` $zero_points^ `)`)?
    attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Scale and zero point are known.
    bool isResolved() { return static_cast<bool>(getScales()); }
    /// The quantized element type for f32, or null when unresolved or over 8 bits.
    ::mlir::quant::QuantizedType getQuantizedType();
    /// Sets both, per tensor or per channel.
    void setQParams(::llvm::ArrayRef<float> scales, ::llvm::ArrayRef<int32_t> zeroPoints);
  }];
}

class QOpt_PointOp<string mnemonic> : QOpt_Op<mnemonic, [SameOperandsAndResultType,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let arguments = (ins RankedTensorOf<[F32]>:$input, FlatSymbolRefAttr:$qparams);
  let results = (outs RankedTensorOf<[F32]>:$result);
  let assemblyFormat = "$input $qparams attr-dict `:` type($result)";
}
def QOpt_ObserveOp : QOpt_PointOp<"observe"> {
  let summary = "a quantization point: statistics of the value go to the named observer";
  let description = [{
    The value passes unchanged in a float run; in simulation it becomes N3(N2(x)) with the
    observer's parameters. Convert turns it into a quantized type.
  }];
}
def QOpt_FakeQuantOp : QOpt_PointOp<"fake_quant"> {
  let summary = "a quantization point that quantizes and dequantizes in training (N11)";
}

def QOpt_FoldBatchNormOp : QOpt_Op<"fold_batch_norm", [Pure]> {
  let summary = "weight and bias of a root with the batch_norm behind it folded in (N16)";
  let description = [{
    What fuse would compute, left to be computed: weight * g and beta + (bias - mean) * g with
    g = gamma / sqrt(var + eps), by running statistics, in f64 and rounded once. `axis` counts the
    weight's output channels, which repeat over `groups` (transposed convolutions). `policy` speaks
    to the trainer only: `update` normalizes by the statistics of each batch and updates the running
    ones, `freeze` trains with the fold as it is here.

    Constraints: [fold_batch_norm_c1] bias, gamma, beta, mean, var and the second result hold one
    number per output channel; [fold_batch_norm_c2] the first result has the weight's type;
    [fold_batch_norm_c3] eps positive; [fold_batch_norm_c4] axis within the rank, groups positive.

    ```mlir
    %w2, %b2 = qopt.fold_batch_norm %w norm(%gamma, %beta, %mean, %var) update : (...) -> (...)
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$weight, Optional<RankedTensorOf<[F32]>>:$bias,
      RankedTensorOf<[F32]>:$gamma, RankedTensorOf<[F32]>:$beta, RankedTensorOf<[F32]>:$mean,
      RankedTensorOf<[F32]>:$var, QOpt_BatchNormPolicyAttr:$policy,
      DefaultValuedAttr<F64Attr, "1e-5">:$eps, DefaultValuedAttr<I64Attr, "0">:$axis,
      DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs RankedTensorOf<[F32]>:$folded_weight, RankedTensorOf<[F32]>:$folded_bias);
  let assemblyFormat = [{
    $weight (`bias` `(` $bias^ `)`)? `norm` `(` $gamma `,` $beta `,` $mean `,` $var `)` $policy
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def QOpt_QuantizeOp : QOpt_Op<"quantize", [Pure, SameOperandsAndResultShape]> {
  let summary = "f32 to codes (N2)";
  let arguments = (ins RankedTensorOf<[F32]>:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}
def QOpt_DequantizeOp : QOpt_Op<"dequantize", [Pure, SameOperandsAndResultShape]> {
  let summary = "codes to f32 (N3)";
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs RankedTensorOf<[F32]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}
def QOpt_RequantizeOp : QOpt_Op<"requantize", [Pure, SameOperandsAndResultShape]> {
  let summary = "codes to codes of other parameters: N3, then N2 (N10)";
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

#endif // QOPT_QOPT_OPS_TD
