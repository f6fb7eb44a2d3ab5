//===- Calibration.cpp - a prepared module sees samples -----------------------------===//

#include "qopt-c/Calibration.h"
#include "lib/CAPI/Internal.h"

#include "qopt/Calibrate/Calibrator.h"
#include "qopt/Calibrate/Passes.h"
#include "qopt/Support/Finite.h"
#include "qopt/Support/Text.h"

#include "mlir/Pass/PassManager.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::capi;

struct qopt_calibration {
  qopt_module *module;
  std::unique_ptr<Calibrator> calibrator;
  uint64_t batches = 0;
};

qopt_calibration *qopt_calibration_create(qopt_module *module) {
  Listener listener(module->context.get());
  llvm::Expected<std::unique_ptr<Calibrator>> made = Calibrator::create(module->module.get());
  if (made)
    return new qopt_calibration{module, std::move(*made)};
  listener.finish(false, llvm::toString(made.takeError()));
  return nullptr;
}

void qopt_calibration_free(qopt_calibration *calibration) { delete calibration; }

/// The array for an input, checked and copied.
static llvm::Expected<Tensor> arrayFor(const TensorSpec &spec, ArrayRef<qopt_array> arrays,
                                       bool single) {
  const auto found = llvm::find_if(arrays, [&](const qopt_array &array) {
    return single ? !array.name || spec.name == array.name : array.name && spec.name == array.name;
  });
  if (found == arrays.end())
    return makeError("no array for input '" + spec.name + "'");
  llvm::Expected<Tensor> tensor = tensorOf(*found);
  if (!tensor)
    return tensor.takeError();
  if (tensor->dtype() != DType::F32)
    return makeError("input '" + spec.name + "': expected f32");
  bool fits = tensor->rank() == static_cast<int64_t>(spec.shape.size()) && tensor->dim(0) > 0;
  for (size_t axis = 1; fits && axis < spec.shape.size(); ++axis)
    fits = tensor->dim(axis) == spec.shape[axis];
  if (!fits) {
    std::vector<int64_t> expected(spec.shape.begin(), spec.shape.end());
    expected[0] = -1;
    return makeError("input '" + spec.name + "': expected the shape " + shapeText(expected) +
                     " (-1: any number of samples), got " + shapeText(tensor->shape()));
  }
  const ArrayRef<float> values = std::as_const(*tensor).values<float>();
  if (const std::optional<int64_t> bad = firstNotFinite(values))
    return makeError("input '" + spec.name + "': element " + Twine(*bad) + " is " +
                     (std::isnan(values[*bad]) ? "NaN" : "infinite"));
  return tensor;
}

qopt_status qopt_calibration_add(qopt_calibration *calibration, const qopt_array *arrays,
                                 size_t num_arrays) {
  Listener listener(calibration->module->context.get());
  SmallVector<Tensor> batch;
  const ArrayRef<TensorSpec> inputs = calibration->calibrator->inputs();
  for (const TensorSpec &spec : inputs) {
    llvm::Expected<Tensor> tensor =
        arrayFor(spec, ArrayRef(arrays, num_arrays), inputs.size() == 1);
    if (!tensor)
      return fail(tensor.takeError());
    if (!batch.empty() && batch.front().dim(0) != tensor->dim(0))
      return fail("input '" + spec.name + "' has " + Twine(tensor->dim(0)) +
                  " samples, the inputs before it " + Twine(batch.front().dim(0)));
    batch.push_back(std::move(*tensor));
  }
  if (llvm::Error error = calibration->calibrator->add(batch))
    return fail(std::move(error));
  ++calibration->batches;
  return QOPT_OK;
}

qopt_status qopt_calibration_finish(qopt_calibration *calibration, qopt_diagnostic_fn tell,
                                    void *user) {
  if (!calibration->batches)
    return fail("calibration saw no samples");
  Listener listener(calibration->module->context.get(), tell, user);
  calibration->calibrator->store();
  PassManager manager(calibration->module->context.get(), ModuleOp::getOperationName());
  manager.addPass(calibrate::createCalibrateComputeQParams());
  manager.addPass(calibrate::createCalibrateVerifyExit());
  return listener.finish(succeeded(manager.run(calibration->module->module.get())),
                         "calibration failed");
}
