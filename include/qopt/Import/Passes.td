//===- Passes.td - the passes of the import stage ------------------------*- tablegen -*-===//

#ifndef QOPT_IMPORT_PASSES_TD
#define QOPT_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def ImportForeign : Pass<"import-foreign", "::mlir::ModuleOp"> {
  let summary = "from a network of tosa, linalg, tensor, quant or onnx ops to nn";
  let description = [{
    Replaces the module's one function by what the importer makes of it (docs/IR.md, "imported").
    Named linalg ops and the generics that torch-mlir emits are recognized: batch-norms and other
    chains with constants per channel, sums that are means, clamps and activations that are spelled
    as arithmetic, pads, layouts. Quantization (`quant.qcast`, `quant.dcast`, onnx.QuantizeLinear, and
    the arithmetic that rounds, saturates and converts) becomes points with fixed parameters.

    What the outputs need and no rule reads is an error that lists all such ops with the reason. A module
    that has `qopt.stage` or nn ops is left alone.
  }];
  let dependentDialects = ["::qopt::nn::NNDialect", "::qopt::quantize::QOptDialect",
                           "::mlir::func::FuncDialect", "::mlir::quant::QuantDialect"];
}

def ImportPoints : Pass<"import-points", "::mlir::ModuleOp"> {
  let summary = "qopt.quantize and qopt.dequantize around float ops become points";
  let description = [{
    `dequantize(quantize(x))` becomes `qopt.observe x` on a symbol with the type's parameters, fixed; a
    parameter in codes behind `qopt.dequantize` becomes the numbers that its codes stand for (N3)
    behind such a point. So a module of nn ops with its quantization in the IR is what the import of a quantized
    model is. Biases of i32 codes stay. A quantize whose codes an op reads stays, with a remark. A
    converted module is left alone.
  }];
  let dependentDialects = ["::qopt::quantize::QOptDialect"];
  let statistics = [Statistic<"points", "points", "points made">];
}

#endif // QOPT_IMPORT_PASSES_TD
