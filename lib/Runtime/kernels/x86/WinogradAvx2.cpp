//===- WinogradAvx2.cpp - 3x3 convolutions by exact Winograd for AVX2 -------------===//

#include "kernels/x86/Avx2.h"
#include "kernels/x86/Winograd.h"

namespace {

constexpr ProductRow<Avx2, 6> products;

struct Avx2Winograd {
  typedef Avx2 Vector;
  static const WinogradIsa &config() { return winogradAvx2; }
  static void product(const ProductJob &job, int32_t rows) { products.fn[rows - 1](job); }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_winograd43_avx2, conv2d) {
  WinogradDriver<Avx2Winograd, Winograd43>(p, call).run();
}
QRT_DEFINE_KERNEL(qrt_winograd43_avx2_prepare, conv2d) {
  WinogradDriver<Avx2Winograd, Winograd43>::prepare(p, call);
}
QRT_DEFINE_KERNEL(qrt_winograd23_avx2, conv2d) {
  WinogradDriver<Avx2Winograd, Winograd23>(p, call).run();
}
QRT_DEFINE_KERNEL(qrt_winograd23_avx2_prepare, conv2d) {
  WinogradDriver<Avx2Winograd, Winograd23>::prepare(p, call);
}
