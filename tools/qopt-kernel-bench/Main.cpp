//===- Main.cpp - qopt-kernel-bench: times the convolution rows ------------------===//
//
// Per layer and row of kernels.def: milliseconds, GMAC/s, and the share of the dot pipe's
// peak, which is measured beside each row because clocks drift.
//
//===-----------------------------------------------------------------------------===//

#include "Bench.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

using namespace bench;

namespace {

const char *const usage =
    "usage: qopt-kernel-bench [--shape=HxWxC,outC,kernel[,stride[,pad[,groups]]]]...\n"
    "                         [--net=resnet18|mobilenetv2]... [--isa=NAME]... [--batch=N]\n"
    "                         [--repeat=N] [--json]\n"
    "Times the convolution kernels of this machine on one thread. Default: both networks at\n"
    "224x224, all fast ISAs. The last column is the share of the pipe's peak, measured in the\n"
    "same process.\n";

struct Options {
  std::vector<Layer> layers;
  std::vector<qrt_isa> isas;
  int64_t batch = 1;
  int repeat = 20;
  bool json = false;
};

/// Buffers of one layer; contents do not matter for the time, but codes are random.
struct Data {
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  std::vector<float> multiplier;
  std::vector<uint8_t> input, residual, output;
};

uint8_t *aligned(std::vector<uint8_t> &buffer, size_t bytes) {
  buffer.resize(bytes + 192);
  return reinterpret_cast<uint8_t *>((reinterpret_cast<uintptr_t>(buffer.data()) + 63) / 64 * 64);
}

Data makeData(Layer &layer) {
  qrt_conv2d_params &p = layer.params;
  std::mt19937 rng(1);
  Data data;
  const size_t k = size_t(p.kernel_h) * p.kernel_w * (p.in_c / p.groups);
  data.weights.resize(k * p.out_c);
  // Bell-shaped, as weights of real layers are: the proofs of kernels look at them.
  for (int8_t &w : data.weights)
    w = static_cast<int8_t>(int32_t(rng() % 64 + rng() % 64 + rng() % 64 + rng() % 64) - 126);
  data.bias.assign(p.out_c, 100);
  data.multiplier.assign(p.out_c, 1e-4f);
  p.bias = data.bias.data();
  p.multiplier = data.multiplier.data();
  const size_t inputs = size_t(layer.batch) * p.in_h * p.in_w * p.in_c;
  const size_t outputs = size_t(layer.batch) * p.out_h * p.out_w * p.out_c;
  for (uint8_t *x = aligned(data.input, inputs), *end = x + inputs; x != end; ++x)
    *x = static_cast<uint8_t>(rng());
  aligned(data.residual, outputs);
  aligned(data.output, outputs);
  return data;
}

/// Seconds of one run, or a negative number if the row does not support the layer.
double timeRow(const qrt_kernel_row &row, Layer &layer, int repeat) {
  Data data = makeData(layer);
  qrt_conv2d_params p = layer.params;
  if (!row.packer->supports(&p, data.weights.data()))
    return -1;
  std::vector<uint8_t> packed, scratch;
  uint8_t *weights = aligned(packed, row.packer->packed_bytes(&p));
  row.packer->pack(&p, data.weights.data(), weights);
  p.packed = weights;
  qrt_call call = {};
  call.threads = 1;
  call.batch = layer.batch;
  std::vector<uint8_t> prepared;
  if (row.prepare) {
    call.out = aligned(prepared, row.packer->prepared_bytes(&p));
    call.prepared = call.out;
    row.prepare(&p, &call);
  }
  call.in[0] = aligned(data.input, data.input.size() - 192);
  call.in[1] = aligned(data.residual, data.residual.size() - 192);
  call.out = aligned(data.output, data.output.size() - 192);
  call.scratch = aligned(scratch, row.packer->scratch_bytes(&p));
  return fewestSeconds(repeat, [&] { row.fn(&p, &call); });
}

bool wanted(const Options &options, const qrt_kernel_row &row) {
  if (std::strcmp(row.kind, "conv2d") || !row.fn || !qrt_cpu_supports(row.isa))
    return false;
  if (options.isas.empty())
    return row.isa != QRT_ISA_SCALAR;
  for (qrt_isa isa : options.isas)
    if (row.isa == isa)
      return true;
  return false;
}

void print(const Options &options, const Layer &layer, const qrt_kernel_row &row, double seconds,
           double peak) {
  const double rate = layer.macs() / seconds;
  const double share = peak > 0 ? 100 * rate / peak : 0;
  if (options.json)
    std::printf("{\"layer\": \"%s\", \"kernel\": \"%s\", \"batch\": %lld, \"count\": %d, \"ms\": "
                "%.6f, \"gmacs\": %.2f, \"peak_gmacs\": %.2f}\n",
                layer.name.c_str(), row.symbol, (long long)layer.batch, layer.count, seconds * 1e3,
                rate / 1e9, peak / 1e9);
  else
    std::printf("%-36s %-22s x%d %9.4f ms %8.1f GMAC/s %6.1f %%\n", layer.name.c_str(), row.symbol,
                layer.count, seconds * 1e3, rate / 1e9, share);
}

void run(Options &options) {
  size_t rowCount = 0;
  const qrt_kernel_row *rows = qrt_kernels(&rowCount);
  std::map<int, double> total; // per ISA, the first row that supports each layer
  for (Layer &layer : options.layers) {
    layer.batch = options.batch;
    std::map<int, bool> counted;
    for (size_t i = 0; i < rowCount; ++i) {
      if (!wanted(options, rows[i]))
        continue;
      const double seconds = timeRow(rows[i], layer, options.repeat);
      if (seconds < 0)
        continue;
      print(options, layer, rows[i], seconds, peakMacs(rows[i].isa));
      if (!counted[rows[i].isa])
        total[rows[i].isa] += seconds * layer.count;
      counted[rows[i].isa] = true;
    }
  }
  for (const auto &[isa, seconds] : total)
    if (!options.json)
      std::printf("sum, repeated as in the network: %-12s %9.4f ms, peak %.1f GMAC/s\n",
                  qrt_isa_name(static_cast<qrt_isa>(isa)), seconds * 1e3,
                  peakMacs(static_cast<qrt_isa>(isa)) / 1e9);
}

bool addNet(const std::string &name, Options &options) {
  const std::vector<Layer> layers = name == "resnet18"      ? resNet18()
                                    : name == "mobilenetv2" ? mobileNetV2()
                                                            : std::vector<Layer>();
  options.layers.insert(options.layers.end(), layers.begin(), layers.end());
  return !layers.empty();
}

bool positive(const std::string &text, int64_t &value) {
  char *end = nullptr;
  value = std::strtoll(text.c_str(), &end, 10);
  return !text.empty() && *end == '\0' && value > 0;
}

/// Empty, or what is wrong with the argument.
std::string parse(const std::string &argument, Options &options) {
  const size_t equals = argument.find('=');
  const std::string key = argument.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
  std::string error;
  int64_t number = 0;
  if (key == "--shape") {
    Layer layer;
    if (parseShape(value, layer, error))
      options.layers.push_back(layer);
    else
      return error;
  } else if (key == "--net") {
    if (!addNet(value, options))
      return "--net='" + value + "' is not known; there are resnet18 and mobilenetv2";
  } else if (key == "--isa") {
    const int isa = qrt_isa_from_name(value.c_str());
    if (isa < 0 || !qrt_cpu_supports(static_cast<qrt_isa>(isa)))
      return "--isa='" + value +
             "' is not an ISA of this CPU; names are scalar, avx2, avxvnni, avx512vnni, "
             "neon, neon_dot, neon_i8mm";
    options.isas.push_back(static_cast<qrt_isa>(isa));
  } else if (key == "--batch" || key == "--repeat") {
    if (!positive(value, number) || number > 100000)
      return key + "='" + value + "' is not a number from 1 to 100000";
    (key == "--batch" ? options.batch : number) = number;
    options.repeat = key == "--repeat" ? static_cast<int>(number) : options.repeat;
  } else if (argument == "--json") {
    options.json = true;
  } else {
    return "unknown argument '" + argument + "'";
  }
  return "";
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--help")) {
      std::fputs(usage, stdout);
      return 0;
    }
    const std::string error = parse(argv[i], options);
    if (!error.empty()) {
      std::fprintf(stderr, "qopt-kernel-bench: error: %s\n%s", error.c_str(), usage);
      return 1;
    }
  }
  if (options.layers.empty()) {
    addNet("resnet18", options);
    addNet("mobilenetv2", options);
  }
  run(options);
  return 0;
}
