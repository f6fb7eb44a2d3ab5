//===- Passes.td - the convert stage -------------------------------------*- tablegen -*-===//

#ifndef QOPT_CONVERT_PASSES_TD
#define QOPT_CONVERT_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertAdoptPoints : Pass<"convert-adopt-points", "::mlir::ModuleOp"> {
  let summary = "take over the quantization points of a model that another tool quantized";
  let description = [{
    For a fused module with `qopt.observe` points whose parameters are known, as import makes
    of QDQ and QOperator models. Points go before ops that move codes (quantizing commutes
    with them) and to each operand of a cat; an op whose result is quantized in several ways
    is cloned for each; points on biases and parameters are dropped. Each op gets a rule
    (`qopt.qconfig`), or `qopt.float_reason` where its parameters have no integer form. A
    residual without a point of its own before the sum becomes N7's accumulator form; a layer
    without a point behind its result gives its accumulator as float (N6). A remark names each
    value that is read through a point and also without one. The module is then a calibrated one.
  }];
  let statistics = [
    Statistic<"moved", "points-moved", "Points put before an op">,
    Statistic<"cloned", "ops-cloned", "Ops cloned because their result is quantized twice">];
  let dependentDialects = ["::qopt::nn::NNDialect", "::qopt::quantize::QOptDialect"];
}

def ConvertFoldBatchNorm : Pass<"convert-fold-batch-norm", "::mlir::ModuleOp"> {
  let summary = "compute what qopt.fold_batch_norm stands for (N16)";
  let description = [{
    Weight and bias of a trained layer become parameters under the framework's names: the weight's,
    and the bias's or the weight's with its last word replaced. Parameters that nothing reads any
    more are removed.

    Errors: a fold of values that are computed, or whose result is not finite.
  }];
  let statistics = [Statistic<"folded", "folded", "folds computed">];
  let dependentDialects = ["::qopt::nn::NNDialect"];
}

def ConvertToCodes : Pass<"convert-to-codes", "::mlir::ModuleOp"> {
  let summary = "give every layer that can run on codes its quantized types";
  let description = [{
    Walks the network in order and keeps, for each float value, the codes that stand for it.
    An op whose rule, configuration and operands allow it is rebuilt on codes: the same op
    with quantized types, weights as i8 codes (N2), biases as i32 codes (N5), `mid` as a
    type, pointwise functions as tables (N10), code-keeping scalars with derived parameters
    (N8). Everything else stays float, with `qopt.float_reason`; `qopt.quantize`,
    `qopt.dequantize` and `qopt.requantize` appear only where the two worlds meet, one
    dequantize per value. Quantization points disappear into the types, constants that
    nothing reads any more are removed.

    Errors: an observer without scale and zero point, more than 8 bits (N1), a constant with
    NaN or infinity, a bias that does not fit its scale, operands that must share
    parameters and do not.
  }];
  let options = [
    Option<"keepState", "keep-state", "bool", "false",
           "keep the observers' statistics on the qopt.qparams symbols">];
  let statistics = [
    Statistic<"onCodes", "layers-on-codes", "Layers that run on codes">,
    Statistic<"inFloat", "layers-in-float", "Layers left in float">,
    Statistic<"tables", "tables", "Tables of pointwise functions built">,
    Statistic<"borders", "borders", "quantize, dequantize and requantize ops made">];
  let dependentDialects = ["::qopt::nn::NNDialect", "::qopt::quantize::QOptDialect"];
}

def ConvertProveRanges : Pass<"convert-prove-ranges", "::mlir::ModuleOp"> {
  let summary = "prove that no accumulator can leave i32 (N4)";
  let description = [{
    For each layer on codes that sums products: from the actual weight and bias codes and
    the input's legal codes, the sum of all positive contributions and of all negative ones.
    As every partial sum in any order lies between the two, a layer passes when both fit
    i32; otherwise the pass fails, naming the layer, the channel and the bound.
  }];
  let statistics = [
    Statistic<"proven", "layers-proven", "Layers whose accumulator was proven to fit">];
}

def ConvertReportFloat : Pass<"convert-report-float", "::mlir::ModuleOp"> {
  let summary = "say which layers stay float, and why";
  let description = [{
    Emits a remark for each float layer ("left in float: <reason>"), also to MLIR's remark
    engine (category `convert`). With `fail-on-float`, layers of the listed kinds are errors
    instead, all of them reported; a kind is an op's name in configurations (conv2d), `conv`
    stands for conv2d and conv_transpose2d, `all` for every kind.
  }];
  let options = [
    ListOption<"failOnFloat", "fail-on-float", "std::string",
               "kinds of layers that must not stay float, or all">];
}

def ConvertVerifyExit : Pass<"convert-verify-exit", "::mlir::ModuleOp"> {
  let summary = "check that the module is a valid converted one, and mark it so";
  let description = [{
    What docs/IR.md promises of a converted module: no quantization points, each layer on
    codes or with a reason, constants of layers on codes in codes, biases at the scale of
    N5, `mid` a type, tables where the function needs one, no border that undoes another.
    Then `qopt.stage = "converted"`.
  }];
  let dependentDialects = ["::qopt::quantize::QOptDialect"];
}

#endif // QOPT_CONVERT_PASSES_TD
