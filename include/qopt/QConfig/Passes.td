//===- Passes.td - the passes of the qconfig stage -----------------------*- tablegen -*-===//

#ifndef QOPT_QCONFIG_PASSES_TD
#define QOPT_QCONFIG_PASSES_TD

include "mlir/Pass/PassBase.td"

def QConfigApply : Pass<"qconfig-apply", "::mlir::ModuleOp"> {
  let summary = "decide per op how it is quantized, or why it stays float";
  let description = [{
    Reads a JSON configuration with the semantics and precedence of FX's QConfigMapping
    (docs/stages/QConfig.md) and what the target can run. Each op with a quantization rule
    gets `qopt.qconfig` or `qopt.float_reason`; values with fixed parameters get their
    `qopt.qparams`. A name or pattern that matches nothing is an error.
  }];
  let options = [
    Option<"config", "config", "std::string", "\"\"", "path of the JSON configuration">,
    Option<"configText", "config-text", "std::string", "\"\"",
      "the JSON configuration itself, instead of a file; the outermost braces may be missing">,
    Option<"target", "target", "std::string", "\"x86\"",
      "x86, arm, or the path of a target's JSON specification">];
  let statistics = [
    Statistic<"configured", "configured", "ops to be quantized">,
    Statistic<"floating", "floating", "ops that stay float">,
    Statistic<"fixedValues", "fixed-values", "values with fixed parameters">];
  let dependentDialects = ["::qopt::quantize::QOptDialect"];
}

def QConfigApplyEncodings : Pass<"qconfig-apply-encodings", "::mlir::ModuleOp"> {
  let summary = "take scales and zero points from another tool's file";
  let description = [{
    AIMET's encodings (0.6.1 and 1.0.0) and ONNX Runtime's TensorQuantOverrides become fixed
    `qopt.qparams` of the values and parameters that they name (docs/stages/QConfig.md); prepare
    puts points there, calibrate leaves them. Offsets of AIMET's grids, which start at code 0,
    become zero points of the codes that the rule asks for; ranges become parameters by N15.

    A warning names what is not used: values that move their input's codes or were fused into
    another, biases (N5), what the configuration fixes itself. Errors: a file that is not of the
    form, an activation per channel (N1), numbers of scales that do not fit the channels, a file
    of which nothing can be used.
  }];
  let options = [
    Option<"encodings", "encodings", "std::string", "\"\"", "path of AIMET encodings">,
    Option<"overrides", "overrides", "std::string", "\"\"",
      "path of ONNX Runtime's TensorQuantOverrides as JSON">];
  let statistics = [Statistic<"used", "used", "tensors that were given parameters">];
  let dependentDialects = ["::qopt::quantize::QOptDialect"];
}

def QConfigVerifyExit : Pass<"qconfig-verify-exit", "::mlir::ModuleOp"> {
  let summary = "check what holds after qconfig, then mark the module as configured";
  let description = [{
    Every op with a quantization rule has either `qopt.qconfig` or `qopt.float_reason`; ops
    without an integer form have a reason. Sets `qopt.stage = "configured"`.
  }];
}

#endif // QOPT_QCONFIG_PASSES_TD
