//===- VerbStages.cpp - quantize, prepare, calibrate, convert -----------------------===//
//
// Each verb is a list of stages (Pipelines/Stages.h); nothing is done here that a pipeline
// of registered passes does not do.
//
//===-----------------------------------------------------------------------------===//

#include "Verbs.h"

#include "dialects/QOpt/QOptDialect.h"
#include "dialects/QOpt/ReadModule.h"
#include "qopt/Calibrate/Passes.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Fuse/Passes.h"
#include "qopt/Pipelines/ImportModel.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Prepare/Passes.h"
#include "qopt/QConfig/Passes.h"
#include "qopt/Support/Text.h"

using namespace qopt;
using namespace llvm;

using Module = mlir::OwningOpRef<mlir::ModuleOp>;

//===-- reading and the steps -------------------------------------------------------===//

/// Reads MODEL.onnx, or a module that must be at one of `stages`. Null after an error.
static Module readModel(StringRef path, DriverContext &context, ArrayRef<StringRef> stages,
                        StringRef wayOut) {
  if (path.ends_with(".onnx") && is_contained(stages, "imported")) {
    mlir::FailureOr<Module> imported = importOnnx(path, *context);
    if (failed(imported))
      return {};
    if (hasForeignPoints(**imported)) {
      fail(path + ": is quantized already; `qopt import` makes a converted module of it");
      return {};
    }
    // Reports compare with the float network.
    (**imported)
        ->setAttr(quantize::QOptDialect::kSourceAttr, mlir::StringAttr::get(&*context, path));
    return std::move(*imported);
  }
  Module module = readModule(path, &*context);
  if (!module) {
    fail(path + ": is not a readable module");
    return {};
  }
  if (!is_contained(stages, stageOf(*module))) {
    fail(path + ": expected a module at stage " + joinList(stages, /*quote=*/true) + ", got '" +
         stageOf(*module) + "'; " + wayOut);
    return {};
  }
  return module;
}

namespace {
/// What decides how a network is quantized: options of quantize and prepare alike.
struct HowToQuantize {
  explicit HowToQuantize(Verb &verb)
      : config("config", cl::value_desc("C.json"),
               cl::desc("what to quantize and how (default: preset)"), cl::sub(verb.command)),
        target("target", cl::init("x86"), cl::value_desc("x86|arm|SPEC.json"),
               cl::desc("what the target can run (default x86)"), cl::sub(verb.command)),
        encodings("encodings", cl::value_desc("E.json"),
                  cl::desc("scales from AIMET encodings (0.6.1 or 1.0.0), by tensor name"),
                  cl::sub(verb.command)),
        overrides("overrides", cl::value_desc("O.json"),
                  cl::desc("scales or ranges from ONNX Runtime's TensorQuantOverrides"),
                  cl::sub(verb.command)) {}

  void set(QConfigOptions &options) const {
    options.config = config.getValue();
    options.target = target.getValue();
    options.encodings = encodings.getValue();
    options.overrides = overrides.getValue();
  }

  cl::opt<std::string> config, target, encodings, overrides;
};
} // namespace

/// import (already done), fuse, qconfig, prepare.
static mlir::LogicalResult runUntilPrepared(mlir::ModuleOp module, StageRunner &stages,
                                            const HowToQuantize &how, bool train) {
  auto addFuse = [&](mlir::OpPassManager &pm) {
    FuseOptions options;
    options.train = train;
    buildFusePipeline(pm, options);
  };
  if (stageOf(module) == "imported" &&
      (failed(stages.dump(module, "import")) || failed(stages.run(module, "fuse", addFuse))))
    return mlir::failure();
  auto addQConfig = [&](mlir::OpPassManager &pm) {
    QConfigOptions options;
    how.set(options);
    buildQConfigPipeline(pm, options);
  };
  if (failed(stages.run(module, "qconfig", addQConfig)))
    return mlir::failure();
  return stages.run(module, "prepare", [&](mlir::OpPassManager &pm) {
    train ? buildPrepareQatPipeline(pm, {}) : buildPreparePipeline(pm, {});
  });
}

/// Sorts `--fail-on-float[=kinds]` into the convert stage's option.
static void setFailOnFloat(convert::ConvertOptions &options, const cl::list<std::string> &kinds) {
  if (!kinds.getNumOccurrences())
    return;
  for (const std::string &kind : kinds)
    if (!kind.empty())
      options.failOnFloat.push_back(kind);
  if (options.failOnFloat.empty())
    options.failOnFloat.push_back("all");
}

static int write(mlir::ModuleOp module, StringRef path) {
  Error error = writeModule(module, path);
  return error ? fail(std::move(error)) : 0;
}

//===-- quantize --------------------------------------------------------------------===//

static int quantizeAction();
static Verb quantizeVerb("quantize", "float model to int8 module: all stages in one go",
                         quantizeAction);
static cl::opt<std::string> quantizeModel(cl::Positional, cl::Required,
                                          cl::desc("MODEL.onnx (or an imported or fused module)"),
                                          cl::sub(quantizeVerb.command));
static cl::opt<std::string>
    quantizeCalib("calib", cl::value_desc("X.npz"),
                  cl::desc("calibration samples: arrays named as the model's inputs, or 'x'; not "
                           "needed where all quantization is dynamic"),
                  cl::sub(quantizeVerb.command));
static HowToQuantize quantizeHow(quantizeVerb);
static cl::list<std::string>
    quantizeFailOnFloat("fail-on-float", cl::CommaSeparated, cl::ValueOptional,
                        cl::value_desc("kinds"),
                        cl::desc("make it an error that layers of these kinds (conv, linear, "
                                 "add, ...; default: all) stay float"),
                        cl::sub(quantizeVerb.command));
static cl::opt<std::string> quantizeOut("o", cl::Required, cl::value_desc("Q.mlir"),
                                        cl::desc("the quantized module"),
                                        cl::sub(quantizeVerb.command));
static StageDumps quantizeDump(quantizeVerb);
static cl::opt<int> quantizeBatch("batch", cl::init(16),
                                  cl::desc("calibration samples per step (default 16)"),
                                  cl::sub(quantizeVerb.command));

static int quantizeAction() {
  if (quantizeBatch < 1)
    return fail("--batch expects at least 1");
  DriverContext context;
  StageRunner stages;
  if (Error error = quantizeDump.apply(stages))
    return fail(std::move(error));
  Module module = readModel(quantizeModel, context, {"imported", "fused"},
                            "for later stages use `qopt prepare`, `calibrate` or `convert`");
  if (!module || failed(runUntilPrepared(*module, stages, quantizeHow, /*train=*/false)))
    return 1;
  auto addCalibrate = [&](mlir::OpPassManager &pm) {
    CalibrateOptions options;
    options.data = quantizeCalib;
    options.batch = quantizeBatch;
    buildCalibratePipeline(pm, options);
  };
  auto addConvert = [&](mlir::OpPassManager &pm) {
    convert::ConvertOptions options;
    setFailOnFloat(options, quantizeFailOnFloat);
    convert::buildConvertPipeline(pm, options);
  };
  if (failed(stages.run(*module, "calibrate", addCalibrate)) ||
      failed(stages.run(*module, "convert", addConvert)))
    return 1;
  return write(*module, quantizeOut);
}

//===-- prepare ---------------------------------------------------------------------===//

static int prepareAction();
static Verb prepareVerb("prepare", "fuse, apply the configuration, insert observers",
                        prepareAction);
static cl::opt<std::string> prepareModel(cl::Positional, cl::Required,
                                         cl::desc("MODEL.onnx (or an imported or fused module)"),
                                         cl::sub(prepareVerb.command));
static HowToQuantize prepareHow(prepareVerb);
static cl::opt<bool> prepareQat("qat",
                                cl::desc("prepare for training: fake_quant in place of observers, "
                                         "and batch_norms left to be folded"),
                                cl::sub(prepareVerb.command));
static StageDumps prepareDump(prepareVerb);
static cl::opt<std::string> prepareOut("o", cl::Required, cl::value_desc("prepared.mlir"),
                                       cl::desc("the prepared module"),
                                       cl::sub(prepareVerb.command));

static int prepareAction() {
  DriverContext context;
  StageRunner stages;
  if (Error error = prepareDump.apply(stages))
    return fail(std::move(error));
  Module module =
      readModel(prepareModel, context, {"imported", "fused"}, "prepare comes after import");
  if (!module || failed(runUntilPrepared(*module, stages, prepareHow, prepareQat)))
    return 1;
  return write(*module, prepareOut);
}

//===-- calibrate -------------------------------------------------------------------===//

static int calibrateAction();
static Verb calibrateVerb("calibrate", "fill the observers of a prepared module from samples",
                          calibrateAction);
static cl::opt<std::string> calibrateModel(cl::Positional, cl::Required, cl::desc("prepared.mlir"),
                                           cl::sub(calibrateVerb.command));
static cl::opt<std::string> calibrateData("data", cl::value_desc("X.npz"),
                                          cl::desc("samples: arrays named as the inputs, or 'x'"),
                                          cl::sub(calibrateVerb.command));
static cl::opt<std::string>
    calibrateShard("shard", cl::value_desc("i/n"),
                   cl::desc("use only every n-th sample from the i-th on (0 <= i < n)"),
                   cl::sub(calibrateVerb.command));
static cl::list<std::string>
    calibrateMerge("merge", cl::CommaSeparated, cl::value_desc("files"),
                   cl::desc("merge the observers of these shards' modules; no data is read"),
                   cl::sub(calibrateVerb.command));
static cl::opt<bool> calibrateReestimate(
    "reestimate-bn",
    cl::desc(
        "of a trained module (prepare --qat): keep scales, and estimate the running statistics "
        "of batch_norms anew from --data, with quantization on"),
    cl::sub(calibrateVerb.command));
static cl::opt<int> calibrateBatch("batch", cl::init(16), cl::desc("samples per step (default 16)"),
                                   cl::sub(calibrateVerb.command));
static StageDumps calibrateDump(calibrateVerb);
static cl::opt<std::string> calibrateOut("o", cl::Required, cl::value_desc("calibrated.mlir"),
                                         cl::desc("the calibrated module"),
                                         cl::sub(calibrateVerb.command));

static int calibrateAction() {
  if (!calibrateData.empty() && !calibrateMerge.empty())
    return fail("calibrate expects either --data or --merge");
  if (calibrateReestimate && (!calibrateShard.empty() || !calibrateMerge.empty()))
    return fail("--reestimate-bn takes all samples in one run: no --shard, no --merge");
  DriverContext context;
  StageRunner stages;
  if (Error error = calibrateDump.apply(stages))
    return fail(std::move(error));
  Module module = readModel(calibrateModel, context, {"prepared", "calibrated"},
                            "`qopt prepare` makes a prepared module");
  if (!module)
    return 1;
  auto addCalibrate = [&](mlir::OpPassManager &pm) {
    CalibrateOptions options;
    options.data = calibrateData;
    options.shard = calibrateShard;
    options.batch = calibrateBatch;
    options.reestimateBatchNorm = calibrateReestimate;
    options.merge.assign(calibrateMerge.begin(), calibrateMerge.end());
    buildCalibratePipeline(pm, options);
  };
  if (failed(stages.run(*module, "calibrate", addCalibrate)))
    return 1;
  return write(*module, calibrateOut);
}

//===-- convert ---------------------------------------------------------------------===//

static int convertAction();
static Verb convertVerb("convert", "calibrated module to integer types", convertAction);
static cl::opt<std::string> convertModel(cl::Positional, cl::Required, cl::desc("calibrated.mlir"),
                                         cl::sub(convertVerb.command));
static cl::list<std::string>
    convertFailOnFloat("fail-on-float", cl::CommaSeparated, cl::ValueOptional,
                       cl::value_desc("kinds"),
                       cl::desc("make it an error that layers of these kinds stay float"),
                       cl::sub(convertVerb.command));
static StageDumps convertDump(convertVerb);
static cl::opt<std::string> convertOut("o", cl::Required, cl::value_desc("Q.mlir"),
                                       cl::desc("the quantized module"),
                                       cl::sub(convertVerb.command));

static int convertAction() {
  DriverContext context;
  StageRunner stages;
  if (Error error = convertDump.apply(stages))
    return fail(std::move(error));
  Module module = readModel(convertModel, context, {"calibrated"},
                            "`qopt calibrate` makes a calibrated module");
  if (!module)
    return 1;
  auto addConvert = [&](mlir::OpPassManager &pm) {
    convert::ConvertOptions options;
    setFailOnFloat(options, convertFailOnFloat);
    convert::buildConvertPipeline(pm, options);
  };
  if (failed(stages.run(*module, "convert", addConvert)))
    return 1;
  return write(*module, convertOut);
}
