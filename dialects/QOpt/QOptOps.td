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
    /// The module's arithmetic: `#qopt.numerics<"qopt.v1">`.
    static constexpr ::llvm::StringLiteral kNumericsAttr = "qopt.numerics";
    /// The module's IR version (i64) and last finished stage (string).
    static constexpr ::llvm::StringLiteral kVersionAttr = "qopt.version";
    static constexpr ::llvm::StringLiteral kStageAttr = "qopt.stage";
    static constexpr int64_t kVersion = 1;
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
    entropy, fixed) and `options` its settings (bins, percentile, averaging_constant, eps,
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
    `derived_from` names another qparams with the same codes, per tensor.

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
