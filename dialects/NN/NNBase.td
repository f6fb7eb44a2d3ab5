//===- NNBase.td - the nn dialect, its attributes and op classes ---------*- tablegen -*-===//

#ifndef QOPT_NN_BASE_TD
#define QOPT_NN_BASE_TD

include "dialects/Interfaces/QoptInterfaces.td"
include "mlir/Bytecode/BytecodeOpInterface.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::qopt::nn";
  let summary = "framework-neutral neural network ops, float or quantized";
  let description = [{
    One op set for both worlds: each op takes f32 tensors or tensors of upstream's
    `!quant.uniform` types. Activations are logical NCHW, convolution weights OIHW
    (transposed convolution IOHW), linear weights [out, in]. The result type of a
    quantized op says how it requantizes.

    Values are named by the discardable attribute `nn.name` of the op that makes them
    (or of the function argument).
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let extraClassDeclaration = [{
    /// Name of the discardable attribute that carries a value's import name.
    static constexpr ::llvm::StringLiteral kNameAttr = "nn.name";
    /// Module path of the layer an op came from ("layer1.0.conv1").
    static constexpr ::llvm::StringLiteral kLayerAttr = "nn.layer";
    /// Names of the ops a fused group was made of, root first.
    static constexpr ::llvm::StringLiteral kFusedAttr = "nn.fused";
  }];
}

class NN_I32Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::qopt::nn";
  let genSpecializedAttr = 0;
}

def NN_ActKind : NN_I32Enum<"ActKind", "pointwise functions that can be fused", [
    I32EnumAttrCase<"Relu", 0, "relu">,
    I32EnumAttrCase<"Relu6", 1, "relu6">,
    I32EnumAttrCase<"Clip", 2, "clip">,
    I32EnumAttrCase<"LeakyRelu", 3, "leaky_relu">,
    I32EnumAttrCase<"Sigmoid", 4, "sigmoid">,
    I32EnumAttrCase<"Tanh", 5, "tanh">,
    I32EnumAttrCase<"HardSigmoid", 6, "hard_sigmoid">,
    I32EnumAttrCase<"HardSwish", 7, "hard_swish">,
    I32EnumAttrCase<"Gelu", 8, "gelu">,
    I32EnumAttrCase<"GeluTanh", 9, "gelu_tanh">,
    I32EnumAttrCase<"Silu", 10, "silu">]>;

def NN_ActAttr : AttrDef<NN_Dialect, "Act"> {
  let mnemonic = "act";
  let summary = "a pointwise function with its parameters";
  let description = [{
    `a` and `b` are the parameters: clip [a, b], leaky_relu slope a, hard_sigmoid
    clamp(a * x + b, 0, 1). They print only for the kinds that have them.
  }];
  let parameters = (ins "::qopt::nn::ActKind":$kind, APFloatParameter<"">:$first,
      APFloatParameter<"">:$second);
  let builders = [AttrBuilder<(ins "::qopt::nn::ActKind":$kind, CArg<"double", "0.0">:$a,
      CArg<"double", "0.0">:$b), [{
    return $_get($_ctxt, kind, ::llvm::APFloat(a), ::llvm::APFloat(b));
  }]>];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    double getA() const { return getFirst().convertToDouble(); }
    double getB() const { return getSecond().convertToDouble(); }
    /// f(x) in f64: the only definition of these functions in the compiler.
    double apply(double x) const;
    /// The function is a clamp of its input: on codes a narrower saturation (N6).
    bool isClamp() const;
    /// Bounds of a clamp (infinite where open).
    double getLowerBound() const;
    double getUpperBound() const;
  }];
}

def NN_Tensor : AnyTypeOf<[AnyRankedTensor]>;

def NN_NumbersAttr : AttrDef<NN_Dialect, "Numbers"> {
  let mnemonic = "numbers";
  let summary = "f64 numbers whose text is exact (upstream's dense arrays print six digits)";
  let parameters = (ins "::mlir::DenseF64ArrayAttr":$list);
  let hasCustomAssemblyFormat = 1;
  let returnType = "::llvm::ArrayRef<double>";
  let convertFromStorage = "$_self.getList().asArrayRef()";
  let constBuilderCall =
      "::qopt::nn::NumbersAttr::get($_builder.getContext(), $_builder.getDenseF64ArrayAttr($0))";
}

/// An op of any dialect that takes part: pure, with a quantization rule and inferred shapes,
/// verified by both.
///   roles      OperandRole letters by operand group: A activation, W weight, B bias,
///              R residual, P parameter
///   result     a ResultRule
///   segmented  1 for ops with AttrSizedOperandSegments
///   extra      statements that set further fields of QuantRule `r`
class Qopt_QuantizedOp<Dialect dialect, string mnemonic, string roles, string result,
                       list<Trait> traits = [], bit segmented = 0, string extra = "">
    : Op<dialect, mnemonic, traits # [Pure,
        DeclareOpInterfaceMethods<QuantizableOpInterface>,
        DeclareOpInterfaceMethods<ShapeOpInterface>]> {
  let hasVerifier = 1;
  code moreDeclarations = "";
  let extraClassDeclaration = [{
    /// The op's quantization rule (see QuantRule).
    static const ::qopt::QuantRule &rule();
  }] # moreDeclarations;
  let extraClassDefinition = [{
    const ::qopt::QuantRule &$cppClass::rule() {
      [[maybe_unused]] constexpr auto A = ::qopt::OperandRole::Activation;
      [[maybe_unused]] constexpr auto W = ::qopt::OperandRole::Weight;
      [[maybe_unused]] constexpr auto B = ::qopt::OperandRole::Bias;
      [[maybe_unused]] constexpr auto R = ::qopt::OperandRole::Residual;
      [[maybe_unused]] constexpr auto P = ::qopt::OperandRole::Parameter;
      static constexpr ::qopt::OperandRole roles[] = {}] # roles # [{};
      static const ::qopt::QuantRule rule = [] {
        ::qopt::QuantRule r;
        r.operands = roles;
        r.result = ::qopt::ResultRule::}] # result # [{;
        r.kind = "}] # mnemonic # [{";
        }] # extra # [{
        return r;
      }();
      return rule;
    }
    const ::qopt::QuantRule &$cppClass::getQuantRule() { return rule(); }
    ::llvm::LogicalResult $cppClass::verify() { return ::qopt::nn::verifyOp(*this); }
    ::qopt::OperandRole $cppClass::getOperandRole(unsigned index) {
  }] # !if(segmented, [{
      return ::qopt::nn::roleInSegments(rule(), getProperties().getOperandSegmentSizes(), index);
    }
  }], [{
      return rule().operands[std::min<size_t>(index, rule().operands.size() - 1)];
    }
  }]);
}

class NN_Op<string mnemonic, string roles, string result, list<Trait> traits = [],
            bit segmented = 0, string extra = "">
    : Qopt_QuantizedOp<NN_Dialect, mnemonic, roles, result, traits, segmented, extra> {
  /// Why columns of the table of ops by stage (docs/generated/ops.md) are empty, or a word on
  /// its part in fusion: "kernels: why; simulation, codes: why".
  string holes = "";
}

#endif // QOPT_NN_BASE_TD
