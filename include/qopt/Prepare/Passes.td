//===- Passes.td - the passes of the prepare stage -----------------------*- tablegen -*-===//

#ifndef QOPT_PREPARE_PASSES_TD
#define QOPT_PREPARE_PASSES_TD

include "mlir/Pass/PassBase.td"

def PrepareSettleFloat : Pass<"prepare-settle-float", "::mlir::ModuleOp"> {
  let summary = "leave in float what cannot run on codes, with the reason";
  let description = [{
    Ops that only move the codes of a value that has none (of a float layer) stay float, as do ops
    whose weight or parameter is computed, pads with an infinite value, and ops that move an input
    which no op on codes reads. What remains with `qopt.qconfig` runs on codes.
  }];
  let statistics = [Statistic<"settled", "settled", "configured ops that stay float">];
}

def PrepareInsertObservers : Pass<"prepare-insert-observers", "::mlir::ModuleOp"> {
  let summary = "insert the quantization points: qopt.observe and their qopt.qparams";
  let description = [{
    One point behind each value that gets parameters of its own, and one per weight; one
    symbol for values that must share (cat); `mid` inside groups; resolved symbols for results
    whose range the function bounds; derived ones behind scalar ops. docs/IR.md, section
    prepared, is the contract.
  }];
  let statistics = [
    Statistic<"activations", "activations", "points behind activations">,
    Statistic<"weights", "weights", "points behind weights">,
    Statistic<"mids", "mids", "points inside fused groups">,
    Statistic<"groups", "shared-groups", "groups of values that share one observer">,
    Statistic<"requantized", "requantized", "operands that need a second point to share">];
}

def PrepareFakeQuant : Pass<"prepare-fake-quant", "::mlir::ModuleOp"> {
  let summary = "make quantization points those of training: qopt.fake_quant";
  let description = [{
    Each `qopt.observe` becomes a `qopt.fake_quant` that names the same symbol: where points stand
    and what they share is settled by the same passes as for calibration. Symbols whose
    configuration says so become `learned` (docs/stages/QAT.md); fixed and derived ones do not.
  }];
  let statistics = [
    Statistic<"points", "points", "points that quantize in training">,
    Statistic<"learned", "learned", "symbols whose parameters are learned">];
}

def PrepareVerifyExit : Pass<"prepare-verify-exit", "::mlir::ModuleOp"> {
  let summary = "check what holds after prepare, then mark the module as prepared";
  let description = [{
    Every operand of an op on codes has exactly one quantization point, no value is observed
    twice, symbols exist and are used, groups have the points inside that they need and no
    others. Sets `qopt.stage = "prepared"`.
  }];
}

#endif // QOPT_PREPARE_PASSES_TD
