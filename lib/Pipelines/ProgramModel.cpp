//===- ProgramModel.cpp - compiled programs as models -------------------------------===//

#include "Models.h"

#include "qopt/Run/Program.h"

using namespace qopt;
using namespace llvm;

namespace {
class ProgramModel : public Model {
public:
  ProgramModel(std::unique_ptr<Program> loaded, const ModelOptions &options)
      : program(std::move(loaded)) {
    runOptions.threads = options.threads;
    runOptions.isa = options.isa;
    for (const ProgramTensor &tensor : program->inputs())
      inputPorts.push_back({tensor.name, tensor.shape});
    for (const ProgramTensor &tensor : program->outputs())
      outputPorts.push_back({tensor.name, tensor.shape});
  }

  /// Learns the ISA, and so that the program can run here at all.
  Error selectIsa() {
    Expected<std::string> selected = program->isaOf(runOptions);
    if (!selected)
      return selected.takeError();
    isa = std::move(*selected);
    return Error::success();
  }

  std::string engineName() const override { return isa; }

  Error run(ArrayRef<Tensor> inputs, SmallVectorImpl<Tensor> &outputs, RecordCallback record,
            Substitute) override {
    outputs.clear();
    if (!record)
      return program->run(inputs, outputs, runOptions);
    ProgramRunOptions options = runOptions;
    options.callback = [&](const ProgramTensor &tensor, const Tensor &data) {
      record({tensor.name, data, tensor.scale != 0.0f, tensor.scale, tensor.zeroPoint});
    };
    return program->run(inputs, outputs, options);
  }

  std::vector<ProgramStep> steps() const override { return program->steps(isa); }

  Error runSteps(ArrayRef<Tensor> inputs, SmallVectorImpl<Tensor> &outputs,
                 const std::function<void(int32_t)> &ended) override {
    ProgramRunOptions options = runOptions;
    options.step = ended;
    outputs.clear();
    return program->run(inputs, outputs, options);
  }

private:
  std::unique_ptr<Program> program;
  ProgramRunOptions runOptions;
  std::string isa;
};
} // namespace

static Expected<std::unique_ptr<Model>> wrap(Expected<std::unique_ptr<Program>> program,
                                             const ModelOptions &options) {
  if (!program)
    return program.takeError();
  auto model = std::make_unique<ProgramModel>(std::move(*program), options);
  if (Error error = model->selectIsa())
    return std::move(error);
  return model;
}

Expected<std::unique_ptr<Model>> qopt::openProgram(StringRef path, const ModelOptions &options) {
  return wrap(Program::load(path), options);
}

Expected<std::unique_ptr<Model>> qopt::compileInMemory(mlir::ModuleOp module,
                                                       const ModelOptions &options) {
  CompileOptions compile;
  const char *forced = std::getenv("QRT_ISA");
  const std::string isa = !options.isa.empty() ? options.isa : forced ? forced : "native";
  compile.isas = {isa};
  return wrap(Program::jit(module, std::move(compile)), options);
}
