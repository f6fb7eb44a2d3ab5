//===- Passes.td - the passes of the train stage -------------------------*- tablegen -*-===//

#ifndef QOPT_TRAIN_PASSES_TD
#define QOPT_TRAIN_PASSES_TD

include "mlir/Pass/PassBase.td"

def TrainSetPoints : Pass<"train-set-points", "::mlir::ModuleOp"> {
  let summary = "switch observers and fake-quants on or off";
  let description = [{
    Sets the flags of every `qopt.qparams` whose name matches `names`, a regular expression for the
    whole name. What is not given stays as it is. An observer that is off leaves its parameters
    alone; a fake-quant that is off lets values pass.

    Errors: neither flag is given, another word than on or off, an invalid expression, a pattern
    that matches no symbol.
  }];
  let options = [
    Option<"names", "names", "std::string", "\".*\"", "which symbols (default: all)">,
    Option<"observer", "observer", "std::string", "", "on or off">,
    Option<"fakeQuant", "fake-quant", "std::string", "", "on or off">];
  let statistics = [Statistic<"changed", "changed", "symbols whose flags changed">];
}

def TrainFreezeBatchNorm : Pass<"train-freeze-batch-norm", "::mlir::ModuleOp"> {
  let summary = "train the rest with batch_norm's running statistics as they are";
  let description = [{
    Sets the policy of each `qopt.fold_batch_norm` from `update` to `freeze`, where the layer behind
    it (`nn.layer`, or else `nn.name`) matches `names`, a regular expression for the whole name.

    Errors: an invalid expression, a pattern that matches no layer with a fold.
  }];
  let options = [
    Option<"names", "names", "std::string", "\".*\"", "which layers (default: all)">];
  let statistics = [Statistic<"frozen", "frozen", "folds whose policy changed">];
}

#endif // QOPT_TRAIN_PASSES_TD
