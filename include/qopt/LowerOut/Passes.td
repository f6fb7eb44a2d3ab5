//===- Passes.td - from a converted module to dialects of others ---------*- tablegen -*-===//

#ifndef QOPT_LOWEROUT_PASSES_TD
#define QOPT_LOWEROUT_PASSES_TD

include "mlir/Pass/PassBase.td"

def FixBatch : Pass<"lower-out-fix-batch", "::mlir::func::FuncOp"> {
  let summary = "gives the unknown batch a size";
  let description = [{
    Every argument whose dimension 0 is unknown gets `batch` there, and every result what its op makes
    of that (`ShapeOpInterface`): a batch that a reshape merged with another dimension is a multiple. A
    function whose batch is known stays as it is. Errors: an unknown size elsewhere; a batch that an op's
    shape cannot hold.
  }];
  let options = [
    Option<"batch", "batch", "int64_t", "0", "the size; 0 leaves it unknown">,
  ];
}

def OutlineOps : Pass<"lower-out-outline-ops", "::mlir::ModuleOp"> {
  let summary = "replaces @main by one function per op";
  let description = [{
    `@op_<i>_<name>` computes the op that stands at place i, from its activations as arguments;
    constants are inside. Arguments and results carry `nn.name`. So each op can be run on given
    codes, and one rounding that differs does not spread to the next.
  }];
}

def LowerToLinalg : Pass<"lower-to-linalg", "::mlir::ModuleOp"> {
  let summary = "writes a converted module as linalg, arith, math and tensor";
  let description = [{
    Each op on codes becomes the arithmetic of docs/Numerics.md, operation by operation, so the codes
    are those of the program. Codes are signless i8; unsigned ones are stored as q - 128, their zero
    points move with them. Convolutions and linear layers are named ops on i8 that accumulate in i32;
    what their zero points add is constant and part of the bias. Borders (`qopt.quantize`,
    `qopt.dequantize`) stay f32 outside. What belongs to qopt alone, names of arguments and results
    excepted, is removed.

    Errors, all of them listed: ops without a lowering, each with the reason; a module that is not
    converted.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def LowerToTosa : Pass<"lower-to-tosa", "::mlir::ModuleOp"> {
  let summary = "writes a converted module as TOSA (of LLVM 22)";
  let description = [{
    Integer TOSA: zero points as operands, `tosa.rescale` for every requantization, `tosa.table` for
    pointwise functions. Codes are i8 as in `lower-to-linalg`. Multipliers are exact, the rounding is
    not the one of docs/Numerics.md: TOSA rounds the exact product half up, N6 rounds the product to
    f32 first and then half to even. docs/stages/LowerOut.md says how many codes that changes.

    Errors as `lower-to-linalg`.
  }];
  let dependentDialects = ["::mlir::tosa::TosaDialect"];
}

#endif // QOPT_LOWEROUT_PASSES_TD
