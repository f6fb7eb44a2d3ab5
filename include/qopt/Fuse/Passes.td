//===- Passes.td - the passes of the fuse stage --------------------------*- tablegen -*-===//

#ifndef QOPT_FUSE_PASSES_TD
#define QOPT_FUSE_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseFoldBatchNorm : Pass<"fuse-fold-batch-norm", "::mlir::ModuleOp"> {
  let summary = "fold batch_norm into the weight and bias of the op before it (N16)";
  let description = [{
    `batch_norm(conv(x, w, b))` becomes `conv(x, w', b')` with, per output channel,
    g = gamma / sqrt(var + eps), w' = w * g, b' = beta + (b - mean) * g, in f64 from the f32
    inputs, each result rounded once. Only where the convolution's (or linear's) result has no
    other user. New parameters keep the framework's names; a weight with other users stays and
    the folded one gets a suffix. A batch_norm anywhere else stays and becomes a table.

    With `train` nothing is computed: weight and bias become those of a `qopt.fold_batch_norm` with
    the policy `update`, so that training still sees and changes every parameter.
  }];
  let options = [Option<"train", "train", "bool", "false",
      "leave the fold to be computed, for quantization-aware training">];
  let dependentDialects = ["::qopt::quantize::QOptDialect"];
  let statistics = [
    Statistic<"folded", "folded", "batch_norms folded">,
    Statistic<"kept", "kept", "batch_norms that stay">,
    Statistic<"cloned", "cloned-weights", "weights cloned because another op uses them">];
}

def FuseFoldPad : Pass<"fuse-fold-pad", "::mlir::ModuleOp"> {
  let summary = "fold a pad into the padding of the convolution or pool behind it";
  let description = [{
    Zeros before a convolution or a mean that counts its padding, -infinity before a maximum:
    only where the result is exactly the same. Padding may be asymmetric afterwards.
  }];
  let statistics = [Statistic<"folded", "folded", "uses of a pad that were folded">];
}

def FuseResidualAdd : Pass<"fuse-residual-add", "::mlir::ModuleOp"> {
  let summary = "fuse an add into the convolution or linear that makes one of its operands";
  let description = [{
    `add(conv(x), y)` becomes `conv(x) residual(y)` where the add is the only user of the
    convolution, shapes are equal (no broadcasting) and no activation stands between. Where both
    operands qualify, the later op in program order takes the residual. The convolution moves
    down to the add where the residual is defined after it.
  }];
  let statistics = [Statistic<"fused", "fused", "adds fused">];
}

def FuseActivation : Pass<"fuse-activation", "::mlir::ModuleOp"> {
  let summary = "fuse an activation into the op that makes its input";
  let description = [{
    Any activation into a convolution or linear; relu, relu6 and clip also into add, sub and
    mul, where they are a narrower saturation. Only where the activation is the only user. A
    convolution with a residual takes clamps only: another function behind the sum would need a second
    quantization point.
  }];
  let options = [Option<"activations", "activations", "std::string", "\"all\"",
    "which may fuse: all, clamp (relu, relu6, clip) or none">];
  let statistics = [
    Statistic<"fused", "fused", "activations fused into convolutions and linears">,
    Statistic<"clamps", "fused-clamps", "clamps fused into add, sub and mul">];
}

def FuseVerifyExit : Pass<"fuse-verify-exit", "::mlir::ModuleOp"> {
  let summary = "check what holds after fuse, then mark the module as fused";
  let description = [{
    No batch_norm and no pad is left that could be folded; every value has a name of its own;
    no tabulated activation stands behind a residual. Sets `qopt.stage = "fused"`.
  }];
}

#endif // QOPT_FUSE_PASSES_TD
