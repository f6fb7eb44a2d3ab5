//===- Model.cpp - opening files that can be run ------------------------------------===//

#include "Models.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"
#include "dialects/QOpt/ReadModule.h"
#include "qopt/Fuse/Passes.h"
#include "qopt/Pipelines/ImportModel.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Reference/Interpreter.h"
#include "qopt/Support/Text.h"

#include "mlir/Pass/PassManager.h"

using namespace qopt;
using namespace llvm;

//===-- modules on the reference interpreters ---------------------------------------===//

namespace {
class InterpreterModel : public Model {
public:
  static Expected<std::unique_ptr<Model>> create(mlir::OwningOpRef<mlir::ModuleOp> module,
                                                 EvalMode mode, bool substituteAll) {
    auto model = std::make_unique<InterpreterModel>();
    model->substituteAll = substituteAll;
    model->module = std::move(module);
    Expected<std::unique_ptr<Interpreter>> interpreter = Interpreter::create(*model->module, mode);
    if (!interpreter)
      return interpreter.takeError();
    model->interpreter = std::move(*interpreter);
    auto ports = [](ArrayRef<TensorSpec> specs, std::vector<Port> &result) {
      for (const TensorSpec &spec : specs) {
        result.push_back({spec.name, {spec.shape.begin(), spec.shape.end()}});
        for (int64_t &size : result.back().shape)
          if (mlir::ShapedType::isDynamic(size))
            size = -1;
      }
    };
    ports(model->interpreter->inputs(), model->inputPorts);
    ports(model->interpreter->outputs(), model->outputPorts);
    return model;
  }

  std::string engineName() const override {
    return interpreter->mode() == EvalMode::Simulate ? "simulation"
                                                     : evalModeName(interpreter->mode()).str();
  }

  bool canSubstitute() const override { return true; }

  Error run(ArrayRef<Tensor> inputs, SmallVectorImpl<Tensor> &outputs, RecordCallback record,
            Substitute substitute) override {
    RunHooks hooks;
    if (substituteAll && substitute)
      hooks.replace = [record, substitute](const ValueRecord &value) {
        if (record)
          record(toRecord(value));
        return value.quant ? substitute(value.name) : Tensor();
      };
    else if (record)
      hooks.onValue = [record](const ValueRecord &value) { record(toRecord(value)); };
    if (substitute && !substituteAll)
      hooks.replace = [substitute](const ValueRecord &value) {
        Tensor other = isBorderBehindFloat(value) ? substitute(value.name) : Tensor();
        return other && other.dtype() == value.data.dtype() ? other : Tensor();
      };
    outputs.clear();
    return interpreter->run(inputs, outputs, hooks);
  }

private:
  static Record toRecord(const ValueRecord &value) {
    Record record;
    record.name = value.name.str();
    record.data = value.data;
    record.isCodes = value.quant != nullptr;
    record.behindFloat = value.behindFloat;
    record.exactFloat = value.exactFloat;
    if (value.quant) {
      record.scale = value.quant->scale();
      record.zeroPoint = value.quant->zeroPoint();
      record.qmin = value.quant->qmin;
      record.qmax = value.quant->qmax;
    }
    return record;
  }

  /// The point where a float layer's result becomes codes; or the result itself, where a layer
  /// reads it that finds its parameters at run time (N17).
  static bool isBorderBehindFloat(const ValueRecord &value) {
    if (!value.behindFloat)
      return false;
    if (!value.quant)
      return any_of(value.value.getUsers(), [](mlir::Operation *user) {
        return isa<nn::DynamicLinearOp>(user) || quantize::isDynamic(user);
      });
    mlir::Operation *op = value.value.getDefiningOp();
    if (!isa_and_present<quantize::ObserveOp, quantize::QuantizeOp>(op))
      return false;
    mlir::Operation *source = op->getOperand(0).getDefiningOp();
    return source && source->hasAttr(quantize::QOptDialect::kFloatReasonAttr);
  }

  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<Interpreter> interpreter;
  bool substituteAll = false;
};
} // namespace

//===-- opening ---------------------------------------------------------------------===//

/// Parses a module at any stage; diagnostics go to the context's handler.
static Expected<mlir::OwningOpRef<mlir::ModuleOp>> parseModule(StringRef path,
                                                               mlir::MLIRContext &context) {
  mlir::OwningOpRef<mlir::ModuleOp> module = readModule(path, &context);
  if (!module)
    return makeError(path + ": is not a readable module");
  return std::move(module);
}

static Expected<mlir::OwningOpRef<mlir::ModuleOp>> importAndFuse(StringRef path,
                                                                 mlir::MLIRContext &context) {
  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> module = importModel(path, context);
  if (failed(module))
    return makeError(path + ": could not be imported");
  if (stageOf(**module) == "converted")
    return std::move(*module);
  mlir::PassManager manager(&context);
  buildFusePipeline(manager, {});
  if (failed(manager.run(**module)))
    return makeError(path + ": could not be fused");
  return std::move(*module);
}

Expected<std::unique_ptr<Model>> Model::open(StringRef path, mlir::MLIRContext &context,
                                             const ModelOptions &options) {
  if (path.ends_with(".so"))
    return openProgram(path, options);
  const bool isOnnx = path.ends_with(".onnx");
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module =
      isOnnx ? importAndFuse(path, context) : parseModule(path, context);
  if (!module)
    return module.takeError();
  const StringRef name = stageOf(**module);
  if (name == "configured" || name == "prepared")
    return makeError(path + ": is at stage '" + name +
                     "', whose scales are not known yet; run "
                     "`qopt calibrate` on a prepared module first");
  if (name == "calibrated")
    return InterpreterModel::create(std::move(*module), EvalMode::Simulate, options.substituteAll);
  if (Error error = checkConverted(**module, path))
    return std::move(error);
  const bool converted = name == "converted";
  if (options.engine == Engine::Oracle)
    return InterpreterModel::create(
        std::move(*module), converted ? EvalMode::Codes : EvalMode::Float, options.substituteAll);
  return compileInMemory(**module, options);
}

Error Model::runSteps(ArrayRef<Tensor>, SmallVectorImpl<Tensor> &,
                      const std::function<void(int32_t)> &) {
  return makeError("only a compiled program has steps, and this model is interpreted");
}
