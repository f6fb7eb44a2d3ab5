//===- Bench.h - parts of qopt-kernel-bench --------------------------------------===//

#ifndef QOPT_KERNEL_BENCH_BENCH_H
#define QOPT_KERNEL_BENCH_BENCH_H

#include "qrt/kernel_table.h"

#include <string>
#include <vector>

namespace bench {

/// A convolution to time. `count` says how often the network has it.
struct Layer {
  std::string name;
  qrt_conv2d_params params;
  int64_t batch;
  int count;
  double macs() const;
};

/// "HxWxC,outC,kernel[,stride[,pad[,groups]]]"; false with `error` set if it is not that.
bool parseShape(const std::string &text, Layer &layer, std::string &error);

std::vector<Layer> resNet18();
std::vector<Layer> mobileNetV2();

/// Multiply-accumulates a second of the ISA's dot pipe, measured now; 0 if unknown.
double peakMacs(qrt_isa isa);
double peakAvx2();
double peakAvx512Vnni();

/// Fewest seconds of `repeat` runs of body().
template <typename Body> double fewestSeconds(int repeat, Body body);

double now();

} // namespace bench

template <typename Body> double bench::fewestSeconds(int repeat, Body body) {
  double best = 1e30;
  for (int i = 0; i < repeat; ++i) {
    const double start = now();
    body();
    const double seconds = now() - start;
    best = seconds < best ? seconds : best;
  }
  return best;
}

#endif // QOPT_KERNEL_BENCH_BENCH_H
