//===- Passes.td - the calibrate stage -----------------------------------*- tablegen -*-===//

#ifndef QOPT_CALIBRATE_PASSES_TD
#define QOPT_CALIBRATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def CalibrateRun : Pass<"calibrate-run", "::mlir::ModuleOp"> {
  let summary = "run samples through the float network and record what observers see";
  let description = [{
    Streams the arrays of an .npz (named as the network's inputs, or `x` for a single one) or
    .npy file through the prepared network in f32, and gives each observer its value: the
    point's, or for `mid` the one between accumulator and residual or activation. The
    statistics are written once, at the end, into `state` of the `qopt.qparams`; with `shard`
    the module notes in `qopt.shard` of which samples they are.

    Samples run one by one (or in the network's fixed batch), so the bytes of the states depend
    neither on `batch` nor on how the samples were sharded. Moving averages are the exception:
    one step per `batch` samples, in order; they refuse shards. Memory is that of one batch.

    Points on constants are not recorded: calibrate-compute-qparams reads the constants.

    Without a file nothing is recorded, which is an error where an observer needs samples.

    Errors: an unreadable file, no samples, missing arrays, wrong shapes or dtypes, NaN or
    infinity (named by array and sample), an op that cannot run in f32.
  }];
  let options = [
    Option<"data", "data", "std::string", "", "the .npz or .npy file with the samples">,
    Option<"shard", "shard", "std::string", "",
           "i/n: only every n-th sample from the i-th on (0 <= i < n)">,
    Option<"batch", "batch", "int64_t", "16",
           "samples read at once, and samples per step of a moving average">];
  let statistics = [
    Statistic<"samples", "samples", "Samples run">,
    Statistic<"observers", "observers", "Observers that recorded">];
  let dependentDialects = ["::qopt::nn::NNDialect", "::qopt::quantize::QOptDialect"];
}

def CalibrateMerge : Pass<"calibrate-merge", "::mlir::ModuleOp"> {
  let summary = "add up the statistics of modules that calibrated shards of the data";
  let description = [{
    Reads the modules and replaces the states of this one's observers by the sum of theirs. The
    result does not depend on the order, and is that of one run over all samples. The modules
    must have been prepared alike. Shards know their number (`qopt.shard`); modules that were
    calibrated without `shard` are added as they are.

    Errors: a shard that is missing, named twice, or of another set; an unreadable module, observers that are missing or configured otherwise there, an
    observer without statistics, moving averages (their result depends on the order).
  }];
  let options = [
    ListOption<"inputs", "inputs", "std::string", "the shards' modules">];
  let dependentDialects = ["::qopt::nn::NNDialect", "::qopt::quantize::QOptDialect"];
}

def CalibrateComputeQParams : Pass<"calibrate-compute-qparams", "::mlir::ModuleOp"> {
  let summary = "from statistics and constants to scales and zero points (N15)";
  let description = [{
    For each `qopt.qparams` that a point names: the range that its observer's search finds in
    its statistics and in the constants behind its points, extended by the option `include`,
    becomes scale and zero point (N15); the option `eps` is a lower bound of the scale. Then
    parameters that follow from others (`derived_from`, N8), which fall back to their own
    observer where they do not exist. At last N5: a weight's scale is raised where the bias
    would not fit i32, with a remark.

    Parameters that are `fixed`, or whose observer is disabled, stay as they are; without a
    scale they take the options `scale` and `zero_point`. With `keep-resolved` so do all that have
    scales, as after training; those that follow from others are computed again.

    Errors: the statistics of one shard only, an observer that saw no data, NaN or infinity among what it saw, parameters that
    are fixed or disabled and not given.
  }];
  let options = [
    Option<"keepResolved", "keep-resolved", "bool", "false",
           "take scales that are there as they are: training found them">];
  let statistics = [
    Statistic<"resolved", "resolved", "Observers resolved">,
    Statistic<"raised", "weight-scales-raised", "Weight scales raised for their bias (N5)">];
  let dependentDialects = ["::qopt::nn::NNDialect", "::qopt::quantize::QOptDialect"];
}

def CalibrateReestimateBatchNorm : Pass<"calibrate-reestimate-batch-norm", "::mlir::ModuleOp"> {
  let summary = "estimate running statistics of batch_norms from data, with quantization on";
  let description = [{
    For a module prepared for training whose scales are known: mean and unbiased variance of what
    each batch_norm with the policy `update` (and each `nn.batch_norm`) reads, over all samples, in
    f64 and rounded once. Everything before it runs in its quantized simulation with statistics that
    are the new ones already: batch_norms are estimated one level after another, each level in one
    run over the data. For a folded one that is y / (gamma / sigma) plus the layer's bias, y the
    layer's sums as f32 (N6), or where gamma / sigma is below 2^-20 the float layer (N16).

    Weight scales per channel follow sigma, so that the codes of the weights stay; one scale per
    tensor is observed again where its observer is on; then N5. Fixed parameters stay.

    Errors: no samples, NaN or infinity in them, no such batch_norm, two that share statistics, a
    point without a scale, statistics that are not finite.
  }];
  let options = [
    Option<"data", "data", "std::string", "", "the .npz or .npy file with the samples">,
    Option<"batch", "batch", "int64_t", "16", "samples run at once">];
  let statistics = [Statistic<"norms", "batch-norms", "Batch_norms estimated">];
  let dependentDialects = ["::qopt::nn::NNDialect", "::qopt::quantize::QOptDialect"];
}

def CalibrateVerifyExit : Pass<"calibrate-verify-exit", "::mlir::ModuleOp"> {
  let summary = "check that the module is a valid calibrated one, and mark it so";
  let description = [{
    Every `qopt.qparams` that a point or `mid` names has scales and zero points, one per
    channel of the constant where it is per channel; a bias fits its scale (N5). Then
    `qopt.stage = "calibrated"`.
  }];
  let dependentDialects = ["::qopt::quantize::QOptDialect"];
}

#endif // QOPT_CALIBRATE_PASSES_TD
