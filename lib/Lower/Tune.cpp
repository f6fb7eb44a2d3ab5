//===- Tune.cpp - kernels chosen by measuring them ----------------------------------===//

#include "Tune.h"

#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <unistd.h>

using namespace qopt;
using namespace qopt::lower;

namespace {

/// Zeroed memory, aligned as kernels want it.
class Buffer {
public:
  explicit Buffer(size_t bytes)
      : data(static_cast<uint8_t *>(aligned_alloc(64, (bytes + 64) / 64 * 64)), free) {
    if (!data)
      llvm::report_bad_alloc_error("no memory to measure a kernel");
    std::memset(data.get(), 0, (bytes + 64) / 64 * 64);
  }
  uint8_t *get() const { return data.get(); }

private:
  std::unique_ptr<uint8_t, decltype(&free)> data;
};

/// One layer with one kernel, ready to run.
class Trial {
public:
  Trial(const qrt_kernel_row &row, const qrt_conv2d_params &layer, llvm::ArrayRef<int8_t> weights,
        int64_t batch)
      : row(row), params(layer), input(batch * layer.in_h * layer.in_w * layer.in_c),
        residual(resultElements(layer, batch)),
        output(resultElements(layer, batch) * (layer.output_f32 ? 4 : 1)),
        packed(row.packer->packed_bytes(&layer)), scratch(row.packer->scratch_bytes(&layer)),
        prepared(row.packer->prepared_bytes ? row.packer->prepared_bytes(&layer) : 0), table(256) {
    row.packer->pack(&layer, weights.data(), packed.get());
    params.packed = packed.get();
    if (params.table)
      params.table = table.get();
    const size_t inputBytes = batch * layer.in_h * layer.in_w * layer.in_c;
    for (size_t i = 0; i < inputBytes; ++i)
      input.get()[i] = static_cast<uint8_t>(i * 37);
    call.batch = batch;
    call.threads = 1;
    call.scratch = scratch.get();
    if (row.prepare) {
      call.out = prepared.get();
      row.prepare(&params, &call);
    }
    call.in[0] = input.get();
    call.in[1] = residual.get();
    call.out = output.get();
    call.prepared = prepared.get();
  }

  double microseconds() const {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    row.fn(&params, &call);
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  }

private:
  static size_t resultElements(const qrt_conv2d_params &layer, int64_t batch) {
    return batch * layer.out_h * layer.out_w * layer.out_c;
  }

  const qrt_kernel_row &row;
  qrt_conv2d_params params;
  qrt_call call = {};
  Buffer input, residual, output, packed, scratch, prepared, table;
};

} // namespace

/// Between two runs of a layer the others of a network push its weights out of L2.
static void forgetWeights() {
  const long cache = std::max(sysconf(_SC_LEVEL2_CACHE_SIZE), 1L << 19);
  thread_local const Buffer other(2 * cache); // compilations may run side by side
  for (long i = 0; i < 2 * cache; i += 64)
    *const_cast<volatile uint8_t *>(other.get() + i) += 1;
}

static double leastTime(const Trial &trial, bool full) {
  const double budget = full ? 30e3 : 3e3;
  const int atLeast = full ? 5 : 2;
  trial.microseconds();
  double least = INFINITY, spent = 0;
  for (int i = 0; i < atLeast || (spent < budget && i < 1000); ++i) {
    forgetWeights();
    const double time = trial.microseconds();
    least = std::min(least, time);
    spent += time;
  }
  return least;
}

static std::string defaultPath() {
  llvm::SmallString<256> path;
  if (!llvm::sys::path::cache_directory(path))
    path = ".";
  llvm::sys::path::append(path, "qopt", "tune.json");
  return path.str().str();
}

Tuner::Tuner(bool full, llvm::StringRef cachePath)
    : full(full), path(cachePath.empty() ? defaultPath() : cachePath.str()),
      machine(llvm::sys::getHostCPUName().str() + "/" +
              std::to_string(sysconf(_SC_LEVEL2_CACHE_SIZE)) + "/" +
              std::to_string(sysconf(_SC_LEVEL3_CACHE_SIZE))) {}

llvm::Expected<std::unique_ptr<Tuner>> Tuner::create(llvm::StringRef mode,
                                                     llvm::StringRef cachePath) {
  if (mode == "off")
    return nullptr;
  if (mode != "fast" && mode != "full")
    return makeError("unknown tuning '" + mode + "'; expected off, fast or full");
  std::unique_ptr<Tuner> tuner(new Tuner(mode == "full", cachePath));
  if (!llvm::sys::fs::exists(tuner->path))
    return tuner;
  const char *way = "; name another file with --tune-cache, or remove this one";
  llvm::Expected<Json> read = readJsonFile(tuner->path);
  if (!read)
    return makeError(llvm::toString(read.takeError()) + way);
  const Json *times = read->find("microseconds");
  if (!times || !times->isObject() ||
      !llvm::all_of(times->members(), [](const Json::Member &m) { return m.second.isNumber(); }))
    return makeError(tuner->path + ": keeps no measured times of kernels" + way);
  tuner->times = *times;
  return tuner;
}

/// All that time depends on: zero points and multipliers do not count, only which there are.
std::string Tuner::keyOf(const qrt_kernel_row &row, const qrt_conv2d_params &p,
                         int64_t batch) const {
  std::string key = machine + " abi " + std::to_string(QRT_ABI_VERSION) + " " + row.symbol +
                    (full ? " full" : " fast");
  for (const int64_t field : {batch,
                              int64_t(p.in_h),
                              int64_t(p.in_w),
                              int64_t(p.in_c),
                              int64_t(p.out_h),
                              int64_t(p.out_w),
                              int64_t(p.out_c),
                              int64_t(p.kernel_h),
                              int64_t(p.kernel_w),
                              int64_t(p.stride_h),
                              int64_t(p.stride_w),
                              int64_t(p.pad_top),
                              int64_t(p.pad_left),
                              int64_t(p.dilation_h),
                              int64_t(p.dilation_w),
                              int64_t(p.groups),
                              int64_t(p.in_signed),
                              int64_t(p.output_f32),
                              int64_t(p.residual_kind),
                              int64_t(p.table != nullptr),
                              int64_t(p.weight_zero_point != nullptr)})
    key += " " + std::to_string(field);
  return key;
}

std::optional<double> Tuner::microseconds(const qrt_kernel_row &row,
                                          const qrt_conv2d_params &params,
                                          llvm::ArrayRef<int8_t> weights, int64_t batch) {
  if (!row.fn || !qrt_cpu_supports(row.isa))
    return std::nullopt;
  // Activations of more than 1 GiB are not run: the estimate decides.
  const int64_t perSample = int64_t(params.in_h) * params.in_w * params.in_c +
                            int64_t(params.out_h) * params.out_w * params.out_c * 5;
  if (perSample > (int64_t(1) << 30) / batch)
    return std::nullopt;
  const std::string key = keyOf(row, params, batch);
  if (const Json *known = times.find(key))
    return known->asNumber();
  const double time = leastTime(Trial(row, params, weights, batch), full);
  times.set(key, time);
  changed = true;
  return time;
}

llvm::Error Tuner::save() const {
  if (!changed)
    return llvm::Error::success();
  const llvm::StringRef folder = llvm::sys::path::parent_path(path);
  if (!folder.empty())
    if (const std::error_code code = llvm::sys::fs::create_directories(folder))
      return fileError(folder, "cannot be made", code.value());
  Json file = Json::object();
  file.set("microseconds", times);
  return writeFile(path, file.dump() + "\n");
}
