//===- Passes.td - from the network's ops to LLVM ------------------------*- tablegen -*-===//

#ifndef QOPT_LOWER_PASSES_TD
#define QOPT_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToUKernel : Pass<"lower-to-ukernel", "::mlir::ModuleOp"> {
  let summary = "replaces @main by one plan of kernel calls per ISA";
  let description = [{
    Takes a converted module, a float one, or a mix of both. Each `ukernel.program @main_<isa>`
    lists the kernel calls in order, with weights packed for the chosen kernels. Activations
    of rank 4 lie as NHWC, all others row-major; ops that only move codes become nothing
    where the bytes agree, else strided copies.

    Errors: ops without a lowering (all of them are listed), unknown sizes other than the
    batch, an accumulator that could leave i32 (N4), ops that mix samples of the batch.

    ```mlir
    func.func @main(%x: tensor<?x8xf32> {nn.name = "x"}) -> (tensor<?x8xf32> {nn.name = "y"})
    // lower-to-ukernel{isa=scalar}
    ukernel.program @main_scalar isa("scalar") { ... ukernel.quantize @qrt_quantize_scalar ... }
    ```
  }];
  let options = [
    ListOption<"isas", "isa", "std::string", "ISAs to plan for: scalar, avx2, avxvnni, "
               "avx512vnni, neon, neon_dot, neon_i8mm">,
    Option<"dnnl", "dnnl", "bool", "false", "may choose kernels that need oneDNN">,
    Option<"fixedBatch", "batch", "int64_t", "0", "fix an unknown batch to this size; 0: any">,
    Option<"tune", "tune", "std::string", "\"off\"", "off: choose kernels by estimate; fast, full: "
           "by running them here, 3 or 30 ms each">,
    Option<"tuneCache", "tune-cache", "std::string", "", "file that keeps what was measured">,
  ];
  let dependentDialects = ["::qopt::ukernel::UKernelDialect"];
}

def PlanMemory : Pass<"lower-plan-memory", "::qopt::ukernel::ProgramOp"> {
  let summary = "gives each buffer of a plan its place in one arena";
  let description = [{
    Buffers that are never alive together share memory; the largest are placed first. A
    pointwise call whose input dies with it works in place.
  }];
  let options = [
    Option<"inPlace", "in-place", "bool", "true", "pointwise calls may write over their input">,
  ];
  let statistics = [
    Statistic<"arenaBytes", "arena-bytes", "bytes of the arena, a sample">,
    Statistic<"bufferBytes", "buffer-bytes", "bytes of all buffers without sharing, a sample">,
  ];
}

def UKernelToLLVM : Pass<"lower-ukernel-to-llvm", "::mlir::ModuleOp"> {
  let summary = "writes the plans as LLVM: entry functions, constants, the descriptor";
  let description = [{
    One entry function per plan, parameter blocks and packed weights as constants (equal
    bytes once), and the exported `qopt_program` of qrt.h, by which a host finds all of it.
  }];
  let options = [
    Option<"name", "name", "std::string", "\"\"", "the program's name">,
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QOPT_LOWER_PASSES_TD
