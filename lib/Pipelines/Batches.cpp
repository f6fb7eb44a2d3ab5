//===- Batches.cpp - data files to batches of inputs --------------------------------===//

#include "qopt/Pipelines/Model.h"

#include "qopt/Support/Finite.h"
#include "qopt/Support/Progress.h"
#include "qopt/Support/Text.h"

using namespace qopt;
using namespace llvm;

/// The array that feeds input `port`: of its name, or `x` (or a lone .npy) for a single one.
static Expected<std::string> findArray(const NpzFile &file, const Port &port, bool single) {
  if (file.has(port.name))
    return port.name;
  if (single && file.has("x"))
    return std::string("x");
  if (single && file.isSingleArray())
    return file.names().front();
  return makeError(file.path() + ": no array for input '" + port.name + "'; the file has " +
                   joinList(file.names(), /*quote=*/true) +
                   (single ? "; name it as the input, or 'x'" : ""));
}

static Error checkShape(const NpzFile &file, StringRef array, const Port &port,
                        ArrayRef<int64_t> shape) {
  bool fits = shape.size() == port.shape.size();
  for (size_t i = 1; fits && i < shape.size(); ++i)
    fits = port.shape[i] < 0 || port.shape[i] == shape[i];
  if (fits)
    return Error::success();
  return makeError(file.path() + ": array '" + array + "' has shape " + shapeText(shape) +
                   " but input '" + port.name + "' expects " + shapeText(port.shape) +
                   " with the samples along the first dimension");
}

Expected<BatchReader> BatchReader::open(StringRef path, const Model &model) {
  Expected<NpzFile> file = NpzFile::open(path);
  if (!file)
    return file.takeError();
  BatchReader reader(std::move(*file));
  reader.fixed = model.fixedBatch();
  reader.count = -1;
  for (const Port &port : model.inputs()) {
    Expected<std::string> array = findArray(reader.archive, port, model.inputs().size() == 1);
    if (!array)
      return array.takeError();
    Expected<ArrayInfo> info = reader.archive.info(*array);
    if (!info)
      return info.takeError();
    if (Error error = checkShape(reader.archive, *array, port, info->shape))
      return std::move(error);
    if (reader.count >= 0 && reader.count != info->shape[0])
      return makeError(path + ": array '" + *array + "' has " + Twine(info->shape[0]) +
                       " samples, the others have " + Twine(reader.count));
    reader.count = info->shape[0];
    reader.arrays.push_back(std::move(*array));
  }
  if (reader.count <= 0)
    return makeError(path + ": holds no samples");
  return std::move(reader);
}

/// `rows` with the last row repeated up to `batch` rows.
static Tensor fillBatch(const Tensor &rows, int64_t batch) {
  std::vector<int64_t> shape = rows.shape().vec();
  shape[0] = batch;
  Tensor full = Tensor::empty(rows.dtype(), shape);
  const int64_t rowBytes = rows.bytes() / rows.dim(0);
  for (int64_t i = 0; i < batch; ++i)
    std::memcpy(full.raw() + i * rowBytes, rows.raw() + std::min(i, rows.dim(0) - 1) * rowBytes,
                rowBytes);
  return full;
}

/// NaN has no code and infinity no neighbour: what came out would hide where they came in.
static Error checkFinite(const NpzFile &file, StringRef array, const Tensor &rows, int64_t begin) {
  const std::optional<int64_t> bad = firstNotFinite(rows.values<float>());
  if (!bad)
    return Error::success();
  return makeError(file.path() + ": array '" + array + "' holds NaN or infinity in sample " +
                   Twine(begin + *bad / (rows.numElements() / rows.dim(0))) +
                   "; inputs must be finite");
}

Expected<SmallVector<Tensor>> BatchReader::read(int64_t begin, int64_t end) {
  SmallVector<Tensor> batch;
  for (const std::string &array : arrays) {
    Expected<Tensor> rows = archive.loadRows(array, begin, end);
    if (!rows)
      return rows.takeError();
    Tensor values = rows->toF32();
    if (Error error = checkFinite(archive, array, values, begin))
      return std::move(error);
    batch.push_back(fixed && end - begin < fixed ? fillBatch(values, fixed) : values);
  }
  return batch;
}

/// The rows of an output of `batch` samples that belong to the first `samples` of them. A model of
/// fixed batch whose one run takes all samples (`whole`) may mix them as it likes.
static Expected<Tensor> cutToSamples(const Tensor &output, const Port &port, bool freeBatch,
                                     bool whole, int64_t batch, int64_t samples) {
  if (output.rank() == 0 && !freeBatch && (whole || batch == 1))
    return output.reshaped({1});
  if (!freeBatch && whole)
    return output;
  const bool grows = !freeBatch || (output.rank() > 0 && port.shape[0] < 0);
  if (output.rank() == 0 || !grows || output.dim(0) % batch != 0)
    return makeError("output '" + port.name + "' has the shape " + shapeText(output.shape()) +
                     " for a batch of " + Twine(batch) +
                     ": its rows do not belong to samples; fix the batch of the model to 1");
  return samples == batch ? output : output.slice(0, output.dim(0) / batch * samples);
}

Error qopt::runAll(Model &model, BatchReader &reader, int64_t batch, StringRef label,
                   BatchConsumer consumer, BatchRunner run) {
  const int64_t step = reader.batchSize(batch);
  Progress progress(label, reader.samples(), "samples");
  for (int64_t begin = 0; begin < reader.samples(); begin += step) {
    const int64_t end = std::min(begin + step, reader.samples());
    Expected<SmallVector<Tensor>> inputs = reader.read(begin, end);
    if (!inputs)
      return inputs.takeError();
    SmallVector<Tensor> outputs;
    if (Error error = run ? run(begin, *inputs, outputs) : model.run(*inputs, outputs))
      return error;
    for (auto [output, port] : zip_equal(outputs, model.outputs())) {
      const int64_t size = inputs->front().dim(0);
      const bool whole = size == reader.samples();
      Expected<Tensor> rows =
          cutToSamples(output, port, !reader.batchSize(0), whole, size, end - begin);
      if (!rows)
        return rows.takeError();
      output = std::move(*rows);
    }
    if (Error error = consumer(begin, end, outputs))
      return error;
    progress.update(end);
  }
  progress.finish();
  return Error::success();
}

void qopt::putSamples(const Tensor &part, int64_t batch, int64_t begin, int64_t end,
                      int64_t samples, Tensor &whole) {
  if (!whole) {
    std::vector<int64_t> shape = part.shape().vec();
    shape[0] = shape[0] * samples / batch;
    whole = Tensor::empty(part.dtype(), shape);
  }
  std::memcpy(whole.raw() + begin * part.bytes() / batch, part.raw(),
              (end - begin) * part.bytes() / batch);
}

int64_t Model::fixedBatch() const {
  for (const Port &port : inputPorts)
    if (!port.shape.empty() && port.shape[0] > 0)
      return port.shape[0];
  return 0;
}
