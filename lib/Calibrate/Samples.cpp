//===- Samples.cpp - the samples of a data file, one after another --------------------------===//

#include "Samples.h"

#include "qopt/Support/Finite.h"
#include "qopt/Support/Text.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

/// The array for an input: of its name, or `x` (or a plain .npy) for a single one.
static llvm::Expected<std::string> arrayFor(const NpzFile &file, const TensorSpec &spec,
                                            bool single) {
  if (file.has(spec.name))
    return spec.name;
  if (single && file.has("x"))
    return std::string("x");
  return makeError(file.path() + ": no array for input '" + spec.name + "'; the file has " +
                   joinList(file.names(), /*quote=*/true) +
                   (single ? "; name it as the input, or 'x'" : ""));
}

llvm::Error Samples::addInput(const TensorSpec &spec, bool single) {
  llvm::Expected<std::string> name = arrayFor(file, spec, single);
  if (!name)
    return name.takeError();
  llvm::Expected<ArrayInfo> info = file.info(*name);
  if (!info)
    return info.takeError();
  const std::string where = file.path() + ": array '" + *name + "'";
  bool fits = info->shape.size() == spec.shape.size() && !info->shape.empty();
  for (size_t i = 1; fits && i < spec.shape.size(); ++i)
    fits = ShapedType::isDynamic(spec.shape[i]) || spec.shape[i] == info->shape[i];
  if (!fits)
    return makeError(where + " has shape " + shapeText(info->shape) + " but input '" + spec.name +
                     "' expects " + shapeText(spec.shape) +
                     " with the samples along the first dimension");
  if (info->dtype == DType::Bool)
    return makeError(where + " has dtype bool; expected f32");
  if (info->dtype != DType::F32)
    conversions.push_back(where + " has dtype " + dtypeName(info->dtype).str() +
                          " and is converted to f32, its values unchanged");
  if (rows >= 0 && rows != info->shape[0])
    return makeError(where + " has " + Twine(info->shape[0]) + " samples, the arrays before it " +
                     Twine(rows));
  rows = info->shape[0];
  arrays.push_back(std::move(*name));
  return llvm::Error::success();
}

llvm::Expected<Samples> Samples::open(StringRef path, ArrayRef<TensorSpec> inputs, Shard shard) {
  llvm::Expected<NpzFile> file = NpzFile::open(path);
  if (!file)
    return file.takeError();
  Samples samples(std::move(*file));
  samples.shard = shard;
  for (const TensorSpec &spec : inputs)
    if (llvm::Error error = samples.addInput(spec, inputs.size() == 1))
      return std::move(error);
  if (samples.rows <= 0)
    return makeError(path + ": holds no samples; calibration needs some (a few hundred are usual)");
  samples.total = (samples.rows - shard.index + shard.count - 1) / shard.count;
  if (samples.total <= 0)
    return makeError(path + ": shard " + Twine(shard.index) + "/" + Twine(shard.count) + " of " +
                     Twine(samples.rows) + " samples is empty; use fewer shards");
  return std::move(samples);
}

llvm::Expected<Tensor> Samples::readArray(StringRef name, int64_t begin, int64_t end) {
  if (shard.count == 1) {
    llvm::Expected<Tensor> rows = file.loadRows(name, begin, end);
    if (!rows)
      return rows.takeError();
    return rows->toF32();
  }
  Tensor result;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t row = shard.index + i * shard.count;
    llvm::Expected<Tensor> loaded = file.loadRows(name, row, row + 1);
    if (!loaded)
      return loaded.takeError();
    const Tensor sample = loaded->toF32();
    if (!result) {
      std::vector<int64_t> shape = sample.shape().vec();
      shape[0] = end - begin;
      result = Tensor::empty(DType::F32, shape);
    }
    std::memcpy(result.raw() + (i - begin) * sample.bytes(), sample.raw(), sample.bytes());
  }
  return result;
}

llvm::Expected<SmallVector<Tensor>> Samples::read(int64_t begin, int64_t end) {
  SmallVector<Tensor> batch;
  for (const std::string &name : arrays) {
    llvm::Expected<Tensor> loaded = readArray(name, begin, end);
    if (!loaded)
      return loaded.takeError();
    const ArrayRef<float> values = std::as_const(*loaded).values<float>();
    const int64_t perSample = loaded->numElements() / (end - begin);
    if (const std::optional<int64_t> bad = firstNotFinite(values)) {
      const int64_t sample = begin + *bad / perSample;
      return makeError(file.path() + ": array '" + name + "', sample " +
                       Twine(shard.index + sample * shard.count) + ": " +
                       (std::isnan(values[*bad]) ? "NaN" : "infinity") + " at element " +
                       Twine(*bad % perSample) + "; calibration data must be finite");
    }
    batch.push_back(std::move(*loaded));
  }
  return batch;
}

Tensor calibrate::fillRows(const Tensor &batch, int64_t size) {
  const int64_t rows = batch.dim(0);
  if (rows == size)
    return batch;
  std::vector<int64_t> shape = batch.shape().vec();
  shape[0] = size;
  Tensor filled = Tensor::empty(batch.dtype(), shape);
  const int64_t bytes = batch.bytes() / rows;
  for (int64_t i = 0; i < size; ++i)
    std::memcpy(filled.raw() + i * bytes, batch.raw() + std::min(i, rows - 1) * bytes, bytes);
  return filled;
}
