//===- Train.cpp - kernels of a training step on addresses ------------------------------===//
//
// Addresses, not arrays: a step calls some hundred kernels, and a tensor's address costs a tenth of
// what a view of it does.
//
//===-----------------------------------------------------------------------------------===//

#include "Common.h"

#include "qopt-c/Train.h"

#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <limits>

using namespace qopt::python;

namespace {

using Address = uintptr_t;
using Numbers = std::vector<float>;
using Extent = std::tuple<int64_t, int64_t, int64_t>;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename T = float> T *at(Address address) { return reinterpret_cast<T *>(address); }

qopt_extent extentOf(const Extent &extent) {
  return {std::get<0>(extent), std::get<1>(extent), std::get<2>(extent)};
}

struct Grid {
  Numbers scales;
  std::vector<int32_t> zeroPoints;
  int32_t qmin, qmax;

  Grid(Numbers scales, std::vector<int32_t> zeroPoints, int32_t qmin, int32_t qmax)
      : scales(std::move(scales)), zeroPoints(std::move(zeroPoints)), qmin(qmin), qmax(qmax) {
    if (this->scales.empty() || this->scales.size() != this->zeroPoints.size())
      throw nb::value_error("expected as many zero points as scales, at least one");
  }
  qopt_grid plain() const {
    return {scales.data(), zeroPoints.data(), static_cast<int64_t>(scales.size()), qmin, qmax};
  }
};

/// Runs a kernel without the interpreter's lock.
template <typename Call> void run(Call call) {
  qopt_status status;
  {
    nb::gil_scoped_release release;
    status = call();
  }
  check(status);
}

std::pair<Numbers, Numbers> observe(Address x, const Extent &extent, bool perChannel, int threads) {
  const size_t count =
      perChannel ? static_cast<size_t>(std::max<int64_t>(1, std::get<1>(extent))) : 1;
  Numbers least(count), greatest(count);
  run([&] {
    return qopt_observe(at(x), extentOf(extent), perChannel, least.data(), greatest.data(),
                        threads);
  });
  return {std::move(least), std::move(greatest)};
}

std::pair<Numbers, std::vector<int32_t>> chooseQParams(const Numbers &least,
                                                       const Numbers &greatest, int bits,
                                                       bool isSigned, int32_t qmin, int32_t qmax,
                                                       bool symmetric, float floor) {
  if (least.size() != greatest.size())
    throw nb::value_error("expected as many least as greatest values");
  Numbers scales(least.size());
  std::vector<int32_t> zeroPoints(least.size());
  check(qopt_choose_qparams(least.data(), greatest.data(), static_cast<int64_t>(least.size()), bits,
                            isSigned, qmin, qmax, symmetric, floor, scales.data(),
                            zeroPoints.data()));
  return {std::move(scales), std::move(zeroPoints)};
}

std::pair<Numbers, Numbers> lsqBackward(Address g, Address x, const Extent &extent,
                                        const Grid &grid, float gradScale, Address gx,
                                        int threads) {
  Numbers ds(grid.scales.size()), dz(grid.scales.size());
  run([&] {
    return qopt_lsq_backward(at(g), at(x), extentOf(extent), grid.plain(), gradScale, at(gx),
                             ds.data(), dz.data(), threads);
  });
  return {std::move(ds), std::move(dz)};
}

std::pair<float, float> affine(Address x, Address residual, const Extent &extent, Address a,
                               Address b, float low, float high, Address out, int threads) {
  float least, greatest;
  run([&] {
    return qopt_affine(at(x), at(residual), extentOf(extent), at(a), at(b), low, high, at(out),
                       &least, &greatest, threads);
  });
  return {least, greatest};
}

void addFakeQuant(nb::module_ &module) {
  module.def("observe", &observe, nb::arg("x"), nb::arg("extent"), nb::arg("per_channel") = false,
             nb::arg("threads") = 1);
  module.def("choose_qparams", &chooseQParams, nb::arg("least"), nb::arg("greatest"),
             nb::arg("bits"), nb::arg("signed"), nb::arg("qmin"), nb::arg("qmax"),
             nb::arg("symmetric"), nb::arg("floor") = 0.0f);
  module.def(
      "fake_quant",
      [](Address x, const Extent &extent, const Grid &grid, Address out, Address mask, float low,
         float high, int threads) {
        run([&] {
          return qopt_fake_quant(at(x), extentOf(extent), grid.plain(), low, high, at(out),
                                 at<uint8_t>(mask), threads);
        });
      },
      nb::arg("x"), nb::arg("extent"), nb::arg("grid"), nb::arg("out"), nb::arg("mask") = 0,
      nb::arg("low") = -kInfinity, nb::arg("high") = kInfinity, nb::arg("threads") = 1);
  module.def(
      "fake_quant_backward",
      [](Address g, Address mask, int64_t count, Address gx, int threads) {
        run([&] {
          return qopt_fake_quant_backward(at(g), at<uint8_t>(mask), count, at(gx), threads);
        });
      },
      nb::arg("g"), nb::arg("mask"), nb::arg("count"), nb::arg("gx"), nb::arg("threads") = 1);
  module.def("lsq_backward", &lsqBackward, nb::arg("g"), nb::arg("x"), nb::arg("extent"),
             nb::arg("grid"), nb::arg("grad_scale"), nb::arg("gx"), nb::arg("threads") = 1);
}

void addNormalization(nb::module_ &module) {
  module.def(
      "channel_stats",
      [](Address x, const Extent &extent, Address mean, Address variance, Address least,
         Address greatest, int threads) {
        run([&] {
          return qopt_channel_stats(at(x), extentOf(extent), at<double>(mean), at<double>(variance),
                                    at(least), at(greatest), threads);
        });
      },
      nb::arg("x"), nb::arg("extent"), nb::arg("mean"), nb::arg("variance"), nb::arg("least") = 0,
      nb::arg("greatest") = 0, nb::arg("threads") = 1);
  module.def("affine", &affine, nb::arg("x"), nb::arg("residual"), nb::arg("extent"), nb::arg("a"),
             nb::arg("b"), nb::arg("low"), nb::arg("high"), nb::arg("out"), nb::arg("threads") = 1);
  module.def(
      "affine_fake_quant",
      [](Address x, Address residual, const Extent &extent, Address a, Address b, float low,
         float high, const Grid &grid, Address out, Address mask, int threads) {
        run([&] {
          return qopt_affine_fake_quant(at(x), at(residual), extentOf(extent), at(a), at(b), low,
                                        high, grid.plain(), at(out), at<uint8_t>(mask), threads);
        });
      },
      nb::arg("x"), nb::arg("residual"), nb::arg("extent"), nb::arg("a"), nb::arg("b"),
      nb::arg("low"), nb::arg("high"), nb::arg("grid"), nb::arg("out"), nb::arg("mask"),
      nb::arg("threads") = 1);
  module.def(
      "masked_sums",
      [](Address g, Address mask, Address x, Address mean, const Extent &extent, Address sum,
         Address dot, int threads) {
        run([&] {
          return qopt_masked_sums(at(g), at<uint8_t>(mask), at(x), at<double>(mean),
                                  extentOf(extent), at<double>(sum), at<double>(dot), threads);
        });
      },
      nb::arg("g"), nb::arg("mask"), nb::arg("x"), nb::arg("mean"), nb::arg("extent"),
      nb::arg("sum"), nb::arg("dot"), nb::arg("threads") = 1);
  module.def(
      "masked_affine",
      [](Address g, Address mask, Address x, const Extent &extent, Address p, Address q, Address r,
         Address gx, Address gm, int threads) {
        run([&] {
          return qopt_masked_affine(at(g), at<uint8_t>(mask), at(x), extentOf(extent), at(p), at(q),
                                    at(r), at(gx), at(gm), threads);
        });
      },
      nb::arg("g"), nb::arg("mask"), nb::arg("x"), nb::arg("extent"), nb::arg("p"), nb::arg("q"),
      nb::arg("r"), nb::arg("gx"), nb::arg("gm") = 0, nb::arg("threads") = 1);
}

} // namespace

void qopt::python::addTrain(nb::module_ &module) {
  nb::class_<Grid>(module, "Grid", "Where codes lie: one scale and zero point, or one per channel.")
      .def(nb::init<Numbers, std::vector<int32_t>, int32_t, int32_t>(), nb::arg("scales"),
           nb::arg("zero_points"), nb::arg("qmin"), nb::arg("qmax"))
      .def_ro("scales", &Grid::scales)
      .def_ro("zero_points", &Grid::zeroPoints);
  addFakeQuant(module);
  addNormalization(module);
}
