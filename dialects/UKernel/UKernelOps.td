//===- UKernelOps.td - one op per entry point of the runtime -------------*- tablegen -*-===//

#ifndef QOPT_UKERNEL_OPS_TD
#define QOPT_UKERNEL_OPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def UKernel_Dialect : Dialect {
  let name = "ukernel";
  let cppNamespace = "::qopt::ukernel";
  let summary = "the exit dialect: calls of the runtime's kernels on buffers";
  let description = [{
    A `ukernel.program` is the plan of one ISA: straight-line calls, each with the
    parameter block of `qrt/params.def` as it will lie in the program. So the lowering to
    LLVM is mechanical, and a plan can be read, tested and edited as text.
  }];
  let useDefaultTypePrinterParser = 1;
}

def UKernel_BufferType : TypeDef<UKernel_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "memory of `count` elements a sample";
  let description = [{
    Element types: i8 (codes, signed or not) and f32. A run on a batch of B has B times
    the memory, sample after sample.
  }];
  let parameters = (ins "int64_t":$count, "::mlir::Type":$element);
  let assemblyFormat = "`<` $count `x` $element `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getElementBytes() const { return getElement().getIntOrFloatBitWidth() / 8; }
    /// Bytes of one sample.
    int64_t getBytes() const { return getCount() * getElementBytes(); }
  }];
}

class UKernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<UKernel_Dialect, mnemonic, traits>;

def UKernel_ProgramOp : UKernel_Op<"program",
    [Symbol, SingleBlock, NoTerminator, NoRegionArguments, IsolatedFromAbove]> {
  let summary = "the plan of one ISA";
  let description = [{
    Every thread of a run executes the body from top to bottom; after each call all of them
    wait for one another. `fixed_batch` 0 means any batch. `arena_bytes` (a sample) is known
    once memory is planned, `scratch_bytes` is what one thread needs, `prepared_bytes` what
    a session fills once, when it opens.
    Constraint: [program_c1] the ISA is one of the runtime's.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$isa,
      DefaultValuedAttr<I64Attr, "0">:$fixed_batch, DefaultValuedAttr<I64Attr, "0">:$scratch_bytes,
      DefaultValuedAttr<I64Attr, "0">:$prepared_bytes, OptionalAttr<I64Attr>:$arena_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `isa` `(` $isa `)` attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

class UKernel_BorderOp<string mnemonic> : UKernel_Op<mnemonic, [HasParent<"ProgramOp">]> {
  let description = [{
    Row-major in the logical order of `tensor`, without the batch. Constraints:
    [}] # mnemonic # [{_c1] the buffer has as many elements a sample as the tensor;
    [}] # mnemonic # [{_c2] indices count from 0 without gaps.
  }];
  let arguments = (ins I64Attr:$index, StrAttr:$name, TypeAttrOf<AnyRankedTensor>:$tensor);
  let results = (outs UKernel_BufferType:$buffer);
  let assemblyFormat = "$index $name $tensor attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}
def UKernel_InputOp : UKernel_BorderOp<"input"> { let summary = "an input of the program"; }
def UKernel_OutputOp : UKernel_BorderOp<"output"> {
  let summary = "the caller's memory for an output of the program";
}

def UKernel_AllocOp : UKernel_Op<"alloc", [HasParent<"ProgramOp">]> {
  let summary = "memory of the arena; `offset` bytes (times the batch) once planned";
  let description = [{
    Constraint: [alloc_c1] the offset is a multiple of 64 and the buffer lies in the arena.
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$offset);
  let results = (outs UKernel_BufferType:$buffer);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}

def UKernel_ConstantOp : UKernel_Op<"constant", [HasParent<"ProgramOp">, Pure]> {
  let summary = "constant data as a kernel's input, the same for every sample";
  let description = [{
    Only for calls that give it a batch stride of 0. Constraint: [constant_c1] the data has
    the buffer's number of bytes.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs UKernel_BufferType:$buffer);
  let assemblyFormat = "$value attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}

def UKernel_TensorOp : UKernel_Op<"tensor", [HasParent<"ProgramOp">]> {
  let summary = "a named tensor of the network lies in the buffer now";
  let description = [{
    What the run's callback is told after the call before it. The tensor is a strided view of
    the buffer: its first element lies at `offset`, and `strides` has the distance of
    neighbours along each of its dimensions, the batch among them, all in elements. `exact`
    says of floats that their bits are defined (N6, an accumulator given as float).
    Constraints: [tensor_c1] one stride for each dimension; [tensor_c2] each sample's elements
    lie in that sample of the buffer; samples follow one another, or are the same constant.
  }];
  let arguments = (ins UKernel_BufferType:$buffer, StrAttr:$name,
      TypeAttrOf<AnyRankedTensor>:$tensor, DefaultValuedAttr<I64Attr, "0">:$offset,
      DenseI64ArrayAttr:$strides, UnitAttr:$exact);
  let assemblyFormat = [{
    $buffer $name $tensor (`at` $offset^)? `strides` $strides (`exact` $exact^)? attr-dict
    `:` type($buffer)
  }];
  let hasVerifier = 1;
}

def UKernel_KernelCallInterface : OpInterface<"KernelCall"> {
  let cppNamespace = "::qopt::ukernel";
  let description = "A call of a kernel, of any kind.";
  let methods = [
    InterfaceMethod<"Buffers read.", "::mlir::OperandRange", "getInputs", (ins)>,
    InterfaceMethod<"The buffer written.", "::mlir::Value", "getOutput", (ins), [{
      return $_op.getOutput();
    }]>,
    InterfaceMethod<"The kernel's symbol in the runtime.", "::llvm::StringRef", "getKernel", (ins)>,
    InterfaceMethod<"Offset of what its `prepare` made, or nothing if it has none.",
      "std::optional<uint64_t>", "getPreparedAt", (ins)>,
    InterfaceMethod<"The parameter block.", "::mlir::DictionaryAttr", "getParams", (ins)>,
    StaticInterfaceMethod<"The kind: name of the parameter block.", "::llvm::StringRef",
      "getKind", (ins), [{ return ConcreteOp::getKernelKind(); }]>,
    StaticInterfaceMethod<"Least and greatest number of inputs.", "std::pair<int, int>",
      "getInputCounts", (ins), [{ return ConcreteOp::getKernelInputCounts(); }]>,
  ];
}

/// A call of a kernel of `kind` with minInputs to maxInputs inputs. `params` has one entry
/// for each field of the kind's block in params.def: an I32Attr, F32Attr or
/// DenseI32ArrayAttr; for a pointer an ElementsAttr with the data, or nothing for null.
/// `prepared_at` is where its weights lie in the session's prepared memory, for kernels that
/// have them expanded when a session opens.
/// Constraints: [call_c1] number of inputs; [call_c2] exactly the block's fields, of their
/// kinds; [call_c3] the kernel is of this kind and its ISA one of the program's; [call_c4] a kernel has
/// `prepared_at`, a multiple of 64, exactly if its row prepares weights.
class UKernel_CallOp<string kind, int minInputs = 1, int maxInputs = minInputs>
    : UKernel_Op<kind, [HasParent<"ProgramOp">, UKernel_KernelCallInterface]> {
  let summary = "calls a kernel of kind " # kind;
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<UKernel_BufferType>:$inputs,
      UKernel_BufferType:$output, DictionaryAttr:$params,
      OptionalAttr<I64Attr>:$prepared_at);
  let assemblyFormat = [{
    $kernel `ins` `(` $inputs `)` `outs` `(` $output `)` `params` $params
    (`prepared` `at` $prepared_at^)? attr-dict `:` functional-type($inputs, $output)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static ::llvm::StringRef getKernelKind() { return "}] # kind # [{"; }
    static std::pair<int, int> getKernelInputCounts() {
      return {}] # minInputs # ", " # maxInputs # [{};
    }
  }];
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::verify() {
      return ::qopt::ukernel::verifyKernelCall(*this);
    }
  }];
}

def UKernel_Conv2dOp : UKernel_CallOp<"conv2d", 1, 2>;
def UKernel_ConvTranspose2dOp : UKernel_CallOp<"conv_transpose2d">;
def UKernel_DynamicLinearOp : UKernel_CallOp<"dynamic_linear", 1, 2>;
def UKernel_MatmulOp : UKernel_CallOp<"matmul", 2>;
def UKernel_BinaryOp : UKernel_CallOp<"binary", 1, 2>;
def UKernel_TableOp : UKernel_CallOp<"table">;
def UKernel_MaxPool2dOp : UKernel_CallOp<"max_pool2d">;
def UKernel_AvgPool2dOp : UKernel_CallOp<"avg_pool2d">;
def UKernel_ReduceMeanOp : UKernel_CallOp<"reduce_mean">;
def UKernel_CopyOp : UKernel_CallOp<"copy">;
def UKernel_FillOp : UKernel_CallOp<"fill", 0>;
def UKernel_QuantizeOp : UKernel_CallOp<"quantize">;
def UKernel_DequantizeOp : UKernel_CallOp<"dequantize">;
def UKernel_Resize2dOp : UKernel_CallOp<"resize2d">;
def UKernel_F32Conv2dOp : UKernel_CallOp<"f32_conv2d", 1, 2>;
def UKernel_F32MatmulOp : UKernel_CallOp<"f32_matmul", 2>;
def UKernel_F32BinaryOp : UKernel_CallOp<"f32_binary", 1, 2>;
def UKernel_F32UnaryOp : UKernel_CallOp<"f32_unary">;
def UKernel_F32SoftmaxOp : UKernel_CallOp<"f32_softmax">;
def UKernel_F32Pool2dOp : UKernel_CallOp<"f32_pool2d">;
def UKernel_F32ReduceMeanOp : UKernel_CallOp<"f32_reduce_mean">;

#endif // QOPT_UKERNEL_OPS_TD
