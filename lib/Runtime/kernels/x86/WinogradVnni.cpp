//===- WinogradVnni.cpp - 3x3 convolutions by exact Winograd for AVX512-VNNI ------===//
//
// Only F(4,3): vpdpwssd has half the rate of vpdpbusd, so F(2,3) would not beat the direct
// kernel.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/Avx512.h"
#include "kernels/x86/Winograd.h"

namespace {

constexpr ProductRow<Avx512Words, 14> products;

struct VnniWinograd {
  typedef Avx512Words Vector;
  static const WinogradIsa &config() { return winogradVnni; }
  static void product(const ProductJob &job, int32_t rows) { products.fn[rows - 1](job); }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_winograd43_vnni, conv2d) {
  WinogradDriver<VnniWinograd, Winograd43>(p, call).run();
}
QRT_DEFINE_KERNEL(qrt_winograd43_vnni_prepare, conv2d) {
  WinogradDriver<VnniWinograd, Winograd43>::prepare(p, call);
}
