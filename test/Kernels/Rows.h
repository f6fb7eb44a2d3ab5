//===- Rows.h - running the rows of the kernel table in tests --------------------===//

#ifndef QOPT_TEST_KERNELS_ROWS_H
#define QOPT_TEST_KERNELS_ROWS_H

#include "Guarded.h"
#include "qrt/kernel_table.h"

#include <gtest/gtest.h>
#include <optional>
#include <random>
#include <string>
#include <vector>

/// Of the oneDNN kernels, which keep primitives by the address of the params.
extern "C" __attribute__((weak)) void qrt_dnnl_release(uint64_t session);

namespace qopt::test {

typedef std::vector<uint8_t> Bytes;

/// All rows of a kind, best first; the last is the scalar reference.
inline std::vector<qrt_kernel_row> rowsOf(const std::string &kind) {
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  std::vector<qrt_kernel_row> result;
  for (size_t i = 0; i < count; ++i)
    if (rows[i].kind == kind)
      result.push_back(rows[i]);
  return result;
}

/// Whether rows of this ISA can run here. A build with emulated rows runs those and the
/// reference; the emulation itself is built for AVX2.
inline bool canRun(qrt_isa isa) {
#ifdef QOPT_EMULATED_ISAS
  for (qrt_isa emulated : {QOPT_EMULATED_ISAS})
    if (isa == emulated)
      return qrt_cpu_supports(QRT_ISA_AVX2);
  return isa == QRT_ISA_SCALAR;
#else
  return qrt_cpu_supports(isa);
#endif
}

inline bool canRun(const qrt_kernel_row &row) { return row.fn && canRun(row.isa); }

/// Names the rows this machine cannot run, so that a green test does not hide them.
inline std::vector<qrt_kernel_row> runnableRows(const std::string &kind) {
  std::vector<qrt_kernel_row> result;
  for (const qrt_kernel_row &row : rowsOf(kind)) {
    if (canRun(row))
      result.push_back(row);
    else
      std::printf("[ not run ] %s: this %s\n", row.symbol,
                  row.fn && !qrt_cpu_supports(row.isa) ? "CPU lacks its ISA"
                                                       : "build does not contain it");
  }
  return result;
}

template <typename Params>
auto setPacked(Params &params, const void *packed, int) -> decltype(params.packed, void()) {
  params.packed = packed;
}
template <typename Params> void setPacked(Params &, const void *, long) {}

/// Runs one row as a team of `threads`, one thread after the other, all memory guarded.
/// Empty if the row does not support the params.
template <typename Params>
std::optional<Bytes> runRow(const qrt_kernel_row &row, Params params, const int8_t *weights,
                            const std::vector<Bytes> &inputs, size_t outputBytes, int64_t batch,
                            int32_t threads) {
  size_t scratchBytes = 0, packedBytes = 0;
  if (row.packer) {
    if (!row.packer->supports(&params, weights))
      return std::nullopt;
    scratchBytes = row.packer->scratch_bytes(&params);
    packedBytes = row.packer->packed_bytes(&params);
  }
  Guarded packed(packedBytes);
  if (row.packer) {
    row.packer->pack(&params, weights, packed.data());
    setPacked(params, packed.data(), 0);
  }
  std::vector<Guarded> data;
  for (const Bytes &input : inputs)
    data.emplace_back(input.data(), input.size());
  const bool prepares = row.packer && row.packer->prepared_bytes;
  Guarded prepared(prepares ? row.packer->prepared_bytes(&params) : 0);
  for (int32_t thread = 0; prepares && thread < threads; ++thread) {
    qrt_call call = {};
    call.out = prepared.data();
    call.batch = 1;
    call.thread = thread;
    call.threads = threads;
    row.prepare(&params, &call);
  }
  EXPECT_TRUE(prepared.frontIntact()) << row.symbol << " wrote in front of its prepared weights";
  Guarded output(outputBytes);
  for (int32_t thread = 0; thread < threads; ++thread) {
    Guarded scratch((scratchBytes + 63) / 64 * 64);
    qrt_call call = {};
    for (size_t i = 0; i < data.size(); ++i)
      call.in[i] = data[i].data();
    call.out = output.data();
    call.scratch = scratch.data();
    call.prepared = prepared.data();
    call.batch = batch;
    call.thread = thread;
    call.threads = threads;
    row.fn(&params, &call);
    EXPECT_TRUE(scratch.frontIntact()) << row.symbol << " wrote in front of its scratch";
  }
  if (qrt_dnnl_release)
    qrt_dnnl_release(0);
  EXPECT_TRUE(output.frontIntact()) << row.symbol << " wrote in front of its output";
  return Bytes(output.data(), output.data() + output.size());
}

/// Index of the first difference, or -1.
inline int64_t firstDifference(const Bytes &a, const Bytes &b) {
  if (a.size() != b.size())
    return 0;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i])
      return static_cast<int64_t>(i);
  return -1;
}

/// How test data looks: random, or made to provoke overflow and rounding.
enum class Fill { Random, Extremes, Alternating, High, Low };

inline Bytes makeCodes(size_t count, bool isSigned, Fill fill, std::mt19937 &rng) {
  const uint8_t low = isSigned ? 0x80 : 0, high = isSigned ? 0x7f : 0xff;
  Bytes result(count);
  for (size_t i = 0; i < count; ++i)
    switch (fill) {
    case Fill::Random:
      result[i] = static_cast<uint8_t>(rng());
      break;
    case Fill::Extremes:
      result[i] = rng() & 1 ? low : high;
      break;
    case Fill::Alternating:
      result[i] = i & 1 ? low : high;
      break;
    case Fill::High:
      result[i] = high;
      break;
    case Fill::Low:
      result[i] = low;
      break;
    }
  return result;
}

/// Runs every row of a kind with 1, 2 and 3 threads and expects the bytes of the reference.
/// Returns the symbols of the fast rows that ran.
template <typename Params>
std::vector<std::string> expectRowsAgree(const std::string &kind, const Params &params,
                                         const int8_t *weights, const std::vector<Bytes> &inputs,
                                         size_t outputBytes, int64_t batch,
                                         const std::string &what) {
  const std::vector<qrt_kernel_row> rows = rowsOf(kind);
  const std::optional<Bytes> expected =
      runRow(rows.back(), params, weights, inputs, outputBytes, batch, 1);
  EXPECT_TRUE(expected.has_value());
  std::vector<std::string> ran;
  for (const qrt_kernel_row &row : rows) {
    if (!canRun(row) || row.needs_dnnl)
      continue;
    for (int32_t threads = 1; threads <= 3; ++threads) {
      const std::optional<Bytes> got =
          runRow(row, params, weights, inputs, outputBytes, batch, threads);
      if (!got)
        continue;
      if (row.isa != QRT_ISA_SCALAR && threads == 1)
        ran.push_back(row.symbol);
      const int64_t at = firstDifference(*expected, *got);
      if (at >= 0)
        ADD_FAILURE() << row.symbol << " with " << threads << " threads differs at byte " << at
                      << " of " << outputBytes << ": expected " << int((*expected)[at]) << ", got "
                      << int((*got)[at]) << "; " << what;
    }
  }
  return ran;
}

} // namespace qopt::test

#endif // QOPT_TEST_KERNELS_ROWS_H
