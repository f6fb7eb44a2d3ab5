//===- Program.cpp - running programs on host arrays ---------------------------------===//

#include "qopt/Run/Program.h"

#include "qopt/Support/Text.h"

#include "llvm/ADT/STLExtras.h"

#include <dlfcn.h>

using namespace qopt;
using llvm::StringRef;

/// A session of the runtime, kept for runs with the same options.
struct Program::Session {
  int32_t threads = 1;
  std::string isa;
  bool reports = false, counts = false;
  const Program *program = nullptr;
  /// The callback of the run that goes on.
  const std::function<void(const ProgramTensor &, const Tensor &)> *callback = nullptr;
  const std::function<void(int32_t)> *step = nullptr;
  qrt_session *handle = nullptr;

  ~Session() { qrt_session_close(handle); }
};

//===-- descriptors -----------------------------------------------------------------===//

static DType dtypeOf(int32_t dtype) {
  switch (dtype) {
  case QRT_DTYPE_U8:
    return DType::U8;
  case QRT_DTYPE_S8:
    return DType::I8;
  case QRT_DTYPE_I32:
    return DType::I32;
  case QRT_DTYPE_I64:
    return DType::I64;
  default:
    return DType::F32;
  }
}

static std::vector<ProgramTensor> readList(const qrt_tensor_desc *list, uint32_t count) {
  std::vector<ProgramTensor> result;
  for (const qrt_tensor_desc &desc : llvm::ArrayRef(list, count)) {
    ProgramTensor tensor;
    tensor.name = desc.name;
    tensor.dtype = dtypeOf(desc.dtype);
    tensor.shape.assign(desc.dims, desc.dims + desc.rank);
    tensor.scale = desc.scale;
    tensor.zeroPoint = desc.zero_point;
    result.push_back(std::move(tensor));
  }
  return result;
}

Program::Program(void *library, const qrt_program *descriptor)
    : library(library), descriptor(descriptor),
      inputList(readList(descriptor->inputs, descriptor->num_inputs)),
      outputList(readList(descriptor->outputs, descriptor->num_outputs)),
      tensorList(readList(descriptor->tensors, descriptor->num_tensors)) {}

Program::~Program() {
  sessions.clear();
  dlclose(library);
}

static llvm::ArrayRef<qrt_variant> variants(const qrt_program *program) {
  return {program->variants, program->num_variants};
}

std::vector<std::string> Program::isas() const {
  std::vector<std::string> names;
  for (const qrt_variant &variant : variants(descriptor))
    names.push_back(qrt_isa_name(static_cast<qrt_isa>(variant.isa)));
  return names;
}

uint64_t Program::arenaBytes(StringRef isa) const {
  for (const qrt_variant &variant : variants(descriptor))
    if (isa == qrt_isa_name(static_cast<qrt_isa>(variant.isa)))
      return variant.arena_bytes;
  return 0;
}

std::vector<ProgramStep> Program::steps(StringRef isa) const {
  std::vector<ProgramStep> list;
  for (const qrt_variant &variant : variants(descriptor))
    if (isa == qrt_isa_name(static_cast<qrt_isa>(variant.isa)))
      for (const qrt_step_desc &step : llvm::ArrayRef(variant.steps, variant.num_steps))
        list.push_back(
            {step.name, step.kernel, step.reason, step.macs, step.data_bytes, step.weight_bytes});
  return list;
}

//===-- sessions --------------------------------------------------------------------===//

/// The sizes of a shape whose unknown dimension 0 is `batch`.
static std::vector<int64_t> sizesWith(const std::vector<int64_t> &shape, int64_t batch) {
  std::vector<int64_t> sizes = shape;
  if (!sizes.empty() && sizes[0] < 0)
    sizes[0] = batch;
  return sizes;
}

/// Copies strided elements to `to` in row-major order; returns where the copy ends.
template <typename T>
static T *gather(const T *from, llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides,
                 T *to) {
  if (sizes.empty())
    return *to = *from, to + 1;
  if (sizes.size() == 1) {
    for (int64_t i = 0; i < sizes[0]; ++i)
      *to++ = from[i * strides[0]];
    return to;
  }
  for (int64_t i = 0; i < sizes[0]; ++i, from += strides[0])
    to = gather(from, sizes.drop_front(), strides.drop_front(), to);
  return to;
}

void Program::report(void *user, const qrt_tensor_desc *desc, const void *data, int64_t batch) {
  const Session &session = *static_cast<const Session *>(user);
  const Program &program = *session.program;
  const ProgramTensor &tensor = program.tensorList[desc - program.descriptor->tensors];
  Tensor copy = Tensor::empty(tensor.dtype, sizesWith(tensor.shape, batch));
  const llvm::ArrayRef<int64_t> strides(desc->strides, copy.shape().size());
  if (dtypeSize(tensor.dtype) == 1)
    gather(static_cast<const uint8_t *>(data), copy.shape(), strides, copy.raw());
  else
    gather(static_cast<const float *>(data), copy.shape(), strides, copy.data<float>());
  (*session.callback)(tensor, copy);
}

void Program::endStep(void *user, int32_t step) {
  (*static_cast<const Session *>(user)->step)(step);
}

llvm::Expected<Program::Session *> Program::session(const ProgramRunOptions &options) {
  const bool reports = static_cast<bool>(options.callback);
  const bool counts = static_cast<bool>(options.step);
  for (const std::unique_ptr<Session> &known : sessions)
    if (known->threads == options.threads && known->isa == options.isa &&
        known->reports == reports && known->counts == counts)
      return known.get();
  int isa = -1;
  if (!options.isa.empty() && (isa = qrt_isa_from_name(options.isa.c_str())) < 0)
    return makeError("unknown ISA '" + options.isa + "'" + didYouMean(options.isa, isas()) +
                     "; program '" + name() + "' was compiled for " + joinList(isas()));
  auto made = std::make_unique<Session>();
  made->threads = options.threads;
  made->isa = options.isa;
  made->reports = reports;
  made->counts = counts;
  made->program = this;
  const qrt_options settings = {options.threads, isa, reports ? &Program::report : nullptr,
                                made.get(), counts ? &Program::endStep : nullptr};
  if (qrt_session_open(descriptor, &settings, &made->handle) != QRT_OK)
    return makeError(qrt_last_error());
  sessions.push_back(std::move(made));
  return sessions.back().get();
}

llvm::Expected<std::string> Program::isaOf(const ProgramRunOptions &options) {
  llvm::Expected<Session *> opened = session(options);
  if (!opened)
    return opened.takeError();
  return std::string(qrt_isa_name(qrt_session_isa((*opened)->handle)));
}

//===-- runs ------------------------------------------------------------------------===//

/// True if `actual` is `expected`, where -1 stands for any size of at least 1.
static bool shapeFits(llvm::ArrayRef<int64_t> actual, const ProgramTensor &expected,
                      int64_t fixedBatch) {
  if (actual.size() != expected.shape.size())
    return false;
  for (size_t i = 0; i < actual.size(); ++i) {
    const bool isBatch = i == 0 && (expected.shape[0] < 0 || expected.shape[0] == fixedBatch);
    if (isBatch ? actual[i] < 1 : actual[i] != expected.shape[i])
      return false;
  }
  return true;
}

llvm::Expected<int64_t> Program::checkInputs(llvm::ArrayRef<Tensor> inputs) const {
  if (inputs.size() != inputList.size())
    return makeError("program '" + name() + "' has " + llvm::Twine(inputList.size()) +
                     " inputs, got " + llvm::Twine(inputs.size()));
  int64_t batch = 0;
  for (const auto &[tensor, expected] : llvm::zip_equal(inputs, inputList)) {
    if (!tensor)
      return makeError("input '" + expected.name + "' has no data");
    if (tensor.dtype() != expected.dtype)
      return makeError("input '" + expected.name + "' expects elements of type " +
                       dtypeName(expected.dtype) + ", got " + dtypeName(tensor.dtype()));
    if (!shapeFits(tensor.shape(), expected, fixedBatch()))
      return makeError("input '" + expected.name + "' expects the shape " +
                       shapeText(expected.shape) + ", got " + shapeText(tensor.shape()));
    if (batch && tensor.dim(0) != batch)
      return makeError("input '" + expected.name + "' has a batch of " +
                       llvm::Twine(tensor.dim(0)) + ", the inputs before it " + llvm::Twine(batch));
    batch = tensor.dim(0);
  }
  if (fixedBatch() && batch % fixedBatch() != 0)
    return makeError("program '" + name() + "' takes batches of " + llvm::Twine(fixedBatch()) +
                     ", and " + llvm::Twine(batch) + " samples are no multiple of it");
  return batch;
}

llvm::Error Program::runBatch(Session &session, int64_t begin, int64_t batch,
                              llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<Tensor> outputs) {
  const int64_t total = inputs.front().dim(0);
  const auto at = [&](const Tensor &tensor) {
    return const_cast<uint8_t *>(tensor.raw()) + tensor.bytes() / total * begin;
  };
  llvm::SmallVector<const void *> in;
  llvm::SmallVector<void *> out;
  for (const Tensor &tensor : inputs)
    in.push_back(at(tensor));
  for (const Tensor &tensor : outputs)
    out.push_back(at(tensor));
  if (qrt_session_run(session.handle, batch, in.data(), out.data()) != QRT_OK)
    return makeError(qrt_last_error());
  return llvm::Error::success();
}

llvm::Error Program::run(llvm::ArrayRef<Tensor> inputs, llvm::SmallVectorImpl<Tensor> &outputs,
                         const ProgramRunOptions &options) {
  llvm::Expected<int64_t> batch = checkInputs(inputs);
  if (!batch)
    return batch.takeError();
  llvm::Expected<Session *> opened = session(options);
  if (!opened)
    return opened.takeError();
  (*opened)->callback = &options.callback;
  (*opened)->step = &options.step;
  outputs.clear();
  const int64_t step = fixedBatch() ? fixedBatch() : *batch;
  for (const ProgramTensor &output : outputList) {
    std::vector<int64_t> shape = sizesWith(output.shape, *batch);
    if (fixedBatch() && shape.empty() && *batch != step)
      shape.push_back(1);
    if (fixedBatch() && !shape.empty()) // results of the batches along dimension 0
      shape[0] *= *batch / step;
    llvm::Expected<Tensor> made = Tensor::create(output.dtype, shape);
    if (!made)
      return made.takeError();
    outputs.push_back(std::move(*made));
  }
  for (int64_t begin = 0; begin < *batch; begin += step)
    if (llvm::Error error = runBatch(**opened, begin, step, inputs, outputs))
      return error;
  return llvm::Error::success();
}

llvm::Error Program::run(llvm::ArrayRef<std::pair<std::string, Tensor>> inputs,
                         llvm::SmallVectorImpl<Tensor> &outputs, const ProgramRunOptions &options) {
  std::vector<std::string> names;
  for (const ProgramTensor &input : inputList)
    names.push_back(input.name);
  std::vector<Tensor> ordered(inputList.size());
  for (const auto &[given, tensor] : inputs) {
    const auto found = llvm::find(names, given);
    if (found == names.end())
      return makeError("program '" + name() + "' has no input '" + given + "'" +
                       didYouMean(given, names) + "; its inputs are " + joinList(names));
    Tensor &place = ordered[found - names.begin()];
    if (place)
      return makeError("input '" + given + "' is given twice");
    place = tensor;
  }
  for (const auto &[tensor, input] : llvm::zip_equal(ordered, names))
    if (!tensor)
      return makeError("input '" + input + "' of program '" + name() +
                       "' is missing; its inputs "
                       "are " +
                       joinList(names));
  return run(ordered, outputs, options);
}
